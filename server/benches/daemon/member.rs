//! Members of a running server, and what they say to it over TLS.

use std::sync::Arc;

use nihao_protocol::chat::{
    self, ClientSays, ClientSession, Conversation, Heard, Invite, MessageId, Nickname, RoomName, ServerSays, Text,
};
use nihao_protocol::crypto::{Group, OsRandom, SignatureScheme, SigningKey};
use nihao_protocol::net::system::system_clock;
use nihao_protocol::net::{Connector, Environment, TlsStream};
use nihao_protocol::tls::{ClientConfig, Identity};
use nihao_protocol::x509::{ServerName, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Outcome;
use crate::process::Process;

/// A running server, and alice, who joined it first.
pub(crate) struct Lab {
    pub(crate) server: Process,
    account: Account,
}

/// Who alice is.
struct Account {
    ca: [u8; 32],
    identity: Identity,
    cursor: u64,
}

impl Lab {
    /// Joins the first member of a server that has just started.
    pub(crate) async fn start(server: Process) -> Outcome<Self> {
        let invite = server.invite.as_deref().ok_or("no invite")?.parse()?;
        let account = join(&server.address, &invite, "alice").await?;
        Ok(Self { server, account })
    }

    /// Somebody else, whom alice invited.
    pub(crate) async fn neighbour(&self) -> Outcome<Talk> {
        let ServerSays::Invited { line, .. } = self.member().await?.ask(ClientSays::Invite).await? else {
            return Err("no invite".into());
        };
        let account = join(&self.server.address, &line.parse()?, "bob").await?;
        let mut talk = connect(&self.server.address, account.ca, Some(account.identity)).await?;
        talk.to = Conversation::Direct(Nickname::parse("bob")?);
        Ok(talk)
    }

    /// A connection of alice's that speaks HTTP/1.1, after an answer of this status to this request.
    pub(crate) async fn web(&self, token: &str, request: &str, status: &str) -> Outcome<TlsStream<TcpStream>> {
        let mut stream = dial(&self.server.address, self.account.ca, b"http/1.1", None).await?;
        let request = format!("{request}Host: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        if !head.starts_with(status.as_bytes()) {
            return Err(String::from_utf8_lossy(&head).into());
        }
        Ok(stream)
    }

    /// A fresh connection as alice.
    pub(crate) async fn member(&self) -> Outcome<Talk> {
        connect(
            &self.server.address,
            self.account.ca,
            Some(self.account.identity.clone()),
        )
        .await
    }

    /// A fresh connection that hears everything from the beginning.
    pub(crate) async fn listener(&self) -> Outcome<Talk> {
        let mut talk = self.member().await?;
        talk.resume(self.account.cursor).await?;
        Ok(talk)
    }
}

async fn join(address: &str, invite: &Invite, name: &str) -> Outcome<Account> {
    let key = SigningKey::generate_ed25519(&mut OsRandom)?;
    let name = Nickname::parse(name)?;
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
    Ok(Talk {
        stream: dial(address, ca, chat::ALPN, identity).await?,
        session: ClientSession::new(),
        to: Conversation::Room(RoomName::general()),
        text: 100,
    })
}

async fn dial(address: &str, ca: [u8; 32], alpn: &[u8], identity: Option<Identity>) -> Outcome<TlsStream<TcpStream>> {
    let mut config = ClientConfig::new(Trust::Pinned(ca));
    config.alpn = vec![alpn.to_vec()];
    config.identities.extend(identity);
    // The pin is an Ed25519 key; over HTTP the server would rather show the certificate for browsers.
    config.signature_schemes = vec![SignatureScheme::ED25519];
    // As the servers beside which the figures stand do: X25519MLKEM768 costs both ends a third of a millisecond more.
    config.groups = vec![Group::X25519];
    config.key_shares = vec![Group::X25519];
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let connector = Connector::new(Arc::new(config), Environment::system());
    Ok(connector.connect(stream, ServerName::parse("localhost")?).await?)
}

/// One connection of a member.
pub(crate) struct Talk {
    stream: TlsStream<TcpStream>,
    pub(crate) session: ClientSession,
    /// Where it posts.
    to: Conversation,
    /// How many bytes.
    pub(crate) text: usize,
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

    /// Posts a message with the next flush.
    pub(crate) fn post_later(&mut self) -> Outcome<()> {
        self.session.send(ClientSays::Send {
            id: MessageId::new(system_clock().now(), &mut OsRandom)?,
            to: self.to.clone(),
            text: Text::parse("x".repeat(self.text))?,
            seen: None,
        })?;
        Ok(())
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

    /// Hears so many messages.
    pub(crate) async fn deliveries(&mut self, count: usize) -> Outcome<()> {
        for _ in 0..count {
            self.hear().await?;
        }
        Ok(())
    }

    /// Waits for every receipt that is still to come.
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
