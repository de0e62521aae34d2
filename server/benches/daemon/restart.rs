//! How long the daemon takes from its start until it listens, with few messages stored and with many.

use std::collections::VecDeque;
use std::path::Path;

use nihao_protocol::chat::{Conversation, MessageId, Nickname, RoomName, Text};
use nihao_server::event::{Event, What};
use nihao_server::log::sqlite::Synchronous;
use nihao_server::log::{Log as _, SqliteLog};

use crate::member::Lab;
use crate::process::Process;
use crate::table::{Target, head, median, ratio};
use crate::{Outcome, clock};

/// The first start with few is not counted: it reads the program from the disk.
pub(crate) async fn restart(scale: u32) -> Outcome<()> {
    let (few, many) = (1_000, 1_000_000 / scale);
    let (few_in, many_in) = (filled(few).await?, filled(many).await?);
    started(few_in.path())?;
    started(many_in.path())?;
    let (mut fast, mut slow) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        fast.push(started(few_in.path())?);
        slow.push(started(many_in.path())?);
    }
    let (fast, slow) = (median(fast), median(slow));
    head(
        "from the start of the daemon until it listens",
        &format!("with {few} messages"),
    );
    let what = format!("with {many} messages");
    ratio(&what, slow, fast, "ms", slow / fast, Target::AtMost(1.25));
    Ok(())
}

/// Milliseconds until it listens.
fn started(dir: &Path) -> Outcome<f64> {
    let start = clock();
    let process = Process::daemon(dir)?;
    let took = start.elapsed().as_secs_f64() * 1e3;
    drop(process);
    Ok(took)
}

/// A data directory where alice has said so much.
async fn filled(messages: u32) -> Outcome<tempfile::TempDir> {
    let dir = tempfile::tempdir()?;
    drop(Lab::start(Process::daemon(dir.path())?).await?);
    // How fast it is filled is not what is measured.
    let log = SqliteLog::open(&dir.path().join("data/log.sqlite"), Synchronous::Off)?;
    let mut waiting = VecDeque::new();
    for number in 0..messages {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let what = What::MessagePosted {
            from: Nickname::parse("alice")?,
            id: MessageId(id),
            to: Conversation::Room(RoomName::general()),
            text: Text::parse("x".repeat(100))?,
            seen: None,
            salt: [0; 16],
        };
        waiting.push_back(log.append(Event { at: 1, what }));
        if waiting.len() > 4000
            && let Some(answer) = waiting.pop_front()
        {
            answer.await?;
        }
    }
    for answer in waiting {
        answer.await?;
    }
    Ok(dir)
}
