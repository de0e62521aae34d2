//! Servers and name servers that nobody here wrote.

use nihao_tests::interop::tool::Tool;
use nihao_tests::live::Web;
use nihao_tests::names::{RESOLVER, Servers};

use super::*;

/// The lines of `--json`.
fn lines(told: &Told) -> Vec<Value> {
    let lines = told.ladder.lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn pages_of_nginx_and_caddy_hold_in_both_versions() {
    let pki = Pki::new().unwrap();
    let ca = pki.file("ca.pem");
    for tool in [Tool::Nginx, Tool::Caddy] {
        let web = Web::start(tool, &pki, "p256", "localhost").await.unwrap();
        let url = format!("https://localhost:{}/", web.port);
        let first = ["connected from", "ClientHello", "{Certificate}", "✓ chain of 1: "];
        let http1 = ["{GET / HTTP/1.1}", "{HTTP/1.1 200 OK}", "{close_notify}"];
        let http2 = ["{HTTP/2 preface}", "HEADERS on stream 1", "DATA on stream 1", "GOAWAY"];
        for (version, steps) in [(&[][..], &http1[..]), (&["--http2"], &http2)] {
            let asked = [&["--live", &url, "--cacert", &ca], version].concat();
            holds(&explain(&asked), &[&first, steps].concat());
            let lines = lines(&explain(&[&asked[..], &["--json"]].concat()));
            let outcome = lines.last().unwrap();
            let received = (&outcome["error"], &outcome["cut"], outcome["received"].as_u64());
            let page = u64::try_from(Web::PAGE.len()).ok();
            assert_eq!(received, (&Value::Null, &false.into(), page), "{tool:?}: {outcome}");
            let wrong = lines
                .iter()
                .find(|line| line["ok"] == false || !line["broken"].is_null());
            assert_eq!(wrong, None, "{tool:?}");
            assert!(
                lines
                    .iter()
                    .any(|line| line["aspect"] == "Possession" && line["ok"] == true)
            );
        }
    }
}

/// What nobody here can check is a gap of ours, and the certificate is named that it comes from: not the server's own.
#[tokio::test]
async fn a_key_between_that_nihao_does_not_have() {
    let pki = Pki::new().unwrap();
    let ca = pki.file("ca.pem");
    pki.authority("Ed448 authority", &["ed448"]).unwrap();
    pki.serve("below-ed448", "localhost", "Ed448 authority").unwrap();
    let web = Web::start(Tool::Caddy, &pki, "below-ed448", "localhost").await.unwrap();
    let url = format!("https://localhost:{}/", web.port);
    assert_broken("our-gap-ed448", 4, &[&url, "--cacert", &ca]);
    pki.authority(
        "Brainpool authority",
        &["ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
    )
    .unwrap();
    pki.serve("below-brainpool", "localhost", "Brainpool authority")
        .unwrap();
    let web = Web::start(Tool::Nginx, &pki, "below-brainpool", "localhost")
        .await
        .unwrap();
    let url = format!("https://localhost:{}/", web.port);
    assert_broken("our-gap-brainpool", 4, &[&url, "--cacert", &ca]);
    // A root is not sent: its key is found among those that are trusted.
    pki.authority("Curve", &["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"])
        .unwrap();
    pki.serve("below-curve", "localhost", "Curve").unwrap();
    let chain = std::fs::read_to_string(pki.file("below-curve.pem")).unwrap();
    let (own, _) = chain.split_once("-----END CERTIFICATE-----\n").unwrap();
    std::fs::write(pki.file("below-curve.pem"), format!("{own}-----END CERTIFICATE-----\n")).unwrap();
    let web = Web::start(Tool::Nginx, &pki, "below-curve", "localhost").await.unwrap();
    let url = format!("https://localhost:{}/", web.port);
    assert_broken("our-gap-root", 4, &[&url, "--cacert", &pki.file("Curve.pem")]);
}

#[test]
fn names_are_told_layer_by_layer() {
    in_its_own_network("servers::names_are_told_layer_by_layer", async || {
        let _servers = Servers::start().await?;
        let pki = Pki::new()?;
        pki.serve("named", "local.chat.test", "ca")?;
        let web = Web::start(Tool::Nginx, &pki, "named", "local.chat.test").await?;
        let url = format!("https://local.chat.test:{}/", web.port);
        let ca = pki.file("ca.pem");
        let home = tempfile::tempdir()?;
        let asked = ["--live", &url, "--cacert", &ca];
        let told = |arguments: &[&str]| Told::from(run(home.path(), &[&asked, arguments].concat()));
        let reached = ["connected from 127.0.0.1", "ClientHello", "{HTTP/1.1 200 OK}"];
        let walked = [
            "application cache: miss",
            "hosts file: miss",
            "root",
            "zone test",
            "zone chat.test",
        ];
        holds(&told(&["--resolver", "recursive"]), &[&walked[..], &reached].concat());
        let known = told(&["--resolver", "recursive"]);
        holds(&known, &["application cache: hit 127.0.0.1", "connected from"]);
        assert!(!known.ladder.contains("zone test"), "{}", known.ladder);
        let asked = lines(&told(&["--resolver", RESOLVER, "--json"]));
        let answer = asked
            .iter()
            .find(|line| line["where"] == "resolver" && line["result"] == "answer")
            .unwrap_or_else(|| panic!("{asked:#?}"));
        assert_eq!(answer["asked"], "local.chat.test A", "{answer}");
        let frames: Vec<_> = answer["frames"].as_array().unwrap().iter().collect();
        assert_eq!(frames.len(), 2, "a question and its answer: {answer}");
        let ways: Vec<_> = frames
            .iter()
            .map(|number| {
                let frame = asked
                    .iter()
                    .find(|line| line["type"] == "frame" && line["number"] == **number)
                    .unwrap();
                (
                    frame["way"].as_str().unwrap(),
                    frame["tree"].to_string().contains("\"DNS\""),
                )
            })
            .collect();
        assert_eq!(ways, [("out", true), ("in", true)]);
        let gone = url.replace("local.", "gone.");
        let output = run(home.path(), &["--live", &gone, "--resolver", RESOLVER]);
        let ladder = String::from_utf8(output.stdout)?;
        assert!(
            output.status.code() == Some(3) && ladder.contains("✗ no address"),
            "{ladder}"
        );
        Ok(())
    });
}
