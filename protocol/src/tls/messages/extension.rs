//! Extensions: kept in order as they are on the wire, read by type (RFC 8446 §4.2).

use crate::crypto::{Group, KeyPair, SignatureScheme};
use crate::tls::config::MIN_RECEIVE_LIMIT;
use crate::tls::error::{Error, Peer};
use crate::tls::names::{CipherSuite, ExtensionType, TLS13};
use crate::wire::{Malformed, Reader, Writer};

/// One extension as it is on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its type.
    pub kind: ExtensionType,
    /// Its body, without the length.
    pub body: Vec<u8>,
}

/// The extensions of one message, in order, each type at most once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extensions(Vec<Extension>);

/// The most bytes of certificate_authorities sent: a system's whole list would fill the peer's patience.
const MAX_AUTHORITIES: usize = 1 << 13;

/// A key share: a group and the public value in it.
///
/// ```text
/// struct {
///     NamedGroup group;
///     opaque key_exchange<1..2^16-1>;
/// } KeyShareEntry;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyShareEntry {
    /// The group.
    pub group: Group,
    /// The public value.
    pub share: Vec<u8>,
}

impl Extensions {
    /// Reads `Extension extensions<0..2^16-1>`; a type that comes twice is refused.
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut list = reader.within(reader.clone().vec16(0)?);
        reader.vec16(0)?;
        let mut extensions = Self::default();
        while !list.is_empty() {
            let kind = ExtensionType(list.u16()?);
            let body = list.vec16(0)?.to_vec();
            extensions.0.push(Extension { kind, body });
        }
        match first_twice(extensions.iter().map(|extension| extension.kind.0)) {
            Some(kind) => Err(Peer::DuplicateExtension(ExtensionType(kind)).into()),
            None => Ok(extensions),
        }
    }

    /// Writes them with their length.
    pub fn encode(&self, writer: &mut Writer) {
        writer.vec16(|list| {
            for extension in &self.0 {
                list.u16(extension.kind.0);
                list.vec16(|body| body.bytes(&extension.body));
            }
        });
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = &Extension> {
        self.0.iter()
    }

    /// The body of the extension of this type.
    #[must_use]
    pub fn find(&self, kind: ExtensionType) -> Option<&[u8]> {
        self.0
            .iter()
            .find(|extension| extension.kind == kind)
            .map(|extension| extension.body.as_slice())
    }

    /// Adds an extension whose body `write` writes. What does not fit its own length fields is left to fail in the message's.
    pub fn add(&mut self, kind: ExtensionType, write: impl FnOnce(&mut Writer)) -> Result<(), Error> {
        let mut writer = Writer::new();
        write(&mut writer);
        self.0.push(Extension {
            kind,
            body: writer.finish()?,
        });
        Ok(())
    }

    /// Takes the extension of this type out.
    pub fn remove(&mut self, kind: ExtensionType) {
        self.0.retain(|extension| extension.kind != kind);
    }

    /// Replaces the body of the extension of this type, where it stands.
    pub fn replace(&mut self, kind: ExtensionType, write: impl FnOnce(&mut Writer)) -> Result<(), Error> {
        let mut writer = Writer::new();
        write(&mut writer);
        let body = writer.finish()?;
        if let Some(extension) = self.0.iter_mut().find(|extension| extension.kind == kind) {
            extension.body = body;
        }
        Ok(())
    }

    pub(super) fn read<'a, T>(
        &'a self,
        kind: ExtensionType,
        what: &'static str,
        parse: impl FnOnce(&mut Reader<'a>) -> Result<T, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        let Some(body) = self.find(kind) else {
            return Ok(None);
        };
        let mut reader = Reader::new(body, what);
        let value = parse(&mut reader)?;
        reader.finish()?;
        Ok(Some(value))
    }

    /// Whether a ClientHello's supported_versions has TLS 1.3 in it; without the extension it has not.
    pub fn offers_tls13(&self) -> Result<bool, Malformed> {
        let versions = self.read(ExtensionType::SUPPORTED_VERSIONS, "supported_versions", |reader| {
            let list = reader.vec8(2)?;
            match list.as_chunks::<2>() {
                (versions, []) => Ok(versions.iter().any(|version| *version == TLS13.to_be_bytes())),
                _ => Err(Malformed("supported_versions")),
            }
        })?;
        Ok(versions.unwrap_or(false))
    }

    /// The version that a ServerHello selects.
    pub fn selected_version(&self) -> Result<Option<u16>, Malformed> {
        self.read(ExtensionType::SUPPORTED_VERSIONS, "supported_versions", Reader::u16)
    }

    /// supported_groups.
    pub fn supported_groups(&self) -> Result<Option<Vec<Group>>, Malformed> {
        let groups = self.read(ExtensionType::SUPPORTED_GROUPS, "supported_groups", Reader::list16)?;
        Ok(groups.map(|groups| groups.into_iter().map(Group).collect()))
    }

    /// Adds a ClientHello's server_name (RFC 6066 §3).
    pub fn add_host_name(&mut self, host: &str) -> Result<(), Error> {
        self.add(ExtensionType::SERVER_NAME, |w| {
            w.vec16(|list| {
                list.u8(0); // host_name
                list.vec16(|w| w.bytes(host.as_bytes()));
            });
        })
    }

    /// signature_algorithms.
    pub fn signature_algorithms(&self) -> Result<Option<Vec<SignatureScheme>>, Malformed> {
        let kind = ExtensionType::SIGNATURE_ALGORITHMS;
        let schemes = self.read(kind, "signature_algorithms", Reader::list16)?;
        Ok(schemes.map(|schemes| schemes.into_iter().map(SignatureScheme).collect()))
    }

    /// signature_algorithms_cert.
    pub fn signature_algorithms_cert(&self) -> Result<Option<Vec<SignatureScheme>>, Malformed> {
        let kind = ExtensionType::SIGNATURE_ALGORITHMS_CERT;
        let schemes = self.read(kind, "signature_algorithms_cert", Reader::list16)?;
        Ok(schemes.map(|schemes| schemes.into_iter().map(SignatureScheme).collect()))
    }

    /// The DER Names of certificate_authorities (RFC 8446 §4.2.4).
    pub fn authorities(&self) -> Result<Option<Vec<Vec<u8>>>, Malformed> {
        let kind = ExtensionType::CERTIFICATE_AUTHORITIES;
        self.read(kind, "certificate_authorities", |reader| {
            let mut list = reader.within(reader.clone().vec16(3)?);
            reader.vec16(3)?;
            let mut names = Vec::new();
            while !list.is_empty() {
                names.push(list.vec16(1)?.to_vec());
            }
            Ok(names)
        })
    }

    /// Adds signature_algorithms_cert, if `chains` differs from `schemes`. RFC 8446 §4.2.3: without it signature_algorithms speaks for
    /// chains, too.
    pub fn add_chain_schemes(&mut self, schemes: &[SignatureScheme], chains: &[SignatureScheme]) -> Result<(), Error> {
        if chains == schemes {
            return Ok(());
        }
        self.add(ExtensionType::SIGNATURE_ALGORITHMS_CERT, |w| {
            w.vec16(|w| chains.iter().for_each(|scheme| w.u16(scheme.0)));
        })
    }

    /// Adds certificate_authorities, if there are any names and they fit.
    pub fn add_authorities(&mut self, names: &[Vec<u8>]) -> Result<(), Error> {
        let length = names.iter().map(|name| name.len().saturating_add(2)).sum::<usize>();
        if names.is_empty() || length > MAX_AUTHORITIES {
            return Ok(());
        }
        self.add(ExtensionType::CERTIFICATE_AUTHORITIES, |w| {
            w.vec16(|list| names.iter().for_each(|name| list.vec16(|w| w.bytes(name))));
        })
    }

    /// record_size_limit (RFC 8449 §4): a value below 64 is an illegal_parameter.
    pub fn record_size_limit(&self) -> Result<Option<u16>, Error> {
        let limit = self.read(ExtensionType::RECORD_SIZE_LIMIT, "record_size_limit", Reader::u16)?;
        match limit {
            Some(limit) if limit < MIN_RECEIVE_LIMIT => {
                Err(Peer::IllegalParameter("a record_size_limit below 64").into())
            }
            limit => Ok(limit),
        }
    }

    /// A ClientHello's key shares.
    pub fn client_shares(&self) -> Result<Option<Vec<KeyShareEntry>>, Malformed> {
        self.read(ExtensionType::KEY_SHARE, "key_share", |reader| {
            let mut list = reader.within(reader.clone().vec16(0)?);
            reader.vec16(0)?;
            let mut shares = Vec::new();
            while !list.is_empty() {
                shares.push(KeyShareEntry::decode(&mut list)?);
            }
            Ok(shares)
        })
    }

    /// A ServerHello's key share.
    pub fn server_share(&self) -> Result<Option<KeyShareEntry>, Malformed> {
        self.read(ExtensionType::KEY_SHARE, "key_share", KeyShareEntry::decode)
    }

    /// The group that a HelloRetryRequest selects.
    pub fn selected_group(&self) -> Result<Option<Group>, Malformed> {
        let group = self.read(ExtensionType::KEY_SHARE, "key_share", Reader::u16)?;
        Ok(group.map(Group))
    }

    /// A cookie.
    pub fn cookie(&self) -> Result<Option<Vec<u8>>, Malformed> {
        self.read(ExtensionType::COOKIE, "cookie", |reader| Ok(reader.vec16(1)?.to_vec()))
    }

    /// The protocols of application_layer_protocol_negotiation (RFC 7301 §3.1).
    pub fn protocols(&self) -> Result<Option<Vec<Vec<u8>>>, Malformed> {
        self.read(
            ExtensionType::ALPN,
            "application_layer_protocol_negotiation",
            |reader| {
                let mut list = reader.within(reader.clone().vec16(2)?);
                reader.vec16(2)?;
                let mut protocols = Vec::new();
                while !list.is_empty() {
                    protocols.push(list.vec8(1)?.to_vec());
                }
                Ok(protocols)
            },
        )
    }

    /// The host name of a ClientHello's server_name (RFC 6066 §3), as long as it is ASCII; a name of another kind is ignored.
    pub fn host_name(&self) -> Result<Option<String>, Malformed> {
        let name = self.read(ExtensionType::SERVER_NAME, "server_name", |reader| {
            let mut list = reader.within(reader.clone().vec16(1)?);
            reader.vec16(1)?;
            let mut host = None;
            while !list.is_empty() {
                let kind = list.u8()?;
                let name = list.vec16(1)?;
                if kind == 0 {
                    // RFC 6066 §3: not more than one name of the same type.
                    if host.is_some() || name.contains(&0) {
                        return Err(Malformed("server_name"));
                    }
                    host = Some(String::from_utf8(name.to_vec()).map_err(|_| Malformed("server_name"))?);
                }
            }
            Ok(host)
        })?;
        Ok(name.flatten().filter(|host| host.is_ascii()))
    }
}

impl KeyShareEntry {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            group: Group(reader.u16()?),
            // One byte at least, says the RFC; that none is no share of any group is for those to say who use it.
            share: reader.vec16(0)?.to_vec(),
        })
    }

    /// The public half of a key pair.
    #[must_use]
    pub fn of(key: &KeyPair) -> Self {
        Self {
            group: key.group(),
            share: key.share().to_vec(),
        }
    }

    /// Writes the entry.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u16(self.group.0);
        writer.vec16(|w| w.bytes(&self.share));
    }
}

/// A number that comes twice. Sorted first: 64 KiB of extensions or key shares must not cost the square of their number.
pub(in crate::tls) fn first_twice(numbers: impl Iterator<Item = u16>) -> Option<u16> {
    let mut numbers: Vec<u16> = numbers.collect();
    numbers.sort_unstable();
    let pairs = numbers.iter().zip(numbers.iter().skip(1));
    pairs.filter(|(one, next)| one == next).map(|(one, _)| *one).next()
}

/// A list of suites as ClientHello has it.
pub(super) fn suites(reader: &mut Reader<'_>) -> Result<Vec<CipherSuite>, Malformed> {
    Ok(reader.list16()?.into_iter().map(CipherSuite).collect())
}
