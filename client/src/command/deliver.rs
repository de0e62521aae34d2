//! Sending what is queued: every message with its own id, so that sending one twice does no harm.

use std::collections::BTreeMap;

use nihao_protocol::chat::{ClientSays, MessageId, Refusal, Sent, ServerSays};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Screen;
use crate::error::Error;
use crate::home::{Account, Home, Unsent};
use crate::link::{Link, LinkError};

/// How many messages may be unconfirmed at once: enough to fill the line, few enough to fit every buffer.
const WINDOW: usize = 16;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable.
    Sent(Sent),
    /// The server refused it; whether for good, the reason says.
    Refused(Refusal, String),
}

/// Sends what is queued, oldest first, and `own` besides, and says what became of each.
///
/// What is confirmed leaves the queue; what is refused for good is put aside, with a warning unless it is `own`; what is
/// refused for now stays.
///
/// # Errors
/// [`Error`] where the link broke: then what is not confirmed is still queued.
pub async fn deliver<S: AsyncRead + AsyncWrite + Unpin>(
    home: &Home,
    account: &Account,
    link: &mut Link<S>,
    own: Option<&Unsent>,
    screen: &mut Screen<'_>,
) -> Result<BTreeMap<MessageId, Outcome>, Error> {
    let (mut messages, damages) = home.queued()?;
    for damage in damages {
        screen.warn(&format!("a queued message cannot be sent: {damage}"));
    }
    // Another process may have sent it and taken it from the queue by now: only an answer to us says what became of it.
    if let Some(own) = own.filter(|own| !messages.iter().any(|message| message.id == own.id)) {
        messages.push(own.clone());
    }
    let mut outcomes = BTreeMap::new();
    if messages.is_empty() {
        return Ok(outcomes);
    }
    let mut chains = home.state()?.chains(&account.name);
    for window in messages.chunks(WINDOW) {
        let mut numbers = Vec::new();
        for message in window {
            numbers.push(link.say(message.says()).await?);
        }
        for (message, number) in window.iter().zip(numbers) {
            let outcome = match link.reply(number).await {
                Ok(ServerSays::Sent(sent)) => {
                    home.unqueue(message.id)?;
                    chains.acked(
                        message.id,
                        message.to.clone(),
                        message.text.clone(),
                        message.seen,
                        &sent,
                    );
                    Outcome::Sent(sent)
                }
                Ok(_) => return Err(LinkError::Nonsense.into()),
                Err(LinkError::Refused { reason, detail }) => {
                    let is_own = own.is_some_and(|own| own.id == message.id);
                    refused(home, message, reason, &detail, is_own, screen)?;
                    Outcome::Refused(reason, detail)
                }
                Err(error) => return Err(error.into()),
            };
            outcomes.insert(message.id, outcome);
        }
    }
    home.change_state(|state| state.take_up(&chains))?;
    Ok(outcomes)
}

fn refused(
    home: &Home,
    message: &Unsent,
    reason: Refusal,
    detail: &str,
    is_own: bool,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    if reason.is_retryable() {
        return Ok(());
    }
    let aside = home.put_aside(message.id)?;
    if !is_own {
        let to = &message.to;
        let aside = aside.display();
        screen.warn(&format!(
            "a queued message to {to} was refused ({reason}): {detail}; its text is in {aside}"
        ));
    }
    Ok(())
}

impl Unsent {
    fn says(&self) -> ClientSays {
        ClientSays::Send {
            id: self.id,
            to: self.to.clone(),
            text: self.text.clone(),
            seen: self.seen,
        }
    }
}
