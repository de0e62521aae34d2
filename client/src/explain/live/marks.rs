//! What happened and has no bytes, as steps of a ladder: connections that open and end.

use std::time::Duration;

use nihao_explain::capture::Way;
use nihao_explain::event::Protocol;
use nihao_explain::story::{Act, Mark};
use nihao_explain::texts::{self, Text};

use super::record::Step;
use crate::dial::DialStep;

/// The steps that have no bytes. Look-ups of names are told as such.
pub(super) fn marks(host: &str, steps: &[(u64, Step)]) -> Vec<Mark> {
    let mark = |(at, step): &(u64, Step)| {
        let (what, act, way, why): Told = match step {
            Step::Dial(step) => dialed(host, step)?,
            Step::Finished => ("our end of the stream".into(), Act::End, Way::Out, &texts::LIVE_OUR_END),
            Step::Ended => (
                "their end of the stream".into(),
                Act::End,
                Way::In,
                &texts::LIVE_THEIR_END,
            ),
            Step::Measured(what) => (what.clone(), Act::Inside, Way::Out, &texts::LIVE_TCP_INFO),
            Step::Broke(reason) => (reason.clone(), Act::Reset, Way::In, &texts::LIVE_BROKE),
        };
        Some(Mark {
            at: *at,
            act,
            way,
            protocol: Protocol::Tcp,
            what,
            why: Some(why),
            broken: None,
        })
    };
    steps.iter().filter_map(mark).collect()
}

type Told = (String, Act, Way, &'static Text);

fn dialed(host: &str, step: &DialStep) -> Option<Told> {
    let told: Told = match step {
        DialStep::Lookup(_) | DialStep::NotKept { .. } => return None,
        DialStep::Found { addresses, took } => {
            let list: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
            return (list != [host.to_owned()]).then(|| {
                let what = format!("{host} is {} ({})", list.join(", "), milliseconds(*took));
                (what, Act::Inside, Way::Out, &texts::LIVE_FOUND)
            });
        }
        DialStep::Trying { address } => (
            format!("connect to {address}"),
            Act::Connect,
            Way::Out,
            &texts::LIVE_CONNECT,
        ),
        DialStep::Failed { reason, .. } => (reason.clone(), Act::Connect, Way::In, &texts::LIVE_NOT_CONNECTED),
        DialStep::Connected { ends, took } => {
            let from = ends.map_or_else(String::new, |(ours, _)| format!(" from {ours}"));
            let what = format!("connected{from} in {}", milliseconds(*took));
            (what, Act::Connect, Way::In, &texts::LIVE_CONNECTED)
        }
    };
    Some(told)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
