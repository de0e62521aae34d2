//! Whole conversations over in-memory streams: what each side says, hears, and never misses.

mod bounds;
mod catching_up;
mod talks;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use nihao_certs::UserAuthority;
use nihao_protocol::chat::{
    Chains, ClientSays, ClientSession, Code, Heard, Message, MessageId, Nickname, Refusal, Sent, ServerSays,
    SessionError, Text,
};
use nihao_protocol::clock::{Clock, UnixTime};
use nihao_protocol::crypto::{Seeded, SigningKey};
use nihao_protocol::x509::Certificate;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::task::{JoinHandle, JoinSet};

use super::{Ended, Peer, serve};
use crate::core::{Core, Door, Parts};
use crate::limits::{Limits, Rate};
use crate::log::sqlite::Synchronous;
use crate::log::{Log, MemoryLog, SqliteLog};

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

fn name(name: &str) -> Nickname {
    Nickname::parse(name).unwrap()
}

/// A server with deliveries running; dropping it ends them.
struct Lab {
    core: Arc<Core>,
    _deliveries: JoinSet<()>,
}

fn lab_on(log: Arc<dyn Log>, limits: Limits) -> Lab {
    let mut random = Seeded::new(1, "server");
    let core = Arc::new(Core::new(Parts {
        log,
        authority: UserAuthority::create(NOW, &mut random).unwrap(),
        door: Door {
            host: "localhost".into(),
            port: 8443,
            ca: [7; 32],
        },
        clock: Clock::fixed(NOW),
        random: Box::new(random),
        limits,
    }));
    let mut deliveries = JoinSet::new();
    deliveries.spawn(Arc::clone(&core).deliver());
    Lab {
        core,
        _deliveries: deliveries,
    }
}

fn lab() -> Lab {
    lab_on(Arc::new(MemoryLog::new()), Limits::default())
}

/// One end of a connection, with the task that serves it.
struct Talk {
    stream: DuplexStream,
    session: ClientSession,
    served: JoinHandle<std::io::Result<Ended>>,
}

fn key_of(who: &str) -> SigningKey {
    let mut seed = [0; 32];
    seed[..who.len()].copy_from_slice(who.as_bytes());
    SigningKey::ed25519(&seed)
}

impl Lab {
    fn connect(&self, key: Option<&SigningKey>) -> Talk {
        let (stream, theirs) = duplex(64 * 1024);
        let peer = Peer {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            key: key.map(|key| key.public_key().try_into().unwrap()),
        };
        Talk {
            stream,
            session: ClientSession::new(),
            served: tokio::spawn(serve(Arc::clone(&self.core), theirs, peer)),
        }
    }

    fn member(&self, who: &str) -> Talk {
        self.connect(Some(&key_of(who)))
    }

    /// Joins; the first one with the founding invite, others with alice's. Gives the cursor.
    async fn join(&self, who: &str) -> u64 {
        let code = match self.core.founding_invite().await.unwrap() {
            Some(invite) => invite.code,
            None => self.invite_of("alice").await,
        };
        match self.connect(None).ask(join(&code, who)).await {
            ServerSays::Joined { cursor, .. } => cursor,
            other => panic!("{other:?}"),
        }
    }

    async fn invite_of(&self, who: &str) -> Code {
        match self.member(who).ask(ClientSays::Invite).await {
            ServerSays::Invited { line, .. } => line.parse::<nihao_protocol::chat::Invite>().unwrap().code,
            other => panic!("{other:?}"),
        }
    }
}

fn join(code: &Code, who: &str) -> ClientSays {
    let key = key_of(who);
    ClientSays::Join {
        code: code.0,
        name: name(who),
        public_key: key.public_key().try_into().unwrap(),
        proof: key.sign(&code.statement(&name(who))).try_into().unwrap(),
    }
}

fn send(n: u32, to: &str, text: &str) -> ClientSays {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    ClientSays::Send {
        id: MessageId(id),
        to: to.parse().unwrap(),
        text: Text::parse(text).unwrap(),
        seen: None,
    }
}

impl Talk {
    async fn hear(&mut self) -> Result<Heard, SessionError> {
        loop {
            if let Some(heard) = self.session.next_event() {
                return heard;
            }
            let mut buffer = [0; 4096];
            let received = self.stream.read(&mut buffer).await.unwrap();
            assert_ne!(received, 0, "the server closed without a word");
            self.session.receive(&buffer[..received]);
        }
    }

    async fn say(&mut self, says: ClientSays) -> u32 {
        let request = self.session.send(says).unwrap();
        self.stream.write_all(&self.session.transmit()).await.unwrap();
        request
    }

    /// Asks and waits for the reply; deliveries in between are dropped.
    async fn ask(&mut self, says: ClientSays) -> ServerSays {
        let request = self.say(says).await;
        loop {
            match self.hear().await.unwrap() {
                Heard::Reply(number, says) if number == request => return says,
                _ => {}
            }
        }
    }

    async fn refusal(&mut self, says: ClientSays) -> Refusal {
        match self.ask(says).await {
            ServerSays::Refused { reason, detail } => {
                assert!(!detail.is_empty());
                reason
            }
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Resumes and gives what was missed.
    async fn resume(&mut self, after: u64) -> (Vec<Message>, u64) {
        let request = self.say(ClientSays::Resume { after }).await;
        let mut missed = Vec::new();
        loop {
            match self.hear().await.unwrap() {
                Heard::Delivery(ServerSays::Message { message, replayed }) => {
                    assert!(replayed);
                    missed.push(message);
                }
                Heard::Reply(number, ServerSays::CaughtUp { cursor }) if number == request => return (missed, cursor),
                other => panic!("{other:?}"),
            }
        }
    }

    async fn message(&mut self) -> Message {
        match self.hear().await.unwrap() {
            Heard::Delivery(ServerSays::Message { message, replayed }) => {
                assert!(!replayed);
                message
            }
            other => panic!("{other:?}"),
        }
    }

    async fn sent(&mut self, says: ClientSays) -> Sent {
        match self.ask(says).await {
            ServerSays::Sent(sent) => sent,
            other => panic!("{other:?}"),
        }
    }

    async fn ended(mut self) -> Refusal {
        match self.hear().await {
            Err(SessionError::Closed { reason, .. }) => {
                assert_eq!(self.served.await.unwrap().unwrap(), Ended::ByServer(reason));
                reason
            }
            other => panic!("{other:?}"),
        }
    }
}
