//! One's own messages between the request and the receipt, so that receipts stand among the deliveries in the order of the log.
//!
//! Two tell of a message that was posted: the log's answer, and the mailbox. The receipt is said when the mailbox has it, exactly once.

use std::collections::{BTreeMap, BTreeSet};

use nihao_protocol::chat::{MessageId, ServerSays};

/// What is on its way, by message.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    expected: BTreeMap<MessageId, Expected>,
    /// Requests whose receipt was said before the log's answer came.
    receipted: BTreeSet<u32>,
}

#[derive(Debug)]
struct Expected {
    request: u32,
    /// The log has answered: only the mailbox is waited for.
    receipt: Option<ServerSays>,
}

impl Outbox {
    /// A message is on its way. Of two requests for one message the first is expected in the mailbox.
    pub(super) fn expect(&mut self, id: MessageId, request: u32) {
        self.expected.entry(id).or_insert(Expected { request, receipt: None });
    }

    /// The mailbox has a message of one's own: gives the request to answer, if one is waiting.
    pub(super) fn receipted(&mut self, id: MessageId) -> Option<u32> {
        let Expected { request, receipt } = self.expected.remove(&id)?;
        if receipt.is_none() {
            self.receipted.insert(request);
        }
        Some(request)
    }

    /// Whether the mailbox was first, and the receipt is out; asked once, when the log's answer comes.
    pub(super) fn was_receipted(&mut self, request: u32) -> bool {
        self.receipted.remove(&request)
    }

    /// Keeps a receipt until the mailbox has the message; `false` if nobody expects it there.
    pub(super) fn hold(&mut self, id: MessageId, request: u32, receipt: ServerSays) -> bool {
        match self.expected.get_mut(&id) {
            Some(expected) if expected.request == request => {
                expected.receipt = Some(receipt);
                true
            }
            _ => false,
        }
    }

    /// The request was answered otherwise.
    pub(super) fn forget(&mut self, id: MessageId, request: u32) {
        if self
            .expected
            .get(&id)
            .is_some_and(|expected| expected.request == request)
        {
            self.expected.remove(&id);
        }
    }

    /// The mailbox lost something: gives every receipt that was kept for it.
    pub(super) fn release(&mut self) -> Vec<(u32, ServerSays)> {
        let expected = std::mem::take(&mut self.expected);
        let mut released = Vec::new();
        for (id, Expected { request, receipt }) in expected {
            match receipt {
                Some(receipt) => released.push((request, receipt)),
                None => self.expect(id, request),
            }
        }
        released
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: MessageId = MessageId([1; 16]);

    #[test]
    fn each_request_is_answered_once_whoever_is_first() {
        let mut outbox = Outbox::default();
        outbox.expect(ID, 7);
        assert_eq!(outbox.receipted(ID), Some(7), "the mailbox first");
        assert!(outbox.was_receipted(7) && !outbox.was_receipted(7));

        outbox.expect(ID, 8);
        assert!(outbox.hold(ID, 8, ServerSays::Pong), "the log first");
        assert_eq!(outbox.receipted(ID), Some(8));
        assert!(!outbox.was_receipted(8));
    }

    #[test]
    fn a_second_request_for_the_same_message_is_not_expected_in_the_mailbox() {
        let mut outbox = Outbox::default();
        outbox.expect(ID, 7);
        outbox.expect(ID, 8);
        assert!(!outbox.hold(ID, 8, ServerSays::Pong));
        outbox.forget(ID, 8);
        assert_eq!(outbox.receipted(ID), Some(7));
    }

    #[test]
    fn what_was_kept_for_the_mailbox_is_released_when_it_loses_something() {
        let mut outbox = Outbox::default();
        outbox.expect(ID, 7);
        outbox.expect(MessageId([2; 16]), 8);
        outbox.hold(ID, 7, ServerSays::Pong);
        assert_eq!(outbox.release(), [(7, ServerSays::Pong)]);
        assert_eq!(outbox.receipted(MessageId([2; 16])), Some(8), "unanswered ones stay");
        assert_eq!(outbox.receipted(ID), None);
    }
}
