//! One honest end, what it received, and the secrets it logged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use nihao_protocol::crypto::{Secret, Seeded};
use nihao_protocol::tls::key_schedule::TrafficSecret;
use nihao_protocol::tls::{CipherSuite, ClientConfig, Connection, Context, Error, Event, KeyLog, Role, ServerConfig};

use crate::material::{NOW, material};

/// The secrets of one end by their labels.
#[derive(Debug, Default)]
pub(super) struct Capture(Mutex<BTreeMap<String, Vec<u8>>>);

impl KeyLog for Capture {
    fn log(&self, line: &str) {
        let mut words = line.split_whitespace();
        let (label, hex) = (words.next().expect("a label"), words.nth(1).expect("a secret"));
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        let secret = (0..hex.len()).step_by(2).map(byte).collect();
        self.0.lock().expect("a log").insert(label.into(), secret);
    }
}

impl Capture {
    /// The secret that `from` writes with in this epoch: 1 is the handshake's, 2 the first of application data.
    pub(super) fn secret(&self, from: Role, epoch: usize) -> Option<TrafficSecret> {
        let who = match from {
            Role::Client => "CLIENT",
            Role::Server => "SERVER",
        };
        let label = match epoch {
            1 => format!("{who}_HANDSHAKE_TRAFFIC_SECRET"),
            _ => format!("{who}_TRAFFIC_SECRET_0"),
        };
        let log = self.0.lock().expect("a log");
        let bytes = log.get(&label)?;
        let suite = match bytes.len() {
            32 => CipherSuite::TLS_AES_128_GCM_SHA256,
            _ => CipherSuite::TLS_AES_256_GCM_SHA384,
        };
        let first = TrafficSecret::new(suite, Secret::copy_of(bytes));
        let update = |secret: TrafficSecret, _| secret.update().expect("the next epoch");
        Some((2..epoch).fold(first, update))
    }
}

/// One end.
pub(super) struct End {
    pub(super) connection: Connection,
    pub(super) log: Arc<Capture>,
    random: Seeded,
    /// Application data received.
    pub(super) data: Vec<u8>,
    /// Application data it was asked to send, and took.
    pub(super) sent: Vec<u8>,
    pub(super) error: Option<Error>,
    /// Everything it put on the wire.
    pub(super) wire: Vec<u8>,
    received: usize,
}

impl End {
    pub(super) fn client(mut config: ClientConfig, log: Arc<Capture>) -> Self {
        config.key_log = Some(log.clone());
        let mut random = Seeded::new(1, "client");
        let mut context = Context {
            now: NOW,
            random: &mut random,
        };
        let connection = Connection::client(Arc::new(config), material().name.clone(), &mut context);
        Self::new(connection.expect("a client"), log, random)
    }

    pub(super) fn server(mut config: ServerConfig, log: Arc<Capture>) -> Self {
        config.key_log = Some(log.clone());
        let connection = Connection::server(Arc::new(config)).expect("a server");
        Self::new(connection, log, Seeded::new(1, "server"))
    }

    const fn new(connection: Connection, log: Arc<Capture>, random: Seeded) -> Self {
        Self {
            connection,
            log,
            random,
            data: Vec::new(),
            sent: Vec::new(),
            error: None,
            wire: Vec::new(),
            received: 0,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.connection.facts().is_some()
    }

    pub(super) fn receive(&mut self, wire: &[u8], chunk: usize) {
        self.received += wire.len();
        for piece in wire.chunks(chunk) {
            let mut context = Context {
                now: NOW,
                random: &mut self.random,
            };
            let outcome = self.connection.receive(piece, &mut context);
            if self.error.is_some() {
                assert_eq!(outcome.as_ref().err(), self.error.as_ref(), "failure is final");
            }
            self.error = outcome.err();
            assert_eq!(self.error.as_ref(), self.connection.error());
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(event) = self.connection.next_event() {
            match event {
                Event::Data(data) => {
                    assert!(!data.is_empty());
                    self.data.extend_from_slice(data);
                }
                Event::Closed => assert!(self.connection.is_closed_by_peer()),
                _ => assert!(self.connection.facts().is_some()),
            }
        }
    }

    /// Sends so many bytes, if it may.
    pub(super) fn send(&mut self, length: usize) {
        let start = self.sent.len();
        let data: Vec<u8> = (start..start + length).map(|number| (number % 251) as u8).collect();
        if self.connection.send(&data).is_ok() {
            assert!(self.is_complete());
            self.sent.extend(data);
        }
    }

    /// Takes what waits for the wire.
    pub(super) fn transmit(&mut self) -> Vec<u8> {
        let wire = self.connection.transmit().to_vec();
        self.connection.transmitted(wire.len());
        assert!(self.connection.transmit().is_empty());
        self.wire.extend_from_slice(&wire);
        let most = 16_384 + 3 * self.received + 3 * self.sent.len();
        assert!(
            self.wire.len() <= most,
            "{} bytes on the wire, {} received",
            self.wire.len(),
            self.received
        );
        wire
    }

    /// Whatever state it is in now: an error stays, and without close_notify the end of the stream is one.
    pub(super) fn check_end(&mut self) {
        if let Some(error) = self.error.clone() {
            let mut context = Context {
                now: NOW,
                random: &mut self.random,
            };
            assert_eq!(
                self.connection.receive(&[23, 3, 3, 0, 0], &mut context),
                Err(error.clone())
            );
            assert_eq!(self.connection.send(b"x"), Err(error.clone()));
            assert_eq!(self.connection.update_key(true), Err(error.clone()));
            self.connection.close();
            assert!(self.connection.transmit().is_empty(), "a failed connection speaks");
            assert_eq!(self.connection.receive_end(), Err(error));
            assert!(!self.connection.is_handshaking());
        } else if self.connection.is_closed_by_peer() {
            assert_eq!(self.connection.receive_end(), Ok(()));
        } else {
            assert_eq!(self.connection.receive_end(), Err(Error::Cut));
            assert_eq!(self.connection.receive_end(), Err(Error::Cut));
        }
        assert_eq!(self.connection.next_event(), None);
    }
}
