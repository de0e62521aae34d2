//! What the client offers, and the server's choice: ClientHello, HelloRetryRequest, ServerHello.

use std::sync::Arc;

use super::State;
use super::grease::{self, Grease, Place};
use super::resumption::{self, Offered, say_hello};
use super::server_auth::{Agreed, WaitEncryptedExtensions};
use crate::crypto::random::array;
use crate::crypto::{Group, KeyPair, Random};
use crate::tls::config::ClientConfig;
use crate::tls::error::{Error, Incompatible, Peer};
use crate::tls::flight::{Flight, Heard, Next, log_handshake, suite_hash};
use crate::tls::inbound::{MAX_IDLE, Stage};
use crate::tls::key_schedule::HandshakeSecret;
use crate::tls::messages::{ClientHello, Extensions, KeyShareEntry, ServerHello};
use crate::tls::names::{CipherSuite, ExtensionType, HandshakeType, SSL3, TLS12, TLS13};
use crate::x509::ServerName;

/// The last bytes of a ServerHello's random from a server that could speak TLS 1.3 and was not asked to (RFC 8446 §4.1.3).
const DOWNGRADED: [&[u8; 8]; 2] = [b"DOWNGRD\x01", b"DOWNGRD\x00"];

/// What the client keeps of its offer for the rest of the handshake.
pub(in crate::tls) struct Offer {
    pub(super) config: Arc<ClientConfig>,
    pub(super) name: ServerName,
    pub(super) hello: ClientHello,
}

/// WAIT_SH: the offer is out.
pub(in crate::tls) struct WaitServerHello {
    offer: Offer,
    /// Ephemeral keys of the shares sent.
    keys: Vec<KeyPair>,
    /// The session offered.
    offered: Option<Offered>,
    /// What a HelloRetryRequest settled.
    retried: Option<Retried>,
}

struct Retried {
    suite: CipherSuite,
    group: Option<Group>,
}

/// START: says ClientHello.
pub(in crate::tls) fn start(
    config: Arc<ClientConfig>,
    name: ServerName,
    flight: &mut Flight<'_>,
) -> Result<State, Error> {
    config.check()?;
    let keys = KeyPair::generate_all(&config.key_shares, flight.random)?;
    let mut hello = build(&config, &name, &keys, flight.random)?;
    let offered = resumption::choose(&config, &name, flight.now)?;
    say_hello(&mut hello, offered.as_ref(), flight)?;
    flight.inbound.enter(Stage::Handshake);
    flight.inbound.allow_change_cipher_spec(MAX_IDLE);
    Ok(State::WaitServerHello(Box::new(WaitServerHello {
        offer: Offer { config, name, hello },
        keys,
        offered,
        retried: None,
    })))
}

fn build(
    config: &ClientConfig,
    name: &ServerName,
    keys: &[KeyPair],
    random: &mut dyn Random,
) -> Result<ClientHello, Error> {
    let grease = if config.grease {
        Some(Grease::draw(random)?)
    } else {
        None
    };
    let grease = grease.as_ref();
    let session_id = if config.records.change_cipher_spec {
        array::<32>(random)?.to_vec()
    } else {
        Vec::new()
    };
    let unknown_suite = grease.map(|grease| CipherSuite(grease.at(Place::CipherSuites)));
    Ok(ClientHello {
        legacy_version: TLS12,
        random: array(random)?,
        session_id,
        cipher_suites: unknown_suite
            .into_iter()
            .chain(config.cipher_suites.iter().copied())
            .collect(),
        compression_methods: vec![0],
        extensions: extensions(config, name, keys, grease)?,
    })
}

/// All extensions but pre_shared_key, which comes last, and cookie, which comes later.
fn extensions(
    config: &ClientConfig,
    name: &ServerName,
    keys: &[KeyPair],
    grease: Option<&Grease>,
) -> Result<Extensions, Error> {
    let mut extensions = Extensions::default();
    if let Some(grease) = grease {
        extensions.add(ExtensionType(grease.at(Place::Extensions)), |_| {})?;
    }
    if let Some(host) = name.dns().filter(|_| config.send_server_name) {
        extensions.add_host_name(host)?;
    }
    extensions.add(ExtensionType::SUPPORTED_GROUPS, |w| {
        w.vec16(|w| {
            grease::write(grease, Place::Groups, w);
            config.groups.iter().for_each(|group| w.u16(group.0));
        });
    })?;
    if !config.alpn.is_empty() {
        extensions.add(ExtensionType::ALPN, |w| {
            w.vec16(|list| config.alpn.iter().for_each(|protocol| list.vec8(|w| w.bytes(protocol))));
        })?;
    }
    extensions.add(ExtensionType::SIGNATURE_ALGORITHMS, |w| {
        w.vec16(|w| {
            grease::write(grease, Place::SignatureSchemes, w);
            config.signature_schemes.iter().for_each(|scheme| w.u16(scheme.0));
        });
    })?;
    extensions.add_chain_schemes(&config.signature_schemes, &config.chain_schemes)?;
    if let Some(limit) = config.records.record_size_limit() {
        extensions.add(ExtensionType::RECORD_SIZE_LIMIT, |w| w.u16(limit))?;
    }
    if config.send_authorities {
        extensions.add_authorities(config.trust.authorities())?;
    }
    if config.sessions.is_some() {
        extensions.add_psk_dhe_ke()?; // without it no tickets are sent (RFC 8446 §4.2.9)
    }
    extensions.add(ExtensionType::SUPPORTED_VERSIONS, |w| {
        w.vec8(|w| {
            grease::write(grease, Place::Versions, w);
            w.u16(TLS13);
        });
    })?;
    extensions.add(ExtensionType::KEY_SHARE, |w| {
        w.vec16(|list| {
            if let Some(grease) = grease {
                list.u16(grease.at(Place::Groups));
                list.vec16(|w| w.u8(0));
            }
            keys.iter().for_each(|key| KeyShareEntry::of(key).encode(list));
        });
    })?;
    Ok(extensions)
}

impl Offer {
    /// RFC 8446 §4.2: an answer to what was not offered is an unsupported_extension; one in the wrong message an illegal_parameter.
    pub(super) fn refuse_all_but(&self, allowed: &[ExtensionType], extensions: &Extensions) -> Result<(), Peer> {
        let mut others = extensions.iter().map(|extension| extension.kind);
        match others.find(|kind| !allowed.contains(kind)) {
            None => Ok(()),
            Some(kind) if self.hello.extensions.find(kind).is_some() => Err(Peer::MisplacedExtension(kind)),
            Some(kind) => Err(Peer::UnsolicitedExtension(kind)),
        }
    }

    /// The checks that ServerHello and HelloRetryRequest share.
    fn check(&self, hello: &ServerHello) -> Result<(), Error> {
        // RFC 8446 §D.5: SSL 3.0 or before is refused, whatever supported_versions says.
        if hello.legacy_version <= SSL3 {
            return Err(Incompatible::Version.into());
        }
        match hello.extensions.selected_version()? {
            // RFC 8446 §4.1.3: a server that knows TLS 1.3 says in its random that it was made to speak less.
            None if DOWNGRADED.iter().any(|mark| hello.random.ends_with(mark.as_slice())) => {
                return Err(Peer::IllegalParameter("a server that was made to speak less than TLS 1.3").into());
            }
            None => return Err(Incompatible::Version.into()),
            Some(TLS13) => {}
            Some(_) => return Err(Peer::IllegalParameter("a protocol version that was not offered").into()),
        }
        if hello.legacy_version != TLS12 {
            return Err(Peer::IllegalParameter("a legacy_version other than 0x0303").into());
        }
        if hello.session_id != self.hello.session_id {
            return Err(Peer::IllegalParameter("a session id that is not the one sent").into());
        }
        if hello.compression_method != 0 {
            return Err(Peer::IllegalParameter("a compression method").into());
        }
        if !self.hello.cipher_suites.contains(&hello.cipher_suite) {
            return Err(Peer::IllegalParameter("a cipher suite that was not offered").into());
        }
        Ok(())
    }
}

impl WaitServerHello {
    pub(super) fn hear(self: Box<Self>, heard: &Heard, flight: &mut Flight<'_>) -> Result<Next<State>, Error> {
        let hello = ServerHello::decode(heard.body())?;
        if self.retried.is_some() && hello.extensions.selected_version()?.is_none() {
            return Err(Peer::IllegalParameter("another version than in HelloRetryRequest").into());
        }
        self.offer.check(&hello)?;
        if hello.is_retry() {
            self.retry(&hello, heard, flight)
        } else {
            self.accept(&hello, heard, flight)
        }
    }

    /// RFC 8446 §4.1.4: the same ClientHello again, with the share the server wants and its cookie.
    fn retry(
        mut self: Box<Self>,
        retry: &ServerHello,
        heard: &Heard,
        flight: &mut Flight<'_>,
    ) -> Result<Next<State>, Error> {
        if self.retried.is_some() {
            return Err(Peer::UnexpectedMessage {
                state: "WAIT_SH after HelloRetryRequest",
                message: HandshakeType::SERVER_HELLO,
            }
            .into());
        }
        heard.aligned()?;
        let allowed = [
            ExtensionType::SUPPORTED_VERSIONS,
            ExtensionType::KEY_SHARE,
            ExtensionType::COOKIE,
        ];
        self.offer.refuse_all_but(&allowed, &retry.extensions)?;
        let group = retry.extensions.selected_group()?;
        let cookie = retry.extensions.cookie()?;
        if group.is_none() && cookie.is_none() {
            return Err(Peer::IllegalParameter("a HelloRetryRequest that changes nothing").into());
        }
        if let Some(group) = group {
            if !self.offer.config.groups.contains(&group) {
                return Err(Peer::IllegalParameter("a HelloRetryRequest for a group that was not offered").into());
            }
            if self.keys.iter().any(|key| key.group() == group) {
                return Err(Peer::IllegalParameter("a HelloRetryRequest for a share that was sent").into());
            }
            self.keys = vec![KeyPair::generate(group, flight.random)?];
        }
        let hash = suite_hash(retry.cipher_suite)?;
        // RFC 8446 §4.1.4: a PSK of another hash than the suite's is offered no more; the other's age and binder are new.
        self.offered = self.offered.filter(|offered| offered.early.hash() == hash);
        let extensions = &mut self.offer.hello.extensions;
        extensions.remove(ExtensionType::PRE_SHARED_KEY);
        if let (Some(_), Some(key)) = (group, self.keys.first()) {
            extensions.replace(ExtensionType::KEY_SHARE, |w| {
                w.vec16(|list| KeyShareEntry::of(key).encode(list));
            })?;
        }
        if let Some(cookie) = cookie {
            extensions.add(ExtensionType::COOKIE, |w| w.vec16(|w| w.bytes(&cookie)))?;
        }
        flight.settle(heard, hash, true);
        flight.outbound.change_cipher_spec()?;
        say_hello(&mut self.offer.hello, self.offered.as_ref(), flight)?;
        self.retried = Some(Retried {
            suite: retry.cipher_suite,
            group,
        });
        Ok(Next::Wait(State::WaitServerHello(self)))
    }

    fn accept(
        self: Box<Self>,
        hello: &ServerHello,
        heard: &Heard,
        flight: &mut Flight<'_>,
    ) -> Result<Next<State>, Error> {
        let Self {
            offer,
            keys,
            offered,
            retried,
        } = *self;
        let mut allowed = vec![ExtensionType::SUPPORTED_VERSIONS, ExtensionType::KEY_SHARE];
        allowed.extend(offered.is_some().then_some(ExtensionType::PRE_SHARED_KEY));
        offer.refuse_all_but(&allowed, &hello.extensions)?;
        let resumed = selected(offered, hello)?;
        let share = hello.extensions.server_share()?.ok_or(match &resumed {
            // RFC 8446 §4.2.11: a PSK is taken with a key agreement, as offered, or not at all.
            Some(_) => Peer::IllegalParameter("a PSK without a key share"),
            None => Peer::MissingExtension(ExtensionType::KEY_SHARE),
        })?;
        if let Some(retried) = &retried {
            if retried.suite != hello.cipher_suite {
                return Err(Peer::IllegalParameter("another cipher suite after HelloRetryRequest").into());
            }
            if retried.group.is_some_and(|group| group != share.group) {
                return Err(Peer::IllegalParameter("another group than HelloRetryRequest asked for").into());
            }
        }
        let key = keys
            .into_iter()
            .find(|key| key.group() == share.group)
            .ok_or(Peer::IllegalParameter("a key share in a group that none was sent for"))?;
        let aligned = heard.aligned()?;
        let shared = key.agree(&share.share)?;
        flight.settle(heard, suite_hash(hello.cipher_suite)?, false);
        let handshake = match &resumed {
            Some(offered) => HandshakeSecret::resumed(hello.cipher_suite, &offered.early, &shared)?,
            None => HandshakeSecret::new(hello.cipher_suite, &shared)?,
        };
        let traffic = handshake.traffic(&flight.hash())?;
        let log = offer.config.key_log.as_ref();
        log_handshake(log, &offer.hello.random, &shared, &traffic);
        flight.outbound.change_cipher_spec()?;
        flight.write_with(&traffic.client)?;
        flight.read_with(&traffic.server, aligned)?;
        Ok(Next::Wait(State::WaitEncryptedExtensions(Box::new(
            WaitEncryptedExtensions(Agreed {
                offer,
                suite: hello.cipher_suite,
                group: share.group,
                hello_retried: retried.is_some(),
                master: handshake.master()?,
                traffic,
                alpn: None,
                requested: None,
                resumed: resumed.map(|offered| offered.session),
            }),
        ))))
    }
}

/// The session that the server resumes, if it does (RFC 8446 §4.2.11).
fn selected(offered: Option<Offered>, hello: &ServerHello) -> Result<Option<Offered>, Error> {
    let Some(index) = hello.extensions.selected_psk()? else {
        return Ok(None);
    };
    if index != 0 {
        return Err(Peer::IllegalParameter("a PSK that was not offered").into());
    }
    let hash = suite_hash(hello.cipher_suite)?;
    if offered.as_ref().is_some_and(|offered| offered.early.hash() != hash) {
        return Err(Peer::IllegalParameter("a cipher suite that does not fit the PSK").into());
    }
    Ok(offered)
}
