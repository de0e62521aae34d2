//! `explain` and tshark over every scene, both ways to speak, many faults, and both ends: each field that both know is equal.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use nihao_client::explain::{Journey, Options, Shape, Trouble, journey};
use nihao_explain::decode::decode;
use nihao_explain::event::{Account, Protocol};
use nihao_explain::pcapng;
use nihao_explain::scene::Distance;
use nihao_explain::world::fault::{Fault, Segment};
use nihao_protocol::chat::Text;
use nihao_tests::told::{ABOVE, CERTIFICATES, HIGH, LOW, NAMES, SECURE, Same, WIRE, differences};
use nihao_tests::tshark;
use tempfile::TempDir;
use tokio::runtime::Builder;

/// Every field that is compared.
fn fields() -> Vec<Same> {
    let tables: [&[Same]; 7] = [&LOW, &WIRE, &NAMES, &SECURE, &CERTIFICATES, &HIGH, &ABOVE];
    tables.into_iter().flatten().copied().collect()
}

/// How many there are.
const COMPARED: usize = 173;

/// Fields that no scene has, for its names are simple: `explain_dns` compares them.
const ELSEWHERE: [&str; 3] = ["dns.cname", "dns.ns", "dns.txt"];

/// Fields that nobody needs while all goes well.
const WITH_FAULTS: [&str; 3] = ["icmp.type", "tcp.options.sack_le", "tcp.options.sack_re"];

fn options() -> Options {
    Options {
        text: Text::parse("您好！").unwrap(),
        seed: 7,
        native: false,
        shape: Shape::Full,
        trouble: None,
        distance: Distance::default(),
    }
}

/// Every scene without a fault, by its name.
fn scenes() -> Vec<(&'static str, Options)> {
    let shape = |shape| Options { shape, ..options() };
    vec![
        ("full", options()),
        ("hrr", shape(Shape::Retry)),
        ("resumed", shape(Shape::Resumed)),
        ("key-update", shape(Shape::KeyUpdate)),
        (
            "native",
            Options {
                native: true,
                ..options()
            },
        ),
    ]
}

/// The same with something wrong, by the name of that.
fn faults() -> Vec<(String, Options)> {
    let wires = [
        Fault::Lose(Segment::Syn),
        Fault::Lose(Segment::SynAck),
        Fault::Lose(Segment::Ack),
        Fault::LoseFrame(9),
        Fault::DuplicateFrame(6),
        Fault::DelayFrame(6, 40_000),
        Fault::Loss(20),
        Fault::FlipPayload(1700),
        Fault::ResetAt(2),
        Fault::CutAfter(12),
    ];
    let troubles = [
        Trouble::WrongName,
        Trouble::Expired,
        Trouble::UnknownAuthority,
        Trouble::PortClosed,
        Trouble::NoSuchName,
        Trouble::ResolverSilent,
    ];
    let mut all = Vec::new();
    for (name, scene) in scenes() {
        let wires = wires.iter().take(if name == "full" || name == "native" {
            wires.len()
        } else {
            1
        });
        for fault in wires {
            let mut options = scene.clone();
            options.distance.faults.push(*fault);
            all.push((format!("{name}, {fault:?}"), options));
        }
    }
    for trouble in troubles {
        let trouble = Some(trouble);
        all.push((format!("{trouble:?}"), Options { trouble, ..options() }));
    }
    let mut narrow = options();
    narrow.distance.mtu = Some(1000);
    all.push((String::from("narrow"), narrow));
    all
}

/// How many values of each field were equal, over all that was compared.
type Counts = BTreeMap<&'static str, usize>;

/// Compares what one end saw.
async fn compare(name: &str, journey: &Journey, end: &str, options: &[String], counts: &mut Counts) -> Result<Account> {
    let capture = &journey.seen.captures[end];
    let account = decode(capture, journey.known());
    for (told, frame) in account.frames.iter().zip(&capture.frames) {
        ensure!(told.layer.is_partition() && told.layer.range == (0..frame.bytes.len()));
    }
    let folder = TempDir::new()?;
    let file = folder.path().join("capture.pcapng");
    std::fs::write(&file, pcapng::write(capture, journey.began, &journey.secrets))?;
    let fields = fields();
    let names: Vec<_> = fields.iter().map(|same| same.field).collect();
    let rows = tshark::fields(&file, options, &names).await?;
    ensure!(rows.len() == account.frames.len(), "{} rows", rows.len());
    // Behind the first eight bytes of what a quoted packet carried, which are told, tshark reads on: a name server's message may be there.
    let quotes = |frame: usize| {
        let layers = account.layers_of(frame);
        layers.iter().any(|(_, layer)| layer.protocol == Protocol::Icmp)
    };
    let mut found = differences(&account, &rows, &fields);
    found.retain(|told| {
        !(0..rows.len()).any(|frame| quotes(frame) && told.starts_with(&format!("frame {frame}, dns.")))
    });
    ensure!(found.is_empty(), "{name}, {end}:\n{}", found.join("\n"));
    for row in &rows {
        for name in &names {
            *counts.entry(name).or_default() += row.all(name).len();
        }
    }
    Ok(account)
}

/// With no key file and no preferences, all that is there is read alike, and nothing is complained of.
#[test]
fn tshark_reads_the_same_in_every_scene() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut counts = Counts::new();
    for (name, options) in scenes() {
        let journey = journey(&options)?;
        ensure!(journey.answer.is_ok(), "{name}: {:?}", journey.answer);
        for end in ["A", "B"] {
            let account = runtime.block_on(compare(name, &journey, end, &[], &mut counts))?;
            let told: Vec<_> = account.faults().iter().map(|(_, note)| note.text.key).collect();
            ensure!(told.is_empty(), "{name}, {end}: {told:?}");
        }
    }
    let silent: Vec<_> = counts
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(name, _)| *name)
        .collect();
    // Each field once: what two tables had, only one would compare.
    ensure!(
        counts.len() == COMPARED && fields().len() == COMPARED,
        "{} of {}",
        counts.len(),
        fields().len()
    );
    let expected: Vec<_> = ELSEWHERE.into_iter().chain(WITH_FAULTS).collect();
    ensure!(silent == expected, "of these tshark says nothing: {silent:?}");
    Ok(())
}

/// With something wrong, too: what tshark puts together is what we put together.
#[test]
fn tshark_reads_the_same_with_every_fault() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let preferences = ["-o", "tcp.reassemble_out_of_order:TRUE"].map(String::from);
    let mut counts = Counts::new();
    for (name, options) in faults() {
        let journey = journey(&options)?;
        for end in ["A", "B"] {
            runtime.block_on(compare(&name, &journey, end, &preferences, &mut counts))?;
        }
    }
    for field in WITH_FAULTS {
        ensure!(counts.get(field).is_some_and(|count| *count > 0), "no {field} anywhere");
    }
    Ok(())
}
