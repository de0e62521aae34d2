//! `nihaod`: reads the command line, starts the server, says where it listens, and drains it when told to end.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use nihao_protocol::net::{Environment, KeyLogFile};
use nihao_protocol::tls::KeyLog;
use nihao_server::cli::{Arguments, Failure, LogFormat};
use nihao_server::{Config, Server};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, error, hint }) => {
            eprintln!("error: {error}\nhint: {hint}");
            ExitCode::from(code)
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    start_logging(&arguments)?;
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) => tracing::debug!(files, "open files allowed"),
        Err(error) => tracing::warn!(%error, "the limit on open files could not be raised"),
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::unexpected)?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let web_certificate = arguments.web_certificate()?;
    let rereads = web_certificate.is_some();
    let listening = |error| Failure::listen(arguments.listen, &error);
    let listener = TcpListener::bind(arguments.listen).await.map_err(listening)?;
    let address = listener.local_addr().map_err(listening)?;
    let config = Config {
        names: arguments.names.clone(),
        key_log: open_key_log(&arguments)?,
        limits: arguments.limits(),
        synchronous: arguments.durability(),
        web_certificate,
        hsts: arguments.hsts,
        client_certificates: arguments.client_certs,
        ..Config::new(&arguments.data, address)
    };
    let server = Server::open(config, Environment::system())?;
    // Before anything is printed: whoever reads the lines may send a signal at once.
    let mut terminated = signal(SignalKind::terminate()).map_err(Failure::unexpected)?;
    let mut interrupted = signal(SignalKind::interrupt()).map_err(Failure::unexpected)?;
    // Without a file to read again it ends the program, as usual: a terminal that goes away takes its server along.
    let mut hung_up = rereads
        .then(|| signal(SignalKind::hangup()))
        .transpose()
        .map_err(Failure::unexpected)?;
    if let Some(invite) = server.founding_invite().await.map_err(Failure::unexpected)? {
        print_line(&invite.to_string());
    }
    print_line(&format!("listening on {address}"));
    let shutdown = async {
        tokio::select! {
            biased;
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    };
    tokio::select! {
        biased;
        () = server.run(listener, shutdown) => {}
        () = reread_at(hung_up.as_mut(), &server) => {}
    }
    Ok(())
}

/// Never ends.
async fn reread_at(hung_up: Option<&mut Signal>, server: &Server) {
    if let Some(hung_up) = hung_up {
        while hung_up.recv().await.is_some() {
            server.reread_web_certificate();
        }
    }
    std::future::pending().await
}

/// Standard output may be closed: the server does not end for that.
fn print_line(line: &str) {
    let mut out = io::stdout().lock();
    if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
        tracing::warn!(%error, "standard output cannot be written");
    }
}

fn open_key_log(arguments: &Arguments) -> Result<Option<Arc<dyn KeyLog>>, Failure> {
    let Some(path) = &arguments.keylog else { return Ok(None) };
    let file = KeyLogFile::open(path).map_err(|error| Failure::key_log(path, &error))?;
    tracing::warn!(file = %path.display(), "TLS secrets are being logged: whoever reads this file can read everything");
    Ok(Some(Arc::new(file)))
}

fn start_logging(arguments: &Arguments) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&arguments.log).map_err(|error| Failure {
        code: 2,
        error: format!("--log {:?} is no filter: {error}", arguments.log),
        hint: "give error, warn, info, debug or trace".into(),
    })?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::IsTerminal::is_terminal(&io::stderr()));
    match arguments.log_format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    Ok(())
}
