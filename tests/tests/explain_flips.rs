//! `explain` never invents: whatever bit of a recorded journey is turned, it tells something else, and what a checksum, a tag, a
//! signature or a keyed hash protects is told to be wrong.
//!
//! | what is turned | what must be said besides something else |
//! |---|---|
//! | any bit of an IPv4 packet | something in its frame is invalid: its checksums do not fit |
//! | a bit of what TCP carries for TLS, with checksums made right again | a tag, a check or a structure is wrong, a record does not end, the secrets fit no connection, or the server picked another version; but legacy_record_version of an unprotected record counts for nobody (RFC 8446 §5.1) |
//! | a bit of an encrypted handshake message, sealed again under its own key | a check is wrong or a structure is; of a server's certificate its signature or where its chain ends, of everything else the Finished |
//!
//! Link addresses, ARP and application data sealed by who has the keys have nothing that protects them: there the account says what
//! stands there, and no more.

use nihao_client::explain::{Journey, Options, Shape, journey};
use nihao_explain::capture::Capture;
use nihao_explain::decode::{Known, Trusted, decode};
use nihao_explain::event::{Account, Aspect, Derived, How, Layer, Protection, Protocol, Space, Span};
use nihao_explain::scene::Distance;
use nihao_protocol::chat::Text;
use nihao_protocol::crypto::random::{self, Seeded};
use nihao_protocol::crypto::{Aead, AeadAlgorithm};
use nihao_tests::frames::repair;

const SCENES: [(Shape, bool); 5] = [
    (Shape::Full, false),
    (Shape::Full, true),
    (Shape::Retry, false),
    (Shape::Resumed, false),
    (Shape::KeyUpdate, false),
];
/// Bits turned in each scene.
const TURNED: usize = 40;
const ETHERNET: usize = 14;

fn run(shape: Shape, native: bool) -> Journey {
    journey(&Options {
        text: Text::parse("您好！").unwrap(),
        seed: 7,
        native,
        shape,
        trouble: None,
        distance: Distance::default(),
    })
    .unwrap()
}

/// Everything that an account says, without the bytes it was made of.
fn said(account: &Account) -> String {
    let frames = account.frames.iter().map(|frame| format!("{:?}", frame.layer));
    let derived = account.derived.iter().map(|derived| format!("{:?}", derived.layer));
    let flows = account.flows.iter().map(|flow| format!("{flow:?}"));
    frames.chain(derived).chain(flows).collect()
}

/// Every note's key, with the space it stands in.
fn notes(account: &Account) -> Vec<(Space, &'static str)> {
    let frames = account
        .frames
        .iter()
        .enumerate()
        .map(|(index, frame)| (Space::Frame(index), &frame.layer));
    let derived = account.derived.iter().enumerate();
    let derived = derived.map(|(index, derived)| (Space::Derived(index), &derived.layer));
    let mut all = Vec::new();
    for (space, layer) in frames.chain(derived) {
        layer.visit_notes(&mut |_, note| all.push((space, note.text.key)));
    }
    all
}

fn wrong(account: &Account) -> Vec<Aspect> {
    let checks = account.flows.iter().flat_map(|flow| &flow.checks);
    checks
        .filter(|check| check.ok == Some(false))
        .map(|check| check.aspect)
        .collect()
}

/// Whether it is told that something is not as it should be.
fn objects(account: &Account) -> bool {
    let is_unfinished = notes(account)
        .iter()
        .any(|(_, key)| ["UNFINISHED", "TLS_OLD_VERSION"].contains(key));
    let mut tls = account.flows.iter().filter_map(|flow| flow.tls.as_ref());
    !account.faults().is_empty() || !wrong(account).is_empty() || is_unfinished || tls.any(|tls| !tls.has_secrets)
}

/// Seeded numbers.
struct Dice(Seeded);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        let bytes = random::array::<8>(&mut self.0).unwrap();
        usize::try_from(u64::from_le_bytes(bytes) % bound as u64).unwrap()
    }
}

/// Each scene: its capture at A, and its account in which nothing is wrong.
fn scenes(purpose: &str) -> impl Iterator<Item = (Journey, Account, Dice)> {
    SCENES.into_iter().enumerate().map(move |(index, (shape, native))| {
        let journey = run(shape, native);
        let account = decode(&journey.seen.captures["A"], journey.known());
        assert!(
            !objects(&account),
            "{shape:?}: {:?} {:?}",
            account.faults(),
            wrong(&account)
        );
        (journey, account, Dice(Seeded::new(index as u64, purpose)))
    })
}

#[test]
fn any_bit_of_any_frame_changes_the_account() {
    for (journey, account, mut dice) in scenes("frames") {
        let capture = &journey.seen.captures["A"];
        let told = said(&account);
        for _ in 0..TURNED {
            let frame = dice.below(capture.frames.len());
            let at = dice.below(capture.frames[frame].bytes.len());
            let mut other = capture.clone();
            other.frames[frame].bytes[at] ^= 1 << dice.below(8);
            let account = decode(&other, journey.known());
            assert_ne!(said(&account), told, "byte {at} of frame {frame}");
            let is_ip = capture.frames[frame].bytes[12..ETHERNET] == [8, 0];
            let faults = account.faults();
            let found = faults.iter().any(|(span, _)| span.space == Space::Frame(frame));
            assert!(
                found || !is_ip || at < ETHERNET,
                "byte {at} of frame {frame}: {faults:?}"
            );
        }
    }
}

/// Where TCP carries something for a connection of TLS: the frame, and the first byte.
fn payloads(account: &Account) -> Vec<(usize, usize)> {
    let segments = account.frames.iter().enumerate().filter_map(|(index, frame)| {
        let segment = frame.layer.find(Protocol::Tcp, "segment")?;
        let words = segment.field("data offset and flags")?.bits("data offset")?;
        let start = segment.range.start + usize::try_from(words).ok()? * 4;
        let is_tls = account.flows[frame.flow?].tls.is_some();
        (is_tls && start < segment.range.end).then_some((index, start))
    });
    segments.collect()
}

#[test]
fn what_tls_protects_is_told_to_be_wrong_behind_right_checksums() {
    for (journey, account, mut dice) in scenes("payloads") {
        let capture = &journey.seen.captures["A"];
        let told = said(&account);
        let payloads = payloads(&account);
        for _ in 0..TURNED {
            let (frame, start) = payloads[dice.below(payloads.len())];
            let at = start + dice.below(capture.frames[frame].bytes.len() - start);
            let mut other = capture.clone();
            other.frames[frame].bytes[at] ^= 1 << dice.below(8);
            repair(&mut other.frames[frame].bytes);
            let account = decode(&other, journey.known());
            assert_ne!(said(&account), told, "byte {at} of frame {frame}");
            if !is_ignored(&decode(capture, journey.known()), frame, at) {
                assert!(
                    objects(&account),
                    "byte {at} of frame {frame} is changed, and nothing is wrong"
                );
            }
        }
    }
}

/// legacy_record_version of a record that is not protected: of the record in the frame, or of one that begins there.
fn is_ignored(account: &Account, frame: usize, at: usize) -> bool {
    let position = Place { frame, at };
    let spaces = (0..account.derived.len()).map(Space::Derived);
    spaces.chain([Space::Frame(frame)]).any(|space| {
        let layers = account.layer(space).map(Layer::layers).unwrap_or_default().into_iter();
        let records = layers.filter(|layer| layer.protocol == Protocol::Tls && layer.name == "record");
        let open = records.filter(|record| record.field("authentication tag").is_none());
        open.filter_map(|record| record.field("legacy_record_version"))
            .any(|field| {
                let range = field.range.clone();
                places(account, &Span { space, range }).contains(&position)
            })
    })
}

/// A byte of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    frame: usize,
    at: usize,
}

/// Where bytes stand in frames, byte for byte; nowhere what was decrypted.
fn places(account: &Account, span: &Span) -> Vec<Place> {
    match span.space {
        Space::Frame(frame) => span.range.clone().map(|at| Place { frame, at }).collect(),
        Space::Derived(index) => {
            let derived = &account.derived[index];
            if !matches!(derived.how, How::Joined) {
                return Vec::new();
            }
            let all: Vec<_> = derived.from.iter().flat_map(|span| places(account, span)).collect();
            all.get(span.range.clone()).map(<[Place]>::to_vec).unwrap_or_default()
        }
    }
}

/// Turns a bit of a plaintext and seals it again, as who has the keys could.
fn resealed(journey: &Journey, account: &Account, index: usize, (at, bit): (usize, usize)) -> Capture {
    let derived = &account.derived[index];
    let How::Decrypted(protection) = &derived.how else {
        panic!("it was decrypted");
    };
    let [sealed] = derived.from.as_slice() else {
        panic!("a record has one ciphertext");
    };
    let mut plain = derived.bytes.clone();
    plain[at] ^= 1 << bit;
    let whole = sealed.range.start - 5..sealed.range.end + 16;
    let places = places(
        account,
        &Span {
            space: sealed.space,
            range: whole,
        },
    );
    let mut capture = journey.seen.captures["A"].clone();
    let header: Vec<_> = places[..5]
        .iter()
        .map(|place| capture.frames[place.frame].bytes[place.at])
        .collect();
    let tag = key(account, protection)
        .seal(&protection.nonce.unwrap(), &header, &mut plain)
        .unwrap();
    for (place, byte) in places[5..].iter().zip(plain.iter().chain(&tag)) {
        capture.frames[place.frame].bytes[place.at] = *byte;
    }
    for place in &places {
        repair(&mut capture.frames[place.frame].bytes);
    }
    capture
}

/// The write key of a handshake's record, from the schedule of its connection.
fn key(account: &Account, protection: &Protection) -> Aead {
    let schedules = account.flows.iter().filter_map(|flow| flow.schedule.as_ref());
    let mut fitting = schedules.filter(|schedule| {
        let ivs = schedule.nodes.iter().filter(|made| made.name.ends_with("handshake iv"));
        ivs.into_iter()
            .any(|made| made.value.as_deref() == protection.iv.as_ref().map(<[u8; 12]>::as_slice))
    });
    let schedule = fitting.next().expect("a schedule with this iv");
    let side = if protection.secret.starts_with("SERVER") {
        "server"
    } else {
        "client"
    };
    let key = schedule
        .find(&format!("{side} handshake key"))
        .unwrap()
        .value
        .as_deref()
        .unwrap();
    let algorithm = match key.len() {
        16 => AeadAlgorithm::Aes128Gcm,
        _ => AeadAlgorithm::Aes256Gcm,
    };
    Aead::new(algorithm, key).unwrap()
}

#[test]
fn a_handshake_changed_by_who_has_its_keys_proves_nothing() {
    for (journey, account, mut dice) in scenes("handshakes") {
        let told = said(&account);
        let is_handshake = |index: &usize| match &account.derived[*index].how {
            How::Decrypted(protection) => protection.secret.contains("HANDSHAKE"),
            How::Joined => false,
        };
        let records: Vec<_> = (0..account.derived.len()).filter(is_handshake).collect();
        for _ in 0..TURNED {
            let index = records[dice.below(records.len())];
            let derived = &account.derived[index];
            // Behind the content stands its type.
            let at = dice.below(derived.bytes.len() - 1);
            let capture = resealed(&journey, &account, index, (at, dice.below(8)));
            let other = decode(&capture, journey.known());
            assert_ne!(said(&other), told, "byte {at} of {index}");
            assert!(objects(&other), "byte {at} of {index} is changed, and nothing is wrong");
            let untold = untold(derived, at, &other);
            assert!(untold.is_empty(), "byte {at} of {index}: {untold:?}");
        }
    }
}

/// What is not told to be wrong though it was changed, and the structures are whole.
fn untold(derived: &Derived, at: usize, changed: &Account) -> Vec<&'static str> {
    let faults = changed.faults();
    if faults.iter().any(|(_, note)| !note.text.key.ends_with("_WRONG")) {
        return Vec::new();
    }
    let wrong = wrong(changed);
    let layer = &derived.layer;
    let of_server = match &derived.how {
        How::Decrypted(protection) => protection.secret.starts_with("SERVER"),
        How::Joined => false,
    };
    let holds = |name: &str| {
        let layers = layer.layers().into_iter();
        let fields = layer.fields().into_iter();
        layers
            .filter(|layer| layer.name == name)
            .any(|layer| layer.range.contains(&at))
            || fields
                .filter(|field| field.name == name)
                .any(|field| field.range.contains(&at))
    };
    // Where a client's chain ends is not known, so that the name of its last authority may be any.
    let certificate = if of_server {
        &[Aspect::Signature, Aspect::Anchor][..]
    } else {
        &[Aspect::Finished]
    };
    let proofs = [
        ("tbsCertificate", certificate),
        ("signatureValue", certificate),
        ("verify_data", &[Aspect::Finished]),
        ("EncryptedExtensions", &[Aspect::Finished]),
        ("CertificateVerify", &[Aspect::Finished]),
    ];
    let untold = proofs
        .into_iter()
        .filter(|(name, aspects)| holds(name) && !aspects.iter().any(|aspect| wrong.contains(aspect)));
    untold.map(|(name, _)| name).collect()
}

#[test]
fn a_changed_binder_is_told_to_be_wrong() {
    let journey = run(Shape::Resumed, false);
    let capture = &journey.seen.captures["A"];
    let account = decode(capture, journey.known());
    let spaces = (0..account.frames.len()).map(Space::Frame);
    let spaces = spaces.chain((0..account.derived.len()).map(Space::Derived));
    let mut binders = spaces.filter_map(|space| {
        let field = account.layer(space)?.field_within("binder")?;
        let span = Span {
            space,
            range: field.range.clone(),
        };
        places(&account, &span).last().copied()
    });
    let place = binders.next_back().expect("a binder");
    let mut other = capture.clone();
    other.frames[place.frame].bytes[place.at] ^= 1;
    repair(&mut other.frames[place.frame].bytes);
    let wrong = wrong(&decode(&other, journey.known()));
    assert!(wrong.contains(&Aspect::Binder), "{wrong:?}");
}

#[test]
fn another_pin_than_the_servers_is_told_to_be_wrong() {
    let journey = run(Shape::Full, true);
    let known = Known {
        trusted: Trusted::Key(&[7; 32]),
        ..journey.known()
    };
    let account = decode(&journey.seen.captures["A"], known);
    // It would have signed the certificate, too.
    assert_eq!(wrong(&account), [Aspect::Signature, Aspect::Anchor]);
}
