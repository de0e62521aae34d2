//! Messages that the server has not confirmed yet: one file each, so that processes do not disturb each other.

use nihao_protocol::chat::{ChainHash, Conversation, MessageId, Seen, Text};
use serde::{Deserialize, Serialize};

use super::{Home, HomeError, damaged, files, state};

const QUEUE: &str = "queue";
const REFUSED: &str = "refused";

/// A message on its way. All of it is kept, since the same id must always come with the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Its id, which makes sending it twice harmless.
    pub id: MessageId,
    /// Where it goes.
    pub to: Conversation,
    /// What it says.
    pub text: Text,
    /// What its sender had seen there when writing it.
    pub seen: Option<Seen>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    to: String,
    text: String,
    seen_seq: Option<u64>,
    seen_chain: Option<String>,
}

impl Home {
    /// Puts a message into the queue; when this returns, it survives a crash.
    ///
    /// # Errors
    /// [`HomeError`] where it cannot be written.
    pub fn queue(&self, message: &Unsent) -> Result<(), HomeError> {
        let directory = self.path().join(QUEUE);
        files::ensure_directory(&directory)?;
        Ok(files::create_secret(
            &directory.join(file_name(message.id)),
            message.to_json().as_bytes(),
        )?)
    }

    /// The messages in the queue, oldest first, and beside them what could not be read.
    ///
    /// # Errors
    /// [`HomeError`] where the directory cannot be read.
    pub fn queued(&self) -> Result<(Vec<Unsent>, Vec<HomeError>), HomeError> {
        let (mut messages, mut damages) = (Vec::new(), Vec::new());
        for path in files::list(&self.path().join(QUEUE))? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // Names with a dot in front are being written just now, or were when a process died.
            let Some(id) = name.strip_suffix(".json").filter(|id| !id.starts_with('.')) else {
                continue;
            };
            let read = match (files::read_if_any(&path), id.parse()) {
                (Ok(None), _) => continue, // another process has sent it meanwhile
                (Ok(Some(text)), Ok(id)) => Unsent::parse(id, &text).map_err(|reason| damaged(&path, reason)),
                (Ok(Some(_)), Err(error)) => Err(damaged(&path, format!("its name is no message id: {error}"))),
                (Err(error), _) => Err(error.into()),
            };
            match read {
                Ok(message) => messages.push(message),
                Err(damage) => damages.push(damage),
            }
        }
        // Version 7 ids sort by the time they were made.
        messages.sort_by_key(|message| message.id);
        Ok((messages, damages))
    }

    /// Takes a confirmed message out of the queue.
    ///
    /// # Errors
    /// [`HomeError`] where it cannot be removed.
    pub fn unqueue(&self, id: MessageId) -> Result<(), HomeError> {
        Ok(files::remove(&self.path().join(QUEUE).join(file_name(id)))?)
    }

    /// Puts a message aside that the server refused for good; gives the file where its text is now.
    ///
    /// # Errors
    /// [`HomeError`] where it cannot be moved.
    pub fn put_aside(&self, id: MessageId) -> Result<std::path::PathBuf, HomeError> {
        let directory = self.path().join(REFUSED);
        files::ensure_directory(&directory)?;
        let aside = directory.join(file_name(id));
        files::rename(&self.path().join(QUEUE).join(file_name(id)), &aside)?;
        Ok(aside)
    }
}

impl Unsent {
    fn parse(id: MessageId, text: &str) -> Result<Self, String> {
        let written: Written = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if written.version != 1 {
            return Err(format!(
                "it is of version {}, and this program knows version 1",
                written.version
            ));
        }
        let seen = match (written.seen_seq, written.seen_chain) {
            (Some(seq), Some(chain)) => {
                let chain = state::unhex(&chain).ok_or("the hash of the message seen is not 32 bytes")?;
                Some(Seen {
                    seq,
                    chain: ChainHash(chain),
                })
            }
            (None, None) => None,
            _ => return Err("of the message seen, one half is missing".into()),
        };
        let to = written.to.parse().map_err(|error| format!("{error}"))?;
        let text = Text::parse(written.text).map_err(|error| error.to_string())?;
        Ok(Self { id, to, text, seen })
    }

    fn to_json(&self) -> String {
        state::json(&Written {
            version: 1,
            to: self.to.to_string(),
            text: self.text.as_str().into(),
            seen_seq: self.seen.map(|seen| seen.seq),
            seen_chain: self.seen.map(|seen| seen.chain.to_string()),
        })
    }
}

fn file_name(id: MessageId) -> String {
    format!("{id}.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nihao_protocol::clock::UnixTime;
    use nihao_protocol::crypto::Seeded;

    fn message(at: u64, text: &str) -> Unsent {
        let id = MessageId::new(UnixTime(at), &mut Seeded::new(at, "queue")).unwrap();
        let seen = Some(Seen {
            seq: at,
            chain: ChainHash([3; 32]),
        })
        .filter(|_| at.is_multiple_of(2));
        Unsent {
            id,
            to: "#general".parse().unwrap(),
            text: Text::parse(text).unwrap(),
            seen,
        }
    }

    #[test]
    fn messages_come_back_whole_and_oldest_first() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().into());
        let all = [message(1, "您好！"), message(2, "two\n\u{1b}[2J"), message(3, "three")];
        for index in [2, 0, 1] {
            home.queue(&all[index]).unwrap();
        }
        assert_eq!(home.queued().unwrap().0, all);
        assert!(home.queue(&all[0]).is_err(), "an id is used once");
        home.unqueue(all[1].id).unwrap();
        home.unqueue(all[1].id).unwrap();
        let aside = home.put_aside(all[0].id).unwrap();
        assert!(std::fs::read_to_string(aside).unwrap().contains("您好！"));
        assert_eq!(home.queued().unwrap().0, all[2..]);
    }

    #[test]
    fn a_damaged_file_hides_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().into());
        let good = message(5, "good");
        home.queue(&good).unwrap();
        let bad = home.path().join("queue").join(file_name(message(4, "bad").id));
        std::fs::write(&bad, "{\"version\":1").unwrap();
        std::fs::write(home.path().join("queue/.x.json.1.0.partial"), "{").unwrap();
        let (messages, damages) = home.queued().unwrap();
        assert_eq!(messages, [good]);
        assert!(
            damages.len() == 1 && damages[0].to_string().contains("damaged"),
            "{damages:?}"
        );
    }
}
