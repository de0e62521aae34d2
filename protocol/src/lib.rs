//! TLS 1.3 written from the primitives up, chain checks, and the nihao chat frames: sans-IO.
//!
//! The core performs no IO, reads no clock, draws no randomness of its own and logs nothing: bytes, the time and a source of
//! randomness come in as arguments, bytes and events come out. Layers, lowest first; each uses only those above it in this list:
//!
//! | layer | what it is |
//! |---|---|
//! | [`clock`] | points in time as plain data |
//! | [`wire`] | reading and writing length-prefixed structures |
//! | [`crypto`] | the only importer of crypto crates |
//! | [`x509`] | certificates: trust, names, our algorithms under webpki, a view of the fields |
//! | [`tls`] | TLS 1.3 (RFC 8446), both roles |
//! | [`chat`] | what client and server say to each other over TLS |
//! | [`dns`] | a name's way through cache, hosts file, resolver, or from the root servers down |
//! | `net` (feature `tokio`, on by default) | streams over tokio's traits |
//!
//! # Guide
//!
//! ## An encrypted pipe without a socket
//!
//! [`tls::Connection`] is one end of a pipe. Feed it what the network brings, carry away what it has for the network:
//!
//! ```text
//!          receive(wire)  ┌────────────┐  next_event()
//!   network ────────────▶ │ Connection │ ────────────▶ application
//!           ◀──────────── │            │ ◀────────────
//!            transmit()   └────────────┘  send(plaintext)
//! ```
//!
//! Here are both ends in one thread. Alice trusts nothing but a key, the server's CA's; bob, the server, wants to know who she
//! is: mutual TLS. Whatever loop drives a `Connection` — a proxy's, an event loop's, a test harness's — does what `carry` does.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//!
//! use nihao_certs::{KeyAlgorithm, PublicKey, ServerAuthority, UserAuthority, Validity};
//! use nihao_protocol::clock::UnixTime;
//! use nihao_protocol::crypto::{OsRandom, SigningKey};
//! use nihao_protocol::tls::{AlertDescription, ClientAuth, ClientConfig, Connection, Context, Error, Event};
//! use nihao_protocol::tls::{Identity, KeyLog, RememberedSessions, ServerConfig, TicketKeys};
//! use nihao_protocol::x509::{CertificateError, Roots, ServerName, Trust};
//!
//! /// Carries what waits at one end to the other.
//! fn carry(from: &mut Connection, to: &mut Connection, context: &mut Context<'_>) -> Result<(), Error> {
//!     let wire = from.transmit().to_vec();
//!     from.transmitted(wire.len());
//!     to.receive(&wire, context)
//! }
//!
//! /// Both ways, until nothing waits any more.
//! fn settle(a: &mut Connection, b: &mut Connection, context: &mut Context<'_>) -> Result<(), Error> {
//!     while !a.transmit().is_empty() || !b.transmit().is_empty() {
//!         carry(a, b, context)?;
//!         carry(b, a, context)?;
//!     }
//!     Ok(())
//! }
//!
//! #[derive(Debug, Default)]
//! struct Lines(Mutex<String>);
//!
//! impl KeyLog for Lines {
//!     fn log(&self, line: &str) {
//!         self.0.lock().unwrap().push_str(line);
//!     }
//! }
//!
//! // Certificates: one authority for servers, another for users.
//! let (now, random) = (UnixTime::from_seconds(1_800_000_000), &mut OsRandom);
//! let servers = ServerAuthority::create(KeyAlgorithm::Ed25519, &[], now, random)?;
//! let users = UserAuthority::create(now, random)?;
//! let (server_key, alice_key) = (SigningKey::generate_ed25519(random)?, SigningKey::generate_p256(random)?);
//! let validity = Validity::of_server_certificate(now);
//! let server = servers.issue(&[], &PublicKey::of(&server_key), validity, random)?.certificate;
//! let validity = Validity::of_user_certificate(now);
//! let alice = users.issue("alice", &PublicKey::of(&alice_key), validity, &[7])?.certificate;
//!
//! // The client: whom it trusts, who it is, what it speaks. Its secrets go to a key log, for Wireshark.
//! let pin: [u8; 32] = servers.authority().public_key().bits().try_into()?;
//! let log = Arc::new(Lines::default());
//! let mut config = ClientConfig::new(Trust::Pinned(pin));
//! config.identities = vec![Identity::new(vec![alice.clone()], alice_key)?];
//! config.alpn = vec![b"nihao/1".to_vec()];
//! config.key_log = Some(log.clone());
//! config.sessions = Some(Arc::new(RememberedSessions::new(16))); // keeps tickets, to come back with
//! let client_config = Arc::new(config);
//!
//! // The server: who it is, and which users it lets in.
//! let mut roots = Roots::new();
//! roots.add(users.authority().certificate())?;
//! let mut config = ServerConfig::new(vec![Identity::new(vec![server], server_key)?]);
//! config.alpn = vec![b"nihao/1".to_vec()];
//! config.client_auth = ClientAuth::Required(Trust::Roots(Arc::new(roots)));
//! config.tickets = Some(Arc::new(TicketKeys::new(3600))); // good for an hour; the server keeps no session
//! let server_config = Arc::new(config);
//!
//! let mut context = Context { now, random };
//! let name = ServerName::parse("localhost")?;
//! let mut a = Connection::client(client_config.clone(), name.clone(), &mut context)?;
//! let mut b = Connection::server(server_config.clone())?;
//! settle(&mut a, &mut b, &mut context)?;
//! assert_eq!(a.next_event(), Some(Event::HandshakeComplete));
//! assert_eq!(b.next_event(), Some(Event::HandshakeComplete));
//! let facts = b.facts().expect("the handshake is complete");
//! assert_eq!((facts.alpn.as_deref(), &facts.peer_chain), (Some(&b"nihao/1"[..]), &vec![alice]));
//! assert_eq!(log.0.lock().unwrap().lines().count(), 4);
//!
//! // A secret for another protocol, the same at both ends.
//! let (mut ours, mut theirs) = ([0; 32], [0; 32]);
//! a.export("EXPORTER-guide", b"", &mut ours)?;
//! b.export("EXPORTER-guide", b"", &mut theirs)?;
//! assert_eq!(ours, theirs);
//!
//! // Data, and new keys on demand: alice changes hers and asks bob to change his.
//! a.send("您好！".as_bytes())?;
//! a.update_key(true)?;
//! settle(&mut a, &mut b, &mut context)?;
//! assert_eq!(b.next_event(), Some(Event::KeyUpdated));
//! assert_eq!(b.next_event(), Some(Event::Data("您好！".as_bytes())));
//! assert_eq!(a.next_event(), Some(Event::KeyUpdated));
//!
//! // Each way is closed by itself; after alice's close_notify bob may still speak.
//! a.close();
//! settle(&mut a, &mut b, &mut context)?;
//! assert_eq!(b.next_event(), Some(Event::Closed));
//! b.send(b"one last thing")?;
//! b.close();
//! settle(&mut a, &mut b, &mut context)?;
//! assert_eq!(a.next_event(), Some(Event::Data(b"one last thing")));
//! assert_eq!(a.next_event(), Some(Event::Closed));
//! assert_eq!((a.receive_end(), b.receive_end()), (Ok(()), Ok(())), "nothing was cut off");
//!
//! // Alice comes back with the ticket she was given: no certificates, and yet bob knows who she is.
//! let mut a = Connection::client(client_config, name.clone(), &mut context)?;
//! let mut b = Connection::server(server_config.clone())?;
//! settle(&mut a, &mut b, &mut context)?;
//! let facts = b.facts().expect("the handshake is complete");
//! assert!(facts.resumed && facts.peer_chain.len() == 1);
//!
//! // A server that the pinned key did not vouch for: refused with a reason here, told with an alert there.
//! let stranger = Arc::new(ClientConfig::new(Trust::Pinned([7; 32])));
//! let mut a = Connection::client(stranger, name, &mut context)?;
//! let mut b = Connection::server(server_config)?;
//! let error = settle(&mut a, &mut b, &mut context).unwrap_err();
//! assert!(matches!(error, Error::Certificate(CertificateError::NotSignedByPin { .. })));
//! assert_eq!(error.alert(), Some(AlertDescription::UNKNOWN_CA));
//! let wire = a.transmit().to_vec();
//! assert_eq!(b.receive(&wire, &mut context), Err(Error::AlertReceived(AlertDescription::UNKNOWN_CA)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ## Over tokio
//!
//! [`net::Connector`] and [`net::Acceptor`] do all that over any `AsyncRead + AsyncWrite`, within a deadline; the
//! [`net::TlsStream`] they give is one again. [`net::Environment`] brings the clock and the randomness.
//!
//! ```
//! # #[cfg(feature = "tokio")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use nihao_certs::{KeyAlgorithm, PublicKey, ServerAuthority, Validity};
//! # use nihao_protocol::crypto::{OsRandom, SigningKey};
//! # let (now, random) = (nihao_protocol::net::system::system_clock().now(), &mut OsRandom);
//! # let ca = ServerAuthority::create(KeyAlgorithm::P256, &[], now, random)?;
//! # let key = SigningKey::generate_p256(random)?;
//! # let issued = ca.issue(&[], &PublicKey::of(&key), Validity::of_server_certificate(now), random)?;
//! # let (ca_pem, chain_pem, key_pem) = (ca.authority().pem(), issued.pem(), key.to_pkcs8_pem()?);
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async move {
//! use std::sync::Arc;
//!
//! use nihao_protocol::net::{Acceptor, Connector, Environment, tls_error};
//! use nihao_protocol::tls::{ClientConfig, Error, Identity, ServerConfig};
//! use nihao_protocol::x509::{Roots, ServerName, Trust};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! let trust = Trust::Roots(Arc::new(Roots::from_pem(&ca_pem)?));
//! let connector = Connector::new(Arc::new(ClientConfig::new(trust)), Environment::system());
//! let identity = Identity::from_pem(&chain_pem, &key_pem)?;
//! let acceptor = Acceptor::new(Arc::new(ServerConfig::new(vec![identity])), Environment::system());
//!
//! let (near, far) = tokio::io::duplex(4096); // in its place mostly two ends of a TcpStream
//! let name = ServerName::parse("localhost")?;
//! let (client, server) = tokio::join!(connector.connect(near, name), acceptor.accept(far));
//! let (mut client, mut server) = (client?, server?);
//! println!("{}", client.facts().expect("the handshake is complete"));
//!
//! client.write_all("您好！".as_bytes()).await?;
//! client.shutdown().await?; // close_notify
//! let mut text = String::new();
//! server.read_to_string(&mut text).await?; // to the end, which is close_notify and nothing else
//! assert_eq!(text, "您好！");
//!
//! drop(server); // without close_notify: what the client read may be less than was sent
//! let cut = client.read_to_end(&mut Vec::new()).await.unwrap_err();
//! assert_eq!(tls_error(&cut), Some(&Error::Cut));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })
//! # }
//! # #[cfg(not(feature = "tokio"))]
//! # fn main() {}
//! ```
//!
//! ## Where to turn what
//!
//! | to | turn |
//! |---|---|
//! | choose whom to trust | [`x509::Trust`]: [`Roots`](x509::Roots) with revocation lists, a pinned Ed25519 key, or a [`Verifier`](x509::Verifier) of your own |
//! | trust what the system trusts | `net::RootBundle` |
//! | show a certificate | [`ClientConfig::identities`](tls::ClientConfig::identities), [`ServerConfig::identities`](tls::ServerConfig::identities): several, chosen by what the peer can verify and, by a server, by the name asked for |
//! | ask clients for theirs | [`ServerConfig::client_auth`](tls::ServerConfig::client_auth), for some protocols only with [`client_auth_protocols`](tls::ServerConfig::client_auth_protocols) |
//! | agree on a protocol (ALPN) | `alpn` of both configurations |
//! | leave out or reorder algorithms | `cipher_suites`, `groups`, `signature_schemes`, `chain_schemes` of both: what is first is wanted most; among suites and groups the server's order decides |
//! | provoke a HelloRetryRequest | [`ClientConfig::key_shares`](tls::ClientConfig::key_shares): empty, or of a group that the server does not take |
//! | verify RSA signatures, as most public servers have them | the feature `rsa` |
//! | keep the name out of the ClientHello | [`ClientConfig::send_server_name`](tls::ClientConfig::send_server_name) |
//! | resume sessions | [`ClientConfig::sessions`](tls::ClientConfig::sessions) and [`ServerConfig::tickets`](tls::ServerConfig::tickets): a store and keys of this crate or of your own. A ticket is used once, fits one suite, name and protocol, and both sides look anew at what the other showed when it was made |
//! | make secrets for another protocol | [`Connection::export`](tls::Connection::export) |
//! | offer nothing that is unknown on purpose | [`ClientConfig::grease`](tls::ClientConfig::grease) off |
//! | hide lengths, cut records small, take only small ones, do without the change_cipher_spec that middleboxes like | [`tls::RecordPolicy`] in `records` of both |
//! | decrypt a capture | `key_log` of both: a [`tls::KeyLog`], such as [`net::KeyLogFile`] |
//! | learn what was agreed | [`tls::Negotiated`], from [`Connection::facts`](tls::Connection::facts) |
//! | change keys | [`Connection::update_key`](tls::Connection::update_key); before a key wears out it happens by itself |
//! | say that no more comes | [`Connection::close`](tls::Connection::close); the peer's is [`Event::Closed`](tls::Event::Closed) |
//! | tell an end from a cut | [`Connection::receive_end`](tls::Connection::receive_end) when the network ends: [`Error::Cut`](tls::Error::Cut) without close_notify |
//! | run the same bytes again | a [`crypto::Seeded`] as randomness and a fixed time in [`tls::Context`] |
//! | say what no client should | [`tls::messages`], [`tls::record`], [`tls::seal`] and [`tls::key_schedule`] are public |
//!
//! Every failure is a [`tls::Error`]: by whose fault and why, and [`alert`](tls::Error::alert) says what the peer is told. An
//! alert that the peer sent is [`Error::AlertReceived`](tls::Error::AlertReceived). Failure is final: every later call gives the
//! same error, and an alert may still wait in [`transmit`](tls::Connection::transmit). In TLS 1.3 a client's handshake is
//! complete before the server has seen its certificate: a refusal of that one comes with the first bytes received after.
//!
//! Not there: TLS 1.2 and before, 0-RTT, PSKs from elsewhere than tickets, post-handshake client authentication.
//!
//! ## Stability
//!
//! Before 1.0 a minor version may change the interface, and the changelog says what to do; a patch version never does. Configurations,
//! facts, events and errors are `#[non_exhaustive]`: they grow without notice. [`tls::messages`], [`tls::record`], [`tls::seal`],
//! [`tls::key_schedule`] and [`crypto`] are public for tools and tests, and may change with any minor version even after 1.0. What
//! goes over the wire follows RFC 8446 and changes only to follow it better. The oldest Rust that builds this crate is in its
//! `rust-version`, and rises in minor versions only.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::unreachable
    )
)]

#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod chat;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod clock;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod crypto;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod dns;
#[cfg(feature = "tokio")]
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod net;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod tls;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod wire;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod x509;
