//! What is said over a WebSocket: one JSON object in each text message.

use nihao_protocol::chat::Refusal;
use serde::{Deserialize, Serialize};

use super::super::messages::{Receipt, Shown};
use super::super::problem::Problem;

/// The greatest number of a request: one that every JSON reader can hold (RFC 8259 §6).
const LAST_NUMBER: u64 = (1 << 53) - 1;

/// What a client asks for.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Wish {
    /// To post a text.
    Send {
        request: u64,
        to: String,
        text: String,
        id: Option<uuid::Uuid>,
    },
    /// To hear that the server is there.
    Ping { request: u64 },
}

/// What a client is told.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Says {
    /// Somebody said something.
    Message { message: Shown },
    /// All that was said before was given, up to that place.
    CaughtUp { cursor: u64 },
    /// A text is stored.
    Sent {
        request: u64,
        seq: u64,
        id: uuid::Uuid,
        at: u64,
    },
    /// A request is not done.
    Refused {
        request: Option<u64>,
        reason: &'static str,
        detail: String,
    },
    /// The server is there.
    Pong { request: u64 },
    /// The last thing that is said, and why.
    Closing { reason: &'static str },
}

impl Wish {
    /// Reads a request, or says what to answer.
    pub(super) fn parse(text: &str) -> Result<Self, Says> {
        let wish = serde_json::from_str::<Self>(text).map_err(|error| malformed(number_of(text), error.to_string()))?;
        let (Self::Send { request, .. } | Self::Ping { request }) = wish;
        if request > LAST_NUMBER {
            return Err(malformed(None, format!("a request's number is at most {LAST_NUMBER}")));
        }
        Ok(wish)
    }
}

impl Says {
    pub(super) fn sent(request: u64, stored: Result<Receipt, Problem>) -> Self {
        match stored {
            Ok(Receipt { seq, id, at }) => Self::Sent { request, seq, id, at },
            Err(Problem { error, detail, .. }) => Self::Refused {
                request: Some(request),
                reason: error,
                detail,
            },
        }
    }
}

fn malformed(request: Option<u64>, detail: String) -> Says {
    Says::Refused {
        request,
        reason: Refusal::Malformed.name(),
        detail,
    }
}

/// The number of a request of which nothing else may make sense.
fn number_of(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Numbered {
        request: u64,
    }
    let numbered = serde_json::from_str::<Numbered>(text).ok()?;
    (numbered.request <= LAST_NUMBER).then_some(numbered.request)
}
