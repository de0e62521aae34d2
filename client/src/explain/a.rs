//! Host A: who sends, by the product's own clients.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::Method;
use nihao_explain::names::Told;
use nihao_explain::scene;
use nihao_explain::world::{NodeId, World};
use nihao_protocol::chat::{ClientSays, Conversation, MessageId, RoomName, ServerSays};
use nihao_protocol::crypto::random;
use nihao_protocol::net::{Environment, RootBundle};
use nihao_protocol::tls::{ClientConfig, RememberedSessions, Sessions};

use super::b::{Running, failed};
use super::journey::{Options, ROOTS, Shape};
use super::network::{Network, Noting, Secrets, environment};
use crate::command::Screen;
use crate::command::http::{self, Adjust, Manner, Request, Versions};
use crate::connect::{Connect as _, Secure};
use crate::error::Error;
use crate::home::Endpoint;
use crate::link::{Link, LinkError};

/// How long A waits for all of it, as people do with `--max-time`: a wire that was cut says nothing.
const PATIENCE: Duration = Duration::from_secs(120);
/// The most bytes in a record where keys are changed after each: the shortest request takes two.
const FRAGMENT: u16 = 160;
/// The most sessions that A remembers.
const SESSIONS: usize = 4;

/// A, ready to send.
pub(super) struct Sender<'a> {
    options: &'a Options,
    world: &'a World,
    host: NodeId,
    dialer: Noting,
    names: Told,
    environment: Environment,
    secrets: Secrets,
    sessions: Option<Arc<RememberedSessions>>,
    /// What the client told its user on the way.
    told: Mutex<String>,
}

impl<'a> Sender<'a> {
    pub(super) fn new(world: &'a World, host: NodeId, options: &'a Options, secrets: Secrets, names: Told) -> Self {
        let environment = environment(world, options.seed, "A", 0);
        Self {
            world,
            host,
            dialer: noting(world, host, environment.clone(), &names),
            names,
            environment,
            secrets,
            sessions: (options.shape == Shape::Resumed).then(|| Arc::new(RememberedSessions::new(SESSIONS))),
            options,
            told: Mutex::default(),
        }
    }

    /// What the client told its user on the way, line by line.
    pub(super) fn told(&self) -> String {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many connections it takes to show what is to be shown.
    pub(super) const fn connections(&self) -> usize {
        match self.options.shape {
            Shape::Resumed if !self.options.native => 2,
            _ => 1,
        }
    }

    /// Sends the text once; what A was told.
    pub(super) async fn send(&self, b: &Running) -> Result<String, Error> {
        if self.options.native {
            let late = |_| Err(LinkError::Broken(std::io::ErrorKind::TimedOut.into()).into());
            tokio::time::timeout(PATIENCE, self.send_natively(b))
                .await
                .unwrap_or_else(late)
        } else {
            self.post(b).await
        }
    }

    /// By the client of `nihao http`, over HTTP/1.1: what a person can read.
    async fn post(&self, b: &Running) -> Result<String, Error> {
        let body = serde_json::json!({ "to": "#general", "text": self.options.text.as_str() });
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
                path: PathBuf::from(ROOTS),
                skipped: 0,
            },
            identity: None,
            versions: Versions::Http1,
            verbose: true,
            fail: true,
            max_time: Some(PATIENCE),
            output: None,
            adjust: Some(self.adjust()),
        };
        let mut answer = Vec::new();
        let mut notes = Vec::new();
        let screen = &mut Screen {
            out: &mut answer,
            notes: &mut notes,
        };
        let ended = http::http(&self.dialer, &self.environment, &request, manner, screen).await;
        self.told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_str(&String::from_utf8_lossy(&notes));
        ended.map(|()| String::from_utf8_lossy(&answer).into_owned())
    }

    /// What is different about this connection's TLS.
    fn adjust(&self) -> Adjust {
        let (shape, secrets, sessions) = (self.options.shape, self.secrets.clone(), self.sessions.clone());
        Adjust::new(move |config: &mut ClientConfig| {
            config.key_log = Some(Arc::new(secrets));
            config.sessions = sessions.map(|sessions| sessions as Arc<dyn Sessions>);
            match shape {
                Shape::Retry => config.key_shares.clear(),
                Shape::KeyUpdate => {
                    config.records.records_per_key = 1;
                    config.records.max_fragment = FRAGMENT;
                }
                Shape::Full | Shape::Resumed => {}
            }
        })
    }

    /// By native frames, as `nihao send` does.
    async fn send_natively(&self, b: &Running) -> Result<String, Error> {
        let id = random::array(&mut *self.environment.entropy.open()).map_err(|error| failed(&error))?;
        let endpoint = Endpoint {
            host: scene::HOST.into(),
            port: scene::PORT,
            ca: b.ca,
        };
        let dialer = noting(self.world, self.host, self.environment.clone(), &self.names);
        let secure = Secure::new(dialer, self.environment.clone())
            .without_resumption()
            .with_key_log(Arc::new(self.secrets.clone()));
        let connected = secure.connect(&endpoint, Some(&b.alice)).await;
        let mut link = Link::new(connected.map_err(|error| Error::Connect {
            endpoint,
            error: Box::new(error),
        })?);
        let says = ClientSays::Send {
            id: MessageId(id),
            to: Conversation::Room(RoomName::general()),
            text: self.options.text.clone(),
            seen: None,
        };
        let ServerSays::Sent(sent) = link.ask(says).await? else {
            return Err(LinkError::Nonsense.into());
        };
        link.close().await;
        Ok(format!("stored as number {}", sent.seq))
    }
}

/// What dials from A, and notes how it finds names.
fn noting(world: &World, host: NodeId, environment: Environment, names: &Told) -> Noting {
    let dialer = Network::dialer(world, host, environment);
    Noting::new(world, scene::SENDER_NAME, dialer, names.clone())
}
