//! A daemon of its own for the benches, and members who talk to it over TLS.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nihao_protocol::chat::{
    self, ClientSays, ClientSession, Conversation, Heard, Invite, MessageId, Nickname, RoomName, ServerSays, Text,
};
use nihao_protocol::crypto::{OsRandom, SigningKey};
use nihao_protocol::net::system::system_clock;
use nihao_protocol::net::{Connector, Environment, TlsStream};
use nihao_protocol::tls::{ClientConfig, Identity};
use nihao_protocol::x509::{ServerName, Trust};
use nihao_server::event::{CodeHash, Event, What};
use nihao_server::log::Log;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Outcome;

pub(crate) struct Lab {
    dir: tempfile::TempDir,
    daemon: Child,
    invite: Invite,
    member: Connector,
    pub(crate) cursor: u64,
}

impl Lab {
    /// Starts a daemon and joins its first user.
    pub(crate) async fn start() -> Outcome<Self> {
        let dir = tempfile::tempdir()?;
        let mut daemon = Command::new(env!("CARGO_BIN_EXE_nihaod"))
            .args(["--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(dir.path().join("data"))
            .args(["--user-rate", "100000000", "--address-rate", "100000000"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(daemon.stdout.take().ok_or("no output")?).lines();
        let invite: Invite = lines.next().ok_or("no invite")??.parse()?;
        lines.next().ok_or("no address")??;
        let key = SigningKey::generate_ed25519(&mut OsRandom)?;
        let name = Nickname::parse("alice")?;
        let join = ClientSays::Join {
            code: invite.code.0,
            public_key: key.public_key().try_into().map_err(|_| "key")?,
            proof: key
                .sign(&invite.code.statement(&name))
                .try_into()
                .map_err(|_| "proof")?,
            name,
        };
        let stranger = connector(invite.ca, None);
        let mut talk = connect(&stranger, &invite).await?;
        let ServerSays::Joined {
            certificates, cursor, ..
        } = talk.ask(join).await?
        else {
            return Err("not let in".into());
        };
        Ok(Self {
            member: connector(invite.ca, Some(Identity::new(certificates, key)?)),
            dir,
            daemon,
            invite,
            cursor,
        })
    }

    pub(crate) async fn member(&self) -> Outcome<Talk> {
        connect(&self.member, &self.invite).await
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Seconds of CPU the daemon has used, all its threads together.
    pub(crate) fn cpu(&self) -> Outcome<f64> {
        let mut nanoseconds = 0_u64;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.daemon.id()))? {
            let times = std::fs::read_to_string(task?.path().join("schedstat"))?;
            nanoseconds += times.split(' ').next().ok_or("schedstat")?.parse::<u64>()?;
        }
        Ok(nanoseconds as f64 / 1e9)
    }

    /// KiB of memory the daemon holds.
    pub(crate) fn resident(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.daemon.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("VmRSS")?.parse()?)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // A bench that failed half-way leaves no daemon behind.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn connector(ca: [u8; 32], identity: Option<Identity>) -> Connector {
    let mut config = ClientConfig::new(Trust::Pinned(ca));
    config.alpn = vec![chat::ALPN.to_vec()];
    config.identities.extend(identity);
    Connector::new(Arc::new(config), Environment::system())
}

async fn connect(connector: &Connector, invite: &Invite) -> Outcome<Talk> {
    let stream = TcpStream::connect((invite.host.as_str(), invite.port)).await?;
    stream.set_nodelay(true)?;
    Ok(Talk {
        stream: connector.connect(stream, ServerName::parse(&invite.host)?).await?,
        session: ClientSession::new(),
    })
}

pub(crate) struct Talk {
    stream: TlsStream<TcpStream>,
    session: ClientSession,
}

impl Talk {
    pub(crate) async fn ask(&mut self, says: ClientSays) -> Outcome<ServerSays> {
        let request = self.session.send(says)?;
        self.flush().await?;
        loop {
            match self.hear().await? {
                Heard::Reply(number, says) if number == request => return Ok(says),
                _ => {}
            }
        }
    }

    pub(crate) async fn resume(&mut self, after: u64) -> Outcome<()> {
        match self.ask(ClientSays::Resume { after }).await? {
            ServerSays::CaughtUp { .. } => Ok(()),
            other => Err(format!("{other:?}").into()),
        }
    }

    /// Posts a message of 100 bytes with the next flush.
    pub(crate) fn post_later(&mut self) -> Outcome<()> {
        self.session.send(ClientSays::Send {
            id: MessageId::new(system_clock().now(), &mut OsRandom)?,
            to: Conversation::Room(RoomName::general()),
            text: Text::parse("x".repeat(100))?,
            seen: None,
        })?;
        Ok(())
    }

    pub(crate) async fn post(&mut self) -> Outcome<()> {
        self.post_later()?;
        self.flush().await
    }

    /// Waits for at least so many receipts; takes what else is there.
    pub(crate) async fn receipts(&mut self, at_least: usize) -> Outcome<usize> {
        let before = self.session.waiting().count();
        while before - self.session.waiting().count() < at_least {
            refuse_refusal(self.hear().await?)?;
        }
        while let Some(heard) = self.session.next_event() {
            refuse_refusal(heard?)?;
        }
        Ok(before - self.session.waiting().count())
    }

    pub(crate) async fn receipts_left(&mut self) -> Outcome<usize> {
        let left = self.session.waiting().count();
        self.receipts(left).await
    }

    /// Hears so many messages.
    pub(crate) async fn deliveries(&mut self, count: usize) -> Outcome<()> {
        for _ in 0..count {
            self.hear().await?;
        }
        Ok(())
    }

    pub(crate) async fn flush(&mut self) -> Outcome<()> {
        self.stream.write_all(&self.session.transmit()).await?;
        Ok(self.stream.flush().await?)
    }

    async fn hear(&mut self) -> Outcome<Heard> {
        loop {
            if let Some(heard) = self.session.next_event() {
                return Ok(heard?);
            }
            let mut buffer = [0; 16 * 1024];
            let received = self.stream.read(&mut buffer).await?;
            if received == 0 {
                return Err("the server closed".into());
            }
            self.session.receive(buffer.get(..received).ok_or("buffer")?);
        }
    }
}

fn refuse_refusal(heard: Heard) -> Outcome<()> {
    match heard {
        Heard::Reply(_, ServerSays::Refused { reason, detail }) => Err(format!("{reason}: {detail}").into()),
        _ => Ok(()),
    }
}

/// Puts alice into an empty log.
pub(crate) async fn founder_in(log: &dyn Log) -> Outcome<()> {
    let code = CodeHash([1; 32]);
    let invite = What::InviteCreated {
        by: None,
        code,
        expires: 10,
    };
    let join = What::UserJoined {
        name: Nickname::parse("alice")?,
        public_key: [1; 32],
        code,
        certificate: Vec::new(),
    };
    for what in [invite, join] {
        log.append(Event { at: 1, what }).await?;
    }
    Ok(())
}
