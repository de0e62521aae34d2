//! X.509 extensions (RFC 5280 §4.2): the few that decide what a certificate may do, and the rest by number.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::name::Name;
use crate::der::{DerError, Reader, Value, tag};
use crate::names::HostName;

/// One extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extension {
    /// Whether the key may sign certificates, and through how many more authorities.
    BasicConstraints {
        /// It is an authority.
        is_authority: bool,
        /// How many authorities may follow below it.
        path_length: Option<u64>,
    },
    /// What the key may do, in the names of RFC 5280 §4.2.1.3.
    KeyUsage(Vec<&'static str>),
    /// What the certificate is for, by name where known, else by dotted identifier.
    ExtendedKeyUsage(Vec<String>),
    /// Whom it speaks for.
    SubjectNames(Vec<GeneralName>),
    /// What an authority may sign for.
    NameConstraints {
        /// A reader that does not know the extension must refuse.
        critical: bool,
        /// Only these, if there are any of the same kind.
        permitted: Vec<GeneralName>,
        /// Never these.
        excluded: Vec<GeneralName>,
    },
    /// The subject key's identifier.
    SubjectKey(Vec<u8>),
    /// The signing key's identifier.
    AuthorityKey(Vec<u8>),
    /// The running number of a revocation list.
    ListNumber(Vec<u8>),
    /// Any other.
    Other {
        /// Dotted identifier.
        identifier: String,
        /// A reader that does not know it must refuse.
        critical: bool,
        /// Size of its content in bytes.
        size: usize,
    },
}

/// A name in an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName {
    /// A host by name or address. Taken as it stands, not checked.
    Host(HostName),
    /// A range of addresses (only in constraints): the address and its mask.
    Range(Vec<u8>),
    /// Some other kind: what it is, and its text.
    Other(&'static str, String),
}

impl Extension {
    /// Reads the extensions under the explicit tag `number`, or none where they are absent.
    pub(super) fn read_all(reader: &mut Reader<'_>, number: u8) -> Result<Vec<Self>, DerError> {
        let Some(wrapped) = reader.optional(tag::explicit(number))? else {
            return Ok(Vec::new());
        };
        let mut wrapped = Reader::new(wrapped.content);
        let mut list = wrapped.inside(tag::SEQUENCE)?;
        wrapped.finish()?;
        let mut extensions = Vec::new();
        while !list.is_empty() {
            let mut fields = list.inside(tag::SEQUENCE)?;
            let identifier = fields.oid()?;
            let critical = fields.boolean_or_false()?;
            let content = fields.expect(tag::OCTET_STRING)?.content;
            fields.finish()?;
            extensions.push(Self::read(identifier, critical, content)?);
        }
        Ok(extensions)
    }

    fn read(identifier: String, critical: bool, content: &[u8]) -> Result<Self, DerError> {
        let mut reader = Reader::new(content);
        let extension = match identifier.as_str() {
            "2.5.29.19" => {
                let mut fields = reader.inside(tag::SEQUENCE)?;
                let is_authority = fields.boolean_or_false()?;
                let path_length = fields.optional(tag::INTEGER)?.map(|value| integer(value.content));
                fields.finish()?;
                Self::BasicConstraints {
                    is_authority,
                    path_length,
                }
            }
            "2.5.29.15" => Self::KeyUsage(key_usage(reader.expect(tag::BIT_STRING)?.content)?),
            "2.5.29.37" => {
                let mut purposes = reader.inside(tag::SEQUENCE)?;
                let mut names = Vec::new();
                while !purposes.is_empty() {
                    names.push(purpose(purposes.oid()?));
                }
                Self::ExtendedKeyUsage(names)
            }
            "2.5.29.17" => Self::SubjectNames(general_names(&mut reader.inside(tag::SEQUENCE)?)?),
            "2.5.29.30" => {
                let mut fields = reader.inside(tag::SEQUENCE)?;
                let permitted = subtrees(fields.optional(tag::explicit(0))?)?;
                let excluded = subtrees(fields.optional(tag::explicit(1))?)?;
                fields.finish()?;
                Self::NameConstraints {
                    critical,
                    permitted,
                    excluded,
                }
            }
            "2.5.29.14" => Self::SubjectKey(reader.expect(tag::OCTET_STRING)?.content.to_vec()),
            "2.5.29.35" => {
                let mut fields = reader.inside(tag::SEQUENCE)?;
                let key = fields.optional(tag::implicit(0))?.map(|value| value.content.to_vec());
                Self::AuthorityKey(key.unwrap_or_default())
            }
            "2.5.29.20" => Self::ListNumber(reader.expect(tag::INTEGER)?.content.to_vec()),
            _ => {
                return Ok(Self::Other {
                    identifier,
                    critical,
                    size: content.len(),
                });
            }
        };
        reader.finish()?;
        Ok(extension)
    }
}

impl std::fmt::Display for GeneralName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Host(HostName::Dns(name)) => f.write_str(&super::name::printable(name)),
            Self::Host(host) => write!(f, "{host}"),
            Self::Range(bytes) => {
                let (address, mask) = bytes.split_at(bytes.len() / 2);
                let bits: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
                match ip(address) {
                    Some(address) => write!(f, "{address}/{bits}"),
                    None => write!(f, "an address range of {} bytes", bytes.len()),
                }
            }
            Self::Other(kind, text) => write!(f, "{kind} {}", super::name::printable(text)),
        }
    }
}

fn general_names(reader: &mut Reader<'_>) -> Result<Vec<GeneralName>, DerError> {
    let mut names = Vec::new();
    while !reader.is_empty() {
        names.push(general_name(reader.value()?)?);
    }
    Ok(names)
}

fn general_name(value: Value<'_>) -> Result<GeneralName, DerError> {
    let text = || String::from_utf8_lossy(value.content).into_owned();
    Ok(match value.tag {
        0x81 => GeneralName::Other("email", text()),
        0x82 => GeneralName::Host(HostName::Dns(text())),
        0x86 => GeneralName::Other("URI", text()),
        0x87 => match (ip(value.content), value.content.len()) {
            (Some(address), _) => GeneralName::Host(HostName::Ip(address)),
            (None, 8 | 32) => {
                let (address, mask) = value.content.split_at(value.content.len() / 2);
                match ip(address) {
                    Some(address) if mask.iter().all(|&byte| byte == 0xff) => GeneralName::Host(HostName::Ip(address)),
                    _ => GeneralName::Range(value.content.to_vec()),
                }
            }
            _ => return Err(DerError::Content(value.tag)),
        },
        0xa4 => GeneralName::Other("directory", Name::read(&mut Reader::new(value.content))?.to_string()),
        _ => GeneralName::Other("another kind of name,", format!("{} bytes", value.content.len())),
    })
}

fn subtrees(wrapped: Option<Value<'_>>) -> Result<Vec<GeneralName>, DerError> {
    let Some(wrapped) = wrapped else { return Ok(Vec::new()) };
    let mut list = Reader::new(wrapped.content);
    let mut names = Vec::new();
    while !list.is_empty() {
        let mut subtree = list.inside(tag::SEQUENCE)?;
        names.push(general_name(subtree.value()?)?);
    }
    Ok(names)
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|octets| IpAddr::V4(Ipv4Addr::from(octets)));
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|octets| IpAddr::V6(Ipv6Addr::from(octets))))
        .ok()
}

fn integer(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

fn key_usage(bits: &[u8]) -> Result<Vec<&'static str>, DerError> {
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    let (_, bits) = bits.split_first().ok_or(DerError::Content(tag::BIT_STRING))?;
    let is_set = |index: usize| {
        bits.get(index / 8)
            .is_some_and(|byte| byte & (0x80 >> (index % 8)) != 0)
    };
    Ok(NAMES
        .into_iter()
        .enumerate()
        .filter(|&(index, _)| is_set(index))
        .map(|(_, name)| name)
        .collect())
}

fn purpose(identifier: String) -> String {
    match identifier.as_str() {
        "1.3.6.1.5.5.7.3.1" => "serverAuth".into(),
        "1.3.6.1.5.5.7.3.2" => "clientAuth".into(),
        "1.3.6.1.5.5.7.3.3" => "codeSigning".into(),
        "1.3.6.1.5.5.7.3.4" => "emailProtection".into(),
        "1.3.6.1.5.5.7.3.8" => "timeStamping".into(),
        "1.3.6.1.5.5.7.3.9" => "OCSPSigning".into(),
        "2.5.29.37.0" => "anyExtendedKeyUsage".into(),
        _ => identifier,
    }
}
