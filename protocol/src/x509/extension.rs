//! X.509 extensions (RFC 5280 §4.2): the few that decide what a certificate may do, read on demand.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::der::{Der, DerError, Value, tag};
use super::distinguished_name::{DistinguishedName, printable};
use super::oid::Oid;

/// One extension of a certificate or revocation list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Which one.
    pub oid: Oid<'a>,
    /// Whether who does not know it must refuse.
    pub critical: bool,
    /// The contents of its OCTET STRING.
    pub value: &'a [u8],
}

/// What an extension says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning<'a> {
    /// Whether the key may sign certificates.
    BasicConstraints {
        /// It is an authority.
        is_authority: bool,
        /// How many authorities may follow below it.
        path_length: Option<u64>,
    },
    /// What the key may do.
    KeyUsage(KeyUsage),
    /// What the certificate is for.
    ExtendedKeyUsage(Vec<Oid<'a>>),
    /// Whom it speaks for.
    SubjectNames(Vec<GeneralName<'a>>),
    /// What an authority may sign for.
    NameConstraints {
        /// Only these, if there are any of the same kind.
        permitted: Vec<GeneralName<'a>>,
        /// Never these.
        excluded: Vec<GeneralName<'a>>,
    },
    /// The subject key's identifier.
    SubjectKey(&'a [u8]),
    /// The signing key's identifier; empty where the issuer is told in another way.
    AuthorityKey(&'a [u8]),
    /// The running number of a revocation list, big-endian.
    ListNumber(&'a [u8]),
    /// Something that is not taken apart here.
    Other,
}

/// A name in an extension (RFC 5280 §4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName<'a> {
    /// A DNS name. Taken as it stands, not checked.
    Dns(Cow<'a, str>),
    /// An address.
    Ip(IpAddr),
    /// A range of addresses, only in constraints.
    IpRange {
        /// The address.
        address: IpAddr,
        /// Its mask.
        mask: IpAddr,
    },
    /// An e-mail address.
    Email(Cow<'a, str>),
    /// A URI.
    Uri(Cow<'a, str>),
    /// A distinguished name.
    Directory(DistinguishedName<'a>),
    /// Another kind.
    Other {
        /// Its tag.
        tag: u8,
        /// Its contents.
        content: &'a [u8],
    },
}

/// The bits of keyUsage (RFC 5280 §4.2.1.3), the first one on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl<'a> Extension<'a> {
    /// Reads `Extensions`: the value inside the explicit tag.
    pub fn read_all(wrapped: &'a [u8]) -> Result<Vec<Self>, DerError> {
        let mut wrapped = Der::new(wrapped);
        let mut list = wrapped.inside(tag::SEQUENCE)?;
        wrapped.finish()?;
        let mut extensions = Vec::with_capacity(8);
        while !list.is_empty() {
            let mut fields = list.inside(tag::SEQUENCE)?;
            extensions.push(Self {
                oid: fields.oid()?,
                critical: fields.boolean_or_false()?,
                value: fields.expect(tag::OCTET_STRING)?.content,
            });
            fields.finish()?;
        }
        Ok(extensions)
    }

    /// Takes the value apart.
    pub fn meaning(&self) -> Result<Meaning<'a>, DerError> {
        let mut der = Der::new(self.value);
        let meaning = match self.oid {
            Oid::BASIC_CONSTRAINTS => {
                let mut fields = der.inside(tag::SEQUENCE)?;
                let is_authority = fields.boolean_or_false()?;
                let path_length = fields.optional(tag::INTEGER)?.map(number).transpose()?;
                fields.finish()?;
                Meaning::BasicConstraints {
                    is_authority,
                    path_length,
                }
            }
            Oid::KEY_USAGE => Meaning::KeyUsage(KeyUsage::read(&mut der)?),
            Oid::EXTENDED_KEY_USAGE => Meaning::ExtendedKeyUsage(all(&mut der.inside(tag::SEQUENCE)?, Der::oid)?),
            Oid::SUBJECT_ALT_NAME => Meaning::SubjectNames(all(&mut der.inside(tag::SEQUENCE)?, GeneralName::read)?),
            Oid::NAME_CONSTRAINTS => {
                let mut fields = der.inside(tag::SEQUENCE)?;
                let permitted = subtrees(fields.optional(tag::explicit(0))?)?;
                let excluded = subtrees(fields.optional(tag::explicit(1))?)?;
                fields.finish()?;
                Meaning::NameConstraints { permitted, excluded }
            }
            Oid::SUBJECT_KEY_IDENTIFIER => Meaning::SubjectKey(der.expect(tag::OCTET_STRING)?.content),
            Oid::AUTHORITY_KEY_IDENTIFIER => {
                let key = der.inside(tag::SEQUENCE)?.optional(tag::implicit(0))?;
                Meaning::AuthorityKey(key.map_or(&[], |value| value.content))
            }
            Oid::LIST_NUMBER => Meaning::ListNumber(der.unsigned()?),
            _ => return Ok(Meaning::Other),
        };
        der.finish()?;
        Ok(meaning)
    }
}

impl KeyUsage {
    const NAMES: [&'static str; 9] = [
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

    fn read(der: &mut Der<'_>) -> Result<Self, DerError> {
        let bits = der.expect(tag::BIT_STRING)?.content;
        match bits {
            [] => Err(DerError::Content(tag::BIT_STRING)),
            [_unused] => Ok(Self(0)),
            [_unused, first] => Ok(Self(u16::from_be_bytes([*first, 0]))),
            [_unused, first, second, ..] => Ok(Self(u16::from_be_bytes([*first, *second]))),
        }
    }

    /// Whether the key may sign what is no certificate and no revocation list: a handshake.
    #[must_use]
    pub const fn allows_digital_signature(self) -> bool {
        self.0 & 0x8000 != 0
    }

    /// What is allowed, in the words of RFC 5280 §4.2.1.3.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let is_set = move |index: &usize| (self.0 << *index) & 0x8000 != 0;
        let named = Self::NAMES.into_iter().enumerate();
        named.filter(move |(index, _)| is_set(index)).map(|(_, name)| name)
    }
}

impl<'a> GeneralName<'a> {
    fn read(der: &mut Der<'a>) -> Result<Self, DerError> {
        let Value { tag: kind, content, .. } = der.value()?;
        let text = || String::from_utf8_lossy(content);
        Ok(match kind {
            0x81 => Self::Email(text()),
            0x82 => Self::Dns(text()),
            0x86 => Self::Uri(text()),
            0x87 => ip_or_range(content).ok_or(DerError::Content(kind))?,
            0xa4 => {
                let mut inside = Der::new(content);
                let name = inside.expect(tag::SEQUENCE)?.content;
                inside.finish()?;
                Self::Directory(DistinguishedName::new(name))
            }
            _ => Self::Other { tag: kind, content },
        })
    }
}

impl std::fmt::Display for GeneralName<'_> {
    /// Hosts and addresses alone, ranges as `10.0.0.0/8`, other kinds by name; control characters are shown escaped.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(&printable(name)),
            Self::Ip(address) => write!(f, "{address}"),
            Self::IpRange { address, mask } => match prefix(*mask) {
                Some(bits) if bits == width(*mask) => write!(f, "{address}"),
                Some(bits) => write!(f, "{address}/{bits}"),
                None => write!(f, "{address}/{mask}"),
            },
            Self::Email(text) => write!(f, "email {}", printable(text)),
            Self::Uri(text) => write!(f, "URI {}", printable(text)),
            Self::Directory(name) => write!(f, "directory {name}"),
            Self::Other { content, .. } => write!(f, "another kind of name, {} bytes", content.len()),
        }
    }
}

/// Everything in a list, each read by `read`.
fn all<'a, T>(list: &mut Der<'a>, read: impl Fn(&mut Der<'a>) -> Result<T, DerError>) -> Result<Vec<T>, DerError> {
    let mut found = Vec::new();
    while !list.is_empty() {
        found.push(read(list)?);
    }
    Ok(found)
}

/// RFC 5280 §4.2.1.10: minimum and maximum are not used.
fn subtrees(wrapped: Option<Value<'_>>) -> Result<Vec<GeneralName<'_>>, DerError> {
    let mut list = Der::new(wrapped.map_or(&[], |value| value.content));
    all(&mut list, |list| GeneralName::read(&mut list.inside(tag::SEQUENCE)?))
}

fn number(value: Value<'_>) -> Result<u64, DerError> {
    match value.content {
        bytes if bytes.len() <= 8 => Ok(bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))),
        _ => Err(DerError::Content(value.tag)),
    }
}

fn ip_or_range(content: &[u8]) -> Option<GeneralName<'static>> {
    match content.len() {
        8 | 32 => {
            let (address, mask) = content.split_at_checked(content.len() / 2)?;
            Some(GeneralName::IpRange {
                address: ip(address)?,
                mask: ip(mask)?,
            })
        }
        _ => ip(content).map(GeneralName::Ip),
    }
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(octets).into());
    }
    <[u8; 16]>::try_from(bytes)
        .ok()
        .map(|octets| Ipv6Addr::from(octets).into())
}

const fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// How many ones a mask begins with, if it has no others.
const fn prefix(mask: IpAddr) -> Option<u32> {
    let (ones, bits) = match mask {
        IpAddr::V4(mask) => (mask.to_bits().leading_ones(), mask.to_bits().count_ones()),
        IpAddr::V6(mask) => (mask.to_bits().leading_ones(), mask.to_bits().count_ones()),
    };
    if ones == bits { Some(ones) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning<'a>(oid: Oid<'a>, value: &'a [u8]) -> Result<Meaning<'a>, DerError> {
        Extension {
            oid,
            critical: true,
            value,
        }
        .meaning()
    }

    #[test]
    fn key_usage_names_its_bits() {
        for (value, names, signs) in [
            (&[3, 2, 7, 0x80][..], &["digitalSignature"][..], true),
            (&[3, 2, 1, 0x06], &["keyCertSign", "cRLSign"], false),
            (&[3, 3, 7, 0x08, 0x80], &["keyAgreement", "decipherOnly"], false),
            (&[3, 1, 0], &[], false),
        ] {
            let Ok(Meaning::KeyUsage(usage)) = meaning(Oid::KEY_USAGE, value) else {
                panic!("{value:02x?}")
            };
            assert_eq!(usage.names().collect::<Vec<_>>(), names);
            assert_eq!(usage.allows_digital_signature(), signs);
        }
        assert!(meaning(Oid::KEY_USAGE, &[3, 0]).is_err());
        assert_eq!(meaning(Oid::KEY_USAGE, &[3, 2, 7, 0x80, 0]), Err(DerError::Trailing));
    }

    #[test]
    fn names_are_told_by_their_kind() {
        let names = [
            0x30, 36, 0x82, 3, b'a', 0x1b, b'b', 0x87, 4, 127, 0, 0, 1, 0x87, 8, 10, 0, 0, 0, 255, 0, 0, 0, 0x87, 8,
            10, 0, 0, 1, 255, 0, 255, 0, 0x88, 1, 42,
        ];
        let names = [&names[..], &[0x81, 0]].concat();
        let Ok(Meaning::SubjectNames(names)) = meaning(Oid::SUBJECT_ALT_NAME, &names) else {
            panic!("{:?}", meaning(Oid::SUBJECT_ALT_NAME, &names))
        };
        let told: Vec<_> = names.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "a\\u{1b}b",
                "127.0.0.1",
                "10.0.0.0/8",
                "10.0.0.1/255.0.255.0",
                "another kind of name, 1 bytes",
                "email ",
            ]
        );
        let odd = [0x30, 4, 0x87, 2, 1, 2];
        assert_eq!(meaning(Oid::SUBJECT_ALT_NAME, &odd), Err(DerError::Content(0x87)));
    }

    #[test]
    fn constraints_and_limits_are_told() {
        assert_eq!(
            meaning(Oid::BASIC_CONSTRAINTS, &[0x30, 6, 1, 1, 0xff, 2, 1, 3]),
            Ok(Meaning::BasicConstraints {
                is_authority: true,
                path_length: Some(3)
            })
        );
        let value = [0x30, 9, 0xa1, 7, 0x30, 5, 0x82, 3, b'b', b'a', b'd'];
        assert_eq!(
            meaning(Oid::NAME_CONSTRAINTS, &value),
            Ok(Meaning::NameConstraints {
                permitted: Vec::new(),
                excluded: vec![GeneralName::Dns("bad".into())]
            })
        );
        assert_eq!(meaning(Oid::COMMON_NAME, &[1, 2, 3]), Ok(Meaning::Other));
    }
}
