//! Runs one case and says in one line what was seen.

use std::time::Duration;

use anyhow::{Context as _, Result};
use nihao_protocol::tls::AlertDescription;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::case::{Case, ClientCertificate, open};
use super::http::Application;
use super::material::Material;
use super::ours::{self, Ours};
use super::process::Output;
use super::tap::Wire;
use super::tool::Tool;
use super::{chromium, rustls_peer, stock};

/// The time one case may take.
const DEADLINE: Duration = Duration::from_secs(40);

/// The time our server may take when its client has ended.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the tool had to say afterwards.
pub(super) struct Theirs {
    /// The alerts it received.
    pub(super) alerts: Vec<u8>,
    /// Whether it got the payload, as far as it can say.
    pub(super) complete: bool,
    /// What it printed about the connection itself.
    pub(super) printed: String,
}

impl Theirs {
    /// Of a tool that tells nothing: that it passed the payload on shows in what we heard.
    const fn silent() -> Self {
        Self {
            alerts: Vec::new(),
            complete: true,
            printed: String::new(),
        }
    }
}

/// Runs `case`: what was seen, and what the tool wrote, for when that is not as expected.
pub(super) async fn run(case: &Case) -> Result<(String, Output)> {
    let output = Output::default();
    let seen = match timeout(DEADLINE, meet(case, &output)).await {
        Ok(seen) => seen.with_context(|| format!("{}\n{output}", case.columns().join(",")))?,
        Err(_elapsed) => format!("nothing after {} s", DEADLINE.as_secs()),
    };
    Ok((seen, output))
}

async fn meet(case: &Case, output: &Output) -> Result<String> {
    let material = Material::new(case)?;
    if case.tool == Tool::Chromium {
        return chromium::load(case, &material, output).await;
    }
    let wire = Wire::default();
    let (ours, theirs) = if case.tool.our_role() == "server" {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let server = ours::serve(case, &material, &listener, wire.clone());
        match case.tool {
            Tool::RustlsClient => tokio::try_join!(server, rustls_peer::client(case, &material, port, output))?,
            _ => beside(server, stock::client(case, &material, port, output)).await?,
        }
    } else if case.tool == Tool::RustlsServer {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let server = rustls_peer::server(case, &material, &listener, output);
        tokio::try_join!(ours::connect(case, &material, port, wire.clone()), server)?
    } else if case.tool.is_proxy() {
        let application = Application::start().await?;
        let (_server, port) = stock::proxy(case, &material, application.port, output)?;
        (
            ours::connect(case, &material, port, wire.clone()).await?,
            Theirs::silent(),
        )
    } else {
        let (server, port) = stock::server(case, &material, output).await?;
        let ours = ours::connect(case, &material, port, wire.clone());
        if !case.tool.tells_alerts() {
            (ours.await?, Theirs::silent())
        } else if case.tool.serves_for_ever() {
            // It is ended when we have heard all it says, not before.
            let ours = ours.await?;
            (ours, stock::attend(case, &material, server).await?)
        } else {
            tokio::try_join!(ours, stock::attend(case, &material, server))?
        }
    };
    let mut seen = tell(case, &ours, &theirs);
    let besides = (case.look)(&wire, &theirs.printed);
    if !besides.is_empty() {
        seen = format!("{seen}; {besides}");
    }
    Ok(seen)
}

/// Both to their end; a server whose client has ended must soon end too.
async fn beside(
    server: impl Future<Output = Result<Ours>>,
    client: impl Future<Output = Result<Theirs>>,
) -> Result<(Ours, Theirs)> {
    let (ended, client_ended) = tokio::sync::oneshot::channel();
    let client = async {
        let theirs = client.await?;
        let _: Result<(), ()> = ended.send(());
        Ok(theirs)
    };
    let patience = async {
        let _ended = client_ended.await;
        tokio::time::sleep(PATIENCE).await;
    };
    let server = async {
        tokio::select! {
            biased;
            ours = server => ours,
            () = patience => anyhow::bail!("the tool has ended, and our server still waits for it"),
        }
    };
    tokio::try_join!(server, client)
}

fn tell(case: &Case, ours: &Ours, theirs: &Theirs) -> String {
    let heard: Vec<_> = theirs
        .alerts
        .iter()
        .map(|number| AlertDescription(*number).to_string())
        .collect();
    let heard = match heard.join(" and ") {
        heard if !heard.is_empty() => format!("peer heard {heard}"),
        _ if case.tool.tells_alerts() => String::from("peer heard nothing"),
        _ => String::from("peer silent"),
    };
    let Some(facts) = &ours.facts else {
        let error = ours.end.as_ref().err().map_or("no error", String::as_str);
        return format!("refused: {error}; {heard}");
    };
    let settled = [
        (facts.group == case.group, format!("group {}", facts.group)),
        (
            facts.cipher_suite == case.suite,
            format!("suite {}", facts.cipher_suite),
        ),
    ];
    if let Some((_, wrong)) = settled.into_iter().find(|(as_asked, _)| !as_asked) {
        return format!("open with the wrong {wrong}");
    }
    let closed = theirs.alerts.iter().all(|number| *number == 0) && theirs.alerts.is_empty() != case.tool.tells_close();
    match &ours.end {
        Err(error) => format!("open; then {error}; {heard}"),
        Ok(()) if theirs.complete && closed => with_facts(case, ours),
        Ok(()) if theirs.complete => format!("open; 您好！ both ways; {heard}"),
        Ok(()) => String::from("open; 您好！ did not arrive"),
    }
}

/// Success, with what the case does not imply: whether the hello was retried, and whether a certificate was named that should not be.
fn with_facts(case: &Case, ours: &Ours) -> String {
    let mut seen = String::from(open(case.tool));
    let Some(facts) = &ours.facts else {
        return seen;
    };
    if case.tool.our_role() == "server" {
        let named = !facts.peer_chain.is_empty();
        if named != matches!(case.client, ClientCertificate::Sent(..)) {
            seen = format!("{seen}; client certificate {named}");
        }
    }
    // A server that resumes knows the client from before, and does not ask again.
    let asked = case.client.is_asked() && !(case.resumed && case.tool.our_role() == "server");
    if facts.client_certificate_requested != asked {
        seen = format!(
            "{seen}; asked for a certificate: {}",
            facts.client_certificate_requested
        );
    }
    if facts.resumed != case.resumed {
        seen = format!("{seen}; resumed: {}", facts.resumed);
    }
    if facts.hello_retried {
        seen = format!("{seen}; hello retried");
    }
    seen
}
