//! Object identifiers: the ones that certificates are made of, and what people call them.

use super::der::DerError;

/// An object identifier, as the contents of its DER.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid<'a>(&'a [u8]);

impl Oid<'static> {
    /// Ed25519, key and signature (RFC 8410 §3).
    pub const ED25519: Self = Self(&[0x2b, 0x65, 0x70]);
    /// A key on an elliptic curve (RFC 5480 §2.1.1).
    pub const EC_PUBLIC_KEY: Self = Self(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
    /// The curve P-256.
    pub const P256: Self = Self(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
    /// ECDSA with SHA-256.
    pub const ECDSA_SHA256: Self = Self(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
    /// An attribute of a name: the common name.
    pub const COMMON_NAME: Self = Self(&[0x55, 0x04, 0x03]);
    /// The extension subjectKeyIdentifier.
    pub const SUBJECT_KEY_IDENTIFIER: Self = Self(&[0x55, 0x1d, 0x0e]);
    /// The extension keyUsage.
    pub const KEY_USAGE: Self = Self(&[0x55, 0x1d, 0x0f]);
    /// The extension subjectAltName.
    pub const SUBJECT_ALT_NAME: Self = Self(&[0x55, 0x1d, 0x11]);
    /// The extension basicConstraints.
    pub const BASIC_CONSTRAINTS: Self = Self(&[0x55, 0x1d, 0x13]);
    /// The extension cRLNumber.
    pub const LIST_NUMBER: Self = Self(&[0x55, 0x1d, 0x14]);
    /// The extension nameConstraints.
    pub const NAME_CONSTRAINTS: Self = Self(&[0x55, 0x1d, 0x1e]);
    /// The extension authorityKeyIdentifier.
    pub const AUTHORITY_KEY_IDENTIFIER: Self = Self(&[0x55, 0x1d, 0x23]);
    /// The extension extKeyUsage.
    pub const EXTENDED_KEY_USAGE: Self = Self(&[0x55, 0x1d, 0x25]);
    /// cRLDistributionPoints: where its issuer's revocation lists are.
    pub const REVOCATION_LISTS: Self = Self(&[0x55, 0x1d, 0x1f]);
    /// authorityInfoAccess: where its issuer can be asked about it.
    pub const AUTHORITY_ACCESS: Self = Self(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01]);
}

/// What people call an identifier: algorithms and curves, attributes of names (RFC 4514 §3), purposes (RFC 5280 §4.2.1.12),
/// extensions (RFC 5280 §4.2).
const NAMES: [(Oid<'static>, &str); 47] = [
    (Oid::ED25519, "Ed25519"),
    (Oid(&[0x2b, 0x65, 0x71]), "Ed448"),
    (Oid::EC_PUBLIC_KEY, "elliptic curve"),
    (Oid::P256, "P-256"),
    (Oid(&[0x2b, 0x81, 0x04, 0x00, 0x22]), "P-384"),
    (Oid(&[0x2b, 0x81, 0x04, 0x00, 0x23]), "P-521"),
    (Oid(&[0x2b, 0x81, 0x04, 0x00, 0x0a]), "secp256k1"),
    (
        Oid(&[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07]),
        "brainpoolP256r1",
    ),
    (
        Oid(&[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b]),
        "brainpoolP384r1",
    ),
    (
        Oid(&[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d]),
        "brainpoolP512r1",
    ),
    (Oid(&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01]), "DSA"),
    (Oid::ECDSA_SHA256, "ECDSA with SHA-256"),
    (
        Oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03]),
        "ECDSA with SHA-384",
    ),
    (
        Oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04]),
        "ECDSA with SHA-512",
    ),
    (Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]), "RSA"),
    (
        Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05]),
        "RSA with SHA-1",
    ),
    (Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a]), "RSA-PSS"),
    (
        Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]),
        "RSA with SHA-256",
    ),
    (
        Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c]),
        "RSA with SHA-384",
    ),
    (
        Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d]),
        "RSA with SHA-512",
    ),
    (Oid::COMMON_NAME, "CN"),
    (Oid(&[0x55, 0x04, 0x05]), "serialNumber"),
    (Oid(&[0x55, 0x04, 0x06]), "C"),
    (Oid(&[0x55, 0x04, 0x07]), "L"),
    (Oid(&[0x55, 0x04, 0x08]), "ST"),
    (Oid(&[0x55, 0x04, 0x0a]), "O"),
    (Oid(&[0x55, 0x04, 0x0b]), "OU"),
    (Oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01]), "email"),
    (Oid(&[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19]), "DC"),
    (Oid(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]), "serverAuth"),
    (Oid(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02]), "clientAuth"),
    (Oid(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03]), "codeSigning"),
    (
        Oid(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04]),
        "emailProtection",
    ),
    (Oid(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08]), "timeStamping"),
    (Oid(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09]), "OCSPSigning"),
    (Oid(&[0x55, 0x1d, 0x25, 0x00]), "anyExtendedKeyUsage"),
    (Oid::SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
    (Oid::KEY_USAGE, "keyUsage"),
    (Oid::SUBJECT_ALT_NAME, "subjectAltName"),
    (Oid::BASIC_CONSTRAINTS, "basicConstraints"),
    (Oid::LIST_NUMBER, "cRLNumber"),
    (Oid::NAME_CONSTRAINTS, "nameConstraints"),
    (Oid::AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
    (Oid::EXTENDED_KEY_USAGE, "extKeyUsage"),
    (Oid(&[0x55, 0x1d, 0x20]), "certificatePolicies"),
    (Oid::REVOCATION_LISTS, "cRLDistributionPoints"),
    (Oid::AUTHORITY_ACCESS, "authorityInfoAccess"),
];

impl<'a> Oid<'a> {
    /// Takes the contents of an OBJECT IDENTIFIER: at least one arc, the last one ended.
    pub const fn from_contents(contents: &'a [u8]) -> Result<Self, DerError> {
        match contents.last() {
            Some(0..=0x7f) => Ok(Self(contents)),
            _ => Err(DerError::Content(super::der::tag::OBJECT_IDENTIFIER)),
        }
    }

    /// The contents of its DER.
    #[must_use]
    pub const fn contents(self) -> &'a [u8] {
        self.0
    }

    /// What people call it, if that is known here.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        NAMES.iter().find(|(oid, _)| *oid == self).map(|(_, name)| *name)
    }

    /// The dotted form, such as `2.5.4.3`; an arc beyond 128 bits stands at its upper bound.
    #[must_use]
    pub fn dotted(self) -> String {
        let mut dotted = String::new();
        let mut arc = 0_u128;
        for &byte in self.0 {
            arc = arc.saturating_mul(128).saturating_add(u128::from(byte & 0x7f));
            if byte >= 0x80 {
                continue;
            }
            if dotted.is_empty() {
                // X.690 §8.19.4: the first two arcs share a number.
                let root = (arc / 40).min(2);
                dotted = root.to_string();
                arc = arc.saturating_sub(root.saturating_mul(40));
            }
            dotted.push('.');
            dotted.push_str(&arc.to_string());
            arc = 0;
        }
        dotted
    }
}

impl std::fmt::Display for Oid<'_> {
    /// Its name, or the dotted form.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => f.write_str(&self.dotted()),
        }
    }
}

impl std::fmt::Debug for Oid<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Oid({})", self.dotted())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_identifiers_read_as_dots() {
        for (contents, text) in [
            (&[0x2b, 0x65, 0x70][..], "1.3.101.112"),
            (&[0x55, 0x04, 0x03], "2.5.4.3"),
            (&[0x88, 0x37], "2.999"),
            (
                &[
                    0x69, 0x83, 0xf0, 0x9d, 0xa7, 0xeb, 0xcf, 0xde, 0xe0, 0xc7, 0xa1, 0xa7, 0xb2, 0xc0, 0x94, 0x8c,
                    0xc8, 0xf9, 0xd7, 0x76,
                ],
                "2.25.329800735698586629295641978511506172918",
            ),
        ] {
            assert_eq!(Oid::from_contents(contents).unwrap().dotted(), text);
        }
        assert_eq!(Oid::ED25519.to_string(), "Ed25519");
        assert_eq!(Oid::from_contents(&[0x88, 0x37]).unwrap().to_string(), "2.999");
        assert!(Oid::from_contents(&[0x80]).is_err());
        assert!(Oid::from_contents(&[]).is_err());
    }
}
