//! Tamper evidence: each conversation is a hash chain, and every message says what its sender saw last.
//!
//! A chain's value is `SHA-256(context ‖ previous ‖ header ‖ SHA-256(salt ‖ text))`, so that a server may forget salt and
//! text later and keep the chain. What it shows: a lost, changed or forked history, as soon as two people who saw different things
//! speak. It does not show who did it, nor a change that everybody was shown alike before anybody looked.

use std::collections::BTreeMap;
use std::fmt;

use super::frame::{Decode, Encode};
use super::message::{Message, Sent};
use super::names::{Conversation, MessageId, Nickname, Text};
use crate::crypto::hash::HashAlgorithm;

/// How many values of each conversation's chain a reader remembers, to compare with what others saw.
pub const REMEMBERED: usize = 1024;

/// A chain's value after some message; all zero before the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// The chain's value after one more message.
    #[must_use]
    pub fn with(&self, header: &Header<'_>, commitment: &[u8; 32]) -> Self {
        let mut bytes = b"nihao/1 chain\0".to_vec();
        bytes.extend(self.0);
        header.write(&mut bytes);
        bytes.extend(commitment);
        Self(sha256(&bytes))
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// `SHA-256(salt ‖ text)`: binds the text without giving it away.
#[must_use]
pub fn commitment(salt: &[u8; 16], text: &str) -> [u8; 32] {
    sha256(&[salt.as_slice(), text.as_bytes()].concat())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = HashAlgorithm::Sha256.hash(bytes);
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    out
}

/// The last message somebody saw in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Seen {
    /// Its `seq`.
    pub seq: u64,
    /// The chain's value with it.
    pub chain: ChainHash,
}

/// What the chain binds beside the text.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// The sender's id of the message.
    pub id: &'a MessageId,
    /// Who wrote it.
    pub from: &'a Nickname,
    /// Where it went.
    pub to: &'a Conversation,
    /// When the server accepted it, in ms since 1970.
    pub at: u64,
    /// What its sender saw last.
    pub seen: Option<&'a Seen>,
}

impl Header<'_> {
    /// Fixed widths and one-byte lengths, so that no two headers have the same bytes.
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.id.0);
        out.extend(self.at.to_be_bytes());
        for name in [self.from.as_str(), &self.to.to_string()] {
            // A name has 32 characters, 128 bytes, at most.
            out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            out.extend(name.as_bytes());
        }
        match self.seen {
            None => out.push(0),
            Some(seen) => {
                out.push(1);
                out.extend(seen.seq.to_be_bytes());
                out.extend(seen.chain.0);
            }
        }
    }
}

/// What one reader knows of every conversation's chain.
#[derive(Debug, Clone)]
pub struct Chains {
    me: Nickname,
    known: BTreeMap<Conversation, BTreeMap<u64, ChainHash>>,
}

/// Two views of one history differ.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The message does not follow from the one before it: something between was lost, or one was changed.
    #[error("message {seq} in {conversation} does not follow from the one before it: one was lost or changed")]
    Broken {
        /// Where.
        conversation: Conversation,
        /// The message that does not fit.
        seq: u64,
    },
    /// The same `seq` came with another content than before.
    #[error("message {seq} in {conversation} is not what it was when it was first read")]
    Rewritten {
        /// Where.
        conversation: Conversation,
        /// The message.
        seq: u64,
    },
    /// Its sender saw another history.
    #[error("{from} saw another message {saw} in {conversation} than this device did")]
    Forked {
        /// Where.
        conversation: Conversation,
        /// Who saw it.
        from: Nickname,
        /// Which message.
        saw: u64,
    },
    /// Its sender saw a message that never came here.
    #[error("{from} saw message {saw} in {conversation}, which this device was never given")]
    Withheld {
        /// Where.
        conversation: Conversation,
        /// Who saw it.
        from: Nickname,
        /// Which message.
        saw: u64,
    },
}

impl Chains {
    /// Nothing known yet. `me` is the reader's own name.
    #[must_use]
    pub const fn new(me: Nickname) -> Self {
        Self {
            me,
            known: BTreeMap::new(),
        }
    }

    /// Takes up what an earlier run of this reader saw last.
    pub fn remember(&mut self, conversation: Conversation, seen: Seen) {
        let known = self.known.entry(conversation).or_default();
        known.insert(seen.seq, seen.chain);
        while known.len() > REMEMBERED {
            known.pop_first();
        }
    }

    /// The last message seen in a conversation: what the next `Send` there carries.
    #[must_use]
    pub fn last(&self, conversation: &Conversation) -> Option<Seen> {
        let (&seq, &chain) = self.known.get(conversation)?.last_key_value()?;
        Some(Seen { seq, chain })
    }

    /// Every conversation with the last message seen there, to be kept for the next run.
    pub fn all_last(&self) -> impl Iterator<Item = (&Conversation, Seen)> {
        self.known.iter().filter_map(|(conversation, known)| {
            let (&seq, &chain) = known.last_key_value()?;
            Some((conversation, Seen { seq, chain }))
        })
    }

    /// Compares a delivered message with what is known, then remembers it; so each difference is told once.
    ///
    /// The first message of a conversation is taken as it is. Messages must come in the order of `seq`; one that is known already is only compared.
    pub fn hear(&mut self, message: &Message) -> Result<(), Mismatch> {
        let conversation = message.conversation(&self.me);
        let verdict = self.compare(&conversation, message);
        let newer = self.last(&conversation).is_none_or(|last| last.seq < message.seq);
        if newer {
            let seen = Seen {
                seq: message.seq,
                chain: message.chain,
            };
            self.remember(conversation, seen);
        }
        verdict
    }

    /// Takes the receipt of one's own message as the message itself.
    ///
    /// A receipt that does not follow from the last message seen is left alone: the messages between are still on their way.
    pub fn acked(&mut self, id: MessageId, to: Conversation, text: Text, seen: Option<Seen>, sent: &Sent) {
        let message = Message {
            seq: sent.seq,
            id,
            from: self.me.clone(),
            to,
            text,
            at: sent.at,
            seen,
            salt: sent.salt,
            chain: sent.chain,
        };
        let follows = match self.last(&message.conversation(&self.me)) {
            Some(last) => last.seq < message.seq && message.chained_after(&last.chain) == message.chain,
            None => message.chained_after(&ChainHash::default()) == message.chain,
        };
        if follows {
            // It follows, and its sender is this reader: there is nothing it could differ from.
            let _ = self.hear(&message);
        }
    }

    fn compare(&self, conversation: &Conversation, message: &Message) -> Result<(), Mismatch> {
        let Some(known) = self.known.get(conversation) else {
            return Ok(());
        };
        let (conversation, seq) = (conversation.clone(), message.seq);
        let Some((&last, chain)) = known.last_key_value() else {
            return Ok(());
        };
        if seq <= last {
            return match known.get(&seq) {
                Some(chain) if *chain != message.chain => Err(Mismatch::Rewritten { conversation, seq }),
                _ => Ok(()),
            };
        }
        if message.chained_after(chain) != message.chain {
            return Err(Mismatch::Broken { conversation, seq });
        }
        let Some(seen) = message.seen else { return Ok(()) };
        let (from, saw) = (message.from.clone(), seen.seq);
        match known.get(&saw) {
            Some(chain) if *chain == seen.chain => Ok(()),
            Some(_) => Err(Mismatch::Forked {
                conversation,
                from,
                saw,
            }),
            // What is older than this reader's memory cannot be compared.
            None if known.first_key_value().is_some_and(|(&first, _)| saw < first) => Ok(()),
            None => Err(Mismatch::Withheld {
                conversation,
                from,
                saw,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Nickname {
        Nickname::parse(name).unwrap()
    }

    fn message(seq: u64, from: &str, text: &str, seen: Option<Seen>, previous: &ChainHash) -> Message {
        let mut message = Message {
            seq,
            id: MessageId([u8::try_from(seq).unwrap(); 16]),
            from: name(from),
            to: "#general".parse().unwrap(),
            text: Text::parse(text).unwrap(),
            at: seq * 10,
            seen,
            salt: [3; 16],
            chain: ChainHash::default(),
        };
        message.chain = message.chained_after(previous);
        message
    }

    const fn saw(message: &Message) -> Option<Seen> {
        Some(Seen {
            seq: message.seq,
            chain: message.chain,
        })
    }

    #[test]
    fn an_honest_history_is_quiet_and_each_kind_of_lie_is_named() {
        let one = message(1, "alice", "一", None, &ChainHash::default());
        let two = message(3, "bob", "二", saw(&one), &one.chain);
        let three = message(4, "alice", "三", saw(&two), &two.chain);
        let mut bob = Chains::new(name("bob"));
        for message in [&one, &two, &three, &one, &three] {
            assert_eq!(bob.hear(message), Ok(()));
        }
        let room: Conversation = "#general".parse().unwrap();
        assert_eq!(bob.last(&room), saw(&three));

        let rewritten = message(3, "bob", "两", saw(&one), &one.chain);
        assert!(matches!(bob.hear(&rewritten), Err(Mismatch::Rewritten { seq: 3, .. })));

        let mut lost = Chains::new(name("bob"));
        lost.hear(&one).unwrap();
        assert!(matches!(lost.hear(&three), Err(Mismatch::Broken { seq: 4, .. })));

        // The server shows alice another message 3 than bob, then passes on honestly what alice says.
        let mut forked = Chains::new(name("bob"));
        forked.hear(&one).unwrap();
        forked.hear(&two).unwrap();
        let answer = message(5, "alice", "好", saw(&rewritten), &two.chain);
        assert!(matches!(forked.hear(&answer), Err(Mismatch::Forked { saw: 3, .. })));

        // It keeps message 3 from bob and makes its own chain for him without it.
        let mut withheld = Chains::new(name("bob"));
        withheld.hear(&one).unwrap();
        let answer = message(5, "alice", "好", saw(&two), &one.chain);
        assert!(matches!(withheld.hear(&answer), Err(Mismatch::Withheld { saw: 3, .. })));
    }

    #[test]
    fn every_field_is_bound() {
        let whole = message(1, "alice", "一", None, &ChainHash::default());
        let previous = ChainHash::default();
        let changes: [fn(&mut Message); 7] = [
            |m| m.id = MessageId([8; 16]),
            |m| m.from = Nickname::parse("mallory").unwrap(),
            |m| m.to = "@bob".parse().unwrap(),
            |m| m.text = Text::parse("二").unwrap(),
            |m| m.at += 1,
            |m| m.salt = [4; 16],
            |m| {
                m.seen = Some(Seen {
                    seq: 0,
                    chain: ChainHash::default(),
                });
            },
        ];
        for change in changes {
            let mut changed = whole.clone();
            change(&mut changed);
            assert_ne!(changed.chained_after(&previous), whole.chain);
        }
        assert_ne!(whole.chained_after(&ChainHash([1; 32])), whole.chain);
    }

    #[test]
    fn a_receipt_counts_as_the_message_when_nothing_lies_between() {
        let one = message(1, "bob", "一", None, &ChainHash::default());
        let two = message(2, "alice", "二", saw(&one), &one.chain);
        let mine = message(3, "bob", "三", saw(&one), &two.chain);
        let sent = Sent {
            seq: 3,
            at: mine.at,
            salt: mine.salt,
            chain: mine.chain,
        };
        let room: Conversation = "#general".parse().unwrap();
        let mut bob = Chains::new(name("bob"));
        bob.hear(&one).unwrap();
        bob.acked(mine.id, room.clone(), mine.text.clone(), mine.seen, &sent);
        assert_eq!(bob.last(&room), saw(&one), "message 2 is still on its way");
        bob.hear(&two).unwrap();
        bob.acked(mine.id, room.clone(), mine.text.clone(), mine.seen, &sent);
        assert_eq!(bob.last(&room), saw(&mine));
    }
}
