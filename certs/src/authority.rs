//! One certificate authority: its root, its key, and what it signs.

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::random::{self, RandomUnavailable};
use nihao_protocol::crypto::{Random, SigningKey};
use nihao_protocol::x509::{Certificate, Meaning, Oid, PemKind, encode_pem};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyIdMethod, KeyUsagePurpose, NameConstraints,
    RevokedCertParams, SanType, SerialNumber,
};

use crate::key::{KeyAlgorithm, PublicKey, Signer};
use crate::names::{HostName, with_defaults};
use crate::validity::{Validity, ValidityError, moment};

/// The longest common name (RFC 5280 appendix A.1, `ub-common-name`), in characters.
const LONGEST_NAME: usize = 64;
/// The longest serial number (RFC 5280 §4.1.2.2), in bytes.
const LONGEST_SERIAL: usize = 20;

/// A root certificate and its key; [`ServerAuthority`] and [`UserAuthority`] say what it may sign.
pub struct Authority {
    name: String,
    key: SigningKey,
    certificate: Vec<u8>,
}

/// An authority that signs server certificates, and nothing else.
pub struct ServerAuthority {
    authority: Authority,
    /// What its own name constraints permit; none for the Ed25519 root, whose trust is the pinned key alone.
    permitted: Option<Vec<HostName>>,
}

/// The authority that signs users' certificates, and nothing else.
pub struct UserAuthority(Authority);

/// A certificate that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The DER certificate. Its issuer is a root, so a chain needs nothing more.
    pub certificate: Vec<u8>,
    /// From when until when it holds.
    pub validity: Validity,
}

/// One certificate that is no longer to be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// Its serial number, big-endian.
    pub serial: Vec<u8>,
    /// Since when.
    pub at: UnixTime,
}

/// Why nothing was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The dates are impossible.
    #[error(transparent)]
    Validity(#[from] ValidityError),
    /// No usable serial number or key could be drawn.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
    /// The root may not sign for this name.
    #[error("the P-256 root may sign for {permitted} only, not for {name}")]
    OutsideConstraints {
        /// The name asked for.
        name: HostName,
        /// The names it may sign for, separated by commas.
        permitted: String,
    },
    /// A user's name is empty, longer than 64 characters, or holds control characters.
    #[error("a name of 1 to 64 characters without control characters is needed, not {0:?}")]
    Name(String),
    /// A serial number is 1 to 20 bytes, positive, without leading zeros (RFC 5280 §4.1.2.2).
    #[error("a serial number has 1 to 20 bytes, the first between 01 and 7f")]
    Serial,
    /// The encoder refused.
    #[error("the certificate could not be encoded: {0}")]
    Encoding(#[from] rcgen::Error),
}

impl Authority {
    fn create(
        kind: &str,
        key: SigningKey,
        constraints: Option<&[HostName]>,
        validity: Validity,
        random: &mut dyn Random,
    ) -> Result<Self, IssueError> {
        validity.check()?;
        let name = common_name(kind, &key);
        let mut params = params(&name, &PublicKey::of(&key), validity, &serial(random)?);
        // RFC 5280 §4.2.1.9: no further authority may follow below.
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.use_authority_key_identifier_extension = false;
        params.name_constraints = constraints.map(|names| NameConstraints {
            permitted_subtrees: names.iter().map(subtree).collect(),
            excluded_subtrees: Vec::new(),
        });
        let certificate = params.self_signed(&Signer::new(&key))?.der().to_vec();
        Ok(Self { name, key, certificate })
    }

    /// Puts a stored root back together; `None` if the certificate is not this kind of root of this key.
    fn load(kind: &str, key: SigningKey, certificate: Vec<u8>) -> Option<Self> {
        let view = Certificate::parse(&certificate).ok()?;
        let name = common_name(kind, &key);
        let attributes = view.subject.attributes().ok()?;
        let fits = view.public_key_info == PublicKey::of(&key).spki()
            && matches!(attributes.as_slice(), [only] if only.kind == Oid::COMMON_NAME && only.text == name);
        fits.then_some(Self { name, key, certificate })
    }

    /// The hosts that its name constraints permit, or nothing where there are no constraints.
    fn permitted(&self) -> Option<Vec<HostName>> {
        let view = Certificate::parse(&self.certificate).ok()?;
        match view.extension(Oid::NAME_CONSTRAINTS).ok()? {
            Some(Meaning::NameConstraints { permitted, .. }) => {
                Some(permitted.iter().filter_map(HostName::of).collect())
            }
            _ => None,
        }
    }

    /// The root's DER certificate.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The root's certificate as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        encode_pem(PemKind::Certificate, &self.certificate)
    }

    /// The root's common name, which ends in the beginning of its key's identifier.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The root's public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey::of(&self.key)
    }

    pub(crate) const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Signs a revocation list of its own certificates, DER: `number` must grow from list to list, and the next list is
    /// promised before the end of `validity`.
    ///
    /// # Errors
    /// [`IssueError::Validity`] for impossible dates, [`IssueError::Serial`] for an impossible serial number.
    pub fn revocation_list(&self, revoked: &[Revoked], number: u64, validity: Validity) -> Result<Vec<u8>, IssueError> {
        validity.check()?;
        let entry = |revoked: &Revoked| {
            check_serial(&revoked.serial)?;
            Ok(RevokedCertParams {
                serial_number: SerialNumber::from_slice(&revoked.serial),
                revocation_time: moment(revoked.at),
                reason_code: None,
                invalidity_date: None,
            })
        };
        let list = CertificateRevocationListParams {
            this_update: moment(validity.not_before),
            next_update: moment(validity.not_after),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect::<Result<_, IssueError>>()?,
            key_identifier_method: KeyIdMethod::PreSpecified(self.public_key().identifier()),
        };
        Ok(list.signed_by(&self.issuer(validity))?.der().to_vec())
    }

    fn sign(&self, mut params: CertificateParams, key: &PublicKey, validity: Validity) -> Result<Issued, IssueError> {
        // Said outright, so that no reader takes a leaf for an authority; it also brings the subject key identifier.
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let certificate = params.signed_by(key, &self.issuer(validity))?.der().to_vec();
        Ok(Issued { certificate, validity })
    }

    fn issuer(&self, validity: Validity) -> Issuer<'_, Signer<'_>> {
        // Of these, an issuer takes the name and the key identifier alone.
        Issuer::new(
            params(&self.name, &self.public_key(), validity, &[1]),
            Signer::new(&self.key),
        )
    }
}

impl ServerAuthority {
    /// Makes an authority of this algorithm. The P-256 one may sign for `names` and the default names only.
    ///
    /// # Errors
    /// [`IssueError`] for impossible dates or where randomness fails.
    pub fn create(
        algorithm: KeyAlgorithm,
        names: &[HostName],
        now: UnixTime,
        random: &mut dyn Random,
    ) -> Result<Self, IssueError> {
        let drawn = match algorithm {
            KeyAlgorithm::Ed25519 => SigningKey::generate_ed25519(random),
            KeyAlgorithm::P256 => SigningKey::generate_p256(random),
        };
        Self::with_key(drawn.map_err(|_| RandomUnavailable)?, names, now, random)
    }

    /// Makes a root for a key that exists: the first one, or one that may sign for more names than before.
    pub(crate) fn with_key(
        key: SigningKey,
        names: &[HostName],
        now: UnixTime,
        random: &mut dyn Random,
    ) -> Result<Self, IssueError> {
        let permitted = matches!(key, SigningKey::P256(_)).then(|| with_defaults(names));
        let authority = Authority::create(
            server_kind(&key),
            key,
            permitted.as_deref(),
            Validity::of_root(now),
            random,
        )?;
        Ok(Self { authority, permitted })
    }

    /// Puts a stored authority back together; `None` if certificate and key do not belong together.
    pub(crate) fn load(key: SigningKey, certificate: Vec<u8>) -> Option<Self> {
        let authority = Authority::load(server_kind(&key), key, certificate)?;
        let permitted = authority.permitted();
        let is_constrained = matches!(authority.key, SigningKey::P256(_));
        (is_constrained == permitted.is_some()).then_some(Self { authority, permitted })
    }

    /// The root and its key.
    #[must_use]
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What its name constraints permit, if it has any.
    #[must_use]
    pub fn permitted(&self) -> Option<&[HostName]> {
        self.permitted.as_deref()
    }

    /// Whether its name constraints, if it has any, let it sign for all of `names`.
    #[must_use]
    pub fn may_sign_for(&self, names: &[HostName]) -> bool {
        self.first_outside(names).is_none()
    }

    /// Issues a server's certificate: the default names and `names`, serverAuth, digitalSignature, at most 90 days.
    ///
    /// # Errors
    /// [`IssueError`], above all for a name that the root may not sign for.
    pub fn issue(
        &self,
        names: &[HostName],
        key: &PublicKey,
        validity: Validity,
        random: &mut dyn Random,
    ) -> Result<Issued, IssueError> {
        validity.check_server()?;
        if let (Some(name), Some(permitted)) = (self.first_outside(names), &self.permitted) {
            let permitted: Vec<String> = permitted.iter().map(HostName::to_string).collect();
            return Err(IssueError::OutsideConstraints {
                name: name.clone(),
                permitted: permitted.join(", "),
            });
        }
        let all = with_defaults(names);
        // The subject is for people; programs read the alternative names.
        let subject = names
            .iter()
            .chain(&all)
            .map(HostName::to_string)
            .find(|name| name.len() <= LONGEST_NAME);
        let mut params = params(&subject.unwrap_or_default(), key, validity, &serial(random)?);
        params.subject_alt_names = all.iter().map(alternative_name).collect::<Result<_, _>>()?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.authority.sign(params, key, validity)
    }

    fn first_outside<'a>(&self, names: &'a [HostName]) -> Option<&'a HostName> {
        let permitted = self.permitted.as_deref()?;
        names
            .iter()
            .find(|name| !permitted.iter().any(|base| base.permits(name)))
    }
}

impl UserAuthority {
    const KIND: &'static str = "user CA";

    /// Makes the authority: Ed25519.
    ///
    /// # Errors
    /// [`IssueError`] for impossible dates or where randomness fails.
    pub fn create(now: UnixTime, random: &mut dyn Random) -> Result<Self, IssueError> {
        let key = SigningKey::generate_ed25519(random).map_err(|_| RandomUnavailable)?;
        Ok(Self(Authority::create(
            Self::KIND,
            key,
            None,
            Validity::of_root(now),
            random,
        )?))
    }

    /// Puts the stored authority back together; `None` if certificate and key do not belong together.
    pub(crate) fn load(key: SigningKey, certificate: Vec<u8>) -> Option<Self> {
        Authority::load(Self::KIND, key, certificate).map(Self)
    }

    /// The root and its key.
    #[must_use]
    pub const fn authority(&self) -> &Authority {
        &self.0
    }

    /// Issues a user's certificate: `name` as its common name, clientAuth, digitalSignature, no host names.
    ///
    /// Nothing is drawn here: the same arguments give the same bytes, so a reply that was lost can be given again.
    /// `serial` has 1 to 20 bytes, the first between 01 and 7f; see [`random_serial`].
    ///
    /// # Errors
    /// [`IssueError`] for an impossible name, serial number or date.
    pub fn issue(&self, name: &str, key: &PublicKey, validity: Validity, serial: &[u8]) -> Result<Issued, IssueError> {
        validity.check()?;
        check_serial(serial)?;
        let count = name.chars().count();
        if count == 0 || count > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(IssueError::Name(name.into()));
        }
        let mut params = params(name, key, validity, serial);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.0.sign(params, key, validity)
    }
}

impl Issued {
    /// The certificate as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        encode_pem(PemKind::Certificate, &self.certificate)
    }
}

/// Draws a positive serial number of 16 bytes.
///
/// # Errors
/// Where randomness fails.
pub fn random_serial(random: &mut dyn Random) -> Result<[u8; 16], RandomUnavailable> {
    let mut serial = random::array::<16>(random)?;
    // RFC 5280 §4.1.2.2: positive; and no leading zero byte, so that every serial number has one spelling.
    serial[0] = serial[0] & 0x3f | 0x40;
    Ok(serial)
}

fn serial(random: &mut dyn Random) -> Result<Vec<u8>, RandomUnavailable> {
    random_serial(random).map(Vec::from)
}

fn check_serial(serial: &[u8]) -> Result<(), IssueError> {
    let is_good = serial.len() <= LONGEST_SERIAL && serial.first().is_some_and(|first| (0x01..=0x7f).contains(first));
    if is_good { Ok(()) } else { Err(IssueError::Serial) }
}

const fn server_kind(key: &SigningKey) -> &'static str {
    match key {
        SigningKey::Ed25519(_) => "server CA Ed25519",
        SigningKey::P256(_) => "server CA P-256",
    }
}

/// Two installations must not have roots of one name: stores that look issuers up by name would mistake them.
fn common_name(kind: &str, key: &SigningKey) -> String {
    let identifier = PublicKey::of(key).identifier();
    let short: String = identifier.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("nihao {kind} {short}")
}

fn params(name: &str, key: &PublicKey, validity: Validity, serial: &[u8]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = moment(validity.not_before);
    params.not_after = moment(validity.not_after);
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.key_identifier_method = KeyIdMethod::PreSpecified(key.identifier());
    params.use_authority_key_identifier_extension = true;
    params
}

fn subtree(name: &HostName) -> GeneralSubtree {
    match name {
        HostName::Dns(name) => GeneralSubtree::DnsName(name.clone()),
        HostName::Ip(address) => {
            let whole = if address.is_ipv4() { 32 } else { 128 };
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*address, whole))
        }
    }
}

fn alternative_name(name: &HostName) -> Result<SanType, rcgen::Error> {
    Ok(match name {
        HostName::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
        HostName::Ip(address) => SanType::IpAddress(*address),
    })
}
