//! `history`: the last messages of a conversation, oldest first.

use std::collections::VecDeque;

use nihao_protocol::chat::{ClientSays, Conversation, Message, Seen, ServerSays};

use super::{Screen, open};
use crate::connect::{Connect, World};
use crate::error::Error;
use crate::home::Home;
use crate::link::LinkError;
use crate::render::Format;

/// How many messages are asked for at once.
const PAGE: u16 = 500;

/// Prints the last `limit` messages of `conversation`, and warns where they do not hang together.
///
/// # Errors
/// [`Error`] where the server cannot be reached or refuses.
pub async fn history<C: Connect>(
    home: &Home,
    world: &mut World<C>,
    screen: &mut Screen<'_>,
    format: &Format,
    conversation: &Conversation,
    limit: usize,
) -> Result<(), Error> {
    let (account, mut link) = open(home, world, screen).await?;
    let mut messages: VecDeque<Message> = VecDeque::new();
    while messages.len() < limit {
        let says = ClientSays::History {
            conversation: conversation.clone(),
            before: messages.front().map(|message| message.seq),
            after: None,
            limit: u16::try_from(limit - messages.len()).unwrap_or(PAGE).min(PAGE),
        };
        let ServerSays::History { messages: page, more } = link.ask(says).await? else {
            return Err(LinkError::Nonsense.into());
        };
        let is_last = !more || page.is_empty();
        for message in page.into_iter().rev() {
            messages.push_front(message);
        }
        if is_last {
            break;
        }
    }
    let surplus = messages.len().saturating_sub(limit);
    messages.drain(..surplus);
    check(messages.make_contiguous(), home.state()?.seen.get(conversation), screen);
    for message in &messages {
        screen.print(&format.message(message, &account.name))?;
    }
    screen.flush()?;
    link.close().await;
    Ok(())
}

/// Each message must follow from the one before it, and the one that this device saw last must be what it was.
fn check(messages: &[Message], seen: Option<&Seen>, screen: &mut Screen<'_>) {
    for pair in messages.windows(2) {
        if let [before, after] = pair
            && after.chained_after(&before.chain) != after.chain
        {
            let seq = after.seq;
            screen.warn(&format!(
                "the history was tampered with: message {seq} does not follow from the one before it"
            ));
        }
    }
    let known = seen.and_then(|seen| {
        messages
            .iter()
            .find(|message| message.seq == seen.seq)
            .map(|now| (seen, now))
    });
    if let Some((seen, now)) = known
        && seen.chain != now.chain
    {
        let seq = seen.seq;
        screen.warn(&format!(
            "the history was tampered with: message {seq} is not what it was when this device read it"
        ));
    }
}
