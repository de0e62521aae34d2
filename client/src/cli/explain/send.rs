//! `send --explain`: a message to the real server, and beneath the way it took.

use std::path::Path;
use std::time::Duration;

use nihao_explain::decode::{Credentials, Trusted};
use nihao_explain::render::{Ladder, Unfold};
use nihao_protocol::chat::{Conversation, Text};

use super::live::list;
use super::{Lang, look};
use crate::command::{self, Screen};
use crate::connect::{Secure, World};
use crate::error::Error;
use crate::explain::live::Watch;
use crate::home::Home;
use crate::resolve::Choice;

/// Sends as `send` does, and tells on standard error what was seen of it; what went wrong is told, too.
pub(in crate::cli) async fn send(
    home: &Home,
    choice: Choice,
    (to, text): (Conversation, Text),
    timeout: Duration,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let endpoint = home.account()?.endpoint;
    let watch = Watch::new();
    let dial = watch.dial(choice.route(), Some(home.names(&choice.file_name())));
    let secure = Secure::new(dial, watch.environment.clone()).without_resumption();
    let mut world = World {
        clock: watch.environment.clock.clone(),
        random: watch.environment.entropy.open(),
        connect: secure.with_key_log(watch.key_log()),
    };
    let sent = command::send::send(home, &mut world, screen, to, text, timeout).await;
    let place = (endpoint.host.as_str(), endpoint.port, Path::new("the invite"));
    let mut credentials = Credentials::default();
    let (story, unseen) = watch.tell(
        place,
        Trusted::Key(&endpoint.ca),
        sent.as_ref().err(),
        Some(&mut credentials),
    );
    let look = look(None::<Lang>, false);
    let ladder = Ladder {
        story: &story,
        look,
        unfold: Unfold::default(),
    };
    // That nobody can hear it is no failure: the message is where it is.
    let _ = screen
        .notes
        .write_all(format!("{}\n{}", ladder.text(), list(&unseen, look.language)).as_bytes());
    sent.map(drop)
}
