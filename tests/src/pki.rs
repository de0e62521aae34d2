//! Certificates of every shape, good and bad, for tests: what a real CA would never issue included.

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{HashAlgorithm, SignatureScheme, SigningKey};
use nihao_protocol::tls::Identity;
use nihao_protocol::x509::{Certificate, PemKind, encode_pem};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};
use time::OffsetDateTime;

/// The moment at which the tests' certificates are looked at: 2026-06-01T00:00:00Z.
pub const NOW: UnixTime = UnixTime::from_seconds(1_780_272_000);
const DAY: u64 = 86_400;

/// The two kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ed25519.
    Ed25519,
    /// ECDSA P-256.
    P256,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ed25519, Self::P256];

    /// A key of this kind, the same for the same number.
    #[must_use]
    pub fn key(self, number: u64) -> SigningKey {
        let random = &mut nihao_protocol::crypto::Seeded::new(number, "test keys");
        match self {
            Self::Ed25519 => SigningKey::generate_ed25519(random).expect("an Ed25519 key"),
            Self::P256 => SigningKey::generate_p256(random).expect("a P-256 key"),
        }
    }
}

struct Signer<'a>(&'a SigningKey, Vec<u8>);

impl rcgen::PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.1
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self.0.scheme() {
            SignatureScheme::ED25519 => &rcgen::PKCS_ED25519,
            _ => &rcgen::PKCS_ECDSA_P256_SHA256,
        }
    }
}

impl rcgen::SigningKey for Signer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.0.sign(message))
    }
}

fn signer(key: &SigningKey) -> Signer<'_> {
    Signer(key, key.public_key())
}

/// A certificate authority of the tests.
pub struct Ca {
    now: UnixTime,
    params: CertificateParams,
    key: SigningKey,
    /// Its certificate in DER.
    pub der: Vec<u8>,
}

/// What a certificate says.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The kind of its key.
    pub kind: Kind,
    /// DNS names and IP addresses.
    pub names: Vec<String>,
    /// Extended key usages; none: the extension is left out.
    pub purposes: Vec<ExtendedKeyUsagePurpose>,
    /// Key usages; none: the extension is left out.
    pub usages: Vec<KeyUsagePurpose>,
    /// Valid from so many days before (negative) or after its CA's present, mostly [`NOW`].
    pub from_day: i64,
    /// Valid until so many days before (negative) or after its CA's present.
    pub to_day: i64,
    /// Which key, among those of its kind.
    pub number: u64,
}

impl Leaf {
    /// A server's good certificate for localhost.
    #[must_use]
    pub fn server(kind: Kind) -> Self {
        Self {
            kind,
            names: ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec(),
            purposes: vec![ExtendedKeyUsagePurpose::ServerAuth],
            usages: vec![KeyUsagePurpose::DigitalSignature],
            from_day: -1,
            to_day: 60,
            number: 7,
        }
    }

    /// A user's good certificate.
    #[must_use]
    pub fn user(kind: Kind) -> Self {
        Self {
            names: Vec::new(),
            purposes: vec![ExtendedKeyUsagePurpose::ClientAuth],
            number: 8,
            ..Self::server(kind)
        }
    }
}

fn day(now: UnixTime, offset: i64) -> OffsetDateTime {
    let seconds = i64::try_from(now.seconds()).expect("a date") + offset * i64::try_from(DAY).expect("a day");
    OffsetDateTime::from_unix_timestamp(seconds).expect("a date")
}

fn params(name: &str, key: &SigningKey, serial: u64) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(serial));
    let identifier = HashAlgorithm::Sha256.hash(&key.public_key()).as_bytes()[..20].to_vec();
    params.key_identifier_method = KeyIdMethod::PreSpecified(identifier);
    params
}

fn authority(name: &str, key: &SigningKey, number: u64, now: UnixTime) -> CertificateParams {
    let mut params = params(name, key, number);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = day(now, -100);
    params.not_after = day(now, 1000);
    params
}

impl Ca {
    /// A root whose present is [`NOW`], and that lets one more authority follow below it; the same name, kind and number give
    /// the same key.
    #[must_use]
    pub fn new(name: &str, kind: Kind, number: u64) -> Self {
        Self::at(name, kind, number, NOW)
    }

    /// As [`Ca::new`], with another present: peers with clocks of their own need the real one.
    #[must_use]
    pub fn at(name: &str, kind: Kind, number: u64, now: UnixTime) -> Self {
        Self::root(kind.key(number), authority(name, &kind.key(number), number, now), now)
    }

    /// As [`Ca::new`], but for what `change` changes.
    #[must_use]
    pub fn with(name: &str, kind: Kind, number: u64, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = authority(name, &kind.key(number), number, NOW);
        change(&mut params);
        Self::root(kind.key(number), params, NOW)
    }

    /// An authority that exists already: its certificate and the key that signs for it.
    #[must_use]
    pub fn existing(der: Vec<u8>, key: SigningKey, now: UnixTime) -> Self {
        let subject = Certificate::parse(&der).expect("a certificate").subject.to_string();
        let name = subject.strip_prefix("CN=").expect("a common name");
        let params = authority(name, &key, 1, now);
        Self { now, params, key, der }
    }

    fn root(key: SigningKey, params: CertificateParams, now: UnixTime) -> Self {
        let der = params.self_signed(&signer(&key)).expect("a root").der().to_vec();
        Self { now, params, key, der }
    }

    /// An authority below this one, but for what `change` changes.
    #[must_use]
    pub fn below(&self, name: &str, kind: Kind, number: u64, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = kind.key(number);
        let mut params = authority(name, &key, number, self.now);
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let der = self.sign(&params, &key);
        Self {
            now: self.now,
            params,
            key,
            der,
        }
    }

    /// The root as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        encode_pem(PemKind::Certificate, &self.der)
    }

    /// The 32 bytes of an Ed25519 root's key.
    #[must_use]
    pub fn pin(&self) -> [u8; 32] {
        self.key.public_key().try_into().expect("an Ed25519 key")
    }

    /// Issues `leaf`: its DER.
    #[must_use]
    pub fn issue(&self, leaf: &Leaf) -> Vec<u8> {
        self.issue_with(leaf, |_| ())
    }

    /// Issues `leaf`, but for what `change` changes: its DER.
    #[must_use]
    pub fn issue_with(&self, leaf: &Leaf, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let key = leaf.kind.key(leaf.number);
        let mut params = params("leaf", &key, leaf.number + 1000);
        params.subject_alt_names = CertificateParams::new(leaf.names.clone())
            .expect("names")
            .subject_alt_names;
        params.extended_key_usages = leaf.purposes.clone();
        params.key_usages = leaf.usages.clone();
        params.not_before = day(self.now, leaf.from_day);
        params.not_after = day(self.now, leaf.to_day);
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        self.sign(&params, &key)
    }

    /// A revocation list of these leaves, in DER, made at `from_day` and good until `to_day` of its present.
    #[must_use]
    pub fn revocation_list(&self, revoked: &[&Leaf], from_day: i64, to_day: i64) -> Vec<u8> {
        let entry = |leaf: &&Leaf| RevokedCertParams {
            serial_number: SerialNumber::from(leaf.number + 1000),
            revocation_time: day(self.now, from_day),
            reason_code: None,
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: day(self.now, from_day),
            next_update: day(self.now, to_day),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect(),
            key_identifier_method: self.params.key_identifier_method.clone(),
        };
        let signer = signer(&self.key);
        let issuer = Issuer::from_params(&self.params, &signer);
        list.signed_by(&issuer).expect("a revocation list").der().to_vec()
    }

    fn sign(&self, params: &CertificateParams, key: &SigningKey) -> Vec<u8> {
        let issuer_signer = signer(&self.key);
        let issuer = Issuer::from_params(&self.params, &issuer_signer);
        params
            .signed_by(&signer(key), &issuer)
            .expect("a certificate")
            .der()
            .to_vec()
    }

    /// Issues `leaf` and joins it with its key.
    #[must_use]
    pub fn identity(&self, leaf: &Leaf) -> Identity {
        Identity::new(vec![self.issue(leaf)], leaf.kind.key(leaf.number)).expect("an identity")
    }

    /// Issues `leaf` as PEM texts: certificate, then PKCS#8 key.
    #[must_use]
    pub fn pem_identity(&self, leaf: &Leaf) -> (String, String) {
        let certificate = encode_pem(PemKind::Certificate, &self.issue(leaf));
        let key = leaf.kind.key(leaf.number).to_pkcs8_pem().expect("a key");
        (certificate, key.to_string())
    }
}

/// The certificate with another algorithm named for its signature, which then fits no more.
///
/// # Panics
/// If it is no certificate.
#[must_use]
pub fn signed_with(certificate: &[u8], oid: &[u8]) -> Vec<u8> {
    let algorithm = wrap(0x30, &wrap(6, oid));
    let mut parts = elements(&elements(certificate)[0].1);
    let mut fields = elements(&parts[0].1);
    // After the version and the serial number, and again before the signature.
    (fields[2], parts[1]) = (unwrap_one(&algorithm), unwrap_one(&algorithm));
    parts[0].1 = join(&fields);
    wrap(0x30, &join(&parts))
}

/// Tags and contents of the elements of a DER sequence.
fn elements(mut der: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut found = Vec::new();
    while let [tag, first, rest @ ..] = der {
        let digits = usize::from(first & 0x7f);
        let (length, rest) = match first {
            0..0x80 => (digits, rest),
            _ => (
                rest[..digits].iter().fold(0, |n, digit| n << 8 | usize::from(*digit)),
                &rest[digits..],
            ),
        };
        found.push((*tag, rest[..length].to_vec()));
        der = &rest[length..];
    }
    found
}

fn unwrap_one(der: &[u8]) -> (u8, Vec<u8>) {
    elements(der).remove(0)
}

fn join(elements: &[(u8, Vec<u8>)]) -> Vec<u8> {
    elements.iter().flat_map(|(tag, content)| wrap(*tag, content)).collect()
}

fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).expect("a short element").to_be_bytes();
    let header = match content.len() {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [&header, content].concat()
}
