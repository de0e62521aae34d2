//! The key schedule of `explain` beside the traces of RFC 8448 and beside what our own TLS logs: computed, it is the same.

use std::collections::BTreeMap;

use nihao_client::explain::{Journey, Options, Shape, journey};
use nihao_explain::decode::{Known, SHARED_SECRET, decode};
use nihao_explain::event::{Account, Aspect, Making, Schedule};
use nihao_explain::scene::Distance;
use nihao_protocol::chat::Text;
use nihao_protocol::crypto::{HashAlgorithm, Prk};
use nihao_tests::frames;

const SIMPLE: &str = include_str!("../../protocol/tests/vectors/rfc8448/simple.txt");
const RESUMED: &str = include_str!("../../protocol/tests/vectors/rfc8448/resumed.txt");

/// The values of a trace by their names.
fn trace(text: &'static str) -> BTreeMap<&'static str, &'static str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(" = ").unwrap()).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The key log of RFC 8448 §3's connection, without the lines whose label begins so.
fn key_log(trace: &BTreeMap<&str, &str>, silent: &str) -> String {
    let random = &trace["message.ClientHello"][12..76];
    let lines = [
        (SHARED_SECRET, "shared"),
        ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "secret.client.handshake"),
        ("SERVER_HANDSHAKE_TRAFFIC_SECRET", "secret.server.handshake"),
        ("CLIENT_TRAFFIC_SECRET_0", "secret.client.application"),
        ("SERVER_TRAFFIC_SECRET_0", "secret.server.application"),
    ];
    let told = lines
        .iter()
        .filter(|(label, _)| silent.is_empty() || !label.contains(silent));
    told.map(|(label, name)| format!("{label} {random} {}\n", trace[name]))
        .collect()
}

/// RFC 8448 §3, told from its records, and the ClientHello of §4, which comes back with the ticket.
fn published(silent: &str) -> Account {
    let (first, second) = (trace(SIMPLE), trace(RESUMED));
    let said = [
        (true, "record.ClientHello"),
        (false, "record.ServerHello"),
        (false, "record.server.flight"),
        (true, "record.client.flight"),
        (false, "record.server.ticket"),
        (true, "record.client.data"),
        (false, "record.server.data"),
        (true, "record.client.close"),
        (false, "record.server.close"),
    ];
    let records: Vec<_> = said.iter().map(|(from, name)| (*from, bytes(first[name]))).collect();
    let records: Vec<_> = records.iter().map(|(from, bytes)| (*from, &bytes[..])).collect();
    let mut capture = frames::connection(50_000, &records);
    let again = frames::connection(50_001, &[(true, &bytes(second["record.ClientHello"]))]);
    capture.frames.extend(again.frames);
    decode(&capture, &key_log(&first, silent))
}

fn value(schedule: &Schedule, name: &str) -> String {
    let made = schedule.find(name).unwrap_or_else(|| panic!("no {name}"));
    hex(made.value.as_deref().unwrap_or_else(|| panic!("{name} has no value")))
}

#[test]
fn rfc_8448_comes_out_of_the_shared_secret() {
    let trace = trace(SIMPLE);
    for (silent, names) in [
        (
            "",
            &[
                ("(EC)DHE shared secret", "shared"),
                ("client handshake key", "key.client.handshake"),
                ("client handshake iv", "iv.client.handshake"),
                ("server handshake key", "key.server.handshake"),
                ("server handshake iv", "iv.server.handshake"),
                ("client application key", "key.client.application"),
                ("client application iv", "iv.client.application"),
                ("server application key", "key.server.application"),
                ("server application iv", "iv.server.application"),
                ("exporter_master_secret", "secret.exporter"),
                ("resumption_master_secret", "secret.resumption"),
                ("PSK of ticket 1", "secret.psk"),
            ][..],
        ),
        // What the log is silent about is computed.
        (
            "HANDSHAKE_TRAFFIC",
            &[
                ("client_handshake_traffic_secret", "secret.client.handshake"),
                ("server_handshake_traffic_secret", "secret.server.handshake"),
            ],
        ),
        (
            "_SECRET_0",
            &[
                ("client_application_traffic_secret_0", "secret.client.application"),
                ("server_application_traffic_secret_0", "secret.server.application"),
            ],
        ),
    ] {
        let account = published(silent);
        let schedule = account.flows[0].schedule.as_ref().unwrap();
        for (name, theirs) in names {
            assert_eq!(value(schedule, name), trace[theirs], "{name}, without {silent}");
        }
    }
    let account = published("");
    let schedule = account.flows[0].schedule.as_ref().unwrap();
    assert!(schedule.nodes.iter().all(|made| made.value.is_some()), "{schedule:#?}");
    for (name, theirs) in [
        ("client_handshake_traffic_secret", "hash.ServerHello"),
        ("client_application_traffic_secret_0", "hash.Finished"),
        ("exporter_master_secret", "hash.Finished"),
        ("resumption_master_secret", "hash.client.Finished"),
    ] {
        let Making::Expand { hash, .. } = &schedule.find(name).unwrap().how else {
            panic!("{name} is derived");
        };
        assert_eq!(hex(hash.as_deref().unwrap()), trace[theirs], "{name}");
    }
}

#[test]
fn rfc_8448_proves_what_it_says_and_its_ticket_comes_back() {
    let account = published("");
    let checks = |flow: usize| {
        let all = account.flows[flow].checks.iter();
        all.map(|check| (check.of_server, check.aspect, check.ok))
            .collect::<Vec<_>>()
    };
    for expected in [
        // RSA of 1024 bits: nobody here says that it is right, and nobody that it is wrong.
        (true, Aspect::Signature, None),
        (true, Aspect::Possession, None),
        (true, Aspect::Scheme, Some(true)),
        (true, Aspect::Finished, Some(true)),
        (false, Aspect::Finished, Some(true)),
    ] {
        assert!(
            checks(0).contains(&expected),
            "{expected:?} is not among {:?}",
            checks(0)
        );
    }
    assert_eq!(checks(1), [(false, Aspect::Binder, Some(true))]);
    let agreement = account.flows[0].agreement.as_ref().unwrap();
    assert!(trace(SIMPLE)["message.ClientHello"].contains(&hex(&agreement.client)));
    assert!(trace(SIMPLE)["message.ServerHello"].contains(&hex(&agreement.server)));
}

fn run(shape: Shape, native: bool) -> Journey {
    journey(&Options {
        text: Text::parse("您好！").unwrap(),
        seed: 7,
        native,
        shape,
        trouble: None,
        distance: Distance::default(),
    })
    .unwrap()
}

fn schedules(journey: &Journey, known: Known<'_>) -> Vec<Schedule> {
    let flows = decode(&journey.seen.captures["A"], known).flows.into_iter();
    flows.filter_map(|flow| flow.schedule).collect()
}

/// In every scene the whole graph has values, and the four secrets that our TLS logged come out of the agreement alike.
#[test]
fn every_scene_has_every_value_and_computed_is_as_logged() {
    for (shape, native, connections) in [
        (Shape::Full, false, 1),
        (Shape::Full, true, 1),
        (Shape::Retry, false, 1),
        (Shape::Resumed, false, 2),
        (Shape::KeyUpdate, false, 1),
    ] {
        let journey = run(shape, native);
        let told = schedules(&journey, journey.known());
        assert_eq!(told.len(), connections, "{shape:?}");
        for schedule in &told {
            let missing = schedule.nodes.iter().filter(|made| made.value.is_none());
            assert_eq!(
                missing.map(|made| &made.name).collect::<Vec<_>>(),
                Vec::<&String>::new(),
                "{shape:?}"
            );
        }
        let updates = told[0].nodes.iter().filter(|made| made.name.ends_with("_secret_1"));
        assert_eq!(updates.count(), usize::from(shape == Shape::KeyUpdate), "{shape:?}");
        for silent in ["HANDSHAKE_TRAFFIC", "_SECRET_0"] {
            let lines = journey.secrets.lines().filter(|line| !line.contains(silent));
            let secrets = lines.collect::<Vec<_>>().join("\n");
            let computed = schedules(&journey, (&secrets).into());
            let mut compared = 0;
            for (told, computed) in told.iter().zip(&computed).take(1) {
                for made in told
                    .nodes
                    .iter()
                    .filter(|made| made.logged_as.is_some_and(|label| label.contains(silent)))
                {
                    assert_eq!(
                        computed.find(&made.name).unwrap().value,
                        made.value,
                        "{} of {shape:?}",
                        made.name
                    );
                    compared += 1;
                }
            }
            assert_eq!(compared, 2, "{shape:?}");
        }
    }
}

/// RFC 8446 §7.1: from the ticket's PSK over the early secret, under a label that no other PSK has.
#[test]
fn the_binder_key_is_the_tickets() {
    let journey = run(Shape::Resumed, false);
    let told = &schedules(&journey, journey.known())[1];
    let hash = HashAlgorithm::Sha256;
    let psk = bytes(&value(told, "PSK"));
    let early = Prk::extract(hash, &[0; 32], &psk);
    let key = early.secret("res binder", hash.hash(b"").as_bytes(), 32).unwrap();
    assert_eq!(value(told, "binder key"), hex(key.expose()));
}
