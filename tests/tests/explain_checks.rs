//! The checks of `explain` beside OpenSSL's verdict: chains good and bad, shown by `openssl s_server`, judged by `openssl verify`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use nihao_explain::decode::{Known, Trusted, decode};
use nihao_explain::event::{Account, Aspect, Check};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::net::system::system_clock;
use nihao_protocol::x509::{PemKind, encode_pem};
use nihao_tests::capture::{Capture, in_its_own_network};
use nihao_tests::interop::process::{Output, Place, Process, Program};
use nihao_tests::pcap;
use nihao_tests::pki::{Ca, Kind, Leaf};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints};
use tempfile::TempDir;

const OPENSSL: Program = Program {
    name: "openssl",
    place: Place::Package("openssl"),
    buffers: false,
};

/// A chain, and what is wrong with it.
struct Case {
    name: &'static str,
    /// In DER, the leaf first.
    chain: Vec<Vec<u8>>,
    key: String,
    root: Vec<u8>,
    wrong: &'static [Aspect],
}

/// OpenSSL's numbers of errors (its manual `openssl-verification-options` has them by name), and what we call what is checked.
const VERDICTS: [(&[u32], Aspect); 8] = [
    (&[62], Aspect::Name),
    (&[9, 10], Aspect::Dates),
    (&[2, 18, 19, 20, 21], Aspect::Anchor),
    (&[7], Aspect::Signature),
    (&[24, 25, 79], Aspect::Authority),
    (&[32], Aspect::Usage),
    (&[26], Aspect::Purpose),
    (&[47, 48], Aspect::Constraints),
];

/// The shape of a case: what the intermediate and the leaf are like, in a hierarchy that is good otherwise.
fn case(
    name: &'static str,
    wrong: &'static [Aspect],
    between: impl FnOnce(&mut rcgen::CertificateParams),
    leaf: impl FnOnce(&mut Leaf),
) -> Case {
    let root = Ca::at("root", Kind::P256, 1, system_clock().now());
    let between = root.below("between", Kind::P256, 2, between);
    let mut shown = Leaf::server(Kind::P256);
    leaf(&mut shown);
    let key = shown.kind.key(shown.number).to_pkcs8_pem().expect("a key");
    Case {
        name,
        chain: vec![between.issue(&shown), between.der],
        key: key.to_string(),
        root: root.der,
        wrong,
    }
}

fn cases() -> Vec<Case> {
    let as_is = |_: &mut rcgen::CertificateParams| ();
    let good = |_: &mut Leaf| ();
    let mut all = vec![
        case("good", &[], as_is, good),
        case("good, Ed25519", &[], as_is, |leaf| leaf.kind = Kind::Ed25519),
        case("wrong name", &[Aspect::Name], as_is, |leaf| {
            leaf.names = vec!["other.test".into()]
        }),
        case("expired", &[Aspect::Dates], as_is, |leaf| {
            (leaf.from_day, leaf.to_day) = (-9, -1)
        }),
        case("not yet valid", &[Aspect::Dates], as_is, |leaf| {
            (leaf.from_day, leaf.to_day) = (2, 9)
        }),
        case("a user's", &[Aspect::Purpose], as_is, |leaf| {
            leaf.purposes = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }),
        case(
            "no authority",
            &[Aspect::Authority],
            |params| params.is_ca = IsCa::ExplicitNoCa,
            good,
        ),
        case(
            "outside its constraints",
            &[Aspect::Constraints],
            |params| {
                params.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![GeneralSubtree::DnsName("example.test".into())],
                    excluded_subtrees: Vec::new(),
                });
            },
            |leaf| leaf.names = vec!["localhost".into()],
        ),
        case(
            "excluded by its constraints",
            &[Aspect::Constraints],
            |params| {
                params.name_constraints = Some(NameConstraints {
                    permitted_subtrees: Vec::new(),
                    excluded_subtrees: vec![GeneralSubtree::DnsName("localhost".into())],
                });
            },
            |leaf| leaf.names = vec!["localhost".into()],
        ),
    ];
    all.extend(for_something_else());
    all.extend(signed_otherwise());
    all
}

/// Chains with a certificate that is good, but not for this.
fn for_something_else() -> [Case; 3] {
    let as_is = |_: &mut rcgen::CertificateParams| ();
    let good = |_: &mut Leaf| ();
    [
        case(
            "another authority's",
            &[Aspect::Purpose],
            |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            },
            good,
        ),
        case("must not sign anything", &[Aspect::Usage], as_is, |leaf| {
            leaf.usages = vec![KeyUsagePurpose::CrlSign]
        }),
        case(
            "must not sign certificates",
            &[Aspect::Usage],
            |params| params.key_usages = vec![KeyUsagePurpose::CrlSign],
            good,
        ),
    ]
}

/// Chains whose fault is who signed them, or how.
fn signed_otherwise() -> Vec<Case> {
    let as_is = |_: &mut rcgen::CertificateParams| ();
    let good = |_: &mut Leaf| ();
    let stranger = Ca::at("another root", Kind::P256, 9, system_clock().now());
    let namesake = Ca::at("root", Kind::P256, 9, system_clock().now());
    let mut all = Vec::new();
    for (name, root) in [
        ("unknown authority", stranger.der),
        ("a namesake of the authority", namesake.der),
    ] {
        all.push(Case {
            root,
            ..case(name, &[Aspect::Anchor], as_is, good)
        });
    }
    let mut damaged = case("a bad signature", &[Aspect::Signature], as_is, good);
    *damaged.chain[0].last_mut().expect("a signature") ^= 1;
    all.push(damaged);
    all.push(one_too_many());
    all
}

/// Two authorities one below the other, where the upper one may have none below.
fn one_too_many() -> Case {
    let root = Ca::at("root", Kind::P256, 1, system_clock().now());
    let upper = root.below("upper", Kind::P256, 2, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let lower = upper.below("lower", Kind::P256, 3, |_| ());
    let leaf = Leaf::server(Kind::P256);
    Case {
        name: "one authority too many",
        chain: vec![lower.issue(&leaf), lower.der, upper.der],
        key: leaf.kind.key(leaf.number).to_pkcs8_pem().expect("a key").to_string(),
        root: root.der,
        wrong: &[Aspect::Authority],
    }
}

#[test]
fn openssl_judges_as_the_checks_do() {
    in_its_own_network("openssl_judges_as_the_checks_do", || async {
        let folder = TempDir::new()?;
        let cases = cases();
        let capture = Capture::start().await?;
        let mut ports = Vec::new();
        for case in &cases {
            ports.push(shown(folder.path(), case).await.with_context(|| case.name)?);
        }
        let file = folder.path().join("capture.pcap");
        capture.save(&file).await?;
        let capture = pcap::read(&std::fs::read(&file)?)?;
        let secrets = std::fs::read_to_string(folder.path().join("keys.log"))?;
        for (case, port) in cases.iter().zip(ports) {
            let roots = vec![case.root.clone()];
            let account = decode(
                &capture,
                Known {
                    secrets: &secrets,
                    trusted: Trusted::Roots(&roots),
                    began: Some(UnixTime(0)), // its frames have the time since then
                    is_withheld: false,
                },
            );
            let checks = checks_of(&account, port)?;
            let ours: BTreeSet<_> = checks
                .iter()
                .filter(|check| check.ok == Some(false))
                .map(|check| check.aspect)
                .collect();
            let theirs = judged(folder.path(), case)?;
            ensure!(ours == theirs, "{}: {ours:?} is not OpenSSL's {theirs:?}", case.name);
            ensure!(ours == case.wrong.iter().copied().collect(), "{}: {ours:?}", case.name);
            for proof in [Aspect::Scheme, Aspect::Possession, Aspect::Finished] {
                let right = checks
                    .iter()
                    .any(|check| check.aspect == proof && check.ok == Some(true));
                ensure!(right, "{}: {proof:?}", case.name);
            }
        }
        Ok(())
    });
}

fn checks_of(account: &Account, port: u16) -> Result<Vec<Check>> {
    let flow = account.flows.iter().find(|flow| flow.server.port == port);
    Ok(flow.context("a connection")?.checks.clone())
}

/// A handshake between OpenSSL's server, which shows the chain, and its client; the server's port.
async fn shown(folder: &Path, case: &Case) -> Result<u16> {
    let path = |name: &str| folder.join(name).display().to_string();
    let pem = |certificates: &[Vec<u8>]| -> String {
        let blocks = certificates.iter().map(|der| encode_pem(PemKind::Certificate, der));
        blocks.collect()
    };
    std::fs::write(path("leaf.pem"), pem(&case.chain[..1]))?;
    std::fs::write(path("between.pem"), pem(&case.chain[1..]))?;
    std::fs::write(path("leaf.key"), &case.key)?;
    let output = Output::default();
    let arguments = ["s_server", "-www", "-accept", "127.0.0.1:0", "-cert"].map(String::from);
    let mut arguments = arguments.to_vec();
    arguments.extend([
        path("leaf.pem"),
        "-key".into(),
        path("leaf.key"),
        "-cert_chain".into(),
        path("between.pem"),
    ]);
    let mut server = Process::start(OPENSSL, &arguments, &output)?;
    let port = server.wait_for("listening", listening).await?;
    let output = Output::default();
    let mut arguments = ["s_client", "-quiet", "-servername", "localhost", "-connect"]
        .map(String::from)
        .to_vec();
    arguments.extend([format!("127.0.0.1:{port}"), "-keylogfile".into(), path("keys.log")]);
    let mut client = Process::start(OPENSSL, &arguments, &output)?;
    client.say(b"GET / HTTP/1.0\r\n\r\n").await;
    client.finish().await?;
    ensure!(String::from_utf8_lossy(&output.out()).contains("200 ok"), "{output}");
    Ok(port)
}

fn listening(output: &Output) -> Option<u16> {
    let text = String::from_utf8_lossy(&output.out()).into_owned();
    let (_, after) = text.split_once("ACCEPT 127.0.0.1:")?;
    after.split_once('\n')?.0.trim().parse().ok()
}

/// What `openssl verify` finds wrong.
fn judged(folder: &Path, case: &Case) -> Result<BTreeSet<Aspect>> {
    let write = |name: &str, certificates: &[Vec<u8>]| -> Result<String> {
        let blocks = certificates.iter().map(|der| encode_pem(PemKind::Certificate, der));
        let path = folder.join(name);
        std::fs::write(&path, blocks.collect::<String>())?;
        Ok(path.display().to_string())
    };
    let root = write("judge-root.pem", std::slice::from_ref(&case.root))?;
    let between = write("judge-between.pem", &case.chain[1..])?;
    let leaf = write("judge-leaf.pem", &case.chain[..1])?;
    let arguments = [
        "verify",
        "-no-CAfile",
        "-no-CApath",
        "-no-CAstore",
        "-purpose",
        "sslserver",
        "-verify_hostname",
    ];
    let output = Command::new("openssl")
        .args(arguments)
        .args(["localhost", "-CAfile", &root, "-untrusted", &between, &leaf])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let mut found = BTreeSet::new();
    for line in said.lines().filter_map(|line| line.strip_prefix("error ")) {
        // "error 62 at 0 depth lookup: hostname mismatch"
        let Some((number, Ok(depth))) = line
            .split_once(" at ")
            .map(|(number, rest)| (number, rest.split(' ').next().unwrap_or_default().parse::<u32>()))
        else {
            continue; // which file it was
        };
        let number: u32 = number.parse()?;
        let verdict = VERDICTS.iter().find(|(numbers, _)| numbers.contains(&number));
        let (_, aspect) = verdict.with_context(|| format!("{}: {said}", case.name))?;
        // Of key usages, purposes and that an authority is one OpenSSL says by one number that they are not for servers.
        found.insert(match (*aspect, case.wrong) {
            (Aspect::Purpose, [Aspect::Usage]) => Aspect::Usage,
            (Aspect::Purpose, [Aspect::Authority]) if depth > 0 => Aspect::Authority,
            (aspect, _) => aspect,
        });
    }
    // Whose key must not sign certificates is to OpenSSL no authority either.
    if found.contains(&Aspect::Usage) {
        found.remove(&Aspect::Authority);
    }
    ensure!(output.status.success() == found.is_empty(), "{}: {said}", case.name);
    Ok(found)
}
