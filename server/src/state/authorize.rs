//! Who may do what: the one place that decides, for a request before it is taken up and for an event at its place in the log.

use nihao_protocol::chat::{AccessUse, ClientSays, Conversation, Nickname, Refusal, RoomName};

use super::access::{may_read_with, may_send_with};
use super::{INVITES_EACH, State};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor<'a> {
    /// Nobody known.
    Stranger,
    /// The owner of the key that the connection proved, or of the browser whose session was shown.
    Member(&'a Nickname),
    /// Whoever was given access by a member, for some uses.
    Bearer(&'a Nickname, &'a AccessUse),
}

impl<'a> Actor<'a> {
    /// Whose name it is, if anybody's.
    #[must_use]
    pub const fn name(self) -> Option<&'a Nickname> {
        match self {
            Self::Stranger => None,
            Self::Member(name) | Self::Bearer(name, _) => Some(name),
        }
    }
}

impl State {
    /// Whether `actor` may ask for that now, at `at` (ms since 1970). Every request passes here before anything else looks at it.
    pub fn authorize(&self, actor: Actor<'_>, says: &ClientSays, at: u64) -> Result<(), Refusal> {
        let me = match (actor, says) {
            (_, ClientSays::Ping) | (Actor::Stranger, ClientSays::Join { .. }) => return Ok(()),
            (Actor::Stranger, _) => return Err(Refusal::NotAMember),
            (Actor::Member(_) | Actor::Bearer(..), ClientSays::Join { .. }) => return Err(Refusal::OutOfOrder),
            (Actor::Member(me), _) => me,
            (Actor::Bearer(me, use_for), _) => {
                is_in_scope(use_for, says)?;
                me
            }
        };
        match says {
            ClientSays::Send { to, .. } => self.may_post(me, to),
            ClientSays::History { conversation, .. } => self.may_read(me, conversation),
            ClientSays::Remove { name } => self.may_remove(me, name),
            ClientSays::Invite => self.may_invite(me, at),
            ClientSays::NewAccess {
                use_for: AccessUse::Browser,
                ..
            } => self.is_member(me).and(Err(Refusal::Malformed)),
            ClientSays::NewAccess { use_for, .. } => self.may_give_access(me, use_for, at),
            ClientSays::RevokeAccess { number } => self.may_revoke_access(me, *number).map(|_| ()),
            ClientSays::Resume { .. }
            | ClientSays::Who { .. }
            | ClientSays::RenewCertificate
            | ClientSays::ListAccess => self.is_member(me),
            ClientSays::Join { .. } | ClientSays::Ping => Ok(()),
        }
    }

    /// Whether they are here: joined, and not removed since.
    pub fn is_member(&self, name: &Nickname) -> Result<(), Refusal> {
        match self.user(name) {
            None => Err(Refusal::NotAMember),
            Some(user) if user.removed => Err(Refusal::Removed),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn may_post(&self, from: &Nickname, to: &Conversation) -> Result<(), Refusal> {
        self.is_member(from)?;
        match to {
            Conversation::Room(room) => is_room(room),
            Conversation::Direct(name) => self.is_member(name).map_err(|_| Refusal::NoSuchUser),
        }
    }

    /// The other end of a direct conversation may be gone: what was said stays readable.
    fn may_read(&self, me: &Nickname, conversation: &Conversation) -> Result<(), Refusal> {
        self.is_member(me)?;
        match conversation {
            Conversation::Room(room) => is_room(room),
            Conversation::Direct(name) => self.user(name).map(|_| ()).ok_or(Refusal::NoSuchUser),
        }
    }

    pub(super) fn may_remove(&self, by: &Nickname, name: &Nickname) -> Result<(), Refusal> {
        self.is_member(by)?;
        if !self.user(by).is_some_and(|user| user.admin) {
            return Err(Refusal::NotAdmin);
        }
        if self.user(name).is_none() {
            return Err(Refusal::NoSuchUser);
        }
        if self.is_last_admin(name) {
            return Err(Refusal::LastAdmin);
        }
        Ok(())
    }

    pub(super) fn may_invite(&self, by: &Nickname, at: u64) -> Result<(), Refusal> {
        self.is_member(by)?;
        if self.open_invites(by, at) >= INVITES_EACH {
            return Err(Refusal::Busy);
        }
        Ok(())
    }
}

/// What a token or webhook was given for, and nothing beyond it: least of all more access.
fn is_in_scope(use_for: &AccessUse, says: &ClientSays) -> Result<(), Refusal> {
    let allowed = match says {
        ClientSays::Send { to, .. } => may_send_with(use_for, to),
        ClientSays::History { .. } | ClientSays::Who { .. } | ClientSays::Resume { .. } => may_read_with(use_for),
        _ => false,
    };
    if allowed { Ok(()) } else { Err(Refusal::OutOfScope) }
}

fn is_room(room: &RoomName) -> Result<(), Refusal> {
    if *room == RoomName::general() {
        Ok(())
    } else {
        Err(Refusal::NoSuchRoom)
    }
}
