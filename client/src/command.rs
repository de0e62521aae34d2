//! What people ask for, one file a command: over any connection, clock and randomness, to any pair of writers.

pub mod access;
mod deliver;
pub mod history;
#[cfg(feature = "http")]
pub mod http;
pub mod invite;
pub mod join;
pub mod listen;
pub mod remove;
mod retry;
pub mod send;
#[cfg(feature = "http")]
pub mod trust;
pub mod who;

use std::io::Write;

use nihao_protocol::chat::{ClientSays, ServerSays};

use crate::connect::{Connect, World};
use crate::error::Error;
use crate::home::{Account, Home};
use crate::link::{Link, LinkError};

pub use deliver::{Outcome, deliver};

/// Where a command writes.
pub struct Screen<'a> {
    /// Results: standard output.
    pub out: &'a mut (dyn Write + Send),
    /// What a person should know besides: standard error.
    pub notes: &'a mut (dyn Write + Send),
}

impl Screen<'_> {
    /// Prints a result, whose line break is part of it.
    ///
    /// # Errors
    /// [`Error::Output`] where it cannot be written.
    pub fn print(&mut self, text: &str) -> Result<(), Error> {
        self.out.write_all(text.as_bytes()).map_err(Error::Output)
    }

    /// Makes sure that what was printed is out.
    ///
    /// # Errors
    /// [`Error::Output`] where it cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.out.flush().map_err(Error::Output)
    }

    /// Tells something besides, safely and in one line. That nobody can hear it is no failure.
    pub fn warn(&mut self, text: &str) {
        let _ = writeln!(self.notes, "warning: {}", nihao_protocol::chat::shown(text));
    }

    /// As [`Self::warn`], without the alarm.
    pub fn note(&mut self, text: &str) {
        let _ = writeln!(self.notes, "{}", nihao_protocol::chat::shown(text));
    }
}

/// A member's link, over which everything that was queued has just been sent.
async fn open<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
) -> Result<(Account, Link<C::Stream>), Error> {
    let account = home.account()?;
    let mut link = connect(home, world, &account, screen).await?;
    deliver(home, &account, &mut link, None, screen).await?;
    Ok((account, link))
}

/// A member's link; a certificate that will end in not too long a time is renewed first.
async fn connect<C: Connect>(
    home: &Home,
    world: &World<C>,
    account: &Account,
    screen: &mut Screen<'_>,
) -> Result<Link<C::Stream>, Error> {
    let credentials = home.credentials()?;
    let connecting = world.connect.connect(&account.endpoint, Some(&credentials));
    let stream = connecting.await.map_err(|error| Error::Connect {
        endpoint: account.endpoint.clone(),
        error: Box::new(error),
    })?;
    let mut link = Link::new(stream);
    if credentials.needs_renewal(world.clock.now()) {
        match link.ask(ClientSays::RenewCertificate).await {
            Ok(ServerSays::Renewed { certificates }) => home.keep_certificate(&certificates, &credentials.key)?,
            Ok(_) => return Err(LinkError::Nonsense.into()),
            // What was asked for works with the old one still.
            Err(LinkError::Refused { reason, detail }) => {
                screen.warn(&format!("the certificate is not renewed ({reason}): {detail}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(link)
}
