//! What `nihao explain --live` never tells: credentials in any form, and TLS secrets; unless it is asked to.

#[path = "explain_live_secrets/second.rs"]
mod second;

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use nihao_tests::lab::binaries;
use nihao_tests::live::{Pki, Server};

const TOKEN: &str = "nihao_pLanted-t0ken/+value";
const PASSWORD: &str = "pLanted: p@ssword";
const COOKIE: &str = "pLanted-c00kie.value";
const QUERY: &str = "pLanted-query~value";

/// Says back what it was told, in every form it can think of, in chunks that cut values, and adds a cookie and a place to go.
const ECHO: &str = r#"
import base64, http.server, json, ssl, sys, urllib.parse
class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path.startswith("/members"):
            inner = {"api_token": "pLanted-t0ken", "next": "https://h/x?code=pLanted-c0de&page=2"}
            body = json.dumps({"user": "alice", "password": "pLanted-p4ssword", "inner": inner}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Location", "https://bob:pLanted-us3r@elsewhere/next?sig=pLanted-s1gn&page=3")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        said = [self.path] + [value for _, value in self.headers.items()]
        for value in self.headers.get_all("Authorization", []):
            said.append(base64.b64decode(value.split()[-1] + "==").decode("utf-8", "replace") if value.startswith("Basic") else value.split()[-1])
        body = "\n".join(said) + "\n"
        for one in said:
            raw = one.encode()
            body += "\n".join([raw.hex(), raw.hex().upper(), base64.b64encode(raw).decode(), base64.urlsafe_b64encode(b"x" + raw).decode(),
                base64.b64encode(b"xy" + raw).decode(), urllib.parse.quote(one, safe=""), json.dumps(one)]) + "\n"
        body = body.encode()
        self.send_response(int(self.headers.get("X-Status", "200")))
        self.send_header("Set-Cookie", "__Host-id=pLanted-c00kie.value; Path=/; HttpOnly")
        self.send_header("Location", "https://elsewhere/next?access_token=pLanted-query~value&page=2")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(body), 17):
            part = body[at:at + 17]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print("port", server.server_address[1])
server.serve_forever()
"#;

/// Everything that a run says on both outputs.
fn said(arguments: &[&str]) -> Vec<u8> {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(&binaries().nihao);
    command.arg("--home").arg(home.path()).arg("explain").args(arguments);
    let output = command.env("LANG", "C.UTF-8").stdin(Stdio::null()).output().unwrap();
    [output.stdout, output.stderr].concat()
}

/// The values as they could stand in a text: themselves, in hexadecimal with what may stand between, in base64, with percent signs.
fn forms(value: &str) -> Vec<String> {
    let bytes = value.as_bytes();
    let hex = |between: &str| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(between)
    };
    let percent = |kept: fn(char) -> bool| {
        let one = |byte: &u8| {
            if kept(char::from(*byte)) {
                char::from(*byte).to_string()
            } else {
                format!("%{byte:02x}")
            }
        };
        bytes.iter().map(one).collect::<String>()
    };
    let mut all = vec![
        value.into(),
        hex(""),
        hex(" "),
        percent(|letter| letter.is_ascii_alphanumeric() || "-._~".contains(letter)),
        percent(|_| false),
        format!("{value:?}").trim_matches('"').into(),
    ];
    for before in ["", "x", "xy"] {
        for engine in [STANDARD, URL_SAFE] {
            let text = engine.encode(format!("{before}{value}"));
            // Of these letters others than the value's decide, too.
            all.push(text[(before.len() * 4).div_ceil(3)..(before.len() + bytes.len()) * 4 / 3].into());
        }
    }
    all
}

fn is_in(text: &[u8], value: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let found = |form: &String| {
        let form = form.to_ascii_lowercase();
        text.windows(form.len()).any(|window| window == form.as_bytes())
    };
    forms(value).into_iter().find(found)
}

const LAYERS: [&str; 10] = [
    "--unfold", "tcp", "--unfold", "tls", "--unfold", "http", "--unfold", "json", "--unfold", "dns",
];

#[test]
fn planted_credentials_are_never_told() {
    let pki = Pki::new().unwrap();
    let server = Server::python(&pki, "p256", ECHO).unwrap();
    let url = format!(
        "{}v1/hooks/{TOKEN}?page=1&access_token={QUERY}",
        server.url("localhost")
    );
    let basic = format!("Authorization: Basic {}", STANDARD.encode(format!("alice:{PASSWORD}")));
    let bearer = format!("Proxy-Authorization: Bearer {TOKEN}");
    let cookie = format!("Cookie: id={COOKIE}");
    let ca = pki.file("ca.pem");
    let asked = [
        "--live", &url, "--cacert", &ca, "-H", &basic, "-H", &bearer, "-H", &cookie,
    ];
    let planted = [TOKEN, PASSWORD, COOKIE, QUERY];
    let ways: [&[&str]; 7] = [
        &[],
        &["-v"],
        &["-v", "-H", "X-Status: 404"],
        &LAYERS,
        &["--json"],
        &["--json", "--lang", "zh"],
        &["--http2"],
    ];
    for way in ways {
        let all = said(&[&asked, way].concat());
        assert!(all.len() > 500, "{}", String::from_utf8_lossy(&all));
        for value in planted {
            let found = is_in(&all, value);
            assert_eq!(found, None, "{way:?} tells {value}:\n{}", String::from_utf8_lossy(&all));
        }
    }
    assert_page_tells_none(&asked, &pki.file("page.html"), &planted);
    // What is hidden is there to be hidden: whoever asks for it is told.
    let frank = said(&[&asked, ["--with-secrets", "--json"].as_slice()].concat());
    for value in planted {
        assert!(is_in(&frank, value).is_some(), "{value} was not even sent");
    }
    // The rest is told, and so are the names.
    let ladder = String::from_utf8(said(&[&asked, LAYERS.as_slice()].concat())).unwrap();
    for kept in [
        "authorization: Basic ***",
        "proxy-authorization: Bearer ***",
        "set-cookie: __Host-id=***",
        "page=2",
        "; Path=/; HttpOnly",
    ] {
        assert!(ladder.contains(kept), "no {kept} in\n{ladder}");
    }
}

/// Members of JSON, parameters and names in URLs let somebody in by what they are called; the others are told.
#[test]
fn members_and_parameters_are_hidden_by_their_names() {
    let pki = Pki::new().unwrap();
    let server = Server::python(&pki, "p256", ECHO).unwrap();
    let url = format!("{}members?key=pLanted-k3y&page=1", server.url("localhost"));
    let ca = pki.file("ca.pem");
    let asked = ["--live", &url, "--cacert", &ca];
    let planted = ["k3y", "t0ken", "c0de", "p4ssword", "us3r", "s1gn"].map(|value| format!("pLanted-{value}"));
    for way in [&[][..], &["-v"], &LAYERS, &["--json"]] {
        let all = said(&[&asked, way].concat());
        for value in &planted {
            let found = is_in(&all, value);
            assert_eq!(found, None, "{way:?} tells {value}:\n{}", String::from_utf8_lossy(&all));
        }
    }
    let frank = said(&[&asked[..], &["--with-secrets", "--json"]].concat());
    for value in &planted {
        assert!(is_in(&frank, value).is_some(), "{value} was not even sent");
    }
    let ladder = String::from_utf8(said(&[&asked, LAYERS.as_slice()].concat())).unwrap();
    for kept in ["alice", "page=1", "page=2", "page=3", "@elsewhere/next"] {
        assert!(ladder.contains(kept), "no {kept} in\n{ladder}");
    }
}

/// The page is for its owner alone, and what is there already is left alone.
fn assert_page_tells_none(asked: &[&str], page: &str, planted: &[&str]) {
    said(&[asked, ["--html", page].as_slice()].concat());
    let written = std::fs::read(page).unwrap();
    assert_eq!(std::fs::metadata(page).unwrap().permissions().mode() & 0o777, 0o600);
    for value in planted {
        assert_eq!(is_in(&written, value), None, "the page tells {value}");
    }
    let again = String::from_utf8(said(&[asked, ["--html", page].as_slice()].concat())).unwrap();
    assert!(
        again.contains("error: ") && std::fs::read(page).unwrap() == written,
        "{again}"
    );
}

#[test]
fn secrets_of_tls_are_told_only_on_demand() {
    let pki = Pki::new().unwrap();
    let log = pki.file("keys.log");
    let server = Server::openssl(&pki, "p256", &["-www", "-keylogfile", &log]).unwrap();
    let (url, ca) = (server.url("localhost"), pki.file("ca.pem"));
    let discreet = ["--json", "--unfold"].map(|way| {
        let way: &[&str] = if way == "--json" {
            &["--json"]
        } else {
            &["--unfold", "tls", "-v"]
        };
        said(&[&["--live", &url, "--cacert", &ca], way].concat())
    });
    let frank = said(&["--live", &url, "--cacert", &ca, "--json", "--with-secrets"]);
    let lines = std::fs::read_to_string(&log).unwrap();
    let secrets: Vec<_> = lines
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    assert!(secrets.len() >= 12, "four of each of three connections: {lines}");
    let holds = |text: &[u8], secret: &str| text.windows(secret.len()).any(|window| window == secret.as_bytes());
    for secret in &secrets {
        assert!(!discreet.iter().any(|text| holds(text, secret)), "{secret} is told");
    }
    assert!(
        secrets.iter().any(|secret| holds(&frank, secret)),
        "none is told on demand"
    );
    let text = String::from_utf8(discreet[0].clone()).unwrap();
    for line in text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
    {
        assert!(
            line["how"]["decrypted"]["nonce"].is_null() && line["how"]["decrypted"]["iv"].is_null(),
            "{line}"
        );
        assert!(line["agreement"]["shared_secret"].is_null(), "{line}");
    }
}
