//! `demo`: a server, alice and bob on this machine, one message between them, and its way told from what was measured.

mod host;
mod recorder;
mod story;
mod watched;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nihao_protocol::chat::{ClientSays, Conversation, Invite, Nickname, RoomName, Sent, ServerSays, Text};
use nihao_protocol::crypto::random;
use nihao_protocol::net::{Environment, KeyLogFile};

use crate::command::{Screen, invite, join, send};
use crate::connect::{Connect as _, World};
use crate::error::Error;
use crate::home::Home;
use crate::link::{Delivered, Event, Link, LinkError};
use host::Host;
use story::Story;
use watched::{Watched, Way};

/// How long bob waits for the message.
const PATIENCE: Duration = Duration::from_secs(30);

/// Shows one message travel from alice to bob.
///
/// # Errors
/// [`Error`] says which step failed; whatever was made is removed.
pub async fn demo(text: Text, key_log: Option<&Path>, screen: &mut Screen<'_>) -> Result<(), Error> {
    let environment = Environment::system();
    let directory = Directory::new(&environment)?;
    let host = Host::start(&directory.0.join("server"), &environment).await?;
    let mut alice = Person::new("alice", &directory, &environment, key_log)?;
    let mut bob = Person::new("bob", &directory, &environment, key_log)?;
    alice.join(&host.invite).await?;
    let invite = alice.invite().await?;
    bob.join(&invite).await?;

    let mut link = bob.listen().await?;
    let (sent, heard) = tokio::join!(alice.send(text.clone()), receive(&mut link));
    let (sent, heard) = (sent?, heard?);
    let bobs = bob.last_way()?;
    link.close().await;
    let chain = alice.home.credentials()?.chain;
    let story = Story {
        text: &text,
        sent: &sent,
        heard: &heard.message,
        certificate: chain.first().map_or(&[], Vec::as_slice),
        alice: alice.last_way()?,
        bob: bobs,
        key_log,
    };
    screen.print(&story.tell(&directory.0))?;
    screen.flush()
}

/// One of the two, with a home and connections that are watched.
struct Person {
    home: Home,
    world: World<Watched>,
    name: Nickname,
}

impl Person {
    fn new(
        name: &str,
        directory: &Directory,
        environment: &Environment,
        key_log: Option<&Path>,
    ) -> Result<Self, Error> {
        let key_log = key_log.map(KeyLogFile::open).transpose();
        let key_log = key_log.map_err(|error| Error::Demo(format!("the key log cannot be written: {error}")))?;
        Ok(Self {
            home: Home::at(directory.0.join(name)),
            world: World {
                clock: environment.clock.clone(),
                random: environment.entropy.open(),
                connect: Watched::new(environment, key_log),
            },
            name: Nickname::parse(name)?,
        })
    }

    async fn join(&mut self, invite: &Invite) -> Result<(), Error> {
        let mut screen = Screen {
            out: &mut io::sink(),
            notes: &mut io::sink(),
        };
        join::join(&self.home, &mut self.world, &mut screen, invite, &self.name)
            .await
            .map(|_| ())
    }

    async fn invite(&mut self) -> Result<Invite, Error> {
        let mut line = Vec::new();
        let mut screen = Screen {
            out: &mut line,
            notes: &mut io::sink(),
        };
        invite::invite(&self.home, &mut self.world, &mut screen).await?;
        Ok(String::from_utf8_lossy(&line).parse()?)
    }

    async fn send(&mut self, text: Text) -> Result<Sent, Error> {
        let mut screen = Screen {
            out: &mut io::sink(),
            notes: &mut io::sink(),
        };
        let to = Conversation::Room(RoomName::general());
        send::send(&self.home, &mut self.world, &mut screen, to, text, PATIENCE).await
    }

    /// A link that has heard everything old, so that what comes next is new.
    async fn listen(&self) -> Result<Link<watched::Stream>, Error> {
        let (endpoint, credentials) = (self.home.account()?.endpoint, self.home.credentials()?);
        let connected = self.world.connect.connect(&endpoint, Some(&credentials)).await;
        let mut link = Link::new(connected.map_err(|error| Error::Connect {
            endpoint,
            error: Box::new(error),
        })?);
        match link
            .ask(ClientSays::Resume {
                after: self.home.state()?.cursor,
            })
            .await?
        {
            ServerSays::CaughtUp { .. } => Ok(link),
            _ => Err(LinkError::Nonsense.into()),
        }
    }

    fn last_way(&self) -> Result<Way, Error> {
        self.world
            .connect
            .last_way()
            .ok_or_else(|| Error::Demo("no connection was watched".into()))
    }
}

async fn receive(link: &mut Link<watched::Stream>) -> Result<Delivered, Error> {
    let waiting = async {
        loop {
            if let Event::Delivered(delivered) = link.next().await? {
                return Ok(delivered);
            }
        }
    };
    let late = |_| Err(Error::Demo(format!("bob heard nothing for {} s", PATIENCE.as_secs())));
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(late)
}

/// A directory that is gone when the demonstration is over.
struct Directory(PathBuf);

impl Directory {
    fn new(environment: &Environment) -> Result<Self, Error> {
        let [a, b, c, d] = random::array::<4>(&mut environment.entropy.open())?;
        let path = std::env::temp_dir().join(format!("nihao-demo-{a:02x}{b:02x}{c:02x}{d:02x}"));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let made = builder.create(&path);
        made.map_err(|error| Error::Demo(format!("cannot create {}: {error}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed stays in the system's directory for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
