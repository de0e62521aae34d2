//! `token`, `webhook`: access for scripts and services, beside this device's key.

use nihao_protocol::chat::{Access, AccessUse, ClientSays, ServerSays, shown};

use super::{Screen, open};
use crate::connect::{Connect, World};
use crate::error::Error;
use crate::home::Home;
use crate::link::LinkError;
use crate::render::moment;

/// Gives access; standard output gets the token or the URL, and nothing more.
///
/// # Errors
/// [`Error`] where the server cannot be reached or refuses.
pub async fn give<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
    use_for: AccessUse,
    lifetime: Option<u64>,
) -> Result<(), Error> {
    let (_, mut link) = open(home, world, screen).await?;
    let ServerSays::AccessGiven { access, secret } = link.ask(ClientSays::NewAccess { use_for, lifetime }).await?
    else {
        return Err(LinkError::Nonsense.into());
    };
    screen.print(&format!("{}\n", shown(&secret)))?;
    screen.flush()?;
    screen.note(&format!(
        "number {}, {}, {}; it is shown this once, and whoever has it can use it in your name",
        access.number,
        access.use_for,
        until(&access)
    ));
    link.close().await;
    Ok(())
}

/// Prints what was given and still lasts: number, use, end.
///
/// # Errors
/// [`Error`] where the server cannot be reached or refuses.
pub async fn list<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
    wanted: impl Fn(&AccessUse) -> bool,
) -> Result<(), Error> {
    let (_, mut link) = open(home, world, screen).await?;
    let ServerSays::Accesses { accesses } = link.ask(ClientSays::ListAccess).await? else {
        return Err(LinkError::Nonsense.into());
    };
    for access in accesses.iter().filter(|access| wanted(&access.use_for)) {
        screen.print(&format!("{}  {}  {}\n", access.number, access.use_for, until(access)))?;
    }
    screen.flush()?;
    link.close().await;
    Ok(())
}

/// Takes an access back: what holds it is refused from then on.
///
/// # Errors
/// [`Error`] where the server cannot be reached or refuses.
pub async fn revoke<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
    number: u64,
) -> Result<(), Error> {
    let (_, mut link) = open(home, world, screen).await?;
    match link.ask(ClientSays::RevokeAccess { number }).await? {
        ServerSays::AccessRevoked => screen.print(&format!("revoked {number}\n"))?,
        _ => return Err(LinkError::Nonsense.into()),
    }
    screen.flush()?;
    link.close().await;
    Ok(())
}

fn until(access: &Access) -> String {
    match access.expires {
        Some(at) => format!("until {}", moment(at)),
        None => String::from("until it is revoked"),
    }
}
