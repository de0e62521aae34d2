//! `send`: queue it, then see it confirmed.

use std::time::Duration;

use nihao_protocol::chat::{Conversation, MessageId, Sent, Text};

use super::deliver::{Outcome, deliver};
use super::retry::Backoff;
use super::{Screen, connect};
use crate::connect::{Connect, World};
use crate::error::Error;
use crate::home::{Account, Home, Unsent};
use crate::link::{Link, LinkError};

/// Sends `text` to `to` and returns with the server's receipt: the message is durable.
///
/// It is queued on disk first, so that whatever happens after is no loss; `timeout` bounds the attempts.
///
/// # Errors
/// [`Error::Queued`] after `timeout`; [`Error::Stuck`] where trying on would not help; [`Error::Link`] where the server
/// refused the message for good.
pub async fn send<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
    to: Conversation,
    text: Text,
    timeout: Duration,
) -> Result<Sent, Error> {
    let account = home.account()?;
    let id = MessageId::new(world.clock.now(), &mut world.random)?;
    let seen = home.state()?.seen.get(&to).copied();
    let message = Unsent { id, to, text, seen };
    home.queue(&message)?;
    let mut last = None;
    let trying = confirm(home, world, screen, &account, &message, &mut last);
    match tokio::time::timeout(timeout, trying).await {
        Ok(Ok((sent, link))) => {
            link.close().await;
            Ok(sent)
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::Queued {
            seconds: timeout.as_secs(),
            reason: last
                .as_ref()
                .map_or_else(|| String::from("there was no answer"), ToString::to_string),
            last: last.map(Box::new),
        }),
    }
}

async fn confirm<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
    account: &Account,
    message: &Unsent,
    last: &mut Option<Error>,
) -> Result<(Sent, Link<C::Stream>), Error> {
    let mut backoff = Backoff::new();
    loop {
        let error = match attempt(home, world, screen, account, message).await {
            Ok(sent) => return Ok(sent),
            Err(error) if error.is_passing() => error,
            Err(error @ Error::Link(LinkError::Refused { .. })) => return Err(error),
            Err(error) => return Err(Error::Stuck(Box::new(error))),
        };
        let text = error.to_string();
        if last.as_ref().is_none_or(|last| last.to_string() != text) {
            screen.warn(&format!("{text}; trying again"));
        }
        *last = Some(error);
        tokio::time::sleep(backoff.step(&mut world.random)).await;
    }
}

async fn attempt<C: Connect>(
    home: &Home,
    world: &World<C>,
    screen: &mut Screen<'_>,
    account: &Account,
    message: &Unsent,
) -> Result<(Sent, Link<C::Stream>), Error> {
    let mut link = connect(home, world, account, screen).await?;
    let mut outcomes = deliver(home, account, &mut link, Some(message), screen).await?;
    match outcomes.remove(&message.id) {
        Some(Outcome::Sent(sent)) => Ok((sent, link)),
        Some(Outcome::Refused(reason, detail)) => Err(LinkError::Refused { reason, detail }.into()),
        None => Err(LinkError::Nonsense.into()),
    }
}
