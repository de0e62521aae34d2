//! Handshake messages: whatever decodes encodes to the same bytes, and every extension can be asked for.

use nihao_protocol::tls::messages::{Extensions, Message, RETRY_RANDOM};

use crate::connection;

pub(crate) fn run(data: &[u8]) {
    let Ok(message) = Message::decode(data) else {
        return;
    };
    let encoded = message.encode().expect("what was decoded fits its length fields");
    // RFC 8446 §4.1.2: the oldest hellos end where the extensions would start; they come back with an empty list.
    let old = matches!(&message, Message::ClientHello(hello) if hello.extensions.iter().next().is_none())
        || matches!(&message, Message::ServerHello(hello) if hello.extensions.iter().next().is_none());
    if !old || encoded.len() == data.len() {
        assert_eq!(encoded, data, "{message:?}");
    }
    let again = Message::decode(&encoded).expect("what was encoded decodes");
    assert_eq!(again, message);
    match &message {
        Message::ClientHello(hello) => ask(&hello.extensions),
        Message::ServerHello(hello) => {
            assert_eq!(hello.is_retry(), hello.random == RETRY_RANDOM);
            ask(&hello.extensions);
        }
        Message::EncryptedExtensions(message) => ask(&message.extensions),
        Message::CertificateRequest(message) => ask(&message.extensions),
        Message::NewSessionTicket(message) => ask(&message.extensions),
        Message::Certificate(chain) => chain.entries.iter().for_each(|entry| ask(&entry.extensions)),
        Message::CertificateVerify(_) | Message::Finished(_) | Message::KeyUpdate(_) => {}
    }
}

/// What an extension says is either refused or a value: nothing is asked of the value here.
fn ask(extensions: &Extensions) {
    let _ = extensions.offers_tls13();
    let _ = extensions.selected_version();
    let _ = extensions.supported_groups();
    let _ = extensions.signature_algorithms();
    let _ = extensions.client_shares();
    let _ = extensions.server_share();
    let _ = extensions.selected_group();
    let _ = extensions.cookie();
    let _ = extensions.protocols();
    if let Ok(Some(name)) = extensions.host_name() {
        assert!(name.is_ascii());
    }
    let kinds: Vec<_> = extensions.iter().map(|extension| extension.kind).collect();
    for (index, kind) in kinds.iter().enumerate() {
        assert!(!kinds[..index].contains(kind), "{kind} twice");
        assert!(extensions.find(*kind).is_some());
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = connection::honest_messages();
    seeds.push(
        [
            &[4, 0, 0, 27][..],
            &[0; 7],
            &[1, 2, 0, 0, 0, 3, 1, 2, 3, 0, 8, 0, 42, 0, 4, 0, 0, 4, 0, 0],
        ]
        .concat(),
    );
    seeds.push(vec![24, 0, 0, 1, 1]);
    seeds
}
