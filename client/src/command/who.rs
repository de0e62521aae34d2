//! `who`: everybody who has joined, and who of them is here now.

use nihao_protocol::chat::{ClientSays, ServerSays};

use super::{Screen, open};
use crate::connect::{Connect, World};
use crate::error::Error;
use crate::home::Home;
use crate::link::LinkError;
use crate::render::Format;

/// Prints the members in the order of their names.
///
/// # Errors
/// [`Error`] where the server cannot be reached or refuses.
pub async fn who<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
    format: &Format,
) -> Result<(), Error> {
    let (_, mut link) = open(home, world, screen).await?;
    let mut after = None;
    loop {
        let ServerSays::Members { members, more } = link.ask(ClientSays::Who { after }).await? else {
            return Err(LinkError::Nonsense.into());
        };
        for member in &members {
            screen.print(&format.member(member))?;
        }
        after = members.last().map(|member| member.name.clone());
        if !more || after.is_none() {
            break;
        }
    }
    screen.flush()?;
    link.close().await;
    Ok(())
}
