//! What is fuzzed: one function for each target, used by the fuzzers and by the replay of their corpora alike.
//!
//! A target takes any bytes and panics when something that must hold does not.

mod certificates;
mod connection;
mod dns;
mod frames;
mod material;
mod messages;
mod records;
mod script;

use nihao_protocol::tls::Role;

/// One target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its corpus.
    pub name: &'static str,
    /// Runs it on one input.
    pub run: fn(&[u8]),
    /// Inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 7] = [
    Target {
        name: "records",
        run: records,
        seeds: records::seeds,
    },
    Target {
        name: "messages",
        run: messages,
        seeds: messages::seeds,
    },
    Target {
        name: "certificates",
        run: certificates,
        seeds: certificates::seeds,
    },
    Target {
        name: "frames",
        run: frames,
        seeds: frames::seeds,
    },
    Target {
        name: "dns",
        run: dns,
        seeds: dns::seeds,
    },
    Target {
        name: "server_connection",
        run: server_connection,
        seeds: connection::seeds,
    },
    Target {
        name: "client_connection",
        run: client_connection,
        seeds: connection::seeds,
    },
];

/// Records as they come: arbitrary bytes at both ends' first state, and one direction's protection.
pub fn records(data: &[u8]) {
    records::run(data);
}

/// Handshake messages: what decodes encodes to the same bytes.
pub fn messages(data: &[u8]) {
    messages::run(data);
}

/// Certificates, requests, revocation lists, PEM: parsed, shown, verified.
pub fn certificates(data: &[u8]) {
    certificates::run(data);
}

/// Chat frames both ways, sessions, invites, names.
pub fn frames(data: &[u8]) {
    frames::run(data);
}

/// DNS messages, look-ups whose servers say anything, the cache as text.
pub fn dns(data: &[u8]) {
    dns::run(data);
}

/// A server whose client is honest and whose network is not: what the client says is changed on the way.
pub fn server_connection(data: &[u8]) {
    connection::run(data, Role::Server);
}

/// A client whose server is honest and whose network is not: what the server says is changed on the way.
pub fn client_connection(data: &[u8]) {
    connection::run(data, Role::Client);
}
