//! `listen`: every message of others from where this device stopped reading, as it comes, across broken connections.

use std::time::Duration;

use nihao_protocol::chat::{Chains, ClientSays, ServerSays};
use tokio::io::{AsyncRead, AsyncWrite};

use super::retry::Backoff;
use super::{Screen, connect, deliver};
use crate::connect::{Connect, World};
use crate::error::Error;
use crate::home::{Account, Home};
use crate::link::{Delivered, Event, Link, LinkError};
use crate::render::Format;

/// After so long without a word the server is asked for a sign of life.
const QUIET: Duration = Duration::from_secs(30);
/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// The cursor is saved after so many messages at the latest: each time costs a flush of the disk.
const AT_ONCE: u32 = 1000;

/// Prints messages until `count` are printed, or for ever.
///
/// # Errors
/// [`Error`] where the first connection fails, or a later one in a way that waiting does not mend.
pub async fn listen<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
    format: &Format,
    count: Option<u64>,
) -> Result<(), Error> {
    let account = home.account()?;
    let state = home.state()?;
    let mut reader = Reader {
        home,
        account: &account,
        format,
        cursor: state.cursor,
        chains: state.chains(&account.name),
        left: count,
    };
    if reader.is_done() {
        return Ok(());
    }
    let mut link = connect(home, world, &account, screen).await?;
    let mut backoff = Backoff::new();
    loop {
        let mut error = match reader.follow(&mut link, screen, &mut backoff).await {
            Ok(()) => {
                link.close().await;
                return Ok(());
            }
            Err(error) => error,
        };
        link = loop {
            if !error.is_passing() {
                return Err(error);
            }
            let wait = backoff.step(&mut world.random);
            screen.warn(&format!("{error}; trying again in {:.1} s", wait.as_secs_f64()));
            tokio::time::sleep(wait).await;
            match connect(home, world, &account, screen).await {
                Ok(link) => break link,
                Err(next) => error = next,
            }
        };
    }
}

/// What has come already, without waiting for more.
async fn next_if_here<S: AsyncRead + AsyncWrite + Unpin>(link: &mut Link<S>) -> Result<Option<Event>, LinkError> {
    tokio::select! {
        biased;
        event = link.next() => event.map(Some),
        () = std::future::ready(()) => Ok(None),
    }
}

struct Reader<'a> {
    home: &'a Home,
    account: &'a Account,
    format: &'a Format,
    cursor: u64,
    chains: Chains,
    left: Option<u64>,
}

impl Reader<'_> {
    fn is_done(&self) -> bool {
        self.left == Some(0)
    }

    /// Prints what one connection brings; returns when the count is reached.
    async fn follow<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        link: &mut Link<S>,
        screen: &mut Screen<'_>,
        backoff: &mut Backoff,
    ) -> Result<(), Error> {
        deliver(self.home, self.account, link, None, screen).await?;
        let resume = link.say(ClientSays::Resume { after: self.cursor }).await?;
        loop {
            let mut event = Some(next_or_ping(link).await?);
            let (before, mut heard) = (self.cursor, 0);
            while let Some(now) = event {
                match now {
                    Event::Delivered(delivered) => self.hear(&delivered, screen)?,
                    Event::Reply(number, ServerSays::CaughtUp { cursor }) if number == resume => {
                        self.cursor = self.cursor.max(cursor);
                        *backoff = Backoff::new();
                    }
                    Event::Reply(_, ServerSays::Refused { reason, detail }) => {
                        return Err(LinkError::Refused { reason, detail }.into());
                    }
                    Event::Reply(_, ServerSays::Pong) => {}
                    Event::Reply(..) => return Err(LinkError::Nonsense.into()),
                }
                heard += 1;
                event = if self.is_done() || heard >= AT_ONCE {
                    None
                } else {
                    next_if_here(link).await?
                };
            }
            if self.cursor != before {
                self.keep(screen)?;
            }
            if self.is_done() {
                return Ok(());
            }
        }
    }

    fn hear(&mut self, delivered: &Delivered, screen: &mut Screen<'_>) -> Result<(), Error> {
        let message = &delivered.message;
        if message.seq <= self.cursor {
            return Ok(());
        }
        if let Err(mismatch) = self.chains.hear(message) {
            screen.warn(&format!("the history was tampered with, or lost in part: {mismatch}"));
        }
        if message.from != self.account.name {
            screen.print(&self.format.message(message, &self.account.name))?;
            self.left = self.left.map(|left| left.saturating_sub(1));
        }
        self.cursor = message.seq;
        Ok(())
    }

    /// The cursor moves only after what it passes is out: a crash between the two shows a message twice, never not at all.
    fn keep(&self, screen: &mut Screen<'_>) -> Result<(), Error> {
        screen.flush()?;
        Ok(self.home.change_state(|state| {
            state.cursor = state.cursor.max(self.cursor);
            state.take_up(&self.chains);
        })?)
    }
}

async fn next_or_ping<S: AsyncRead + AsyncWrite + Unpin>(link: &mut Link<S>) -> Result<Event, LinkError> {
    if let Ok(event) = tokio::time::timeout(QUIET, link.next()).await {
        return event;
    }
    link.say(ClientSays::Ping).await?;
    let gone = || LinkError::Broken(std::io::ErrorKind::TimedOut.into());
    tokio::time::timeout(PATIENCE, link.next())
        .await
        .unwrap_or_else(|_| Err(gone()))
}
