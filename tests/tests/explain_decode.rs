//! The decoders of `explain` over journeys of the product's own code: every byte has one name, tshark reads the same, damage is told.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use nihao_client::explain::{Journey, Options, Shape, journey};
use nihao_explain::capture::{Capture, Frame};
use nihao_explain::decode::decode;
use nihao_explain::event::{Account, Value};
use nihao_explain::pcapng;
use nihao_explain::scene::Distance;
use nihao_explain::texts::{self, Kind};
use nihao_explain::world::fault::{Fault, Segment};
use nihao_protocol::chat::Text;
use nihao_tests::told::{HIGH, LOW, count, differences};
use nihao_tests::tshark;
use tempfile::TempDir;
use tokio::runtime::Builder;

const HELLO: &str = "您好！";

fn run(seed: u64, native: bool, faults: Vec<Fault>) -> Journey {
    let text = Text::parse(HELLO).unwrap();
    journey(&Options {
        text,
        seed,
        native,
        shape: Shape::Full,
        trouble: None,
        distance: Distance {
            faults,
            ..Distance::default()
        },
    })
    .unwrap()
}

fn assert_whole(account: &Account, capture: &Capture) {
    assert_eq!(account.frames.len(), capture.frames.len());
    for (told, frame) in account.frames.iter().zip(&capture.frames) {
        assert!(told.layer.is_partition(), "{:#?}", told.layer);
        assert_eq!(told.layer.range, 0..frame.bytes.len());
    }
    for derived in &account.derived {
        assert!(derived.layer.is_partition(), "{:#?}", derived.layer);
        assert_eq!(derived.layer.range, 0..derived.bytes.len());
    }
}

/// Every text that is said about a field or layer of this name.
fn values(account: &Account, name: &str) -> Vec<Value> {
    let frames = account.frames.iter().map(|frame| &frame.layer);
    let layers = frames.chain(account.derived.iter().map(|derived| &derived.layer));
    let fields = layers
        .flat_map(|layer| layer.fields())
        .filter(|field| field.name == name);
    fields.map(|field| field.value.clone()).collect()
}

#[test]
fn every_byte_of_a_journey_has_one_name_at_every_node() {
    for (seed, native) in [(7, false), (7, true), (8, false)] {
        let journey = run(seed, native, Vec::new());
        for (node, capture) in &journey.seen.captures {
            let account = decode(capture, &journey.secrets);
            assert_whole(&account, capture);
            let faults: Vec<_> = account
                .faults()
                .into_iter()
                .map(|(span, note)| (span, note.text.key))
                .collect();
            assert_eq!(faults, [], "{node}, seed {seed}, native {native}");
        }
        for node in ["A", "B"] {
            let account = decode(&journey.seen.captures[node], &journey.secrets);
            let text = Value::Text(String::from(HELLO));
            assert!(values(&account, "text").contains(&text), "{node}: {:?}", account.flows);
        }
        let blind = decode(&journey.seen.captures["A"], "");
        assert!(values(&blind, "text").is_empty(), "nobody reads it without the secrets");
    }
}

#[test]
fn what_both_ends_agreed_on_is_told() {
    let journey = run(7, false, Vec::new());
    let account = decode(&journey.seen.captures["A"], &journey.secrets);
    let agreed = account.flows.iter().find_map(|flow| flow.tls.clone()).unwrap();
    assert_eq!(agreed.server_name.as_deref(), Some("chat.nihao.test"));
    assert!(agreed.suite.is_some() && agreed.group.is_some() && agreed.has_secrets);
    assert_eq!(agreed.protocol.as_deref(), Some("http/1.1"));
    let right = found_right(&account);
    for key in ["TLS_FINISHED_RIGHT", "TLS_SIGNATURE_RIGHT"] {
        assert!(right.contains(key), "{key} is not among {right:?}");
    }
    // Alice shows her certificate, and that of the authority that signed it.
    let journey = run(7, true, Vec::new());
    let account = decode(&journey.seen.captures["A"], &journey.secrets);
    let right = found_right(&account);
    assert!(right.contains("X509_SIGNATURE_RIGHT"), "it is not among {right:?}");
}

/// What was checked and found right in what was decrypted.
fn found_right(account: &Account) -> BTreeSet<&'static str> {
    let mut right = BTreeSet::new();
    for derived in &account.derived {
        derived.layer.visit_notes(&mut |_, note| {
            if note.text.kind == Kind::Right {
                right.insert(note.text.key);
            }
        });
    }
    right
}

/// A question to a resolver: chat.nihao.test, type A, recursion desired.
const QUESTION: [u8; 75] = *b"\x02\0\0\0\x01\x01\x02\0\0\0\0\x0a\x08\0\
    \x45\0\0\x3d\0\0\x40\0\x40\x11\0\0\xc0\0\x02\x0a\xcb\0\x71\x35\
    \xc0\0\0\x35\0\x29\0\0\
    \x12\x34\x01\0\0\x01\0\0\0\0\0\0\x04chat\x05nihao\x04test\0\0\x01\0\x01";

/// What introductions tell more simply than it is, is set right where it is seen.
#[test]
fn every_row_of_what_is_often_told_stands_where_it_belongs() {
    let journey = run(7, false, vec![Fault::Lose(Segment::Syn)]);
    let mut capture = journey.seen.captures["A"].clone();
    capture.frames.push(Frame {
        bytes: QUESTION.to_vec(),
        ..capture.frames[0].clone()
    });
    let account = decode(&capture, &journey.secrets);
    let mut told = BTreeSet::new();
    let frames = account.frames.iter().map(|frame| &frame.layer);
    for layer in frames.chain(account.derived.iter().map(|derived| &derived.layer)) {
        layer.visit_notes(&mut |_, note| {
            told.insert(note.text.key);
        });
    }
    let rows = texts::all().filter(|text| text.kind == Kind::OftenTold);
    let missing: Vec<_> = rows.map(|text| text.key).filter(|key| !told.contains(key)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn tshark_reads_the_same_in_every_field() -> Result<()> {
    let folder = TempDir::new()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    for (seed, native) in [(7, false), (8, false), (7, true)] {
        let journey = run(seed, native, Vec::new());
        for node in ["A", "B"] {
            let capture = journey.seen.captures.get(node).context("a node")?;
            let file = folder.path().join("capture.pcapng");
            std::fs::write(&file, pcapng::write(capture, journey.began, &journey.secrets))?;
            let account = decode(capture, &journey.secrets);
            let names: Vec<_> = LOW.iter().chain(&HIGH).map(|same| same.field).collect();
            let rows = runtime.block_on(tshark::fields(&file, &[], &names))?;
            ensure!(rows.len() == account.frames.len(), "{} rows", rows.len());
            let low = differences(&account, &rows, &LOW);
            ensure!(low.is_empty(), "{node}, seed {seed}: {}", low.join("\n"));
            let high = differences(&account, &rows, &HIGH);
            ensure!(
                high.is_empty(),
                "{node}, seed {seed}, native {native}: {}",
                high.join("\n")
            );
            let counted = LOW
                .iter()
                .chain(&HIGH)
                .filter(|same| !native || !same.field.starts_with("http"));
            for same in counted {
                let seen = count(&account, same) > 0 || (native && same.field.starts_with("json"));
                ensure!(seen, "{node}: nothing to compare in {}", same.field);
            }
        }
    }
    Ok(())
}

/// The account without the bytes that frames hold as they are: what it says of them.
fn said(account: &Account) -> String {
    let frames = account.frames.iter().map(|frame| format!("{:?}", frame.layer));
    let derived = account.derived.iter().map(|derived| format!("{:?}", derived.layer));
    frames.chain(derived).collect()
}

/// `explain` never invents: with another byte anywhere it tells something else, and a damaged record is told to be invalid.
#[test]
fn a_flipped_bit_is_noticed_wherever_it_is() {
    let journey = run(7, false, Vec::new());
    let capture = &journey.seen.captures["A"];
    let told = said(&decode(capture, &journey.secrets));
    let mut random: u64 = 7;
    for _ in 0..60 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let frame = (random >> 33) as usize % capture.frames.len();
        let at = (random >> 13) as usize % capture.frames[frame].bytes.len();
        let mut other = capture.clone();
        other.frames[frame].bytes[at] ^= 1 << (random >> 61);
        let account = decode(&other, &journey.secrets);
        assert_whole(&account, &other);
        assert_ne!(said(&account), told, "byte {at} of frame {frame}");
        let in_record = decode(capture, &journey.secrets).frames[frame]
            .layer
            .fields()
            .into_iter()
            .any(|field| field.range.contains(&at) && field.name == "encrypted record" && field.becomes.is_some());
        let is_invalid = account.faults().iter().any(|(_, note)| note.text.key == "TLS_BAD_TAG");
        assert!(!in_record || is_invalid, "byte {at} of frame {frame}");
    }
}

/// Lost, doubled and late frames: the text is still found, and every byte still has one name.
#[test]
fn a_journey_with_losses_is_told_to_its_end() {
    for seed in 1..6 {
        let journey = run(seed, false, vec![Fault::Loss(12)]);
        let capture = &journey.seen.captures["A"];
        let account = decode(capture, &journey.secrets);
        assert_whole(&account, capture);
        if journey.answer.is_ok() {
            let text = Value::Text(String::from(HELLO));
            assert!(values(&account, "text").contains(&text), "seed {seed}");
        }
    }
}
