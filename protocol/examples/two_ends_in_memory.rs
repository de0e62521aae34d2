//! Both ends of a TLS 1.3 connection in one thread, without a socket: 您好！ travels from one to the other.
//!
//! `cargo run -p nihao-protocol --example two_ends_in_memory`

use std::sync::Arc;

use nihao_certs::{KeyAlgorithm, PublicKey, ServerAuthority, Validity};
use nihao_protocol::crypto::{OsRandom, SigningKey};
use nihao_protocol::net::system::system_clock;
use nihao_protocol::tls::{ClientConfig, Connection, Context, Event, Identity, ServerConfig};
use nihao_protocol::x509::{Roots, ServerName, Trust};

fn main() -> anyhow::Result<()> {
    let now = system_clock().now();
    let random = &mut OsRandom;

    // A certificate authority, and a server's certificate by it.
    let ca = ServerAuthority::create(KeyAlgorithm::Ed25519, &[], now, random)?;
    let key = SigningKey::generate_ed25519(random)?;
    let issued = ca.issue(&[], &PublicKey::of(&key), Validity::of_server_certificate(now), random)?;
    let mut roots = Roots::new();
    roots.add(ca.authority().certificate())?;

    let client = ClientConfig::new(Trust::Roots(Arc::new(roots)));
    let server = ServerConfig::new(vec![Identity::new(vec![issued.certificate], key)?]);
    let mut context = Context { now, random };
    let mut alice = Connection::client(Arc::new(client), ServerName::parse("localhost")?, &mut context)?;
    let mut bob = Connection::server(Arc::new(server))?;

    // What one end transmits, the other receives, until both are open.
    while alice.is_handshaking() || bob.is_handshaking() {
        carry("alice", &mut alice, &mut bob, &mut context)?;
        carry("bob", &mut bob, &mut alice, &mut context)?;
    }
    println!("{}", alice.facts().expect("the handshake is complete"));

    alice.send("您好！".as_bytes())?;
    alice.close();
    carry("alice", &mut alice, &mut bob, &mut context)?;
    while let Some(event) = bob.next_event() {
        match event {
            Event::Data(data) => println!("bob reads {}", String::from_utf8_lossy(data)),
            other => println!("bob sees {other:?}"),
        }
    }
    Ok(())
}

fn carry(who: &str, from: &mut Connection, to: &mut Connection, context: &mut Context<'_>) -> anyhow::Result<()> {
    let wire = from.transmit().to_vec();
    from.transmitted(wire.len());
    if !wire.is_empty() {
        println!("{who} → {} bytes", wire.len());
    }
    Ok(to.receive(&wire, context)?)
}
