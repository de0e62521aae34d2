//! How each stock tool is called.

use serde_json::{Value, json};

use super::case::{Case, ClientCertificate};
use super::material::Material;
use super::ours::PAYLOAD;
use super::process::peers;
use super::tool::Tool;

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/peer.py");
const CURL_CFFI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/curl_cffi_peer.py");
const NODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/peer.mjs");

/// For a client of the server on `port`; one that makes one connection only is called again for the second.
pub(super) fn client(case: &Case, material: &Material, port: u16, connection: usize) -> Vec<String> {
    let arguments = match case.tool {
        Tool::SClient => s_client(case, material, port, connection),
        Tool::Curl => curl(case, material, port),
        Tool::GnutlsCli => gnutls_cli(case, material, port),
        Tool::Tstclnt => tstclnt(case, material, port),
        tool => {
            let pair = |file| material.has_client().then(|| material.path(file));
            let options = json!({
                "port": port, "name": "localhost", "roots": material.path("servers.pem"), "verify": "CERT_REQUIRED",
                "rounds": case.between.rounds(), "size": PAYLOAD.len(),
                "certificate": pair("client.pem"), "key": pair("client.key"), "payload": material.path("payload"),
                "connections": case.connections(),
            });
            return script(tool, "client", options, case);
        }
    };
    with_knobs(arguments, case)
}

/// For a server for one connection, where the tool can, on `port` if it cannot pick one itself.
pub(super) fn server(case: &Case, material: &Material, port: u16) -> Vec<String> {
    let arguments = match case.tool {
        Tool::SServer => s_server(case, material),
        Tool::GnutlsServ => gnutls_serv(case, material, port),
        Tool::Selfserv => selfserv(case, material, port),
        tool => {
            let verify = match case.client {
                ClientCertificate::NotAsked => "CERT_NONE",
                ClientCertificate::None => "CERT_OPTIONAL",
                _ => "CERT_REQUIRED",
            };
            let options = json!({
                "certificate": material.path("server.pem"), "key": material.path("server.key"),
                "roots": material.path("users.pem"), "verify": verify,
                "ask": case.client.is_asked(), "require": case.client.is_required(), "connections": case.connections(),
            });
            return script(tool, "server", options, case);
        }
    };
    with_knobs(arguments, case)
}

fn with_knobs(mut arguments: Vec<String>, case: &Case) -> Vec<String> {
    arguments.extend(case.knobs.iter().map(ToString::to_string));
    arguments
}

fn strings<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(String::from).to_vec()
}

/// The knobs of our own scripts are `name=value` pairs among the options; what begins with `-` is for what runs them.
fn script(tool: Tool, role: &str, mut options: Value, case: &Case) -> Vec<String> {
    let (flags, pairs): (Vec<&str>, Vec<&str>) = case.knobs.iter().partition(|knob| knob.starts_with('-'));
    for (name, value) in pairs.iter().filter_map(|knob| knob.split_once('=')) {
        options[name] = json!(value);
    }
    let mut all: Vec<String> = flags.into_iter().map(String::from).collect();
    match tool {
        Tool::JavaClient | Tool::JavaServer => {
            all.extend(java(role));
            all.extend(pairs_of(&options));
        }
        Tool::GoClient | Tool::GoServer => all.extend(strings([role, &options.to_string()])),
        Tool::CurlCffi => all.extend(strings([CURL_CFFI, &options.to_string()])),
        Tool::PythonClient | Tool::PythonServer => all.extend(strings([PYTHON, role, &options.to_string()])),
        _ => all.extend(strings([NODE, role, &options.to_string()])),
    }
    all
}

/// A start that does not wait for the optimising compiler, and tells the alerts.
fn java(role: &str) -> Vec<String> {
    let folder = peers().unwrap_or_default().display().to_string();
    let mut all = strings(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djavax.net.debug=ssl"]);
    all.extend(strings(["-cp", &folder, "Peer", role]));
    all
}

fn pairs_of(options: &Value) -> Vec<String> {
    let present = options.as_object().into_iter().flatten();
    let present = present.filter(|(_, value)| !value.is_null());
    present
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            value => format!("{name}={value}"),
        })
        .collect()
}

fn s_client(case: &Case, material: &Material, port: u16, connection: usize) -> Vec<String> {
    let (address, messages) = (format!("127.0.0.1:{port}"), material.path("messages"));
    let mut all = strings(["s_client", "-connect", &address, "-servername", "localhost", "-brief"]);
    all.extend(strings(["-verify_hostname", "localhost", "-verify_return_error"]));
    all.extend(strings(["-CAfile", &material.path("servers.pem")]));
    all.extend(strings(["-msg", "-msgfile", &messages]));
    all.extend(pair(material, "client", ["-cert", "-key"]));
    if case.resumed {
        let option = if connection == 1 { "-sess_out" } else { "-sess_in" };
        all.extend(strings([option, &material.path("session")]));
    }
    all
}

/// The options that name the files of `who`, if there are any.
fn pair(material: &Material, who: &str, [certificate, key]: [&str; 2]) -> Vec<String> {
    if who == "client" && !material.has_client() {
        return Vec::new();
    }
    let path = |ending| material.path(&format!("{who}.{ending}"));
    strings([certificate, &path("pem"), key, &path("key")])
}

fn curl(case: &Case, material: &Material, port: u16) -> Vec<String> {
    let (body, host) = (
        format!("@{}", material.path("payload")),
        format!("localhost:{port}:127.0.0.1"),
    );
    let mut all = strings(["-sS", "-v", "--noproxy", "*", "--http1.1", "--resolve", &host]);
    all.extend(strings(["--cacert", &material.path("servers.pem")]));
    all.extend(strings(["--data-binary", &body]));
    all.extend(vec![format!("https://localhost:{port}/"); case.connections()]);
    all.extend(pair(material, "client", ["--cert", "--key"]));
    all
}

fn gnutls_cli(case: &Case, material: &Material, port: u16) -> Vec<String> {
    let (roots, port) = (material.path("servers.pem"), port.to_string());
    let mut all = strings(["-d", "5", "--x509cafile", &roots, "-p", &port, "localhost"]);
    all.extend(pair(material, "client", ["--x509certfile", "--x509keyfile"]));
    if case.resumed {
        all.extend(strings(["--resume", "--waitresumption"]));
    }
    all
}

fn s_server(case: &Case, material: &Material) -> Vec<String> {
    let (users, messages) = (material.path("users.pem"), material.path("messages"));
    let mut all = strings([
        "s_server",
        "-accept",
        "127.0.0.1:0",
        "-naccept",
        &case.connections().to_string(),
    ]);
    all.extend(pair(material, "server", ["-cert", "-key"]));
    all.extend(strings(["-msg", "-msgfile", &messages]));
    match case.client {
        ClientCertificate::NotAsked => {}
        ClientCertificate::None => all.extend(strings(["-verify", "1", "-CAfile", &users])),
        _ => all.extend(strings(["-Verify", "1", "-verify_return_error", "-CAfile", &users])),
    }
    all
}

fn gnutls_serv(case: &Case, material: &Material, port: u16) -> Vec<String> {
    let users = material.path("users.pem");
    let mut all = strings(["-d", "5", "--echo", "-p", &port.to_string()]);
    all.extend(pair(material, "server", ["--x509certfile", "--x509keyfile"]));
    match case.client {
        ClientCertificate::NotAsked => all.extend(strings(["--disable-client-cert"])),
        ClientCertificate::None => all.extend(strings(["--x509cafile", &users])),
        _ => {
            all.extend(strings(["--require-client-cert", "--verify-client-cert"]));
            all.extend(strings(["--x509cafile", &users]));
        }
    }
    all
}

fn tstclnt(case: &Case, material: &Material, port: u16) -> Vec<String> {
    let database = format!("sql:{}", material.path("nss"));
    let mut all = strings(["-h", "localhost", "-4", "-p", &port.to_string(), "-d", &database]);
    all.extend(strings(["-V", "tls1.3:tls1.3", "-A", &material.path("payload")]));
    if material.has_client() {
        all.extend(strings(["-n", "client"]));
    }
    if case.resumed {
        all.extend(strings(["-L", "2"]));
    }
    all
}

fn selfserv(case: &Case, material: &Material, port: u16) -> Vec<String> {
    let database = format!("sql:{}", material.path("nss"));
    let mut all = strings(["-p", &port.to_string(), "-d", &database, "-n", "server", "-v"]);
    if case.resumed {
        all.extend(strings(["-u"]));
    }
    all.extend(strings(["-V", "tls1.3:tls1.3"]));
    match case.client {
        ClientCertificate::NotAsked => {}
        ClientCertificate::None => all.extend(strings(["-r"])),
        _ => all.extend(strings(["-r", "-r"])),
    }
    all
}
