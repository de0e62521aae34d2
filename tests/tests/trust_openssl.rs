//! Chains and signatures as public authorities make them, made by the openssl command: RSA, P-384, and mixtures.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::SignatureScheme as Scheme;
use nihao_protocol::net::system::system_clock;
use nihao_protocol::net::{Connector, Environment, RootBundle};
use nihao_protocol::tls::ClientConfig;
use nihao_protocol::x509::{
    CertificateError as Error, Purpose, Roots, ServerName, Trust, certificates_from_pem, verify_with_certificate,
};
use tempfile::TempDir;
use tokio::net::TcpStream;

const RSA: &[&str] = &["-newkey", "rsa:2048"];
const P256: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
const P384: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"];
const P521: &[&str] = &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"];
const SMALL: &[&str] = &["-newkey", "rsa:1024"];
const PSS_KEY: &[&str] = &["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"];

/// PSS with a salt as long as the hash: the one form that TLS knows.
const PSS: &[&str] = &["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"];

/// A folder of keys and certificates.
struct Lab(TempDir);

impl Lab {
    fn new() -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        lab.write(
            "leaf.ext",
            "subjectAltName=DNS:localhost\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth",
        );
        lab.write(
            "ca.ext",
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign",
        );
        lab
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn openssl(&self, arguments: &[&[&str]]) {
        let output = Command::new("openssl")
            .args(arguments.concat())
            .current_dir(self.0.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
    }

    fn der(&self, name: &str) -> Vec<u8> {
        let text = fs::read_to_string(self.path(&format!("{name}.pem"))).unwrap();
        certificates_from_pem(&text).unwrap().remove(0)
    }

    /// A root `name` with a key of its own.
    fn root(&self, name: &str, key: &[&str], signing: &[&str]) {
        let subject = format!("/CN={name}");
        let files = [format!("{name}.key"), format!("{name}.pem")];
        let files = ["-keyout", &files[0], "-out", &files[1]];
        let fixed = ["req", "-x509", "-nodes", "-days", "30", "-subj", &subject];
        self.openssl(&[&fixed, key, signing, &files]);
    }

    /// A certificate `name` with a key of its own, signed by `issuer`.
    fn issue(&self, name: &str, key: &[&str], issuer: &str, signing: &[&str], extensions: &str) {
        let [own, request, certificate] = ["key", "csr", "pem"].map(|kind| format!("{name}.{kind}"));
        let subject = format!("/CN={name}");
        let files = ["-keyout", &own, "-out", &request];
        self.openssl(&[&["req", "-nodes", "-subj", &subject], key, &files]);
        self.sign(&request, &certificate, issuer, signing, extensions);
    }

    fn sign(&self, request: &str, certificate: &str, issuer: &str, signing: &[&str], extensions: &str) {
        let [by, key] = ["pem", "key"].map(|kind| format!("{issuer}.{kind}"));
        let files = ["-in", request, "-CA", &by, "-CAkey", &key, "-out", certificate];
        let fixed = ["x509", "-req", "-days", "30", "-extfile", extensions];
        self.openssl(&[&fixed, &files, signing]);
    }

    /// Verifies a leaf under `root`, by way of the certificates between.
    fn verify(&self, root: &str, chain: &[&str]) -> Result<(), Error> {
        let chain: Vec<_> = chain.iter().map(|name| self.der(name)).collect();
        verify(&self.der(root), &chain, system_clock().now())
    }
}

fn verify(root: &[u8], chain: &[Vec<u8>], now: UnixTime) -> Result<(), Error> {
    let mut roots = Roots::new();
    roots.add(root).unwrap();
    let name = ServerName::parse("localhost").unwrap();
    Trust::Roots(Arc::new(roots)).verify(chain, Purpose::Server(&name), now)
}

#[test]
fn chains_of_public_authorities() {
    let lab = Lab::new();
    lab.root("rsa", RSA, &["-sha256"]);
    lab.root("p256", P256, &["-sha256"]);
    lab.root("p384", P384, &["-sha384"]);
    let leaf = "leaf.ext";
    lab.issue("leaf", RSA, "rsa", &["-sha256"], leaf);
    lab.issue("leaf384", P384, "p384", &["-sha384"], leaf);
    lab.issue("leaf256", P256, "rsa", &["-sha256"], leaf);
    for (root, hash, padding) in [
        ("rsa", "-sha256", &[][..]),
        ("rsa", "-sha384", &[]),
        ("rsa", "-sha512", &[]),
        ("rsa", "-sha256", PSS),
        ("rsa", "-sha384", PSS),
        ("rsa", "-sha512", PSS),
        ("p384", "-sha384", &[]),
        ("p384", "-sha256", &[]),
        ("p256", "-sha256", &[]),
        ("p256", "-sha384", &[]),
    ] {
        for request in ["leaf.csr", "leaf384.csr", "leaf256.csr"] {
            lab.sign(request, "one.pem", root, &[&[hash], padding].concat(), leaf);
            assert_eq!(
                lab.verify(root, &["one"]),
                Ok(()),
                "{root} {hash} {padding:?} {request}"
            );
        }
    }
    // RSA root, P-384 intermediate, RSA intermediate, P-256 leaf.
    lab.issue("upper", P384, "rsa", &[&["-sha512"], PSS].concat(), "ca.ext");
    lab.issue("lower", RSA, "upper", &["-sha384"], "ca.ext");
    lab.sign("leaf256.csr", "one.pem", "lower", &["-sha256"], leaf);
    assert_eq!(lab.verify("rsa", &["one", "lower", "upper"]), Ok(()));
    let unknown = |issuer: &str| {
        Err(Error::UnknownIssuer {
            issuer: format!("CN={issuer}"),
        })
    };
    assert_eq!(lab.verify("rsa", &["one", "lower"]), unknown("upper"));
    assert_eq!(lab.verify("p384", &["one", "lower", "upper"]), unknown("rsa"));
}

#[test]
fn each_reason_such_a_chain_is_refused() {
    let lab = Lab::new();
    let leaf = "leaf.ext";
    lab.root("rsa", RSA, &["-sha256"]);
    lab.issue("leaf", RSA, "rsa", &["-sha256"], leaf);
    let unsupported = Err(Error::UnsupportedAlgorithm);
    let salted = |length| [PSS[0], PSS[1], "-sigopt", length];
    let crossed = [PSS, &["-sigopt", "rsa_mgf1_md:sha512"]].concat();
    for (what, signing) in [
        ("SHA-224", &["-sha224"][..]),
        ("PSS with the longest salt", &salted("rsa_pss_saltlen:-2")),
        ("PSS without a salt", &salted("rsa_pss_saltlen:0")),
        ("PSS with two hashes", &crossed),
        ("PSS with SHA-1", &[&["-sha1"], PSS].concat()),
    ] {
        lab.sign("leaf.csr", "one.pem", "rsa", signing, leaf);
        assert_eq!(lab.verify("rsa", &["one"]), unsupported, "{what}");
    }
    lab.sign("leaf.csr", "one.pem", "rsa", &["-sha1"], leaf);
    assert_eq!(lab.verify("rsa", &["one"]), Err(Error::BrokenHash), "SHA-1");
    lab.root("p521", P521, &["-sha512"]);
    lab.sign("leaf.csr", "one.pem", "p521", &["-sha512"], leaf);
    assert_eq!(lab.verify("p521", &["one"]), unsupported, "P-521");
    lab.root("pss", PSS_KEY, &["-sha256"]);
    lab.sign("leaf.csr", "one.pem", "pss", &[&["-sha256"], PSS].concat(), leaf);
    assert_eq!(lab.verify("pss", &["one"]), unsupported, "a key for PSS alone");
    // The library tells a key that is too short from no other bad signature.
    lab.root("small", SMALL, &["-sha256"]);
    lab.sign("leaf.csr", "one.pem", "small", &["-sha256"], leaf);
    assert_eq!(lab.verify("small", &["one"]), Err(Error::BadSignature), "1024 bits");

    fs::rename(lab.path("rsa.pem"), lab.path("first.pem")).unwrap();
    lab.root("rsa", RSA, &["-sha256"]);
    assert_eq!(lab.verify("rsa", &["leaf"]), Err(Error::BadSignature), "another key");
    let (root, good) = (lab.der("first"), lab.der("leaf"));
    let now = system_clock().now();
    let mut bad = good.clone();
    *bad.last_mut().unwrap() ^= 1;
    assert_eq!(verify(&root, &[bad], now), Err(Error::BadSignature), "a flipped bit");
    let late = verify(&root, std::slice::from_ref(&good), now.plus_seconds(40 * 86_400));
    assert!(matches!(late, Err(Error::Expired { .. })), "{late:?}");
    assert_eq!(verify(&root, &[good], now), Ok(()));
}

/// Whose key signs, with which options of `openssl dgst`, under which scheme, and what comes of it.
type Case<'a> = (&'a str, &'a [&'a str], Scheme, Result<(), Error>);

#[test]
fn signatures_in_certificate_verify() {
    let lab = Lab::new();
    lab.root("rsa", RSA, &["-sha256"]);
    lab.root("small", SMALL, &["-sha256"]);
    lab.root("p256", P256, &["-sha256"]);
    lab.root("p384", P384, &["-sha256"]);
    lab.write("message", "您好！");
    let pss = |hash| [&[hash], PSS].concat();
    let (pss256, pss384, pss512) = (pss("-sha256"), pss("-sha384"), pss("-sha512"));
    let (ok, bad) = (Ok(()), Err(Error::BadSignature));
    let unsupported = Err(Error::UnsupportedAlgorithm);
    let cases: [Case<'_>; 17] = [
        ("rsa", &pss256, Scheme::RSA_PSS_RSAE_SHA256, ok.clone()),
        ("rsa", &pss384, Scheme::RSA_PSS_RSAE_SHA384, ok.clone()),
        ("rsa", &pss512, Scheme::RSA_PSS_RSAE_SHA512, ok.clone()),
        ("p384", &["-sha384"], Scheme::ECDSA_SECP384R1_SHA384, ok.clone()),
        ("p256", &["-sha256"], Scheme::ECDSA_SECP256R1_SHA256, ok),
        ("rsa", &pss256, Scheme::RSA_PSS_RSAE_SHA384, bad.clone()),
        ("rsa", &["-sha256"], Scheme::RSA_PSS_RSAE_SHA256, bad.clone()),
        ("small", &pss256, Scheme::RSA_PSS_RSAE_SHA256, bad.clone()),
        ("p384", &["-sha256"], Scheme::ECDSA_SECP384R1_SHA384, bad),
        // RFC 8446 §4.2.3: PKCS#1 signs certificates alone, and a scheme of ECDSA names the curve, too.
        ("rsa", &["-sha256"], Scheme::RSA_PKCS1_SHA256, unsupported.clone()),
        ("rsa", &["-sha384"], Scheme::RSA_PKCS1_SHA384, unsupported.clone()),
        ("rsa", &["-sha512"], Scheme::RSA_PKCS1_SHA512, unsupported.clone()),
        (
            "p384",
            &["-sha256"],
            Scheme::ECDSA_SECP256R1_SHA256,
            unsupported.clone(),
        ),
        (
            "p256",
            &["-sha384"],
            Scheme::ECDSA_SECP384R1_SHA384,
            unsupported.clone(),
        ),
        ("p256", &["-sha256"], Scheme::RSA_PSS_RSAE_SHA256, unsupported.clone()),
        ("rsa", &pss256, Scheme::ED25519, unsupported.clone()),
        ("rsa", &pss256, Scheme(0x0809), unsupported), // rsa_pss_pss_sha256
    ];
    for (key, signing, scheme, expected) in cases {
        let file = format!("{key}.key");
        let files = ["-sign", &file, "-out", "signature", "message"];
        lab.openssl(&[&["dgst"], signing, &files]);
        let signature = fs::read(lab.path("signature")).unwrap();
        let verified = verify_with_certificate(&lab.der(key), scheme, "您好！".as_bytes(), &signature);
        assert_eq!(verified, expected, "{key} {signing:?} {scheme}");
    }
}

/// A process that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Lab {
    /// `openssl s_server` with the certificate and key `name`, and where it listens.
    fn serve(&self, name: &str) -> (Server, String) {
        let [certificate, key] = ["pem", "key"].map(|kind| format!("{name}.{kind}"));
        let mut child = Command::new("openssl")
            .args([
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-tls1_3",
                "-rev",
                "-cert",
                &certificate,
                "-key",
                &key,
            ])
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let server = Server(child);
        let mut lines = output.lines().map_while(Result::ok);
        let place = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(String::from));
        (server, place.expect("it says where it listens"))
    }
}

#[tokio::test]
async fn handshakes_with_such_servers() {
    let lab = Lab::new();
    lab.root("root", RSA, &["-sha256"]);
    lab.issue("rsa", RSA, "root", &["-sha256"], "leaf.ext");
    lab.issue("p384", P384, "root", PSS, "leaf.ext");
    for (name, scheme) in [
        ("rsa", Scheme::RSA_PSS_RSAE_SHA256),
        ("p384", Scheme::ECDSA_SECP384R1_SHA384),
    ] {
        let (_server, place) = lab.serve(name);
        let bundle = RootBundle::read(&lab.path("root.pem")).unwrap();
        let config = ClientConfig::new(Trust::Roots(Arc::new(bundle.roots)));
        let connector = Connector::new(Arc::new(config), Environment::system());
        let transport = TcpStream::connect(&place).await.unwrap();
        let localhost = ServerName::parse("localhost").unwrap();
        let stream = connector.connect(transport, localhost).await.unwrap();
        assert_eq!(stream.facts().unwrap().server_scheme, scheme);
    }
}
