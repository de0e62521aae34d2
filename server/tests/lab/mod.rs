//! A daemon as a process of its own, and members who talk to it over TLS.

#![allow(dead_code, reason = "each test and bench uses a part of it")]

use std::error::Error;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use nihao_protocol::chat::{
    self, ClientSays, ClientSession, Conversation, Heard, Invite, MessageId, Nickname, RoomName, ServerSays, Text,
};
use nihao_protocol::crypto::{OsRandom, SigningKey};
use nihao_protocol::net::system::system_clock;
use nihao_protocol::net::{Connector, Environment, TlsStream};
use nihao_protocol::tls::{ClientConfig, Identity};
use nihao_protocol::x509::{ServerName, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A running daemon, and the member who joined it first.
pub(crate) struct Lab {
    daemon: Daemon,
    pub(crate) address: String,
    pub(crate) account: Account,
}

/// Who the first member is; comes back as the same after a restart.
#[derive(Clone)]
pub(crate) struct Account {
    ca: [u8; 32],
    identity: Identity,
    pub(crate) cursor: u64,
}

impl Lab {
    /// Starts a daemon on an empty directory and joins its first member, alice.
    pub(crate) async fn start(dir: &Path, arguments: &[&str]) -> Outcome<Self> {
        let mut daemon = Daemon::spawn(&[], dir, arguments)?;
        let invite: Invite = daemon.line()?.parse()?;
        let address = daemon.address(dir)?;
        let account = join(&address, &invite).await?;
        Ok(Self {
            daemon,
            address,
            account,
        })
    }

    /// Starts a daemon where `account` has joined before, under `wrapper` if that names a program.
    pub(crate) fn again(wrapper: &[&str], dir: &Path, arguments: &[&str], account: Account) -> Outcome<Self> {
        let mut daemon = Daemon::spawn(wrapper, dir, arguments)?;
        let address = daemon.address(dir)?;
        Ok(Self {
            daemon,
            address,
            account,
        })
    }

    /// A fresh connection as alice.
    pub(crate) async fn member(&self) -> Outcome<Talk> {
        connect(&self.address, self.account.ca, Some(self.account.identity.clone())).await
    }

    /// Ends the daemon as a crash would.
    pub(crate) fn kill(mut self) -> Outcome<Account> {
        self.daemon.kill()?;
        Ok(self.account.clone())
    }

    /// Seconds of CPU the daemon has used, all its threads together.
    pub(crate) fn cpu(&self) -> Outcome<f64> {
        let mut nanoseconds = 0_u64;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.daemon.process))? {
            let times = std::fs::read_to_string(task?.path().join("schedstat"))?;
            nanoseconds += times.split(' ').next().ok_or("schedstat")?.parse::<u64>()?;
        }
        Ok(nanoseconds as f64 / 1e9)
    }

    /// KiB of memory the daemon holds.
    pub(crate) fn resident(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.daemon.process))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("VmRSS")?.parse()?)
    }
}

struct Daemon {
    child: Child,
    /// Under a wrapper another process than the child.
    process: u32,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Daemon {
    fn spawn(wrapper: &[&str], dir: &Path, arguments: &[&str]) -> Outcome<Self> {
        let mut words = wrapper.iter().copied().chain([env!("CARGO_BIN_EXE_nihaod")]);
        let mut child = Command::new(words.next().ok_or("program")?)
            .args(words)
            .args(["--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(dir.join("data"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        Ok(Self {
            process: child.id(),
            child,
            lines,
        })
    }

    fn line(&mut self) -> Outcome<String> {
        Ok(self.lines.next().ok_or("the daemon said nothing")??)
    }

    /// Reads where it listens. By then it has written its number into its lock.
    fn address(&mut self, dir: &Path) -> Outcome<String> {
        let line = self.line()?;
        let address = line.strip_prefix("listening on ").ok_or("no address")?;
        self.process = std::fs::read_to_string(dir.join("data/lock"))?.trim().parse()?;
        Ok(String::from(address))
    }

    fn kill(&mut self) -> Outcome<()> {
        let process = self.process.to_string();
        Command::new("kill").args(["-KILL", &process]).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // A test that failed half-way leaves no daemon behind.
            let _ = self.kill();
        }
    }
}

async fn join(address: &str, invite: &Invite) -> Outcome<Account> {
    let key = SigningKey::generate_ed25519(&mut OsRandom)?;
    let name = Nickname::parse("alice")?;
    let says = ClientSays::Join {
        code: invite.code.0,
        public_key: key.public_key().try_into().map_err(|_| "key")?,
        proof: key
            .sign(&invite.code.statement(&name))
            .try_into()
            .map_err(|_| "proof")?,
        name,
    };
    match connect(address, invite.ca, None).await?.ask(says).await? {
        ServerSays::Joined {
            certificates, cursor, ..
        } => Ok(Account {
            ca: invite.ca,
            identity: Identity::new(certificates, key)?,
            cursor,
        }),
        other => Err(format!("{other:?}").into()),
    }
}

async fn connect(address: &str, ca: [u8; 32], identity: Option<Identity>) -> Outcome<Talk> {
    let mut config = ClientConfig::new(Trust::Pinned(ca));
    config.alpn = vec![chat::ALPN.to_vec()];
    config.identities.extend(identity);
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let connector = Connector::new(Arc::new(config), Environment::system());
    Ok(Talk {
        stream: connector.connect(stream, ServerName::parse("localhost")?).await?,
        session: ClientSession::new(),
    })
}

/// One connection of a member.
pub(crate) struct Talk {
    stream: TlsStream<TcpStream>,
    pub(crate) session: ClientSession,
}

impl Talk {
    /// Asks, and waits for the reply; deliveries in between are dropped.
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
        let id = MessageId::new(system_clock().now(), &mut OsRandom)?;
        self.post_again_later(id).map(drop)
    }

    /// Posts that message with the next flush; gives the request's number.
    pub(crate) fn post_again_later(&mut self, id: MessageId) -> Outcome<u32> {
        Ok(self.session.send(ClientSays::Send {
            id,
            to: Conversation::Room(RoomName::general()),
            text: Text::parse("x".repeat(100))?,
            seen: None,
        })?)
    }

    pub(crate) async fn post(&mut self) -> Outcome<()> {
        self.post_later()?;
        self.flush().await
    }

    /// Waits for at least so many receipts; takes what else is there.
    pub(crate) async fn receipts(&mut self, at_least: usize) -> Outcome<usize> {
        let before = self.session.waiting().count();
        while before - self.session.waiting().count() < at_least {
            not_refused(self.hear().await?)?;
        }
        while let Some(heard) = self.session.next_event() {
            not_refused(heard?)?;
        }
        Ok(before - self.session.waiting().count())
    }

    pub(crate) async fn receipts_left(&mut self) -> Outcome<usize> {
        let left = self.session.waiting().count();
        self.receipts(left).await
    }

    pub(crate) async fn flush(&mut self) -> Outcome<()> {
        self.stream.write_all(&self.session.transmit()).await?;
        Ok(self.stream.flush().await?)
    }

    pub(crate) async fn hear(&mut self) -> Outcome<Heard> {
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

fn not_refused(heard: Heard) -> Outcome<()> {
    match heard {
        Heard::Reply(_, ServerSays::Refused { reason, detail }) => Err(format!("{reason}: {detail}").into()),
        _ => Ok(()),
    }
}
