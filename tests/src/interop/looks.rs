//! What a row of the matrix can look for besides its outcome: on our wire, and in what a tool said of its own.

use super::tap::{Record, Wire, client_hellos};

/// How many ClientHellos came in.
#[must_use]
pub fn hellos(wire: &Wire, _: &str) -> String {
    format!("{} ClientHellos", client_hellos(&wire.received()))
}

/// How many ClientHellos went out.
#[must_use]
pub fn hellos_sent(wire: &Wire, _: &str) -> String {
    format!("{} ClientHellos", client_hellos(&wire.sent()))
}

fn count(records: &[Record], content_type: u8) -> usize {
    records
        .iter()
        .filter(|record| record.content_type == content_type)
        .count()
}

/// In how many records the ClientHello came in.
#[must_use]
pub fn hello_records(wire: &Wire, _: &str) -> String {
    format!("ClientHello in {} records", count(&wire.received(), 22))
}

/// In how many records our ClientHello went out.
#[must_use]
pub fn hello_records_sent(wire: &Wire, _: &str) -> String {
    format!("ClientHello in {} records", count(&wire.sent(), 22))
}

/// How many change_cipher_spec records came in.
#[must_use]
pub fn ccs_received(wire: &Wire, _: &str) -> String {
    format!("{} change_cipher_spec received", count(&wire.received(), 20))
}

/// How many change_cipher_spec records went out.
#[must_use]
pub fn ccs_sent(wire: &Wire, _: &str) -> String {
    format!("{} change_cipher_spec sent", count(&wire.sent(), 20))
}

/// How long the shortest protected record was that came in.
#[must_use]
pub fn lengths_received(wire: &Wire, _: &str) -> String {
    smallest(&wire.received())
}

/// How long the shortest protected record was that went out.
#[must_use]
pub fn lengths_sent(wire: &Wire, _: &str) -> String {
    smallest(&wire.sent())
}

/// The shortest protected record: where records are padded, no Finished, alert or end of data is shorter than a block.
fn smallest(records: &[Record]) -> String {
    let lengths = records
        .iter()
        .filter(|record| record.content_type == 23)
        .map(|record| record.body.len());
    format!("records of {} bytes", lengths.min().unwrap_or_default())
}

/// How long the longest record was that came in.
#[must_use]
pub fn longest_received(wire: &Wire, _: &str) -> String {
    longest(&wire.received())
}

/// How long the longest record was that went out.
#[must_use]
pub fn longest_sent(wire: &Wire, _: &str) -> String {
    longest(&wire.sent())
}

fn longest(records: &[Record]) -> String {
    let lengths = records.iter().map(|record| record.body.len());
    format!("no record over {} bytes", lengths.max().unwrap_or_default())
}

/// The KeyUpdates in OpenSSL's message file.
#[must_use]
pub fn key_updates(_: &Wire, messages: &str) -> String {
    let of = |mark| {
        messages
            .lines()
            .filter(|line| line.starts_with(mark) && line.ends_with(", KeyUpdate"))
            .count()
    };
    format!("KeyUpdate sent {}, received {}", of(">>>"), of("<<<"))
}
