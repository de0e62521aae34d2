//! One run: B starts, A sends, B hears, both say goodbye.

use std::time::Duration;

use nihao_explain::decode::{Known, Trusted};
use nihao_explain::event::NameStep;
use nihao_explain::names::{self, Silence, Told};
use nihao_explain::scene::{self, Distance, Scene};
use nihao_explain::story::{Story, Viewpoint};
use nihao_explain::world::fault::Fault;
use nihao_explain::world::{Seen, World};
use nihao_protocol::chat::Text;
use nihao_protocol::clock::UnixTime;

use super::a::Sender;
use super::b::{Running, failed};
use super::broken;
use super::network::{BEGAN, Secrets, environment};
use crate::error::Error;

/// The longest that a journey takes, in the network's time: whoever lost everything has given up by then.
const LONGEST: Duration = Duration::from_secs(3600);
/// What the roots that A trusts are called.
pub(super) const ROOTS: &str = "B's roots";
/// How long bob waits for what alice has a receipt for.
const PATIENCE: Duration = Duration::from_secs(120);
/// The same, where alice was told that it failed: what arrived all the same is there by then.
const DOUBT: Duration = Duration::from_secs(1);
/// How long the network is watched when all is said: TIME-WAIT, late frames.
const REST: Duration = Duration::from_secs(30);

/// What is to happen.
#[derive(Debug, Clone)]
pub struct Options {
    /// What A says.
    pub text: Text,
    /// The seed of everything drawn.
    pub seed: u64,
    /// Whether A speaks native frames instead of HTTP: then only [`Shape::Full`] is shown.
    pub native: bool,
    /// What the connection is to show beside the ordinary.
    pub shape: Shape,
    /// What is not as it should be at one of the ends.
    pub trouble: Option<Trouble>,
    /// What the wire between the routers is like.
    pub distance: Distance,
}

impl Options {
    const fn silence(&self) -> Option<Silence> {
        match self.trouble {
            Some(Trouble::NoSuchName) => Some(Silence::NoSuchName),
            Some(Trouble::ResolverSilent) => Some(Silence::Resolver),
            _ => None,
        }
    }

    /// The faults that were asked for, as on the command line.
    fn asked(&self) -> Vec<String> {
        let Distance { mtu, faults, .. } = &self.distance;
        let wire = faults.iter().map(|fault| match fault {
            Fault::Lose(_) | Fault::Loss(_) => format!("--{fault}"),
            _ => format!("--fault {fault}"),
        });
        let mtu = mtu.map(|mtu| format!("--mtu {mtu}"));
        let trouble = self.trouble.map(|trouble| format!("--fault {}", trouble.name()));
        wire.chain(mtu).chain(trouble).collect()
    }
}

/// What a connection shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// A full handshake.
    #[default]
    Full,
    /// A full handshake whose ClientHello has no key share, so that the server must ask for one (HelloRetryRequest).
    Retry,
    /// Two connections: a full handshake, and one that goes on from its ticket.
    Resumed,
    /// The request in short records, and new keys after each (KeyUpdate).
    KeyUpdate,
}

/// What is wrong at an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The server's certificate is for another name.
    WrongName,
    /// The server's certificate has ended.
    Expired,
    /// A does not know the authority that signed the server's certificate.
    UnknownAuthority,
    /// Nothing listens on the server's port.
    PortClosed,
    /// The server's machine is switched off.
    PowerOff,
    /// No name server knows the server's name.
    NoSuchName,
    /// The resolver does not answer.
    ResolverSilent,
}

impl Trouble {
    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongName => "wrong-name",
            Self::Expired => "expired",
            Self::UnknownAuthority => "unknown-ca",
            Self::PortClosed => "port-closed",
            Self::PowerOff => "power-off",
            Self::NoSuchName => "no-such-name",
            Self::ResolverSilent => "dns-timeout",
        }
    }
}

/// What happened.
#[derive(Debug)]
pub struct Journey {
    /// What passed every node.
    pub seen: Seen,
    /// When µs 0 was.
    pub began: UnixTime,
    /// The secrets of A's connections, in the lines of an SSLKEYLOGFILE, and what their key agreements came to.
    pub secrets: String,
    /// The root certificates that A trusts, in DER: of requests over HTTP.
    pub roots: Vec<Vec<u8>>,
    /// The authority's Ed25519 key that A trusts instead, where it speaks native frames.
    pub pin: Option<[u8; 32]>,
    /// The look-ups of names, as the programs on A and on the resolver told them.
    pub names: Vec<NameStep>,
    /// What A's client told its user on the way, in lines: names, TCP, TLS, headers.
    pub told: String,
    /// What A was told in the end: the answer's body, or the receipt.
    pub answer: Result<String, Error>,
    /// When A was told, in µs since the run began.
    pub ended: u64,
    /// The faults that were asked for, as on the command line.
    pub asked: Vec<String>,
    /// What came to B's screen, each time.
    pub heard: Vec<Text>,
}

impl Journey {
    /// What there is to know beside the frames.
    #[must_use]
    pub fn known(&self) -> Known<'_> {
        Known {
            secrets: &self.secrets,
            trusted: self.pin.as_ref().map_or(Trusted::Roots(&self.roots), Trusted::Key),
            began: Some(self.began),
            is_withheld: false,
        }
    }

    /// The journey as it is told from a point; A, who was told of it, tells the step that broke.
    #[must_use]
    pub fn story(&self, viewpoint: Viewpoint) -> Story {
        let story = Story::new(&self.seen, self.known(), viewpoint);
        let mut story = story.with_names(&self.seen.captures, &self.names);
        if let (Err(error), Viewpoint::A) = (&self.answer, viewpoint) {
            let mark = broken::mark(self, error, &story);
            story.place(mark);
        }
        story
    }
}

/// Runs a journey: the same options give the same journey, byte for byte.
///
/// # Errors
/// [`Error`] where not even the beginning could be made; what goes wrong on the way is part of the journey.
pub fn journey(options: &Options) -> Result<Journey, Error> {
    let Scene { plan, places } = scene::scene(options.seed, &options.distance);
    let (secrets, told_names) = (Secrets::default(), Told::default());
    let scenario = |world: World| {
        let (secrets, told_names) = (secrets.clone(), told_names.clone());
        async move {
            let sender = Sender::new(&world, places.a, options, secrets, told_names.clone());
            let clock = environment(&world, options.seed, "name servers", 0).clock;
            names::start(&world, &places, options.seed, &clock, options.silence(), &told_names)
                .map_err(|error| failed(&error))?;
            let mut b = Running::start(&world, places.b, options).await?;
            // Nothing waits for ever; this only bounds what would be a fault of ours.
            let ended = tokio::time::timeout(LONGEST, talk(&world, &sender, &mut b)).await;
            let late = |_| {
                (
                    Err(Error::Explain("the journey did not end".into())),
                    world.now(),
                    vec![],
                )
            };
            Ok::<_, Error>((ended.unwrap_or_else(late), sender.told(), (b.roots, b.ca)))
        }
    };
    let (ended, seen) = plan.run(REST, scenario);
    let ((answer, ended, heard), told, (roots, ca)) = ended?;
    Ok(Journey {
        seen,
        began: BEGAN,
        secrets: secrets.lines(),
        roots,
        pin: options.native.then_some(ca),
        names: told_names.take(),
        told,
        answer,
        ended,
        asked: options.asked(),
        heard,
    })
}

/// A sends, once for each connection, and B listens. What A was told last, when, and what B heard.
async fn talk(world: &World, sender: &Sender<'_>, b: &mut Running) -> (Result<String, Error>, u64, Vec<Text>) {
    let mut heard = Vec::new();
    let (mut answer, mut ended) = (Ok(String::new()), 0);
    for _ in 0..sender.connections() {
        answer = sender.send(b).await;
        ended = world.now();
        let patience = if answer.is_ok() { PATIENCE } else { DOUBT };
        if let Ok(Ok(message)) = tokio::time::timeout(patience, b.hear()).await {
            heard.push(message.text);
        }
        if answer.is_err() {
            break;
        }
    }
    (answer, ended, heard)
}

#[cfg(test)]
mod tests {
    use nihao_protocol::crypto::random::{self, Seeded};

    use super::*;

    fn options(seed: u64) -> Options {
        Options {
            text: Text::parse("您好！").unwrap(),
            seed,
            native: false,
            shape: Shape::Full,
            trouble: None,
            distance: Distance::default(),
        }
    }

    fn heard(journey: &Journey) -> Vec<&str> {
        journey.heard.iter().map(Text::as_str).collect()
    }

    #[test]
    fn the_message_arrives_by_http_and_natively() {
        for native in [false, true] {
            let journey = journey(&Options { native, ..options(7) }).unwrap();
            assert!(journey.answer.is_ok(), "{:?}", journey.answer);
            assert_eq!(heard(&journey), ["您好！"]);
            assert_eq!(journey.secrets.lines().count(), 5, "{}", journey.secrets);
        }
    }

    #[test]
    fn every_shape_ends_well() {
        for (shape, messages) in [(Shape::Retry, 1), (Shape::Resumed, 2), (Shape::KeyUpdate, 1)] {
            let journey = journey(&Options { shape, ..options(7) }).unwrap();
            assert!(journey.answer.is_ok(), "{shape:?}: {:?}", journey.answer);
            assert_eq!(heard(&journey).len(), messages, "{shape:?}");
        }
    }

    #[test]
    fn every_trouble_is_named() {
        for (trouble, said) in [
            (Trouble::WrongName, "seen a certificate for"),
            (Trouble::Expired, "seen one that ended 2025-12-01"),
            (Trouble::UnknownAuthority, "authority"),
            (Trouble::PortClosed, "refused"),
            (Trouble::PowerOff, "seen none for 10 s"),
        ] {
            let trouble = Some(trouble);
            let journey = journey(&Options { trouble, ..options(7) }).unwrap();
            let error = journey.answer.unwrap_err().to_string();
            assert!(error.contains(said), "{trouble:?}: {error}");
            assert!(journey.heard.is_empty());
        }
    }

    #[test]
    fn a_bad_wire_is_survived_or_named() {
        for (fault, arrives) in [
            (Fault::FlipPayload(1700), false),
            (Fault::ResetAt(2), false),
            (Fault::DuplicateFrame(6), true),
            (Fault::DelayFrame(6, 40_000), true),
            (Fault::Loss(20), true),
        ] {
            let mut options = options(7);
            options.distance.faults.push(fault);
            let journey = journey(&options).unwrap();
            assert_eq!(journey.answer.is_ok(), arrives, "{fault:?}: {:?}", journey.answer);
        }
        let mut narrow = options(7);
        narrow.distance.mtu = Some(1000);
        let journey = journey(&narrow).unwrap();
        let error = journey.answer.unwrap_err().to_string();
        assert!(
            error.contains("seen nothing for 10 s"),
            "what is too long vanishes: {error}"
        );
    }

    /// Runs of the test below; a thousand take some minutes: `NIHAO_JOURNEYS=1000 cargo test -p nihao-client journeys`.
    const JOURNEYS: u64 = 60;

    #[test]
    fn random_journeys_end_with_the_text_or_with_a_reason() {
        let runs = std::env::var("NIHAO_JOURNEYS").map_or(JOURNEYS, |runs| runs.parse().unwrap());
        let mut arrived = 0;
        for seed in 0..runs {
            let options = random_options(seed);
            let journey = journey(&options).unwrap();
            match &journey.answer {
                Ok(_) => {
                    assert!(heard(&journey).iter().all(|text| *text == "您好！"), "{options:?}");
                    assert!(!journey.heard.is_empty(), "acknowledged and not heard: {options:?}");
                    arrived += 1;
                }
                Err(Error::Explain(reason)) => panic!("{reason}: {options:?}"),
                Err(error) => assert!(!error.to_string().is_empty() && !error.hint().is_empty(), "{options:?}"),
            }
            if seed % 10 == 0 {
                every_byte_is_counted_once(&journey);
                let again = self::journey(&options).unwrap();
                assert!(
                    again.seen == journey.seen && again.secrets == journey.secrets,
                    "not the same again: {options:?}"
                );
            }
        }
        assert!(arrived * 2 > runs, "{arrived} of {runs} arrived");
    }

    /// Whatever went wrong: in every view the ledger adds up to the bytes of the frames.
    fn every_byte_is_counted_once(journey: &Journey) {
        for viewpoint in [Viewpoint::A, Viewpoint::Router, Viewpoint::B, Viewpoint::Eavesdropper] {
            let story = journey.story(viewpoint);
            let frames = 0..story.account.frames.len();
            let bytes: usize = frames.map(|index| story.bytes(index).len()).sum();
            let counted = story.ledger.all.iter().map(|entry| entry.bytes).sum::<usize>();
            assert_eq!(counted, bytes, "{viewpoint:?}");
        }
    }

    fn random_options(seed: u64) -> Options {
        let [kind, shape, loss, at] = random::array::<4>(&mut Seeded::new(seed, "options")).unwrap();
        let n = u64::from(at % 40) + 1;
        let mut options = options(seed);
        options.native = kind % 5 == 0;
        options.shape = match shape % 4 {
            _ if options.native => Shape::Full,
            0 => Shape::Full,
            1 => Shape::Retry,
            2 => Shape::Resumed,
            _ => Shape::KeyUpdate,
        };
        options.distance.faults.extend(match kind % 7 {
            0 => None,
            1 => Some(Fault::LoseFrame(n)),
            2 => Some(Fault::DuplicateFrame(n)),
            3 => Some(Fault::DelayFrame(n, u64::from(at) * 1000)),
            4 => Some(Fault::ResetAt(n)),
            5 => Some(Fault::FlipPayload(u64::from(at) * 16)),
            _ => Some(Fault::CutAfter(n)),
        });
        if loss % 31 > 0 && kind % 2 == 0 {
            options.distance.faults.push(Fault::Loss(loss % 31));
        }
        options
    }

    #[test]
    fn the_same_seed_gives_the_same_journey() {
        let [first, second, other] = [7, 7, 8].map(|seed| journey(&options(seed)).unwrap());
        assert_eq!((&first.seen, &first.secrets), (&second.seen, &second.secrets));
        assert_ne!(first.seen.captures["A"], other.seen.captures["A"]);
    }
}
