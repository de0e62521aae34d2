//! Runs of every kind, told from every point, and then again with their frames damaged: every byte stays in one named field, nothing
//! panics, and what was changed is told otherwise.

use nihao_client::explain::{Journey, Options, Shape, Trouble, journey};
use nihao_explain::capture::{Capture, Frame};
use nihao_explain::event::{Part, Protocol, Value};
use nihao_explain::render::{Ladder, Look, Unfold, json};
use nihao_explain::scene::Distance;
use nihao_explain::story::{Story, Viewpoint};
use nihao_explain::texts::Language;
use nihao_explain::world::fault::Fault;
use nihao_protocol::chat::Text;
use nihao_protocol::crypto::random::{self, Seeded};

/// Runs of the test below, each damaged [`DAMAGES`] times; more for those who wait: `NIHAO_MUTATIONS=200 cargo test explain_mutations`.
const RUNS: u64 = 12;
const DAMAGES: u64 = 3;

const VIEWS: [Viewpoint; 4] = [Viewpoint::A, Viewpoint::Router, Viewpoint::B, Viewpoint::Eavesdropper];

/// Every layer that can be unfolded.
const LAYERS: [Protocol; 13] = [
    Protocol::Ethernet,
    Protocol::Arp,
    Protocol::Ipv4,
    Protocol::Ipv6,
    Protocol::Icmp,
    Protocol::Udp,
    Protocol::Tcp,
    Protocol::Dns,
    Protocol::Tls,
    Protocol::X509,
    Protocol::Http,
    Protocol::Json,
    Protocol::Native,
];

/// Numbers drawn from a seed.
struct Draw(Seeded);

impl Draw {
    fn new(seed: u64, purpose: &str) -> Self {
        Self(Seeded::new(seed, purpose))
    }

    /// A number below `end`, or 0.
    fn below(&mut self, end: usize) -> usize {
        let number = u32::from_be_bytes(random::array(&mut self.0).unwrap());
        number as usize % end.max(1)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count)
            .map(|_| random::array::<1>(&mut self.0).unwrap()[0])
            .collect()
    }
}

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

/// Every scene and fault has its turn, and seeds go on.
fn kind(seed: u64) -> Options {
    let mut options = options(seed);
    let (scene, fault) = (seed % 5, seed % 12);
    let frame = seed % 29 + 1;
    match scene {
        1 => options.shape = Shape::Retry,
        2 => options.shape = Shape::Resumed,
        3 => options.shape = Shape::KeyUpdate,
        4 => options.native = true,
        _ => {}
    }
    match fault {
        0 => {}
        1 => options.trouble = Some(Trouble::WrongName),
        2 => options.trouble = Some(Trouble::Expired),
        3 => options.trouble = Some(Trouble::PortClosed),
        4 => options.trouble = Some(Trouble::NoSuchName),
        5 => options.distance.mtu = Some(1000),
        6 => options.distance.faults.push(Fault::Loss(20)),
        7 => options.distance.faults.push(Fault::DuplicateFrame(frame)),
        8 => options.distance.faults.push(Fault::DelayFrame(frame, 40_000)),
        9 => options.distance.faults.push(Fault::FlipPayload(frame * 90)),
        10 => options.distance.faults.push(Fault::ResetAt(frame)),
        _ => options.distance.faults.push(Fault::CutAfter(frame)),
    }
    options
}

/// Tells a run from everywhere, in every form.
fn tell_all(journey: &Journey, about: &str) {
    for view in VIEWS {
        let story = Story::new(&journey.seen, journey.known(), view);
        let story = story.with_names(&journey.seen.captures, &journey.names);
        assert_whole(&story, about);
        let mut ladder = Ladder {
            story: &story,
            look: Look {
                colors: true,
                width: Some(72),
                language: Language::Chinese,
            },
            unfold: Unfold {
                layers: LAYERS.to_vec(),
                frame: None,
                keys: true,
            },
        };
        assert!(!ladder.text().is_empty(), "{about}");
        // Where nothing came, there is no last frame.
        let last = story.account.frames.len();
        ladder.unfold.frame = Some(last);
        assert_eq!(ladder.text().is_empty(), last == 0, "{about}");
        assert!(
            json::json(&story, Language::English).len() > story.account.frames.len(),
            "{about}"
        );
    }
}

/// Every byte of every frame, and of what was made of them, belongs to exactly one field, which has a name.
fn assert_whole(story: &Story, about: &str) {
    let account = &story.account;
    for (index, frame) in account.frames.iter().enumerate() {
        let is_whole = frame.layer.is_partition() && frame.layer.range == (0..story.bytes(index).len());
        assert!(
            is_whole,
            "{about}, {:?}: frame {index}: {:#?}",
            story.viewpoint, frame.layer
        );
        // Fields that show their bytes show those that are there.
        for field in frame.layer.fields() {
            if let Value::Bytes(shown) | Value::Opaque(shown) = &field.value {
                assert_eq!(shown, &story.bytes(index)[field.range.clone()], "{about}: {field:?}");
            }
        }
    }
    for derived in &account.derived {
        let is_whole = derived.layer.is_partition() && derived.layer.range == (0..derived.bytes.len());
        assert!(is_whole, "{about}, {:?}: {:#?}", story.viewpoint, derived.layer);
    }
}

#[test]
fn every_byte_has_a_name_from_everywhere_however_it_is_damaged() {
    let runs = std::env::var("NIHAO_MUTATIONS").map_or(RUNS, |runs| runs.parse().unwrap());
    let mut before: Option<Journey> = None;
    for seed in 0..runs {
        let mut journey = journey(&kind(seed)).unwrap();
        tell_all(&journey, &format!("seed {seed}"));
        let whole = journey.seen.clone();
        let other = before.as_ref().map_or(&whole, |before| &before.seen).clone();
        for round in 0..DAMAGES {
            let mut draw = Draw::new(seed * DAMAGES + round, "damage");
            for (node, capture) in &mut journey.seen.captures {
                damage(capture, other.captures.get(node), &mut draw);
            }
            tell_all(&journey, &format!("seed {seed}, damage {round}"));
            journey.seen = whole.clone();
        }
        before = Some(journey);
    }
}

/// Changes some frames, their order, and how many there are.
fn damage(capture: &mut Capture, other: Option<&Capture>, draw: &mut Draw) {
    for _ in 0..1 + draw.below(12) {
        let count = capture.frames.len();
        let at = draw.below(count);
        let Some(frame) = capture.frames.get_mut(at) else {
            return;
        };
        match draw.below(8) {
            0 => frame.bytes.truncate(draw.below(frame.bytes.len())),
            1 => {
                let count = 1 + draw.below(40);
                frame.bytes.extend(draw.bytes(count));
            }
            2 => frame.bytes.clear(),
            3 => {
                let piece = draw.bytes(8);
                let start = draw.below(frame.bytes.len());
                frame
                    .bytes
                    .iter_mut()
                    .skip(start)
                    .zip(piece)
                    .for_each(|(byte, new)| *byte = new);
            }
            4 => capture.frames.swap(at, draw.below(count)),
            5 => drop(capture.frames.remove(at)),
            6 => {
                // A frame of another run in the midst of this one.
                let from = other.map_or(&[][..], |other| &other.frames);
                if let Some(foreign) = from.get(draw.below(from.len())) {
                    let foreign = Frame {
                        at: frame.at,
                        ..foreign.clone()
                    };
                    capture.frames.insert(at, foreign);
                }
            }
            _ => flip(frame, draw),
        }
    }
}

fn flip(frame: &mut Frame, draw: &mut Draw) {
    let (at, bit) = (draw.below(frame.bytes.len()), draw.below(8));
    if let Some(byte) = frame.bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
}

/// Everything that is said of a run from one point, without the bytes themselves.
fn said(journey: &Journey, view: Viewpoint) -> Vec<String> {
    let story = Story::new(&journey.seen, journey.known(), view);
    let account = &story.account;
    let frames = account.frames.iter().map(|frame| format!("{:?}", frame.layer));
    frames
        .chain(account.derived.iter().map(|derived| format!("{:?}", derived.layer)))
        .collect()
}

/// Nothing is invented: whatever byte of a recorded frame is another, something else is told.
#[test]
fn another_byte_tells_another_story() {
    let mut journey = journey(&options(7)).unwrap();
    let told = said(&journey, Viewpoint::A);
    let frames = journey.seen.captures["A"].frames.len();
    let mut draw = Draw::new(7, "flips");
    let mut invalid = 0;
    for frame in 0..frames {
        for _ in 0..8 {
            let whole = journey.seen.clone();
            flip(
                &mut journey.seen.captures.get_mut("A").unwrap().frames[frame],
                &mut draw,
            );
            let other = said(&journey, Viewpoint::A);
            assert_ne!(other, told, "frame {frame}");
            let story = Story::new(&journey.seen, journey.known(), Viewpoint::A);
            invalid += usize::from(!story.account.faults().is_empty());
            journey.seen = whole;
        }
    }
    // Only of what no checksum covers (link addresses, ARP) another value is as good as the first.
    let flips = frames * 8;
    assert!(invalid * 10 > flips * 7, "{invalid} of {flips} are told to be invalid");
}

/// No layer that has bytes is without parts, and of bytes that are not taken apart it is said why, or what they became.
#[test]
fn no_layer_hides_its_bytes() {
    let journey = journey(&options(7)).unwrap();
    let story = Story::new(&journey.seen, journey.known(), Viewpoint::B);
    let roots = story.account.frames.iter().map(|frame| &frame.layer);
    for root in roots.chain(story.account.derived.iter().map(|derived| &derived.layer)) {
        for layer in root.layers() {
            assert!(layer.range.is_empty() || !layer.parts.is_empty(), "{layer:#?}");
            let opaque = layer.parts.iter().filter_map(|part| match part {
                Part::Field(field) => Some(field),
                Part::Layer(_) => None,
            });
            for field in opaque.filter(|field| matches!(field.value, Value::Opaque(_))) {
                let is_told = field.becomes.is_some() || !field.notes.is_empty();
                assert!(is_told, "nothing is said of {field:?}");
            }
        }
    }
}
