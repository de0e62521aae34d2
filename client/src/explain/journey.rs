//! One run: B starts, A sends, B hears, both say goodbye.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use nihao_explain::scene::{self, Scene};
use nihao_explain::world::fault::Fault;
use nihao_explain::world::{Seen, World};
use nihao_protocol::chat::{ClientSays, Conversation, MessageId, RoomName, ServerSays, Text};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::random;
use nihao_protocol::net::RootBundle;

use super::b::{Running, failed};
use super::network::{BEGAN, Network, Secrets, environment};
use crate::command::Screen;
use crate::command::http::{self, Manner, Request, Versions};
use crate::connect::{Connect as _, Secure};
use crate::error::Error;
use crate::home::Endpoint;
use crate::link::{Link, LinkError};

/// The longest that a journey takes, in the network's time: whoever lost everything has given up by then.
const LONGEST: Duration = Duration::from_secs(3600);
/// How long bob waits for what alice has a receipt for.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the network is watched when all is said: TIME-WAIT, late frames.
const REST: Duration = Duration::from_secs(30);

/// What is to happen.
#[derive(Debug, Clone)]
pub struct Options {
    /// What A says.
    pub text: Text,
    /// The seed of everything drawn.
    pub seed: u64,
    /// Whether A speaks native frames instead of HTTP.
    pub native: bool,
    /// What goes wrong on the long wire.
    pub faults: Vec<Fault>,
}

/// What happened.
#[derive(Debug)]
pub struct Journey {
    /// What passed every node.
    pub seen: Seen,
    /// When µs 0 was.
    pub began: UnixTime,
    /// The secrets of A's connection, in the lines of an SSLKEYLOGFILE.
    pub secrets: String,
    /// What A was told: the answer's body, or the receipt.
    pub answer: Result<String, Error>,
    /// What came to B's screen.
    pub heard: Option<Text>,
}

/// Runs a journey: the same options give the same journey, byte for byte.
///
/// # Errors
/// [`Error::Explain`] where not even the beginning could be made; what goes wrong on the way is part of the journey.
pub fn journey(options: &Options) -> Result<Journey, Error> {
    let Scene { plan, places } = scene::scene(options.seed, &options.faults);
    let secrets = Secrets::default();
    let scenario = |world: World| {
        let secrets = secrets.clone();
        async move {
            let mut b = Running::start(&world, places.b, options.seed).await?;
            let run = async {
                let answer = send(&world, places, &b, options, secrets).await;
                let heard = match &answer {
                    Ok(_) => tokio::time::timeout(PATIENCE, b.hear()).await.ok().and_then(Result::ok),
                    Err(_) => None,
                };
                (answer, heard.map(|message| message.text))
            };
            // Nothing waits for ever; this only bounds what would be a fault of ours.
            let late = || (Err(Error::Explain("the journey did not end".into())), None);
            Ok::<_, Error>(tokio::time::timeout(LONGEST, run).await.unwrap_or_else(|_| late()))
        }
    };
    let (ended, seen) = plan.run(REST, scenario);
    let (answer, heard) = ended?;
    Ok(Journey {
        seen,
        began: BEGAN,
        secrets: secrets.lines(),
        answer,
        heard,
    })
}

async fn send(
    world: &World,
    places: scene::Places,
    b: &Running,
    options: &Options,
    secrets: Secrets,
) -> Result<String, Error> {
    let dial = Network {
        world: world.clone(),
        host: places.a,
        server: scene::B,
    };
    if options.native {
        send_natively(world, dial, b, options, secrets).await
    } else {
        post(world, dial, b, options, secrets).await
    }
}

/// By the client of `nihao http`, over HTTP/1.1: what a person can read.
async fn post(world: &World, dial: Network, b: &Running, options: &Options, secrets: Secrets) -> Result<String, Error> {
    let body = serde_json::json!({ "to": "#general", "text": options.text.as_str() });
    let headers = [
        format!("Authorization: Bearer {}", b.token),
        "Content-Type: application/json".into(),
        "Accept-Language: zh-CN, en;q=0.5".into(),
        "Cache-Control: no-store".into(),
    ];
    let url = format!("https://{}/v1/messages", scene::HOST);
    let request = Request::new(Method::POST, &url, &headers, Some(body.to_string().into_bytes()))?;
    let manner = Manner {
        roots: RootBundle {
            roots: b.trusted()?,
            path: PathBuf::from("B's roots"),
            skipped: 0,
        },
        versions: Versions::Http1,
        verbose: false,
        fail: true,
        max_time: None,
        output: None,
        key_log: Some(Arc::new(secrets)),
    };
    let mut answer = Vec::new();
    let screen = &mut Screen {
        out: &mut answer,
        notes: &mut std::io::sink(),
    };
    let environment = environment(world, options.seed, "A");
    http::http(&dial, &environment, &request, manner, screen).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// By native frames, as `nihao send` does.
async fn send_natively(
    world: &World,
    dial: Network,
    b: &Running,
    options: &Options,
    secrets: Secrets,
) -> Result<String, Error> {
    let environment = environment(world, options.seed, "A");
    let id = random::array(&mut *environment.entropy.open()).map_err(|error| failed(&error))?;
    let endpoint = Endpoint {
        host: scene::HOST.into(),
        port: scene::PORT,
        ca: b.ca,
    };
    let secure = Secure::new(dial, environment)
        .without_resumption()
        .with_key_log(Arc::new(secrets));
    let connected = secure.connect(&endpoint, Some(&b.alice)).await;
    let mut link = Link::new(connected.map_err(|error| Error::Connect {
        endpoint,
        error: Box::new(error),
    })?);
    let says = ClientSays::Send {
        id: MessageId(id),
        to: Conversation::Room(RoomName::general()),
        text: options.text.clone(),
        seen: None,
    };
    let ServerSays::Sent(sent) = link.ask(says).await? else {
        return Err(LinkError::Nonsense.into());
    };
    link.close().await;
    Ok(format!("stored as number {}", sent.seq))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(seed: u64) -> Options {
        Options {
            text: Text::parse("您好！").unwrap(),
            seed,
            native: false,
            faults: vec![],
        }
    }

    #[test]
    fn the_message_arrives_by_http_and_natively() {
        for native in [false, true] {
            let journey = journey(&Options { native, ..options(7) }).unwrap();
            assert!(journey.answer.is_ok(), "{:?}", journey.answer);
            assert_eq!(journey.heard.as_ref().map(Text::as_str), Some("您好！"));
            assert_eq!(journey.secrets.lines().count(), 4, "{}", journey.secrets);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_journey() {
        let [first, second, other] = [7, 7, 8].map(|seed| journey(&options(seed)).unwrap());
        assert_eq!((&first.seen, &first.secrets), (&second.seen, &second.secrets));
        assert_ne!(first.seen.captures["A"], other.seen.captures["A"]);
    }
}
