//! Our own end.

use std::sync::Arc;

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{Group, OsRandom};
use nihao_protocol::tls::{CipherSuite, ClientAuth, ClientConfig, Connection, Context, Event, Identity, ServerConfig};
use nihao_protocol::x509::{Roots, ServerName, Trust};

use super::pki::Pki;
use super::{End, Implementation};

pub(crate) struct Ours {
    now: UnixTime,
    clients: [Arc<ClientConfig>; 2],
    servers: [Arc<ServerConfig>; 2],
}

impl Ours {
    pub(crate) fn new() -> Self {
        let pki = Pki::new();
        let trust = |root: &[u8], remembering| {
            let mut roots = Roots::new().remembering(remembering);
            roots.add(root).unwrap();
            Trust::Roots(Arc::new(roots))
        };
        // A first visit verifies the chain; peers that know each other remember it.
        let mut client = ClientConfig::new(trust(&pki.server_root, 0));
        client.groups = vec![Group::X25519];
        client.key_shares = vec![Group::X25519];
        client.cipher_suites = vec![CipherSuite::TLS_AES_128_GCM_SHA256];
        let mut named = client.clone();
        named.trust = trust(&pki.server_root, 1);
        named.identities = vec![Identity::new(vec![pki.user.0], pki.user.1).unwrap()];
        let mut server = ServerConfig::new(vec![Identity::new(vec![pki.server.0], pki.server.1).unwrap()]);
        server.groups = vec![Group::X25519];
        server.cipher_suites = client.cipher_suites.clone();
        let mut asking = server.clone();
        asking.client_auth = ClientAuth::Required(trust(&pki.user_root, 1));
        Self {
            now: pki.now,
            clients: [client, named].map(Arc::new),
            servers: [server, asking].map(Arc::new),
        }
    }
}

struct OurEnd(Connection, UnixTime);

impl Implementation for Ours {
    fn client(&self, mutual: bool) -> Box<dyn End> {
        let random = &mut OsRandom;
        let mut context = Context { now: self.now, random };
        let config = Arc::clone(&self.clients[usize::from(mutual)]);
        let name = ServerName::parse("localhost").unwrap();
        Box::new(OurEnd(
            Connection::client(config, name, &mut context).unwrap(),
            self.now,
        ))
    }

    fn server(&self, mutual: bool) -> Box<dyn End> {
        let config = Arc::clone(&self.servers[usize::from(mutual)]);
        Box::new(OurEnd(Connection::server(config).unwrap(), self.now))
    }
}

impl End for OurEnd {
    fn receive(&mut self, wire: &[u8]) {
        let random = &mut OsRandom;
        let mut context = Context { now: self.1, random };
        self.0.receive(wire, &mut context).unwrap();
    }

    fn transmit(&mut self, wire: &mut Vec<u8>) {
        wire.extend_from_slice(self.0.transmit());
        self.0.transmitted(usize::MAX);
    }

    fn is_handshaking(&self) -> bool {
        self.0.is_handshaking()
    }

    fn send(&mut self, plaintext: &[u8]) {
        self.0.send(plaintext).unwrap();
    }

    fn rest(&mut self) {
        self.0.release_idle_buffers();
    }

    fn take(&mut self) -> usize {
        let mut length = 0;
        while let Some(event) = self.0.next_event() {
            if let Event::Data(data) = event {
                length += data.len();
            }
        }
        length
    }
}
