//! Where a journey broke, as A tells it: what A saw of it, and that it was asked for.

use std::path::Path;

use nihao_explain::capture::Way;
use nihao_explain::event::{Account, Protocol};
use nihao_explain::scene;
use nihao_explain::story::{Act, Broken, Mark, Said, Story};
use nihao_explain::texts;

use super::journey::{Journey, ROOTS};
use super::live::broken::{self, About, Stream};
use crate::error::Error;

/// The types and codes of ICMP that say why a packet came no further (RFC 792).
const HOST_UNREACHABLE: (u64, u64) = (3, 1);
const FRAGMENTATION_NEEDED: (u64, u64) = (3, 4);

/// The step that broke.
pub(super) fn mark(journey: &Journey, error: &Error, story: &Story) -> Mark {
    let is_native = journey.pin.is_some();
    let about = About {
        host: scene::HOST,
        port: scene::PORT,
        roots: Path::new(if is_native { "the invite" } else { ROOTS }),
        stream: stream(story, journey.ended),
        now: journey.ended,
    };
    let mut mark = broken::mark(error, &about, &story.account);
    if let Some(broken) = &mut mark.broken {
        heed_routers(broken, mark.protocol, &story.account, journey.ended);
        if !journey.asked.is_empty() {
            let asked = journey.asked.join(" ");
            broken.evidence.push(Said::new(&texts::BROKEN_ASKED_FOR, [&asked]));
        }
    }
    // A program on A noticed: nothing was sent for it.
    Mark {
        act: Act::Inside,
        ..mark
    }
}

/// What A had seen of its connection when it gave up: until it said why, if it did.
fn stream(story: &Story, ended: u64) -> Stream {
    let account = &story.account;
    let is_reason = |index: usize| {
        let layers = account.layers_of(index);
        let mut alerts = layers.iter().filter(|(_, layer)| layer.name == "alert");
        alerts.any(|(_, alert)| alert.what != "close_notify")
    };
    let frames = account.frames.iter().enumerate();
    let own = frames.filter(|(_, frame)| frame.flow.is_some() && frame.at <= ended);
    let until = own.take_while(|(index, frame)| frame.way == Way::In || !is_reason(*index));
    let heard = until.filter(|(_, frame)| frame.way == Way::In);
    let came = |act| {
        let mut rungs = story.rungs.iter();
        rungs.any(|rung| rung.act == act && rung.way == Way::In && rung.at <= ended)
    };
    Stream {
        is_reset: came(Act::Reset),
        is_ended: came(Act::End),
        last_heard: heard.map(|(_, frame)| frame.at).last(),
    }
}

/// What routers said of the silence, which the client is not told: for TCP it is a hint and no end (RFC 9293 §3.9.2.2).
fn heed_routers(broken: &mut Broken, protocol: Protocol, account: &Account, ended: u64) {
    let is_silence = [&texts::LIVE_SEEN_FILTERED, &texts::LIVE_SEEN_SILENCE].contains(&broken.seen.text);
    if !is_silence || !matches!(protocol, Protocol::Tcp | Protocol::Tls) {
        return;
    }
    let complaints = complaints(account, ended);
    if complaints.contains(&FRAGMENTATION_NEEDED) {
        broken.seen.text = &texts::BROKEN_SEEN_TOO_LONG;
        broken.whose = Said::new(&texts::BROKEN_WHOSE_TOO_LONG, []);
        broken.fix = Said::new(&texts::BROKEN_FIX_TOO_LONG, []);
    } else if complaints.contains(&HOST_UNREACHABLE) {
        broken.seen.text = &texts::BROKEN_SEEN_UNREACHABLE;
        broken.whose = Said::new(&texts::BROKEN_WHOSE_UNREACHABLE, []);
    }
}

/// Type and code of every message of ICMP that had come.
fn complaints(account: &Account, ended: u64) -> Vec<(u64, u64)> {
    let came = |at: u64, way: Way| way == Way::In && at <= ended;
    let frames = account.frames.iter().filter(|frame| came(frame.at, frame.way));
    let messages = frames.filter_map(|frame| frame.layer.find(Protocol::Icmp, "message"));
    let number = |name| move |layer: &nihao_explain::event::Layer| layer.field(name).and_then(|field| field.number());
    messages
        .filter_map(|message| Some((number("type")(message)?, number("code")(message)?)))
        .collect()
}
