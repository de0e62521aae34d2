//! The client's Finished.

use super::State;
use super::resumption::Promised;
use crate::tls::certificate_verify::verify_finished;
use crate::tls::error::Error;
use crate::tls::flight::{Established, Flight, Heard, Next};
use crate::tls::inbound::Stage;
use crate::tls::key_schedule::{Exporter, TrafficSecret, TrafficSecrets};
use crate::tls::messages::Finished;
use crate::tls::negotiated::Negotiated;

/// WAIT_FINISHED.
pub(in crate::tls) struct WaitFinished {
    /// The client's handshake traffic secret.
    pub(super) handshake: TrafficSecret,
    pub(super) application: TrafficSecrets,
    pub(super) exporter: Exporter,
    pub(super) facts: Negotiated,
    /// Tickets to send, if any.
    pub(super) promised: Option<Promised>,
}

impl WaitFinished {
    pub(super) fn hear(self: Box<Self>, heard: &Heard, flight: &mut Flight<'_>) -> Result<Next<State>, Error> {
        let Self {
            handshake,
            application,
            exporter,
            facts,
            promised,
        } = *self;
        let finished = Finished::decode(heard.body());
        verify_finished(&handshake, &heard.before, &finished.verify_data)?;
        flight.read_with(&application.client, heard.aligned()?)?;
        flight.inbound.enter(Stage::Open);
        if let Some(promised) = promised {
            promised.say(&facts, flight)?;
        }
        Ok(Next::Open(Box::new(Established {
            facts,
            reading: application.client,
            writing: application.server,
            exporter,
            resuming: None,
        })))
    }
}
