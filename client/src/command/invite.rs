//! `invite`: one line that lets somebody else in.

use nihao_protocol::chat::{ClientSays, Invite, ServerSays, shown};

use super::{Screen, open};
use crate::connect::{Connect, World};
use crate::error::Error;
use crate::home::Home;
use crate::link::LinkError;
use crate::render::moment;

/// Prints an invite, and nothing else, to standard output.
///
/// # Errors
/// [`Error`] where the server cannot be reached or refuses.
pub async fn invite<C: Connect>(home: &Home, world: &mut World<C>, screen: &mut Screen<'_>) -> Result<(), Error> {
    let (_, mut link) = open(home, world, screen).await?;
    let ServerSays::Invited { line, expires } = link.ask(ClientSays::Invite).await? else {
        return Err(LinkError::Nonsense.into());
    };
    screen.print(&format!("{}\n", shown(&line)))?;
    screen.flush()?;
    if let Ok(invite) = line.parse::<Invite>() {
        screen.note(&format!("for a browser: {}", shown(&invite.link())));
    }
    screen.note(&format!(
        "good for one person until {}; whoever has the line can use it",
        moment(expires)
    ));
    link.close().await;
    Ok(())
}
