//! `remove`: an admin takes somebody's access away.

use nihao_protocol::chat::{ClientSays, Nickname, ServerSays};

use super::{Screen, open};
use crate::connect::{Connect, World};
use crate::error::Error;
use crate::home::Home;
use crate::link::LinkError;

/// Removes `name`: their connections end, and their certificate opens nothing any more.
///
/// # Errors
/// [`Error`] where the server cannot be reached or refuses.
pub async fn remove<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
    name: Nickname,
) -> Result<(), Error> {
    let (_, mut link) = open(home, world, screen).await?;
    match link.ask(ClientSays::Remove { name: name.clone() }).await? {
        ServerSays::Removed => screen.print(&format!("removed @{name}\n"))?,
        _ => return Err(LinkError::Nonsense.into()),
    }
    screen.flush()?;
    link.close().await;
    Ok(())
}
