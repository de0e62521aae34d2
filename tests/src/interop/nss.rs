//! The certificate databases that NSS reads, for its own tools and for Chromium.

use std::path::Path;

use anyhow::Result;

use super::material::Material;
use super::process::{Output, Place, Process, Program};

/// Makes a database in `folder` that trusts the root of the case's servers, with the certificates of `who`, if anybody.
///
/// A root with a key that NSS does not know is left out, for it refuses to store it.
///
/// # Errors
/// When NSS's tools are not installed.
pub(super) async fn database(material: &Material, folder: &Path, who: Option<&str>, output: &Output) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let folder = format!("sql:{}", folder.display());
    call("certutil", &["-N", "-d", &folder, "--empty-password"], output).await?;
    let roots = material.path("servers.pem");
    call(
        "certutil",
        &["-A", "-d", &folder, "-n", "root", "-t", "C,,", "-i", &roots],
        output,
    )
    .await?;
    if let Some(who) = who {
        let path = |ending| material.path(&format!("{who}.{ending}"));
        let (certificate, key, bundle) = (path("pem"), path("key"), path("p12"));
        let mut arguments = vec!["pkcs12", "-export", "-passout", "pass:", "-name", who];
        arguments.extend(["-in", &certificate, "-inkey", &key, "-out", &bundle]);
        call("openssl", &arguments, output).await?;
        call("pk12util", &["-i", &bundle, "-d", &folder, "-W", ""], output).await?;
    }
    Ok(())
}

async fn call(name: &'static str, arguments: &[&str], output: &Output) -> Result<()> {
    let package = if name == "openssl" { name } else { "libnss3-tools" };
    let program = Program {
        name,
        place: Place::Package(package),
        buffers: false,
    };
    let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
    let told = Output::default();
    let status = Process::start(program, &arguments, &told)?.finish().await?;
    if !status.success() {
        output.note(&format!("{name}: {}", told.err().trim()));
    }
    Ok(())
}
