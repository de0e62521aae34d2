//! What a scripted peer says and knows after the handshake: KeyUpdate, and the tickets it got.

use nihao_protocol::crypto::{Digest, HashAlgorithm, Secret};
use nihao_protocol::tls::Role;
use nihao_protocol::tls::key_schedule::{EarlySecret, TrafficSecret, TrafficSecrets};
use nihao_protocol::tls::messages::{
    ClientHello, Extensions, KeyUpdate, Message, NewSessionTicket, OfferedPsks, PskIdentity,
};
use nihao_protocol::tls::names::{ContentType, ExtensionType};

use super::Peer;

/// A ticket that a server of ours gave, and its PSK.
#[derive(Debug)]
pub struct Ticket {
    ticket: Vec<u8>,
    psk: Secret,
}

impl Peer {
    /// Makes what the PSKs of tickets come from; the transcript ends with the client's Finished.
    pub(super) fn remember_resumption(&mut self) {
        let master = self.master.as_ref().expect("a master secret");
        self.resumption = Some(master.resumption(&self.hash()).expect("a secret"));
    }

    /// The first ticket that ours sent.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn ticket(&self) -> Ticket {
        let ticket = self.heard.iter().find_map(|message| match message {
            Message::NewSessionTicket(ticket) => Some(ticket),
            _ => None,
        });
        let ticket = ticket.expect("a ticket");
        let secret = self.resumption.as_ref().expect("a secret");
        Ticket {
            ticket: ticket.ticket.clone(),
            psk: secret.psk(&ticket.nonce).expect("a PSK"),
        }
    }

    /// Gives ours, a client, a ticket.
    ///
    /// # Panics
    /// If the handshake is not complete.
    pub fn give_ticket(&mut self) -> Ticket {
        let secret = self.resumption.as_ref().expect("a secret");
        let psk = secret.psk(&[1]).expect("a PSK");
        let ticket = vec![2; 100];
        self.say(&Message::NewSessionTicket(NewSessionTicket {
            lifetime: 3600,
            age_add: 1,
            nonce: vec![1],
            ticket: ticket.clone(),
            extensions: Extensions::default(),
        }));
        Ticket { ticket, psk }
    }

    /// Says KeyUpdate and changes the write key.
    ///
    /// # Panics
    /// If the handshake is not complete.
    pub fn say_key_update(&mut self, update: KeyUpdate) {
        let bytes = Message::KeyUpdate(update).encode().expect("a message");
        let wire = self.record(ContentType::Handshake, &bytes);
        let secrets = self.application.take().expect("secrets");
        let (secrets, sealer) = match self.ours.role() {
            Role::Server => {
                let secrets = advance(secrets, Role::Client);
                let sealer = secrets.client.sealer();
                (secrets, sealer)
            }
            Role::Client => {
                let secrets = advance(secrets, Role::Server);
                let sealer = secrets.server.sealer();
                (secrets, sealer)
            }
        };
        self.application = Some(secrets);
        self.sealer = Some(sealer.expect("keys"));
        self.send_wire(&wire);
    }

    /// Changes the read key, as ours has changed its own.
    pub(super) fn hear_key_update(&mut self) {
        let secrets = advance(self.application.take().expect("secrets"), self.ours.role());
        let of_ours = match self.ours.role() {
            Role::Client => &secrets.client,
            Role::Server => &secrets.server,
        };
        self.opener = Some(of_ours.opener().expect("keys"));
        self.application = Some(secrets);
    }
}

impl Ticket {
    /// What its PSK makes.
    #[must_use]
    pub fn early(&self) -> EarlySecret {
        EarlySecret::new(HashAlgorithm::Sha256, &self.psk)
    }

    /// Offers the ticket at the end of a first hello, with the right binder.
    ///
    /// # Panics
    /// If the hello cannot be encoded.
    pub fn offer(&self, hello: &mut ClientHello) -> OfferedPsks {
        let early = self.early();
        let mut psks = OfferedPsks {
            identities: vec![PskIdentity {
                identity: self.ticket.clone(),
                obfuscated_age: 7,
            }],
            binders: vec![vec![0; 32]],
        };
        hello.extensions.add_psk_dhe_ke().expect("an extension");
        hello
            .extensions
            .add(ExtensionType::PRE_SHARED_KEY, |w| psks.encode(w))
            .expect("an extension");
        let bytes = Message::ClientHello(hello.clone()).encode().expect("a message");
        let truncated = &bytes[..bytes.len() - psks.binders_length()];
        let hash: Digest = early.hash().hash(truncated);
        psks.binders = vec![early.binder(&hash).expect("a binder").as_bytes().to_vec()];
        hello
            .extensions
            .replace(ExtensionType::PRE_SHARED_KEY, |w| psks.encode(w))
            .expect("an extension");
        psks
    }
}

/// The secrets with the next one of this end in the place of the one before.
fn advance(secrets: TrafficSecrets, of: Role) -> TrafficSecrets {
    let TrafficSecrets { client, server } = secrets;
    let next = |secret: TrafficSecret| secret.update().expect("the next secret");
    match of {
        Role::Client => TrafficSecrets {
            client: next(client),
            server,
        },
        Role::Server => TrafficSecrets {
            client,
            server: next(server),
        },
    }
}
