//! A member's connection to the daemon, frame by frame: for saying what the client would never say.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use nihao_protocol::chat::{
    self, ClientSays, ClientSession, Heard, Invite, MessageId, Nickname, Sent, ServerSays, SessionError, Text,
};
use nihao_protocol::crypto::{OsRandom, SigningKey};
use nihao_protocol::net::{Connector, Environment, TlsStream};
use nihao_protocol::tls::{ClientConfig, Identity};
use nihao_protocol::x509::{ServerName, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Somebody who has joined; the same after the daemon's restart.
#[derive(Clone)]
pub struct Account {
    /// The name.
    pub name: Nickname,
    /// The server CA's key.
    pub ca: [u8; 32],
    /// The key and its certificate.
    pub identity: Identity,
    /// Where this member's reading starts.
    pub cursor: u64,
}

impl Account {
    /// Joins with an invite at `address`.
    ///
    /// # Errors
    /// If the daemon does not let them in.
    pub async fn join(address: &str, invite: &Invite, name: &str) -> anyhow::Result<Self> {
        let (key, name) = (SigningKey::generate_ed25519(&mut OsRandom)?, Nickname::parse(name)?);
        let proof = key.sign(&invite.code.statement(&name));
        let says = ClientSays::Join {
            code: invite.code.0,
            name,
            public_key: key.public_key().try_into().ok().context("a key of 32 bytes")?,
            proof: proof.try_into().ok().context("a signature of 64 bytes")?,
        };
        match Talk::open(address, invite.ca, None, None).await?.ask(says).await? {
            ServerSays::Joined {
                name,
                certificates,
                cursor,
            } => Ok(Self {
                name,
                ca: invite.ca,
                identity: Identity::new(certificates, key)?,
                cursor,
            }),
            other => bail!("not let in: {other:?}"),
        }
    }

    /// Joins `name` with an invite that this member asks for.
    ///
    /// # Errors
    /// If the daemon gives no invite, or does not let them in.
    pub async fn invite(&self, address: &str, name: &str) -> anyhow::Result<Self> {
        match self.connect(address).await?.ask(ClientSays::Invite).await? {
            ServerSays::Invited { line, .. } => Self::join(address, &line.parse()?, name).await,
            other => bail!("no invite: {other:?}"),
        }
    }

    /// A fresh connection as this member.
    ///
    /// # Errors
    /// If there is none.
    pub async fn connect(&self, address: &str) -> anyhow::Result<Talk> {
        Talk::open(address, self.ca, Some(self.identity.clone()), None).await
    }
}

/// One connection.
pub struct Talk {
    stream: TlsStream<TcpStream>,
    session: ClientSession,
    /// This end's port.
    pub port: u16,
}

impl Talk {
    /// Connects, as somebody or as a stranger, from a source address of choice.
    ///
    /// # Errors
    /// If there is no connection.
    pub async fn open(
        address: &str,
        ca: [u8; 32],
        identity: Option<Identity>,
        from: Option<IpAddr>,
    ) -> anyhow::Result<Self> {
        let mut config = ClientConfig::new(Trust::Pinned(ca));
        config.alpn = vec![chat::ALPN.to_vec()];
        config.identities.extend(identity);
        let socket = TcpSocket::new_v4()?;
        if let Some(from) = from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        let stream = socket.connect(address.parse()?).await?;
        stream.set_nodelay(true)?;
        let port = stream.local_addr()?.port();
        let connector = Connector::new(Arc::new(config), Environment::system());
        Ok(Self {
            stream: connector.connect(stream, ServerName::parse("127.0.0.1")?).await?,
            session: ClientSession::new(),
            port,
        })
    }

    /// Asks with the next [`Talk::flush`]; gives the request's number.
    ///
    /// # Errors
    /// If the session is over.
    pub fn say(&mut self, says: ClientSays) -> anyhow::Result<u32> {
        Ok(self.session.send(says)?)
    }

    /// Writes what was said.
    ///
    /// # Errors
    /// If the connection is broken.
    pub async fn flush(&mut self) -> anyhow::Result<()> {
        self.write(&[]).await
    }

    /// Writes what was said, then these bytes as they are: frames, or none.
    ///
    /// # Errors
    /// If the connection is broken.
    pub async fn write(&mut self, raw: &[u8]) -> anyhow::Result<()> {
        let out = [self.session.transmit().as_slice(), raw].concat();
        self.stream.write_all(&out).await?;
        Ok(self.stream.flush().await?)
    }

    /// What is heard next.
    ///
    /// # Errors
    /// [`SessionError`] if the daemon closed the session or talks nonsense; else the connection's own.
    pub async fn hear(&mut self) -> anyhow::Result<Heard> {
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(heard) = self.session.next_event() {
                return Ok(heard?);
            }
            let received = self.stream.read(&mut buffer).await?;
            if received == 0 {
                bail!("the daemon closed without a word");
            }
            self.session.receive(&buffer[..received]);
        }
    }

    /// Asks, and waits for the reply; deliveries in between are dropped.
    ///
    /// # Errors
    /// If the session ends before the reply.
    pub async fn ask(&mut self, says: ClientSays) -> anyhow::Result<ServerSays> {
        let request = self.say(says)?;
        self.flush().await?;
        loop {
            match self.hear().await? {
                Heard::Reply(number, says) if number == request => return Ok(says),
                _ => {}
            }
        }
    }

    /// Asks with a frame whose body is a request's number and then these bytes, and waits for the reply.
    ///
    /// # Errors
    /// If the session ends before the reply, or more than 200 requests were made on this connection.
    pub async fn ask_bytes(&mut self, rest: &[u8]) -> anyhow::Result<ServerSays> {
        self.flush().await?;
        let request = self.say(ClientSays::Ping)?;
        // The session waits for a reply to this number; what goes out under it is something else.
        self.session.transmit();
        let number = u8::try_from(request).ok().filter(|&number| number <= 200);
        let body = [&[number.context("a number of one byte")?], rest].concat();
        let length = u32::try_from(body.len())?.to_be_bytes();
        self.write(&[&length, body.as_slice()].concat()).await?;
        loop {
            match self.hear().await? {
                Heard::Reply(number, says) if number == request => return Ok(says),
                _ => {}
            }
        }
    }

    /// Sends one message and waits until it is durable.
    ///
    /// # Errors
    /// If it is refused, or the session ends.
    pub async fn sent(&mut self, says: ClientSays) -> anyhow::Result<Sent> {
        match self.ask(says).await? {
            ServerSays::Sent(sent) => Ok(sent),
            other => bail!("not sent: {other:?}"),
        }
    }

    /// The session's last word, if the daemon has said it or says it next; deliveries before it are dropped.
    ///
    /// # Errors
    /// If it ends without one.
    pub async fn last_word(&mut self) -> anyhow::Result<chat::Refusal> {
        loop {
            match self.hear().await {
                Ok(_) => {}
                Err(error) => match error.downcast::<SessionError>()? {
                    SessionError::Closed { reason, .. } => return Ok(reason),
                    other => return Err(other.into()),
                },
            }
        }
    }

    /// How many requests have no reply yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.session.waiting().count()
    }
}

/// A message with a fresh id.
///
/// # Errors
/// If `to` or `text` cannot be.
pub fn send(to: &str, text: &str) -> anyhow::Result<ClientSays> {
    let now = nihao_protocol::net::system::system_clock().now();
    says(MessageId::new(now, &mut OsRandom)?, to, text)
}

/// A message with this id.
///
/// # Errors
/// If `to` or `text` cannot be.
pub fn says(id: MessageId, to: &str, text: &str) -> anyhow::Result<ClientSays> {
    Ok(ClientSays::Send {
        id,
        to: to.parse()?,
        text: Text::parse(text)?,
        seen: None,
    })
}
