//! What we make is read, verified and refused by OpenSSL as it should be; a missing openssl fails these tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use nihao_certs::{
    Authorities, HostName, Issued, PublicKey, Revoked, ServerAuthority, SigningRequest, Validity, random_serial,
};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{Seeded, SigningKey};
use nihao_protocol::net::system::system_clock;
use nihao_protocol::x509::{Certificate, PemBlock, PemKind, encode_pem};

struct Lab {
    dir: tempfile::TempDir,
    authorities: Authorities,
    random: Seeded,
    now: UnixTime,
}

impl Lab {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut random = Seeded::new(1, "openssl");
        let now = system_clock().now();
        let authorities =
            Authorities::open_or_create(dir.path(), &[host("chat.example.org")], now, &mut random).unwrap();
        Self {
            dir,
            authorities,
            random,
            now,
        }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn server(&mut self, authority: fn(&Authorities) -> &ServerAuthority) -> Issued {
        let key = PublicKey::of(&SigningKey::generate_p256(&mut self.random).unwrap());
        let validity = Validity::of_server_certificate(self.now);
        authority(&self.authorities)
            .issue(&[host("chat.example.org")], &key, validity, &mut self.random)
            .unwrap()
    }

    fn user(&mut self, name: &str) -> Issued {
        let key = PublicKey::of(&SigningKey::generate_ed25519(&mut self.random).unwrap());
        let serial = random_serial(&mut self.random).unwrap();
        self.authorities
            .users
            .issue(name, &key, Validity::of_user_certificate(self.now), &serial)
            .unwrap()
    }
}

fn host(name: &str) -> HostName {
    HostName::parse(name).unwrap()
}

/// Runs openssl and gives whether it agreed, and all it said.
fn openssl(arguments: &[&str], files: &[&Path]) -> (bool, String) {
    let output = Command::new("openssl")
        .args(arguments)
        .args(files)
        .output()
        .expect("the program openssl is needed: apt-get install openssl");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

fn agrees(arguments: &[&str], files: &[&Path]) {
    let (agreed, said) = openssl(arguments, files);
    assert!(agreed, "openssl {arguments:?} said: {said}");
}

fn refuses(arguments: &[&str], files: &[&Path], because: &str) {
    let (agreed, said) = openssl(arguments, files);
    assert!(!agreed && said.contains(because), "openssl {arguments:?} said: {said}");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn server_certificates_verify_for_their_names_only() {
    let mut lab = Lab::new();
    let roots = lab.dir.path().join("ca.pem");
    let by_p256 = lab.server(|all| &all.server_p256).pem();
    let by_ed25519 = lab.server(|all| &all.server_ed25519).pem();
    for leaf in [lab.write("p256.pem", &by_p256), lab.write("ed25519.pem", &by_ed25519)] {
        let verify = [
            "verify",
            "-x509_strict",
            "-CAfile",
            text(&roots),
            "-purpose",
            "sslserver",
        ];
        for name in ["localhost", "chat.example.org"] {
            agrees(&[&verify[..], &["-verify_hostname", name]].concat(), &[&leaf]);
        }
        for address in ["127.0.0.1", "::1"] {
            agrees(&[&verify[..], &["-verify_ip", address]].concat(), &[&leaf]);
        }
        refuses(
            &[&verify[..], &["-verify_hostname", "other.example"]].concat(),
            &[&leaf],
            "hostname mismatch",
        );
        refuses(
            &["verify", "-CAfile", text(&roots), "-purpose", "sslclient"],
            &[&leaf],
            "purpose",
        );
    }
}

#[test]
fn the_hierarchies_do_not_mix() {
    let mut lab = Lab::new();
    let roots = lab.dir.path().join("ca.pem");
    let users = lab.dir.path().join("ca/users.pem");
    let user = lab.user("bob").pem();
    let user = lab.write("bob.pem", &user);
    agrees(
        &[
            "verify",
            "-x509_strict",
            "-CAfile",
            text(&users),
            "-purpose",
            "sslclient",
        ],
        &[&user],
    );
    refuses(
        &["verify", "-CAfile", text(&users), "-purpose", "sslserver"],
        &[&user],
        "purpose",
    );
    refuses(
        &["verify", "-CAfile", text(&roots), "-purpose", "sslclient"],
        &[&user],
        "unable to get local issuer",
    );
    let server = lab.server(|all| &all.server_ed25519).pem();
    let server = lab.write("server.pem", &server);
    refuses(
        &["verify", "-CAfile", text(&users)],
        &[&server],
        "unable to get local issuer",
    );
}

#[test]
fn the_p256_root_cannot_speak_for_other_names() {
    let mut lab = Lab::new();
    let root_key = lab.dir.path().join("ca/server-p256.key");
    let root = lab.dir.path().join("ca/server-p256.pem");
    // Our own code refuses to sign this, so a thief's openssl does it with the stolen key.
    let key = PublicKey::of(&SigningKey::generate_ed25519(&mut lab.random).unwrap());
    let validity = Validity::of_server_certificate(lab.now);
    let refused = lab
        .authorities
        .server_p256
        .issue(&[host("bank.example")], &key, validity, &mut lab.random);
    assert!(refused.unwrap_err().to_string().contains("not for bank.example"));
    let thief = lab.dir.path().join("thief.key");
    let leaf = lab.dir.path().join("thief.pem");
    agrees(&["genpkey", "-algorithm", "ed25519", "-out"], &[&thief]);
    for (name, because) in [
        ("DNS:bank.example", "permitted subtree violation"),
        ("IP:192.0.2.1", "permitted subtree violation"),
    ] {
        let alternative = format!("subjectAltName={name}");
        let sign = [
            "req",
            "-x509",
            "-new",
            "-subj",
            "/CN=thief",
            "-addext",
            &alternative,
            "-days",
            "30",
        ];
        let with = [
            "-key",
            text(&thief),
            "-CA",
            text(&root),
            "-CAkey",
            text(&root_key),
            "-out",
            text(&leaf),
        ];
        agrees(
            &[&sign[..], &with[..], &["-addext", "basicConstraints=CA:FALSE"]].concat(),
            &[],
        );
        refuses(&["verify", "-CAfile", text(&root)], &[&leaf], because);
    }
}

#[test]
fn revoked_certificates_are_refused() {
    let mut lab = Lab::new();
    let users = lab.dir.path().join("ca/users.pem");
    let (alice, bob) = (lab.user("alice"), lab.user("bob"));
    let serial = Certificate::parse(&bob.certificate).unwrap().serial.to_vec();
    let revoked = [Revoked { serial, at: lab.now }];
    let list = lab
        .authorities
        .users
        .authority()
        .revocation_list(&revoked, 1, Validity::days(lab.now, 7))
        .unwrap();
    let list = lab.write("users.crl", &encode_pem(PemKind::RevocationList, &list));
    let verify = ["verify", "-CAfile", text(&users), "-CRLfile", text(&list), "-crl_check"];
    let (alice, bob) = (lab.write("alice.pem", &alice.pem()), lab.write("bob.pem", &bob.pem()));
    agrees(&verify, &[&alice]);
    refuses(&verify, &[&bob], "certificate revoked");
    for authority in [
        lab.authorities.server_p256.authority(),
        lab.authorities.server_ed25519.authority(),
    ] {
        let list = authority.revocation_list(&[], 2, Validity::days(lab.now, 7)).unwrap();
        let list = lab.write("empty.crl", &encode_pem(PemKind::RevocationList, &list));
        agrees(
            &["crl", "-noout", "-CAfile", text(&lab.dir.path().join("ca.pem")), "-in"],
            &[&list],
        );
    }
}

#[test]
fn requests_and_keys_go_both_ways() {
    let mut lab = Lab::new();
    let ours = SigningRequest::create("爱丽丝", &SigningKey::generate_ed25519(&mut lab.random).unwrap()).unwrap();
    let ours = lab.write("ours.csr", &ours.pem());
    agrees(&["req", "-verify", "-noout", "-in"], &[&ours]);
    for (options, file) in [
        (&["genpkey", "-algorithm", "ed25519"][..], "theirs-ed25519"),
        (
            &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "theirs-p256",
        ),
    ] {
        let key = lab.dir.path().join(file);
        let request = lab.dir.path().join(format!("{file}.csr"));
        agrees(&[options, &["-out"]].concat(), &[&key]);
        let extras = [
            "-subj",
            "/O=x/CN=carol",
            "-addext",
            "subjectAltName=DNS:bank.example",
            "-key",
            text(&key),
            "-out",
        ];
        agrees(&[&["req", "-new"][..], &extras[..]].concat(), &[&request]);
        let block = PemBlock::read_all(&std::fs::read(&request).unwrap()).unwrap().remove(0);
        let read = SigningRequest::read(&block.der).unwrap();
        let key = SigningKey::from_pkcs8_pem(&std::fs::read_to_string(&key).unwrap()).unwrap();
        assert_eq!(read.public_key(), &PublicKey::of(&key));
        // Of what it asks for beside the key, nothing gets into the certificate.
        let issued = lab
            .authorities
            .users
            .issue("carol", read.public_key(), Validity::of_user_certificate(lab.now), &[7])
            .unwrap();
        assert_eq!(Certificate::parse(&issued.certificate).unwrap().names(), Ok(Vec::new()));
    }
    for stem in ["server-p256", "server-ed25519", "users"] {
        let (agreed, said) = openssl(
            &["pkey", "-noout", "-text", "-in"],
            &[&lab.dir.path().join(format!("ca/{stem}.key"))],
        );
        assert!(agreed && said.to_lowercase().contains("private-key"), "{said}");
    }
}

#[test]
fn foreign_certificates_are_shown() {
    let lab = Lab::new();
    let (key, certificate) = (lab.dir.path().join("rsa.key"), lab.dir.path().join("rsa.pem"));
    let make = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/C=CN/O=公司/CN=rsa",
        "-days",
        "10",
    ];
    let names = [
        "-addext",
        "subjectAltName=DNS:a.example,IP:10.0.0.1,URI:https://x/,email:a@b.example",
        "-utf8",
    ];
    agrees(
        &[&make[..], &names[..], &["-keyout", text(&key), "-out"]].concat(),
        &[&certificate],
    );
    let told = nihao_certs::show::describe(&std::fs::read(&certificate).unwrap(), lab.now).unwrap();
    for part in [
        "C=CN, O=公司, CN=rsa",
        "a.example, 10.0.0.1, URI https://x/, email a@b.example",
        "RSA with SHA-256",
    ] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
    let told = nihao_certs::show::describe(&std::fs::read(&key).unwrap(), lab.now).unwrap();
    assert!(told.contains("of a kind that is not used here"), "{told}");
}
