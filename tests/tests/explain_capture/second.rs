//! HTTP/2 between curl and nihaod: tshark reads the same frames and the same headers.

use std::process::Command;

use nihao_explain::event::Protocol;
use nihao_tests::lab::World;
use nihao_tests::told::SECOND;

use super::*;

/// Twice on one connection, so that the second request is numbers for the most part; with a credential, and a body.
fn ask_twice(world: &World, log: &Path) -> Result<()> {
    let messages = format!("https://{}/v1/messages", world.address());
    let asked = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "20", "--http2", "--cacert"])
        .arg(world.ca())
        .args([
            "--header",
            "Authorization: Bearer nihao_none",
            "--header",
            "X-Said: (^_^) {|}",
        ])
        .args(["--json", "{\"to\":\"#general\",\"text\":\"hi\"}", &messages, &messages])
        .env("SSLKEYLOGFILE", log)
        .output()
        .context("curl is missing")?;
    ensure!(asked.status.success(), "{asked:?}");
    let said = String::from_utf8(asked.stdout)?;
    ensure!(said.matches("\"status\":401").count() == 2, "{said}");
    Ok(())
}

#[test]
fn curl_with_nihaod_over_http2() {
    in_its_own_network("second::curl_with_nihaod_over_http2", || async {
        let folder = TempDir::new()?;
        let (file, log) = (folder.path().join("capture.pcap"), folder.path().join("keys.log"));
        let world = World::new()?;
        let address = world.address();
        let (_, port) = address.rsplit_once(':').context("a port")?;
        let capture = Capture::start().await?;
        ask_twice(&world, &log)?;
        capture.save(&file).await?;
        let capture = pcap::read(&std::fs::read(&file)?)?;
        let account = decode(&capture, &std::fs::read_to_string(&log)?);
        let options = [
            "-o".to_owned(),
            format!("tls.keylog_file:{}", log.display()),
            "-o".to_owned(),
            "tcp.reassemble_out_of_order:TRUE".to_owned(),
            "-d".to_owned(),
            format!("tcp.port=={port},tls"),
        ];
        let names: Vec<_> = SECOND.iter().map(|same| same.field).collect();
        let rows = tshark::fields(&file, &options, &names).await?;
        ensure!(rows.len() == account.frames.len(), "{} rows", rows.len());
        let found = differences(&account, &rows, &SECOND);
        ensure!(found.is_empty(), "{}", found.join("\n"));
        for same in &SECOND {
            ensure!(
                nihao_tests::told::count(&account, same) > 0,
                "nothing to compare in {}",
                same.field
            );
        }
        let faults = account.faults().into_iter();
        let faults: Vec<_> = faults
            .filter(|(_, note)| note.text.key != "CHECKSUM_WRONG")
            .map(|(span, note)| (span, note.text.key))
            .collect();
        ensure!(faults.is_empty(), "{faults:?}");
        for key in ["HPACK_INDEXED", "HPACK_INCREMENTAL", "HPACK_NEVER", "HPACK_HUFFMAN"] {
            ensure!(count(&account, key) > 0, "{key} is not told");
        }
        let opaque = account.derived.iter().flat_map(|derived| derived.layer.layers());
        let opaque: Vec<_> = opaque
            .filter(|layer| layer.protocol == Protocol::Http)
            .flat_map(|layer| layer.fields())
            .filter(|field| matches!(field.value, Value::Opaque(_)))
            .collect();
        ensure!(opaque.is_empty(), "not decoded: {opaque:?}");
        Ok(())
    });
}
