//! Host B: the product's server on a log in memory, and a client beside it that listens.

use std::net::SocketAddr;
use std::sync::Arc;

use nihao_certs::{Authorities, HostName, KeyAlgorithm, Opened, ServerAuthority, UserAuthority};
use nihao_explain::scene;
use nihao_explain::world::{NodeId, World};
use nihao_protocol::chat::{AccessUse, ClientSays, Invite, Nickname, ServerSays};
use nihao_protocol::crypto::SigningKey;
use nihao_protocol::crypto::random::Seeded;
use nihao_protocol::net::{Environment, TlsStream};
use nihao_protocol::x509::Roots;
use nihao_server::log::MemoryLog;
use nihao_server::{Config, Server};
use tokio::io::DuplexStream;

use super::journey::{Options, Trouble};
use super::network::{self, BEGAN, Doors, Inside};
use crate::connect::{Connect as _, Secure};
use crate::error::Error;
use crate::home::{Credentials, Endpoint};
use crate::link::{Event, Link, LinkError};

/// How many days the server's clock is late where its certificate shall have ended: longer than any of them lives.
const LATE: u64 = 120;
/// The name in a certificate for somebody else.
const OTHER_HOST: &str = "other.nihao.test";

/// B while it runs.
pub(super) struct Running {
    /// The roots of its certificates, in DER: what A trusts.
    pub(super) roots: Vec<Vec<u8>>,
    /// The server CA's Ed25519 key: what an invite pins.
    pub(super) ca: [u8; 32],
    /// Alice's access by HTTP.
    pub(super) token: String,
    /// Alice's access by native frames.
    pub(super) alice: Credentials,
    listener: Link<TlsStream<DuplexStream>>,
}

impl Running {
    /// Starts the server; bob joins on its own machine and listens, alice joined on some earlier day.
    pub(super) async fn start(world: &World, host: NodeId, options: &Options) -> Result<Self, Error> {
        let (seed, trouble) = (options.seed, options.trouble);
        let late = match trouble {
            Some(Trouble::Expired) => LATE,
            _ => 0,
        };
        let environment = |purpose| network::environment(world, seed, purpose, late);
        let (authorities, names) = authorities(seed, trouble)?;
        let mut roots = roots_of(&authorities);
        let address = SocketAddr::from((scene::B, scene::PORT));
        let config = Config {
            names: names.clone(),
            ..Config::new("", address)
        };
        let log = Arc::new(MemoryLog::new());
        let server = Server::assemble(log, authorities, names, config, environment("server"));
        let server = server.map_err(|error| failed(&error))?;
        let founding = server.founding_invite().await.map_err(|error| failed(&error))?;
        let founding = founding.ok_or_else(|| Error::Explain("the server has no invite for the first user".into()))?;
        let port = match trouble {
            Some(Trouble::PortClosed) => scene::PORT + 1,
            _ => scene::PORT,
        };
        let listening = world.listen(host, port).map_err(|error| failed(&error))?;
        let (doors, inside) = Doors::new(listening);
        tokio::spawn(async move { server.run(doors, std::future::pending()).await });

        let here = Here {
            secure: Secure::new(inside, environment("bob")).without_resumption(),
            environment: environment("keys"),
        };
        let bob = here.join(&founding, "bob").await?;
        let (mut bobs, cursor) = here.link(&founding, &bob).await?;
        let ServerSays::Invited { line, .. } = bobs.ask(ClientSays::Invite).await? else {
            return Err(LinkError::Nonsense.into());
        };
        let alice = here.join(&line.parse()?, "alice").await?;
        let token = here.token(&founding, &alice).await?;
        match bobs.ask(ClientSays::Resume { after: cursor }).await? {
            ServerSays::CaughtUp { .. } => {}
            _ => return Err(LinkError::Nonsense.into()),
        }
        if trouble == Some(Trouble::PowerOff) {
            world.power(host, false);
        }
        if trouble == Some(Trouble::UnknownAuthority) {
            roots = roots_of(&self::authorities(seed.wrapping_add(1), None)?.0);
        }
        Ok(Self {
            roots,
            ca: founding.ca,
            token,
            alice: alice.credentials,
            listener: bobs,
        })
    }

    /// What comes to bob's screen next.
    pub(super) async fn hear(&mut self) -> Result<nihao_protocol::chat::Message, Error> {
        loop {
            if let Event::Delivered(delivered) = self.listener.next().await? {
                return Ok(delivered.message);
            }
        }
    }

    /// The roots, for whoever trusts them.
    pub(super) fn trusted(&self) -> Result<Roots, Error> {
        let mut roots = Roots::new();
        for root in &self.roots {
            roots.add(root).map_err(|error| failed(&error))?;
        }
        Ok(roots)
    }
}

/// Programs on B itself.
struct Here {
    secure: Secure<Inside>,
    environment: Environment,
}

/// Somebody who joined.
struct Member {
    credentials: Credentials,
    cursor: u64,
}

impl Here {
    async fn join(&self, invite: &Invite, name: &str) -> Result<Member, Error> {
        let name = Nickname::parse(name)?;
        let key =
            SigningKey::generate_ed25519(&mut *self.environment.entropy.open()).map_err(|error| failed(&error))?;
        let says = ClientSays::Join {
            code: invite.code.0,
            public_key: key.public_key().try_into().map_err(|_| LinkError::Nonsense)?,
            proof: key
                .sign(&invite.code.statement(&name))
                .try_into()
                .map_err(|_| LinkError::Nonsense)?,
            name,
        };
        let mut link = self.connect(invite, None).await?;
        let ServerSays::Joined {
            certificates, cursor, ..
        } = link.ask(says).await?
        else {
            return Err(LinkError::Nonsense.into());
        };
        link.close().await;
        let credentials = Credentials {
            key,
            chain: certificates,
        };
        Ok(Member { credentials, cursor })
    }

    async fn link(&self, invite: &Invite, member: &Member) -> Result<(Link<TlsStream<DuplexStream>>, u64), Error> {
        Ok((self.connect(invite, Some(&member.credentials)).await?, member.cursor))
    }

    async fn token(&self, invite: &Invite, member: &Member) -> Result<String, Error> {
        let (mut link, _) = self.link(invite, member).await?;
        let use_for = AccessUse::Token {
            send: true,
            read: false,
        };
        let says = ClientSays::NewAccess {
            use_for,
            lifetime: None,
        };
        let ServerSays::AccessGiven { secret, .. } = link.ask(says).await? else {
            return Err(LinkError::Nonsense.into());
        };
        link.close().await;
        Ok(secret)
    }

    async fn connect(
        &self,
        invite: &Invite,
        credentials: Option<&Credentials>,
    ) -> Result<Link<TlsStream<DuplexStream>>, Error> {
        let endpoint = Endpoint::of(invite);
        let connected = self.secure.connect(&endpoint, credentials).await;
        Ok(Link::new(connected.map_err(|error| Error::Connect {
            endpoint,
            error: Box::new(error),
        })?))
    }
}

fn roots_of(authorities: &Authorities) -> Vec<Vec<u8>> {
    let roots = [&authorities.server_ed25519, &authorities.server_p256];
    roots.map(|root| root.authority().certificate().to_vec()).to_vec()
}

fn authorities(seed: u64, trouble: Option<Trouble>) -> Result<(Authorities, Vec<HostName>), Error> {
    let mut random = Seeded::new(seed, "authorities");
    let name = match trouble {
        Some(Trouble::WrongName) => OTHER_HOST,
        _ => scene::HOST,
    };
    let names = vec![HostName::parse(name).map_err(|error| failed(&error))?];
    let made = BEGAN.minus_seconds(2 * LATE * 86_400);
    let mut root = |algorithm| ServerAuthority::create(algorithm, &names, made, &mut random);
    let server_ed25519 = root(KeyAlgorithm::Ed25519).map_err(|error| failed(&error))?;
    let server_p256 = root(KeyAlgorithm::P256).map_err(|error| failed(&error))?;
    let authorities = Authorities {
        server_ed25519,
        server_p256,
        users: UserAuthority::create(made, &mut random).map_err(|error| failed(&error))?,
        opened: Opened::Created,
    };
    Ok((authorities, names))
}

pub(super) fn failed(error: &dyn std::error::Error) -> Error {
    Error::Explain(error.to_string())
}
