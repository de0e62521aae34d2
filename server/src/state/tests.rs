//! The rules, table by table; and that applying is deterministic and keeps its promises whatever comes.

use nihao_protocol::chat::{AccessUse, ChainHash, ClientSays, Message, MessageId, Nickname, Refusal, Text};
use proptest::prelude::*;

use super::access::{ACCESSES_EACH, SESSIONS_EACH};
use super::authorize::Actor;
use super::{Applied, INVITES_EACH, State};
use crate::event::{AttemptHash, CodeHash, Device, Event, Place, SecretHash, Verdict, What};

fn name(name: &str) -> Nickname {
    Nickname::parse(name).unwrap()
}

fn event(at: u64, what: What) -> Event {
    Event { at, what }
}

fn invite(by: Option<&str>, code: u8, expires: u64) -> What {
    What::InviteCreated {
        by: by.map(name),
        code: CodeHash([code; 32]),
        expires,
    }
}

fn join(who: &str, key: u8, code: u8) -> What {
    What::UserJoined {
        name: name(who),
        device: Device::Native {
            public_key: [key; 32],
            certificate: vec![key],
        },
        code: CodeHash([code; 32]),
    }
}

fn browse(who: &str, attempt: u8, code: u8) -> What {
    What::UserJoined {
        name: name(who),
        device: Device::Browser {
            attempt: AttemptHash([attempt; 32]),
        },
        code: CodeHash([code; 32]),
    }
}

fn remove(by: &str, who: &str) -> What {
    What::UserRemoved {
        by: name(by),
        name: name(who),
    }
}

fn post(from: &str, to: &str, text: &str) -> What {
    What::MessagePosted {
        from: name(from),
        id: MessageId([7; 16]),
        to: to.parse().unwrap(),
        text: Text::parse(text).unwrap(),
        seen: None,
        salt: [1; 16],
    }
}

/// Alice the admin, bob, and carol who was removed.
fn peopled() -> (State, u64) {
    let mut state = State::default();
    let story = [
        invite(None, 1, 100),
        join("alice", 1, 1),
        invite(Some("alice"), 2, 100),
        join("bob", 2, 2),
        invite(Some("alice"), 3, 100),
        join("carol", 3, 3),
        remove("alice", "carol"),
    ];
    let mut seq = 0;
    for what in story {
        seq += 1;
        let applied = state.apply(seq, &event(10, what));
        assert!(!matches!(applied.verdict, Verdict::Refused(_)), "{applied:?}");
    }
    (state, seq)
}

#[test]
fn verdicts() {
    use Refusal::*;
    let cases = [
        (join("dave", 4, 9), 10, Some(InviteUnknown)),
        (join("dave", 4, 1), 10, Some(InviteUsed)),
        (join("bob", 9, 2), 10, Some(InviteUsed)),
        (join("dave", 2, 2), 10, Some(InviteUsed)),
        (join("bob", 2, 2), 999, None),
        (join("carol", 3, 3), 10, Some(Removed)),
        (invite(None, 9, 100), 10, Some(NotAMember)),
        (invite(Some("carol"), 9, 100), 10, Some(Removed)),
        (invite(Some("mallory"), 9, 100), 10, Some(NotAMember)),
        (invite(Some("bob"), 9, 100), 10, None),
        (remove("bob", "alice"), 10, Some(NotAdmin)),
        (remove("bob", "bob"), 10, Some(NotAdmin)),
        (remove("alice", "mallory"), 10, Some(NoSuchUser)),
        (remove("alice", "alice"), 10, Some(LastAdmin)),
        (remove("alice", "bob"), 10, None),
        (remove("alice", "carol"), 10, None),
        (post("alice", "#general", "x"), 10, None),
        (post("alice", "@bob", "x"), 10, None),
        (post("alice", "@alice", "a note"), 10, None),
        (post("alice", "#other", "x"), 10, Some(NoSuchRoom)),
        (post("alice", "@mallory", "x"), 10, Some(NoSuchUser)),
        (post("alice", "@carol", "x"), 10, Some(NoSuchUser)),
        (post("carol", "#general", "x"), 10, Some(Removed)),
        (post("mallory", "#general", "x"), 10, Some(NotAMember)),
    ];
    for (what, at, expected) in cases {
        let (mut state, seq) = peopled();
        let before = state.clone();
        let applied = state.apply(seq + 1, &event(at, what.clone()));
        let refused = match applied.verdict {
            Verdict::Refused(refusal) => Some(refusal),
            _ => None,
        };
        assert_eq!(refused, expected, "{what:?}");
        if refused.is_some() {
            assert_eq!(state, before, "a refusal changes nothing");
        }
    }
}

#[test]
fn an_invite_expires_with_its_time_and_with_its_giver() {
    let (mut state, seq) = peopled();
    state.apply(seq + 1, &event(10, invite(Some("bob"), 8, 50)));
    let verdict = |state: &State, at| state.clone().apply(seq + 9, &event(at, join("dave", 8, 8))).verdict;
    assert!(matches!(verdict(&state, 49), Verdict::Joined { .. }));
    assert_eq!(verdict(&state, 50), Verdict::Refused(Refusal::InviteExpired));
    state.apply(seq + 2, &event(10, remove("alice", "bob")));
    assert_eq!(verdict(&state, 49), Verdict::Refused(Refusal::InviteExpired));
}

#[test]
fn an_attempt_is_good_once_and_again_while_its_invite_is() {
    use Refusal::*;
    let (mut state, seq) = peopled();
    state.apply(seq + 1, &event(10, invite(Some("alice"), 8, 50)));
    let refused = |state: &State, what: &What, at| match state.clone().apply(seq + 9, &event(at, what.clone())).verdict
    {
        Verdict::Refused(refusal) => Some(refusal),
        _ => None,
    };
    for (what, at, expected) in [
        (browse("dave", 7, 8), 49, None),
        (browse("dave", 7, 8), 50, Some(InviteExpired)),
        (browse("bob", 7, 8), 10, Some(NameTaken)),
        (browse("dave", 7, 2), 10, Some(InviteUsed)),
        (browse("bob", 2, 2), 10, Some(InviteUsed)),
        (browse("dave", 7, 9), 10, Some(InviteUnknown)),
    ] {
        assert_eq!(refused(&state, &what, at), expected, "{what:?}");
    }
    let joined = state.apply(seq + 2, &event(20, browse("dave", 7, 8))).verdict;
    let again = state.clone().apply(seq + 3, &event(49, browse("dave", 7, 8)));
    assert_eq!(again.verdict, joined, "a lost answer burns nothing");
    assert!(again.changes.is_empty());
    for (what, at, expected) in [
        (browse("dave", 7, 8), 50, InviteExpired),
        (browse("dave", 6, 8), 30, InviteUsed),
        (browse("erin", 7, 8), 30, InviteUsed),
        (join("dave", 7, 8), 30, InviteUsed),
    ] {
        assert_eq!(refused(&state, &what, at), Some(expected), "{what:?}");
    }
    state.apply(seq + 3, &event(30, remove("alice", "dave")));
    assert_eq!(refused(&state, &browse("dave", 7, 8), 31), Some(Removed));
}

#[test]
fn a_new_invite_for_the_first_user_replaces_the_old_and_only_the_first_is_admin() {
    let mut state = State::default();
    state.apply(1, &event(1, invite(None, 1, 100)));
    state.apply(2, &event(1, invite(None, 2, 100)));
    assert_eq!(
        state.apply(3, &event(1, join("alice", 1, 1))).verdict,
        Verdict::Refused(Refusal::InviteUnknown)
    );
    state.apply(4, &event(1, join("alice", 1, 2)));
    state.apply(5, &event(1, invite(Some("alice"), 3, 100)));
    state.apply(6, &event(1, join("bob", 2, 3)));
    assert!(state.user(&name("alice")).unwrap().admin);
    assert!(!state.user(&name("bob")).unwrap().admin);
}

#[test]
fn open_invites_are_counted() {
    let (mut state, mut seq) = peopled();
    for code in 0..INVITES_EACH {
        seq += 1;
        let mut hash = [0xee; 32];
        hash[0] = u8::try_from(code).unwrap();
        let what = What::InviteCreated {
            by: Some(name("bob")),
            code: CodeHash(hash),
            expires: 100,
        };
        assert_eq!(state.apply(seq, &event(10, what)).verdict, Verdict::Done);
    }
    let one_more = event(10, invite(Some("bob"), 0xdd, 100));
    assert_eq!(state.apply(seq + 1, &one_more).verdict, Verdict::Refused(Refusal::Busy));
    let later = event(101, invite(Some("bob"), 0xdd, 200));
    assert_eq!(state.apply(seq + 2, &later).verdict, Verdict::Done);
}

fn send(to: &str) -> ClientSays {
    ClientSays::Send {
        id: MessageId([0; 16]),
        to: to.parse().unwrap(),
        text: Text::parse("x").unwrap(),
        seen: None,
    }
}

fn history(of: &str) -> ClientSays {
    ClientSays::History {
        conversation: of.parse().unwrap(),
        before: None,
        after: None,
        limit: 1,
    }
}

/// Every request, for everybody: the whole table of who may do what.
/// Columns: a stranger, alice (admin), bob, carol (removed), mallory (a key nobody knows); then what bob gave for send, read, a
/// webhook to #general; then what carol gave for both. A dash: out of scope.
fn permissions() -> Vec<(ClientSays, &'static str, &'static str)> {
    let join = ClientSays::Join {
        code: [0; 16],
        name: name("dave"),
        public_key: [0; 32],
        proof: [0; 64],
    };
    let remove = |who| ClientSays::Remove { name: name(who) };
    let renew = ClientSays::RenewCertificate;
    let member = "not_a_member ok ok removed not_a_member";
    let mut table = vec![
        (ClientSays::Ping, "ok ok ok ok ok", "ok ok ok ok"),
        (
            join,
            "ok out_of_order out_of_order out_of_order out_of_order",
            "out_of_order out_of_order out_of_order out_of_order",
        ),
        (ClientSays::Resume { after: 0 }, member, "- ok - removed"),
        (ClientSays::Who { after: None }, member, "- ok - removed"),
        (renew, member, "- - - -"),
        (ClientSays::Invite, member, "- - - -"),
        (send("#general"), member, "ok - ok removed"),
        (send("@bob"), member, "ok - - removed"),
        (
            send("@carol"),
            "not_a_member no_such_user no_such_user removed not_a_member",
            "no_such_user - - removed",
        ),
        (
            send("#other"),
            "not_a_member no_such_room no_such_room removed not_a_member",
            "no_such_room - - removed",
        ),
        (history("#general"), member, "- ok - removed"),
        (history("@carol"), member, "- ok - removed"),
        (
            history("@dave"),
            "not_a_member no_such_user no_such_user removed not_a_member",
            "- no_such_user - removed",
        ),
        (
            remove("bob"),
            "not_a_member ok not_admin removed not_a_member",
            "- - - -",
        ),
        (
            remove("alice"),
            "not_a_member last_admin not_admin removed not_a_member",
            "- - - -",
        ),
    ];
    table.extend(permissions_on_access());
    table
}

fn permissions_on_access() -> Vec<(ClientSays, &'static str, &'static str)> {
    let token = ClientSays::NewAccess {
        use_for: "send,read".parse().unwrap(),
        lifetime: None,
    };
    let webhook = |to: &str| ClientSays::NewAccess {
        use_for: format!("webhook {to}").parse().unwrap(),
        lifetime: None,
    };
    let member = "not_a_member ok ok removed not_a_member";
    let session = ClientSays::NewAccess {
        use_for: AccessUse::Browser,
        lifetime: None,
    };
    vec![
        (token, member, "- - - -"),
        (
            session,
            "not_a_member malformed malformed removed not_a_member",
            "- - - -",
        ),
        (webhook("#general"), member, "- - - -"),
        (
            webhook("@carol"),
            "not_a_member no_such_user no_such_user removed not_a_member",
            "- - - -",
        ),
        (ClientSays::ListAccess, member, "- - - -"),
        (
            ClientSays::RevokeAccess { number: 99 },
            "not_a_member no_such_access no_such_access removed not_a_member",
            "- - - -",
        ),
    ]
}

#[test]
fn who_may_do_what() {
    let (state, _) = peopled();
    let names = ["alice", "bob", "carol", "mallory"].map(name);
    let uses = ["send", "read", "webhook #general", "send,read"].map(|one| one.parse::<AccessUse>().unwrap());
    let [_, bob, carol, _] = &names;
    for (says, members, bearers) in permissions() {
        let members = format!("{members} {}", bearers.replace('-', "out_of_scope"));
        let bearers = [bob, bob, bob, carol].into_iter().zip(&uses);
        let actors = std::iter::once(Actor::Stranger)
            .chain(names.iter().map(Actor::Member))
            .chain(bearers.map(|(giver, use_for)| Actor::Bearer(giver, use_for)));
        let verdicts = actors.map(|actor| state.authorize(actor, &says, 10).map_or_else(Refusal::name, |()| "ok"));
        assert_eq!(verdicts.collect::<Vec<_>>().join(" "), members, "{says:?}");
    }
}

#[test]
fn an_access_ends_with_its_time_its_revocation_and_its_giver() {
    let (mut state, seq) = peopled();
    let give = |by: &str, secret: u8, use_for: &str, expires| What::AccessGiven {
        by: name(by),
        secret: SecretHash([secret; 32]),
        use_for: use_for.parse().unwrap(),
        expires,
    };
    for (number, what) in [
        (1, give("bob", 1, "send", Some(50))),
        (2, give("bob", 2, "webhook #general", None)),
        (3, give("alice", 3, "read", None)),
    ] {
        let applied = state.apply(seq + number, &event(10, what));
        assert_eq!(applied.verdict, Verdict::Done);
    }
    let works = |state: &State, secret: u8, at| {
        let found = state.access(&SecretHash([secret; 32]), at);
        found.map(|grant| grant.use_for.to_string())
    };
    assert_eq!(works(&state, 1, 49).as_deref(), Ok("send"));
    assert_eq!(works(&state, 1, 50), Err(Refusal::BadAccess), "its time");
    assert_eq!(works(&state, 9, 10), Err(Refusal::BadAccess), "never given");
    let numbers = |state: &State, at| -> Vec<u64> {
        let accesses = state.accesses_of(&name("bob"), at);
        accesses.iter().map(|access| access.number - seq).collect()
    };
    assert_eq!((numbers(&state, 49), numbers(&state, 50)), (vec![1, 2], vec![2]));

    let revoke = |by: &str, number| What::AccessRevoked {
        by: name(by),
        number: seq + number,
    };
    let others = state.apply(seq + 4, &event(20, revoke("bob", 3))).verdict;
    assert_eq!(others, Verdict::Refused(Refusal::NoSuchAccess), "not bob's to revoke");
    assert_eq!(
        state.apply(seq + 5, &event(20, revoke("bob", 1))).verdict,
        Verdict::Done
    );
    assert_eq!(works(&state, 1, 20), Err(Refusal::BadAccess));
    let again = state.apply(seq + 6, &event(20, revoke("bob", 1))).verdict;
    assert_eq!(again, Verdict::Refused(Refusal::NoSuchAccess));

    state.apply(seq + 7, &event(20, remove("alice", "bob")));
    assert_eq!(works(&state, 2, 20), Err(Refusal::Removed), "its giver");
    assert_eq!(works(&state, 3, 20).as_deref(), Ok("read"));
}

#[test]
fn sessions_are_counted_apart_from_what_is_given_to_others() {
    let (mut state, mut seq) = peopled();
    let mut give = |state: &mut State, use_for: &str| {
        seq += 1;
        let what = What::AccessGiven {
            by: name("bob"),
            secret: SecretHash([u8::try_from(seq).unwrap(); 32]),
            use_for: use_for.parse().unwrap(),
            expires: Some(50),
        };
        state.apply(seq, &event(10, what)).verdict
    };
    for (use_for, most) in [("browser", SESSIONS_EACH), ("send", ACCESSES_EACH)] {
        for _ in 0..most {
            assert_eq!(give(&mut state, use_for), Verdict::Done);
        }
    }
    for use_for in ["browser", "read"] {
        assert_eq!(give(&mut state, use_for), Verdict::Refused(Refusal::Busy));
    }
}

fn any_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["alice", "bob", "carol"])
}

fn any_event() -> impl Strategy<Value = Event> {
    let what = prop_oneof![
        (prop::option::of(any_name()), 0..6_u8, 0..40_u64).prop_map(|(by, code, expires)| invite(by, code, expires)),
        (any_name(), 0..4_u8, 0..6_u8).prop_map(|(who, key, code)| join(who, key, code)),
        (any_name(), 0..4_u8, 0..6_u8).prop_map(|(who, attempt, code)| browse(who, attempt, code)),
        (any_name(), any_name()).prop_map(|(by, who)| remove(by, who)),
        (
            any_name(),
            prop::sample::select(vec!["#general", "#no", "@alice", "@bob", "@carol"]),
            "[a-z]{1,3}"
        )
            .prop_map(|(from, to, text)| post(from, to, &text)),
    ];
    (0..40_u64, what).prop_map(|(at, what)| event(at, what))
}

proptest! {
    #[test]
    fn whatever_happens_the_promises_hold(events in prop::collection::vec(any_event(), 0..120)) {
        let (mut state, mut copy) = (State::default(), State::default());
        let mut chains = std::collections::BTreeMap::<Place, ChainHash>::new();
        let mut joined = std::collections::BTreeMap::<Nickname, Device>::new();
        for (seq, event) in (1..).zip(&events) {
            let before = state.clone();
            let Applied { verdict, changes } = state.apply(seq, event);
            // A reader that only takes over the changes has the same state.
            changes.iter().for_each(|change| copy.absorb(change.clone()));
            prop_assert_eq!(&state, &copy);
            match (&verdict, &event.what) {
                (Verdict::Refused(_), _) => prop_assert_eq!(&state, &before),
                (Verdict::Joined { .. }, What::UserJoined { name, device, .. }) => {
                    // A name has one device for ever.
                    prop_assert_eq!(joined.entry(name.clone()).or_insert(device.clone()), device);
                }
                (Verdict::Posted(message), _) => check_chain(message, &mut chains)?,
                (Verdict::Done, What::UserRemoved { by, .. }) => {
                    prop_assert!(before.user(by).is_some_and(|user| user.admin && !user.removed));
                }
                _ => {}
            }
            let admins = state.users().filter(|(_, user)| user.admin && !user.removed).count();
            prop_assert!(state.is_empty() || admins >= 1, "nobody could invite or remove any more");
        }
    }
}

fn check_chain(
    message: &Message,
    chains: &mut std::collections::BTreeMap<Place, ChainHash>,
) -> Result<(), TestCaseError> {
    let chain = chains.entry(Place::of(&message.from, &message.to)).or_default();
    prop_assert_eq!(message.chained_after(chain), message.chain);
    *chain = message.chain;
    Ok(())
}
