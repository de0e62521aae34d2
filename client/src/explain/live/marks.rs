//! What happened and has no bytes, as steps of a ladder: connections that open and end.

use std::time::Duration;

use nihao_explain::capture::Way;
use nihao_explain::event::Protocol;
use nihao_explain::story::{Act, Mark, Phrase};
use nihao_explain::texts::{self, Text};

use super::record::Step;
use crate::dial::{DialError, DialStep};

/// The steps that have no bytes. Look-ups of names are told as such.
pub(super) fn marks(host: &str, steps: &[(u64, Step)]) -> Vec<Mark> {
    let mark = |(at, step): &(u64, Step)| {
        let (said, act, way, why): Told = match step {
            Step::Dial(step) => dialed(host, step)?,
            Step::Finished => {
                let said = Phrase::new(&texts::STEP_OUR_END, []);
                (said, Act::End, Way::Out, &texts::LIVE_OUR_END)
            }
            Step::Ended => {
                let said = Phrase::new(&texts::STEP_THEIR_END, []);
                (said, Act::End, Way::In, &texts::LIVE_THEIR_END)
            }
            Step::Measured(said) => (said.clone(), Act::Inside, Way::Out, &texts::LIVE_TCP_INFO),
            Step::Broke(reason) => {
                let said = Phrase::new(&texts::STEP_BROKE, [reason]);
                (said, Act::Reset, Way::In, &texts::LIVE_BROKE)
            }
        };
        Some(Mark {
            at: *at,
            act,
            way,
            protocol: Protocol::Tcp,
            said: Some(said),
            why: Some(why),
            broken: None,
        })
    };
    steps.iter().filter_map(mark).collect()
}

type Told = (Phrase, Act, Way, &'static Text);

fn dialed(host: &str, step: &DialStep) -> Option<Told> {
    let told: Told = match step {
        DialStep::Lookup(_) | DialStep::NotKept { .. } => return None,
        DialStep::Found { addresses, took } => {
            let list: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
            return (list != [host.to_owned()]).then(|| {
                let said = Phrase::new(&texts::STEP_FOUND, [host, &list.join(", "), &milliseconds(*took)]);
                (said, Act::Inside, Way::Out, &texts::LIVE_FOUND)
            });
        }
        DialStep::Trying { address } => {
            let said = Phrase::new(&texts::STEP_TRYING, [&address.to_string()]);
            (said, Act::Connect, Way::Out, &texts::LIVE_CONNECT)
        }
        DialStep::Failed { error, .. } => (failed(error), Act::Connect, Way::In, &texts::LIVE_NOT_CONNECTED),
        DialStep::Connected { ends, took } => {
            let took = milliseconds(*took);
            let said = match ends {
                Some((ours, _)) => Phrase::new(&texts::STEP_CONNECTED_FROM, [&ours.to_string(), &took]),
                None => Phrase::new(&texts::STEP_CONNECTED, [&took]),
            };
            (said, Act::Connect, Way::In, &texts::LIVE_CONNECTED)
        }
    };
    Some(told)
}

/// Why an address could not be connected to.
fn failed(error: &DialError) -> Phrase {
    match error {
        DialError::Refused(address) => Phrase::new(&texts::STEP_REFUSED, [&address.to_string()]),
        DialError::TimedOut { address, seconds } => {
            Phrase::new(&texts::STEP_NO_ANSWER, [&address.to_string(), &seconds.to_string()])
        }
        DialError::Unreachable { address, detail } => {
            Phrase::new(&texts::STEP_UNREACHABLE, [&address.to_string(), detail])
        }
        DialError::NameNotFound { host, .. } | DialError::Lookup { host, .. } => {
            Phrase::new(&texts::STEP_FAILED, [host, &error.to_string()])
        }
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
