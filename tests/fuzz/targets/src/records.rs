//! Records: arbitrary bytes at both ends' first state, and one direction's protection on its own.

use std::sync::Arc;

use nihao_protocol::crypto::{Aead, AeadAlgorithm, Seeded};
use nihao_protocol::tls::names::ContentType;
use nihao_protocol::tls::record::{HEADER, Header, MAX_CONTENT};
use nihao_protocol::tls::seal::{Opener, Sealer};
use nihao_protocol::tls::{ClientConfig, Connection, Context, ServerConfig};

use crate::connection;
use crate::material::{NOW, material};
use crate::script::Script;

pub(crate) fn run(data: &[u8]) {
    let mut script = Script::new(data);
    match script.byte() % 4 {
        0 => receive(server(), &mut script),
        1 => receive(client(), &mut script),
        2 => open(script.rest()),
        _ => seal_and_open(&mut script),
    }
}

fn server() -> Connection {
    Connection::server(Arc::new(ServerConfig::new(material().servers.to_vec()))).expect("a server")
}

fn client() -> Connection {
    let config = ClientConfig::new(material().server_roots.clone());
    let mut context = Context {
        now: NOW,
        random: &mut Seeded::new(1, "client"),
    };
    let mut client = Connection::client(Arc::new(config), material().name.clone(), &mut context).expect("a client");
    client.transmitted(client.transmit().len());
    client
}

/// Nobody at the other end holds a key: whatever comes, the handshake cannot complete.
fn receive(mut connection: Connection, script: &mut Script<'_>) {
    let random = &mut Seeded::new(2, "records");
    let chunk = usize::from(script.byte()).max(1);
    let mut failed = None;
    for piece in script.rest().chunks(chunk) {
        let outcome = connection.receive(piece, &mut Context { now: NOW, random });
        if let Some(failed) = &failed {
            assert_eq!(outcome.as_ref(), Err(failed), "failure is final");
        }
        failed = outcome.err();
        assert!(connection.facts().is_none(), "a handshake with nobody");
        if failed.is_some() && connection.error().is_none() {
            panic!("an error that is not kept");
        }
    }
    assert_eq!(failed.as_ref(), connection.error());
    assert!(
        connection.transmit().len() < 8192,
        "{} bytes in answer",
        connection.transmit().len()
    );
    let end = connection.receive_end();
    assert!(end.is_err() || connection.is_closed_by_peer());
    while connection.next_event().is_some() {}
}

fn key() -> Aead {
    Aead::new(AeadAlgorithm::Aes128Gcm, &[7; 16]).expect("a key")
}

/// Nothing opens that was not sealed.
fn open(mut wire: &[u8]) {
    let mut opener = Opener::new(key(), [9; 12]);
    while let Some((header, rest)) = wire.split_first_chunk::<HEADER>() {
        let Ok(header) = Header::decode(*header) else {
            return;
        };
        let (body, rest) = rest.split_at(header.length.min(rest.len()));
        assert!(
            opener.open(&header, &mut body.to_vec()).is_err(),
            "an unsealed record opens"
        );
        assert_eq!(opener.sequence(), 0);
        wire = rest;
    }
}

/// What is sealed opens to the same; one changed bit, and it does not.
fn seal_and_open(script: &mut Script<'_>) {
    let kinds = [
        ContentType::Handshake,
        ContentType::Alert,
        ContentType::ApplicationData,
        ContentType::ChangeCipherSpec,
    ];
    let (mut sealer, mut opener) = (Sealer::new(key(), [9; 12]), Opener::new(key(), [9; 12]));
    for number in 1..=1 + script.below(4) as u64 {
        let kind = kinds[script.below(4)];
        let repeat = 1 + script.below(600);
        let length = script.below(64);
        let content = script.bytes(length).repeat(repeat);
        let padding = script.below(MAX_CONTENT + 300);
        let mut wire = Vec::new();
        let fits = content.len() + padding <= MAX_CONTENT;
        if sealer.seal(kind, &content, padding, &mut wire).is_err() {
            assert!(!fits);
            return;
        }
        let (header, body) = wire.split_first_chunk::<HEADER>().expect("a header");
        let Ok(header) = Header::decode(*header) else {
            assert!(!fits);
            return;
        };
        let mut changed = body.to_vec();
        let at = script.below(changed.len());
        changed[at] ^= 1 << script.below(8);
        assert!(opener.open(&header, &mut changed).is_err(), "a changed record opens");
        let mut opened = body.to_vec();
        match opener.open(&header, &mut opened) {
            Ok((found, length)) => {
                assert!(content.len() + padding <= MAX_CONTENT);
                assert_eq!((found, &opened[..length]), (kind, &content[..]));
                assert_eq!(opener.sequence(), number);
            }
            Err(_) => {
                assert!(!fits);
                return;
            }
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let [client, server] = connection::honest_wire();
    let mut seeds = vec![
        [&[0, 255][..], &client].concat(),
        [&[1, 255][..], &server].concat(),
        [&[2][..], &server].concat(),
        vec![
            3, 1, 0, 0, 20, 3, 1, 2, 3, 0, 9, 0, 5, 1, 2, 0, 1, 40, 1, 2, 3, 4, 0, 0, 3, 3,
        ],
        [&[0, 3][..], b"GET / HTTP/1.1\r\n\r\n"].concat(),
    ];
    seeds.push(
        [
            &[0, 7][..],
            &[22, 3, 1, 0, 4, 1, 0, 0, 4, 22, 3, 3, 0, 4, 3, 3, 0, 0],
            &[21, 3, 3, 0, 2, 1, 0],
        ]
        .concat(),
    );
    seeds
}
