//! Two honest ends and a network between them that holds every key: it opens each record, changes what the script says, and
//! seals it again for the receiver. So the changes reach what lies behind the encryption.
//!
//! What must hold: nobody completes a handshake whose messages were changed; data is what the network delivered, in order, and no
//! more; without a change everything completes; a failure is final; the answer is bounded.

mod change;
mod end;
mod way;

use std::sync::Arc;

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::{
    CipherSuite, ClientAuth, ClientConfig, Padding, RememberedSessions, Role, ServerConfig, TicketKeys,
};

use crate::material::material;
use crate::script::Script;
use end::{Capture, End};
use way::{Piece, Way};

/// More rounds than this means that two ends keep each other busy for ever.
const MAX_ROUNDS: usize = 60;
/// An end that takes more records in a row that bring nothing can be kept busy for ever.
const MAX_NOTHINGS: usize = 40;

pub(crate) fn run(data: &[u8], victim: Role) {
    let mut script = Script::new(data);
    let mut network = Network::new(&mut script, victim);
    network.carry(&mut script);
    network.check_handshake();
    for _ in 0..script.byte() % 8 {
        network.act(&mut script);
        network.carry(&mut script);
    }
    network.check_end();
}

struct Network {
    client: End,
    server: End,
    /// From the client to the server, and back.
    ways: [Way; 2],
    victim: Role,
    /// The most bytes of a piece that is received at once.
    chunk: usize,
    /// Which of the flights towards the victim are changed: a bit for each of the first seven, the eighth for all others.
    changed: u8,
    flights: usize,
}

impl Network {
    fn new(script: &mut Script<'_>, victim: Role) -> Self {
        let (client, server, has_met) = configs(script);
        if has_met {
            acquaint(&client, &server);
        }
        Self::between(client, server, script, victim)
    }

    fn between(client: ClientConfig, server: ServerConfig, script: &mut Script<'_>, victim: Role) -> Self {
        let chunk = match script.byte() {
            0 => usize::MAX,
            chunk => usize::from(chunk),
        };
        let logs = [Arc::new(Capture::default()), Arc::new(Capture::default())];
        let [client_log, server_log] = logs;
        Self {
            client: End::client(client, client_log),
            server: End::server(server, server_log),
            ways: [Way::new(Role::Client), Way::new(Role::Server)],
            victim,
            chunk,
            changed: script.byte(),
            flights: 0,
        }
    }

    /// Carries bytes both ways until nothing moves.
    fn carry(&mut self, script: &mut Script<'_>) {
        for _ in 0..MAX_ROUNDS {
            let moved = [Role::Client, Role::Server].map(|from| self.carry_from(from, script));
            if moved == [false, false] {
                return;
            }
        }
        panic!("the ends never fall silent");
    }

    fn carry_from(&mut self, from: Role, script: &mut Script<'_>) -> bool {
        let sender = match from {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        };
        let wire = sender.transmit();
        if wire.is_empty() {
            return false;
        }
        let way = &mut self.ways[from as usize];
        let mut pieces = way.open(&wire, &sender.log);
        if from != self.victim {
            if self.changed & (1 << self.flights.min(7)) != 0 {
                change::apply(&mut pieces, way, script);
            }
            self.flights += 1;
        }
        for piece in pieces {
            self.deliver(from, &piece);
        }
        true
    }

    fn deliver(&mut self, from: Role, piece: &Piece) {
        let (sender, receiver) = match from {
            Role::Client => (&mut self.client, &mut self.server),
            Role::Server => (&mut self.server, &mut self.client),
        };
        let way = &mut self.ways[from as usize];
        let Some((wire, found)) = way.seal(piece, &receiver.log, &sender.log) else {
            return;
        };
        way.note(&found, receiver.is_complete());
        let was_complete = receiver.is_complete();
        receiver.receive(&wire, self.chunk);
        let is_over = receiver.error.is_some() || receiver.connection.is_closed_by_peer() || way.is_torn;
        assert!(
            way.nothings <= MAX_NOTHINGS || is_over,
            "records that bring nothing, for ever"
        );
        if was_complete || !receiver.is_complete() || way.is_cut {
            return;
        }
        // The receiver vouches for every byte it heard, and for every byte of its own that the sender heard.
        assert!(!way.forged, "a handshake completed over a forged record");
        assert_eq!(way.passed, way.said, "a handshake completed over a changed message");
        let back = &self.ways[1 - from as usize];
        assert!(
            back.passed.starts_with(&back.said),
            "a handshake completed that the peer heard otherwise"
        );
    }

    /// One end does something.
    fn act(&mut self, script: &mut Script<'_>) {
        let what = script.byte();
        let length = 1 + script.below(3000);
        let end = if what & 0x80 == 0 {
            &mut self.client
        } else {
            &mut self.server
        };
        match what % 8 {
            0 => end.connection.close(),
            1 => drop(end.connection.update_key(true)),
            2 => drop(end.connection.update_key(false)),
            3 => end.connection.release_idle_buffers(),
            _ => end.send(length),
        }
    }

    fn is_untouched(&self) -> bool {
        self.ways.iter().all(|way| !way.touched)
    }

    fn check_handshake(&self) {
        if self.is_untouched() {
            for end in [&self.client, &self.server] {
                assert!(
                    end.is_complete() && end.error.is_none(),
                    "nothing was changed, yet: {:?}",
                    end.error
                );
            }
            let [client, server] = [&self.client, &self.server].map(|end| end.connection.facts().expect("facts"));
            assert_eq!((client.cipher_suite, client.group), (server.cipher_suite, server.group));
            assert_eq!(
                (&client.alpn, client.client_random),
                (&server.alpn, server.client_random)
            );
        }
    }

    fn check_end(&mut self) {
        let untouched = self.is_untouched();
        let [to_server, to_client] = &self.ways;
        for (end, way, peer) in [
            (&self.server, to_server, &self.client),
            (&self.client, to_client, &self.server),
        ] {
            assert!(way.expected.starts_with(&end.data), "data that nobody sent");
            if untouched {
                assert_eq!(end.error, None);
                assert!(end.data == peer.sent, "data was lost");
            }
        }
        for end in [&mut self.client, &mut self.server] {
            end.check_end();
        }
    }
}

/// How the two ends are set up: a byte of the script decides.
/// Lets the two meet once, undisturbed: the client has tickets then, and what follows is a resumption.
fn acquaint(client: &ClientConfig, server: &ServerConfig) {
    let nothing = &mut Script::new(&[]);
    let mut network = Network::between(client.clone(), server.clone(), nothing, Role::Server);
    network.carry(nothing);
    network.check_handshake();
}

/// Both ends' set-up, and whether they have met before.
fn configs(script: &mut Script<'_>) -> (ClientConfig, ServerConfig, bool) {
    let material = material();
    let choice = script.word();
    let bit = |number: u32| choice & (1 << number) != 0;
    let mut client = ClientConfig::new(if bit(0) {
        material.server_pin.clone()
    } else {
        material.server_roots.clone()
    });
    let mut server = ServerConfig::new(material.servers.to_vec());
    // The capture tells suites apart by the length of their secrets; a flipped bit in the hello must not choose a third one.
    for suites in [&mut client.cipher_suites, &mut server.cipher_suites] {
        suites.retain(|suite| *suite != CipherSuite::TLS_CHACHA20_POLY1305_SHA256);
    }
    if bit(1) {
        client.cipher_suites = vec![CipherSuite::TLS_AES_256_GCM_SHA384];
    }
    if bit(2) {
        client.key_shares = Vec::new();
    }
    if bit(3) {
        client.identities = vec![material.user.clone()];
        server.client_auth = ClientAuth::Required(material.user_roots.clone());
    } else if bit(4) {
        server.client_auth = ClientAuth::Optional(material.user_roots.clone());
    }
    if bit(5) {
        client.alpn = vec![b"h2".to_vec(), b"nihao/1".to_vec()];
        server.alpn = vec![b"nihao/1".to_vec()];
    }
    client.records.change_cipher_spec = !bit(6);
    server.records.change_cipher_spec = !bit(7);
    if bit(8) {
        client.records.max_fragment = 64;
        server.records.max_fragment = 100;
    }
    if bit(9) {
        client.records.padding = Padding::Block(128);
        server.records.padding = Padding::Block(64);
    }
    client.sessions = Some(Arc::new(RememberedSessions::new(4)));
    server.tickets = Some(Arc::new(TicketKeys::new(3600)));
    let is_slow = choice >> 10 == 63;
    if is_slow {
        server.groups = vec![Group::SECP256R1]; // slow: rarely
        server.identities.reverse();
        client.trust = material.server_roots.clone();
    }
    (client, server, bit(10) && !is_slow)
}

/// Every handshake message of an honest run, with a retry and a client certificate.
pub(crate) fn honest_messages() -> Vec<Vec<u8>> {
    let network = honest(&[0, 0x2c]);
    let mut messages = Vec::new();
    for way in &network.ways {
        let mut rest = &way.said[..];
        while let [_, a, b, c, ..] = *rest {
            let length = 4 + usize::from(a) * 0x1_0000 + usize::from(b) * 0x100 + usize::from(c);
            let (message, after) = rest.split_at(length);
            messages.push(message.to_vec());
            rest = after;
        }
    }
    messages
}

/// What each end of an honest run puts on the wire.
pub(crate) fn honest_wire() -> [Vec<u8>; 2] {
    let network = honest(&[0, 0x28]);
    [network.client.wire, network.server.wire]
}

fn honest(choice: &[u8]) -> Network {
    let mut network = Network::new(&mut Script::new(choice), Role::Server);
    network.carry(&mut Script::new(&[]));
    network.check_handshake();
    network
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    // Data both ways, key updates both ways with and without an answer, a close.
    let acts = [
        4, 0, 200, 0x84, 1, 44, 1, 0, 0, 0x85, 0, 9, 0x82, 0, 0, 4, 0, 1, 0, 0, 0,
    ];
    let mut seeds = Vec::new();
    for choice in [
        0x0000, 0x0001, 0x0002, 0x0004, 0x0008, 0x0010, 0x0020, 0x0140, 0x0388, 0x0400, 0x0404, 0x0408, 0x0426,
        0xfc2c_u16,
    ] {
        seeds.push([&choice.to_be_bytes()[..], &[0, 0, 7], &acts].concat());
    }
    // One byte of the server's Finished, one of the client's: nothing but Finished itself tells.
    seeds.push(vec![0, 0, 0, 1, 17, 2, 3, 0, 1, 20, 0xaa, 0]);
    seeds.push(vec![0, 0, 0, 2, 17, 1, 0, 0, 1, 20, 0xaa, 0]);
    for change in 1..change::KINDS {
        for (flight, met, choice) in [
            (0, 0, 0x20),
            (1, 0, 0x00),
            (1, 0, 0x08),
            (2, 0, 0x04),
            (2, 0, 0x00),
            (3, 0, 0x00),
            (0, 4, 0x00),
            (1, 4, 0x00),
            (2, 4, 0x04),
        ] {
            let one = |at: u8| {
                [
                    &[met, choice, 40, 1 << flight, change, at, 0, 30, 9, 1, 0, 0, 7],
                    &acts[..],
                ]
                .concat()
            };
            seeds.extend([one(0), one(1)]);
        }
    }
    seeds
}
