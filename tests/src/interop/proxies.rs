//! The servers that speak TLS for an application: their configuration, for one case.

use anyhow::Result;

use super::case::{Case, ClientCertificate};
use super::material::Material;
use super::tool::Tool;

/// Writes the configuration of a proxy on `port` for the application on `behind`: how the proxy is called.
///
/// # Errors
/// When it cannot be written.
pub(super) fn configure(case: &Case, material: &Material, port: u16, behind: u16) -> Result<Vec<String>> {
    let (text, arguments) = match case.tool {
        Tool::Nginx => (nginx(case, material, port, behind), ["-e", "stderr", "-c"].as_slice()),
        Tool::Haproxy => (haproxy(case, material, port, behind), ["-db", "-f"].as_slice()),
        _ => (
            caddy(case, material, port, behind),
            ["run", "--adapter", "caddyfile", "--config"].as_slice(),
        ),
    };
    let path = material.path("proxy.conf");
    std::fs::write(&path, text)?;
    let arguments = arguments.iter().map(ToString::to_string);
    Ok(arguments.chain([path]).collect())
}

fn nginx(case: &Case, material: &Material, port: u16, behind: u16) -> String {
    let verify = match case.client {
        ClientCertificate::NotAsked => "off",
        ClientCertificate::None => "optional",
        _ => "on",
    };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {};\n", material.path(kind)))
        .collect();
    format!(
        "daemon off;\nmaster_process off;\npid {};\nerror_log stderr info;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}\
         server {{\nlisten 127.0.0.1:{port} ssl;\nssl_protocols TLSv1.3;\nssl_certificate {};\nssl_certificate_key {};\n\
         ssl_verify_client {verify};\nssl_client_certificate {};\n\
         location / {{ proxy_pass http://127.0.0.1:{behind}; }}\n}}\n}}\n",
        material.path("pid"),
        material.path("server.pem"),
        material.path("server.key"),
        material.path("users.pem"),
    )
}

fn haproxy(case: &Case, material: &Material, port: u16, behind: u16) -> String {
    let verify = match case.client {
        ClientCertificate::NotAsked => String::new(),
        client => format!(
            " ca-file {} verify {}",
            material.path("users.pem"),
            if client.is_required() { "required" } else { "optional" }
        ),
    };
    format!(
        "defaults\nmode http\ntimeout connect 5s\ntimeout client 20s\ntimeout server 20s\n\
         frontend tls\nbind 127.0.0.1:{port} ssl crt {} ssl-min-ver TLSv1.3{verify}\ndefault_backend application\n\
         backend application\nserver one 127.0.0.1:{behind}\n",
        material.path("server.both"),
    )
}

fn caddy(case: &Case, material: &Material, port: u16, behind: u16) -> String {
    let verify = match case.client {
        ClientCertificate::NotAsked => String::new(),
        client => format!(
            "client_auth {{\nmode {}\ntrusted_ca_cert_file {}\n}}\n",
            if client.is_required() {
                "require_and_verify"
            } else {
                "verify_if_given"
            },
            material.path("users.pem")
        ),
    };
    format!(
        "{{\nadmin off\nauto_https off\n}}\nhttps://localhost:{port} {{\nbind 127.0.0.1\n\
         tls {} {} {{\nprotocols tls1.3\n{verify}}}\nreverse_proxy 127.0.0.1:{behind}\n}}\n",
        material.path("server.pem"),
        material.path("server.key"),
    )
}
