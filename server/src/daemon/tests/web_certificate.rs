//! The operator's own certificate: renewed files are found within the hour.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nihao_certs::{HostName, KeyAlgorithm, PublicKey, ServerAuthority, Validity};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{Seeded, SigningKey};
use nihao_protocol::net::Connector;
use nihao_protocol::tls::ClientConfig;
use nihao_protocol::x509::{Roots, ServerName, Trust};

use super::{Lab, START, environment, start_with};
use crate::daemon::{Config, WebCertificate};

/// Puts a certificate for chat.test with another key there, each time.
fn renew(folder: &Path, authority: &ServerAuthority, number: u64) {
    let random = &mut Seeded::new(number, "web");
    let key = SigningKey::generate_p256(random).unwrap();
    let names = [HostName::parse("chat.test").unwrap()];
    let validity = Validity::of_server_certificate(UnixTime(START));
    let issued = authority.issue(&names, &PublicKey::of(&key), validity, random).unwrap();
    fs::write(folder.join("web.pem"), issued.pem()).unwrap();
    fs::write(folder.join("web.key"), key.to_pkcs8_pem().unwrap()).unwrap();
}

async fn shown(lab: &Lab, authority: &ServerAuthority) -> Vec<u8> {
    let mut roots = Roots::new();
    roots.add(authority.authority().certificate()).unwrap();
    let config = ClientConfig::new(Trust::Roots(Arc::new(roots)));
    let connector = Connector::new(Arc::new(config), environment(&lab.time));
    let name = ServerName::parse("chat.test").unwrap();
    let stream = connector.connect(lab.dial().await, name).await.unwrap();
    stream.facts().unwrap().peer_chain[0].clone()
}

#[tokio::test(start_paused = true)]
async fn renewed_files_are_taken_up_within_the_hour() {
    let folder = tempfile::tempdir().unwrap();
    let names = [HostName::parse("chat.test").unwrap()];
    let random = &mut Seeded::new(5, "authority");
    let authority = ServerAuthority::create(KeyAlgorithm::P256, &names, UnixTime(START), random).unwrap();
    renew(folder.path(), &authority, 1);
    let opened = WebCertificate::open(&folder.path().join("web.pem"), &folder.path().join("web.key")).unwrap();
    assert!(opened.names().contains(&String::from("chat.test")));
    assert!(opened.reread().unwrap().is_none(), "nothing changed");
    let lab = start_with(tempfile::tempdir().unwrap(), |config| Config {
        web_certificate: Some(opened),
        ..config
    });
    let first = shown(&lab, &authority).await;
    renew(folder.path(), &authority, 2);
    assert_eq!(shown(&lab, &authority).await, first, "nobody looked yet");
    tokio::time::sleep(Duration::from_secs(3700)).await;
    let second = shown(&lab, &authority).await;
    assert_ne!(second, first);
    fs::write(folder.path().join("web.key"), "half a renewal").unwrap();
    tokio::time::sleep(Duration::from_secs(3700)).await;
    assert_eq!(
        shown(&lab, &authority).await,
        second,
        "what cannot be used is left alone"
    );
}
