//! Two connections in memory: bytes carried between them whole, in pieces, or changed on the way.

use std::sync::Arc;

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{Random, Seeded};
use nihao_protocol::tls::{ClientConfig, Connection, Context, Error, Event, Negotiated, Role, ServerConfig};
use nihao_protocol::x509::ServerName;

use crate::pki::NOW;

/// A client and a server, and what each received.
pub struct Pair {
    /// The client's end.
    pub client: End,
    /// The server's end.
    pub server: End,
}

/// One end and what it saw.
pub struct End {
    /// The connection.
    pub connection: Connection,
    random: Seeded,
    now: UnixTime,
    /// Application data received.
    pub data: Vec<u8>,
    /// Whether the peer closed.
    pub closed: bool,
    /// How often the peer changed its key.
    pub key_updates: usize,
    /// The error it ended with.
    pub error: Option<Error>,
}

impl End {
    fn new(connection: Connection, random: Seeded, now: UnixTime) -> Self {
        Self {
            connection,
            random,
            now,
            data: Vec::new(),
            closed: false,
            key_updates: 0,
            error: None,
        }
    }

    /// Gives `wire` to the connection in pieces of `chunk` bytes and takes note of what happened.
    pub fn receive(&mut self, wire: &[u8], chunk: usize) {
        for piece in wire.chunks(chunk) {
            let mut context = Context {
                now: self.now,
                random: &mut self.random,
            };
            if let Err(error) = self.connection.receive(piece, &mut context) {
                self.error = Some(error);
            }
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(event) = self.connection.next_event() {
            match event {
                Event::Data(data) => self.data.extend_from_slice(data),
                Event::Closed => self.closed = true,
                Event::KeyUpdated => self.key_updates += 1,
                _ => {}
            }
        }
    }

    /// Takes what waits for the wire.
    pub fn transmit(&mut self) -> Vec<u8> {
        let wire = self.connection.transmit().to_vec();
        self.connection.transmitted(wire.len());
        wire
    }

    /// The outcome of its handshake.
    ///
    /// # Panics
    /// If the handshake is not complete.
    #[must_use]
    pub fn facts(&self) -> &Negotiated {
        self.connection.facts().expect("a complete handshake")
    }
}

impl Pair {
    /// Both ends, the ClientHello waiting at the client's; all randomness from `seed`.
    ///
    /// # Panics
    /// If a configuration cannot work.
    #[must_use]
    pub fn new(client: ClientConfig, server: ServerConfig, name: &str, seed: u64) -> Self {
        Self::at(NOW, client, server, name, seed)
    }

    /// As [`Pair::new`], at another time.
    ///
    /// # Panics
    /// If a configuration cannot work.
    #[must_use]
    pub fn at(now: UnixTime, client: ClientConfig, server: ServerConfig, name: &str, seed: u64) -> Self {
        let mut random = Seeded::new(seed, "client");
        let mut context = Context {
            now,
            random: &mut random as &mut dyn Random,
        };
        let name = ServerName::parse(name).expect("a name");
        let client = Connection::client(Arc::new(client), name, &mut context).expect("a client");
        let server = Connection::server(Arc::new(server)).expect("a server");
        Self {
            client: End::new(client, random, now),
            server: End::new(server, Seeded::new(seed, "server"), now),
        }
    }

    /// Carries bytes both ways, in pieces of `chunk`, until nothing moves.
    pub fn drive(&mut self, chunk: usize) {
        self.drive_through(chunk, |_, _| {});
    }

    /// As [`Pair::drive`]; `change` may change what `Role` sends before it arrives.
    pub fn drive_through(&mut self, chunk: usize, mut change: impl FnMut(Role, &mut Vec<u8>)) {
        loop {
            let mut to_server = self.client.transmit();
            change(Role::Client, &mut to_server);
            self.server.receive(&to_server, chunk);
            let mut to_client = self.server.transmit();
            change(Role::Server, &mut to_client);
            self.client.receive(&to_client, chunk);
            if to_server.is_empty() && to_client.is_empty() {
                return;
            }
        }
    }

    /// Whether both handshakes are complete and nobody failed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        [&self.client, &self.server]
            .iter()
            .all(|end| end.connection.facts().is_some() && end.error.is_none())
    }
}
