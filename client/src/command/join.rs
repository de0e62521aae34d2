//! `join`: a key that never leaves the machine, a pinned server, and a certificate in return for an invite.

use nihao_protocol::chat::{ClientSays, Invite, Nickname, ServerSays};

use super::Screen;
use crate::connect::{Connect, World};
use crate::error::Error;
use crate::home::{Account, Endpoint, Home, HomeError};
use crate::link::{Link, LinkError};

/// Joins with `invite` under `name`.
///
/// A join that failed half-way, or whose answer was lost, is repeated with the same key and the same result.
///
/// # Errors
/// [`HomeError::Taken`] if this home is somebody else's already; else [`Error`] says what went wrong, and nothing is lost.
pub async fn join<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
    invite: &Invite,
    name: &Nickname,
) -> Result<Account, Error> {
    if let Some(account) = home.account_if_any()?
        && (account.name != *name || account.endpoint.ca != invite.ca)
    {
        let Account { name, endpoint } = account;
        return Err(HomeError::Taken {
            path: home.path().into(),
            name,
            endpoint,
        }
        .into());
    }
    let endpoint = Endpoint::of(invite);
    let key = home.key_to_join_with(&mut world.random)?;
    let says = ClientSays::Join {
        code: invite.code.0,
        name: name.clone(),
        public_key: key.public_key().try_into().map_err(|_| damaged_key(home))?,
        proof: key
            .sign(&invite.code.statement(name))
            .try_into()
            .map_err(|_| damaged_key(home))?,
    };
    let connecting = world.connect.connect(&endpoint, None);
    let stream = connecting.await.map_err(|error| Error::Connect {
        endpoint: endpoint.clone(),
        error: Box::new(error),
    })?;
    let mut link = Link::new(stream);
    let ServerSays::Joined {
        name,
        certificates,
        cursor,
    } = link.ask(says).await?
    else {
        return Err(LinkError::Nonsense.into());
    };
    let account = Account { name, endpoint };
    home.keep_joined(&account, &certificates, &key, cursor)?;
    screen.print(&format!("joined as @{} at {}\n", account.name, account.endpoint))?;
    screen.flush()?;
    link.close().await;
    Ok(account)
}

fn damaged_key(home: &Home) -> Error {
    let reason = "it is not an Ed25519 key".into();
    HomeError::Damaged {
        path: home.path().join("identity.key"),
        reason,
    }
    .into()
}
