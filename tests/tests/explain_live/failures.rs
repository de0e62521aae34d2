//! One test for each thing that breaks: the step that broke, told in both languages as it stands in `tests/live`.

use super::*;

/// Reads what a client says first, so that closing does not turn into a reset.
fn hear(stream: &mut TcpStream) {
    let mut first = [0; 4096];
    let _ = stream.read(&mut first);
}

fn says(bytes: &'static [u8]) -> u16 {
    scripted(move |mut stream| {
        hear(&mut stream);
        let _ = stream.write_all(bytes);
        let _ = stream.read(&mut [0; 64]);
    })
}

#[test]
fn no_such_name() {
    assert_broken("name-not-found", 3, &["https://nowhere.invalid/"]);
}

#[test]
fn port_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_broken("port-closed", 3, &[&url(port)]);
}

#[test]
fn plain_http() {
    let port = says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    assert_broken("plain-http", 3, &[&url(port)]);
}

#[test]
fn ssh() {
    assert_broken("ssh", 3, &[&url(says(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"))]);
}

#[test]
fn reset_in_mid_handshake() {
    let port = scripted(|stream| {
        // What is unread when a socket is closed makes the kernel send a reset.
        let mut first = [0; 1];
        let _ = stream.peek(&mut first);
    });
    assert_broken("reset", 3, &[&url(port)]);
}

#[test]
fn ended_in_mid_handshake() {
    let port = scripted(|mut stream| {
        hear(&mut stream);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read(&mut [0; 64]);
    });
    assert_broken("ended", 3, &[&url(port)]);
}

#[test]
fn old_tls() {
    let pki = Pki::new().unwrap();
    let server = Server::openssl(&pki, "p256", &["-tls1_2"]).unwrap();
    assert_broken("tls12", 3, &[&server.url("localhost"), "--cacert", &pki.file("ca.pem")]);
}

#[test]
fn certificates() {
    let pki = Pki::new().unwrap();
    let ca = pki.file("ca.pem");
    let server = Server::openssl(&pki, "p256", &[]).unwrap();
    assert_broken("wrong-name", 4, &[&server.url("127.0.0.1"), "--cacert", &ca]);
    let other = Pki::under("Another root").unwrap();
    let told = assert_broken(
        "unknown-authority",
        4,
        &[&server.url("localhost"), "--cacert", &other.file("ca.pem")],
    );
    assert!(told.ladder.contains("here the chain breaks"), "{}", told.ladder);
    let server = Server::openssl(&pki, "expired", &[]).unwrap();
    assert_broken("expired", 4, &[&server.url("localhost"), "--cacert", &ca]);
}

#[test]
fn a_key_that_nihao_does_not_have() {
    let pki = Pki::new().unwrap();
    let server = Server::openssl(&pki, "p521", &[]).unwrap();
    assert_broken(
        "our-gap",
        3,
        &[&server.url("localhost"), "--cacert", &pki.file("ca.pem")],
    );
}

#[test]
fn client_certificate_demanded() {
    let pki = Pki::new().unwrap();
    let server = Server::openssl(&pki, "p256", &["-www", "-Verify", "1", "-CAfile", &pki.file("ca.pem")]).unwrap();
    assert_broken(
        "client-certificate",
        6,
        &[&server.url("localhost"), "--cacert", &pki.file("ca.pem")],
    );
}

#[test]
fn no_common_protocol() {
    let pki = Pki::new().unwrap();
    let server = Server::openssl(&pki, "p256", &["-alpn", "h2"]).unwrap();
    assert_broken("alpn", 3, &[&server.url("localhost"), "--cacert", &pki.file("ca.pem")]);
}

/// Answers one request as its first argument behind certificate and key says: a status, or `cut`.
const PYTHON: &str = r#"
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(("127.0.0.1", 0))
print("port", listener.getsockname()[1])
while True:
    plain, _ = listener.accept()
    try:
        stream = context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=True)
        path = stream.recv(4096).split()[1].decode()
        if path == "/cut":
            stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
            plain = socket.socket(fileno=stream.detach())
        else:
            stream.sendall(b"HTTP/1.1 %s Said\r\nContent-Length: 3\r\n\r\nno\n" % path[1:].encode())
            plain = stream.unwrap()
        plain.shutdown(socket.SHUT_WR)
        plain.close()
    except OSError:
        pass
"#;

#[test]
fn the_server_says_no_or_breaks_off() {
    let pki = Pki::new().unwrap();
    let server = Server::python(&pki, "p256", PYTHON).unwrap();
    let ca = pki.file("ca.pem");
    let asked = |path: &str| format!("{}{path}", server.url("localhost"));
    assert_broken("status-404", 6, &[&asked("404"), "--cacert", &ca]);
    assert_broken("status-503", 3, &[&asked("503"), "--cacert", &ca]);
    assert_broken("cut", 3, &[&asked("cut"), "--cacert", &ca]);
}

#[test]
fn no_route() {
    in_its_own_network("failures::no_route", async || {
        assert_broken("no-route", 3, &["https://198.51.100.1/"]);
        Ok(())
    });
}

/// A listener whose queue is full, so that the kernel drops what comes, as a firewall does.
const FULL: &str = r#"
import socket, sys
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(0)
port = listener.getsockname()[1]
waiting = [socket.socket() for _ in range(4)]
for one in waiting:
    one.setblocking(False)
    one.connect_ex(("127.0.0.1", port))
print("port", port)
sys.stdin.read()
"#;

#[test]
fn filtered() {
    let mut python = Command::new("python3");
    let server = Server::start(python.args(["-u", "-c", FULL]), "port ").unwrap();
    assert_broken("filtered", 3, &[&server.url("127.0.0.1"), "--max-time", "0.5"]);
}
