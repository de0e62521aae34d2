//! What this device has read: its cursor, and the last message seen in each conversation.

use std::collections::BTreeMap;

use nihao_protocol::chat::{ChainHash, Chains, Conversation, Nickname, Seen};
use serde::{Deserialize, Serialize};

use super::{Home, HomeError, damaged, files};

const FILE: &str = "state.json";
const LOCK: &str = "lock";

/// What this device has read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// The `seq` up to which messages were shown.
    pub cursor: u64,
    /// The last message seen in each conversation, to tell a changed history by.
    pub seen: BTreeMap<Conversation, Seen>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    cursor: u64,
    seen: BTreeMap<String, WrittenSeen>,
}

#[derive(Serialize, Deserialize)]
struct WrittenSeen {
    seq: u64,
    chain: String,
}

impl State {
    /// What `chains` saw and what this state did, of each conversation the newer.
    pub fn take_up(&mut self, chains: &Chains) {
        for (conversation, seen) in chains.all_last() {
            let known = self.seen.entry(conversation.clone()).or_insert(seen);
            if known.seq < seen.seq {
                *known = seen;
            }
        }
    }

    /// What a reader called `me` goes on from.
    #[must_use]
    pub fn chains(&self, me: &Nickname) -> Chains {
        let mut chains = Chains::new(me.clone());
        for (conversation, seen) in &self.seen {
            chains.remember(conversation.clone(), *seen);
        }
        chains
    }

    fn parse(text: &str) -> Result<Self, String> {
        let written: Written = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if written.version != 1 {
            return Err(format!(
                "it is of version {}, and this program knows version 1",
                written.version
            ));
        }
        let mut seen = BTreeMap::new();
        for (conversation, WrittenSeen { seq, chain }) in written.seen {
            let conversation = conversation.parse().map_err(|error| format!("{error}"))?;
            let chain = unhex(&chain).ok_or_else(|| format!("the hash of message {seq} is not 32 bytes"))?;
            seen.insert(
                conversation,
                Seen {
                    seq,
                    chain: ChainHash(chain),
                },
            );
        }
        Ok(Self {
            cursor: written.cursor,
            seen,
        })
    }

    fn to_json(&self) -> String {
        let seen = self.seen.iter().map(|(conversation, seen)| {
            (
                conversation.to_string(),
                WrittenSeen {
                    seq: seen.seq,
                    chain: seen.chain.to_string(),
                },
            )
        });
        json(&Written {
            version: 1,
            cursor: self.cursor,
            seen: seen.collect(),
        })
    }
}

impl Home {
    /// What this device has read; nothing before its first join.
    ///
    /// # Errors
    /// [`HomeError`] where the file cannot be read or understood.
    pub fn state(&self) -> Result<State, HomeError> {
        let path = self.path().join(FILE);
        match files::read_if_any(&path)? {
            Some(text) => State::parse(&text).map_err(|reason| damaged(&path, reason)),
            None => Ok(State::default()),
        }
    }

    /// Changes what this device has read, durably, as if no other process did so at the same time.
    ///
    /// # Errors
    /// [`HomeError`] where the file cannot be read, understood or written.
    pub fn change_state(&self, change: impl FnOnce(&mut State)) -> Result<(), HomeError> {
        files::locked(&self.path().join(LOCK), || {
            let before = self.state()?;
            let mut state = before.clone();
            change(&mut state);
            if state != before {
                files::replace(&self.path().join(FILE), state.to_json().as_bytes())?;
            }
            Ok(())
        })?
    }
}

/// Any value of ours as JSON text; they hold nothing that JSON cannot.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// The 32 bytes that 64 hexadecimal digits stand for.
pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().into());
        (dir, home)
    }

    #[test]
    fn what_is_written_is_read() {
        let (_dir, home) = home();
        assert_eq!(home.state().unwrap(), State::default());
        let seen = Seen {
            seq: 9,
            chain: ChainHash([0xab; 32]),
        };
        home.change_state(|state| {
            state.cursor = 9;
            state.seen.insert("#天气".parse().unwrap(), seen);
            state.seen.insert("@bob".parse().unwrap(), seen);
        })
        .unwrap();
        let state = home.state().unwrap();
        assert_eq!((state.cursor, state.seen.len()), (9, 2));
        let chains = state.chains(&Nickname::parse("alice").unwrap());
        assert_eq!(chains.last(&"@bob".parse().unwrap()), Some(seen));
    }

    #[test]
    fn changes_at_the_same_time_are_all_kept() {
        let (_dir, home) = home();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..25).for_each(|_| home.change_state(|state| state.cursor += 1).unwrap()));
            }
        });
        assert_eq!(home.state().unwrap().cursor, 100);
    }

    #[test]
    fn damage_is_told_and_not_repaired_away() {
        let (_dir, home) = home();
        let path = home.path().join(FILE);
        std::fs::write(&path, "{\"version\":1,\"cursor\":").unwrap();
        assert!(matches!(
            home.change_state(|state| state.cursor = 1),
            Err(HomeError::Damaged { .. })
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"version\":1,\"cursor\":");
    }
}
