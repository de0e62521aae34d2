//! The same over HTTP/2, whose headers are Huffman-coded and stand in tables: a server by hyper says back what it was told.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{HeaderName, HeaderValue, SET_COOKIE};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use nihao_protocol::net::system::system_clock;
use nihao_protocol::net::{Acceptor, Environment};
use nihao_protocol::tls::ServerConfig;
use nihao_tests::pki::{Ca, Kind, Leaf};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

use super::*;

/// A body in pieces, each a frame of its own.
struct Pieces(VecDeque<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }
}

/// What was asked stands in headers, twice each, so that the second time it is an index; and in the body, cut anywhere.
async fn echo(request: Request<Incoming>) -> Result<Response<Pieces>, Infallible> {
    let mut said = vec![request.uri().to_string(), PASSWORD.to_owned()];
    said.extend(
        request
            .headers()
            .values()
            .map(|value| value.to_str().unwrap().to_owned()),
    );
    let lines: Vec<_> = said
        .iter()
        .flat_map(|said| [vec![said.clone()], forms(said)].concat())
        .collect();
    let pieces = lines.join("\n").into_bytes();
    let pieces = pieces.chunks(17).map(Bytes::copy_from_slice).collect();
    let mut response = Response::new(Pieces(pieces));
    let headers = response.headers_mut();
    for _ in 0..2 {
        for (number, said) in said.iter().enumerate() {
            let name = HeaderName::from_bytes(format!("x-said-{number}").as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(said).unwrap());
        }
        headers.append(
            SET_COOKIE,
            HeaderValue::from_static("__Host-id=pLanted-c00kie.value; Path=/; HttpOnly"),
        );
    }
    Ok(response)
}

/// Serves on loopback for as long as the test runs; the port.
#[expect(clippy::disallowed_methods, reason = "a server beside the program under test")]
fn serve(ca: &Ca) -> u16 {
    let mut config = ServerConfig::new(vec![ca.identity(&Leaf::server(Kind::P256))]);
    config.alpn = vec![b"h2".to_vec()];
    let acceptor = Acceptor::new(Arc::new(config), Environment::system());
    let (tell, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().port()).unwrap();
                loop {
                    let (io, _) = listener.accept().await.unwrap();
                    let stream = acceptor.accept(io).await.unwrap();
                    let connection = http2::Builder::new(TokioExecutor::new());
                    // The client may leave as soon as it has its answer.
                    let _ = connection
                        .serve_connection(TokioIo::new(stream), service_fn(echo))
                        .await;
                }
            });
    });
    hear.recv().unwrap()
}

/// The bytes that a value's Huffman code alone decides, wherever in a byte it begins; in hexadecimal with what may stand between.
fn coded(value: &str) -> Vec<String> {
    let mut code = Vec::new();
    httlib_huffman::encode(value.as_bytes(), &mut code).unwrap();
    let mut all = Vec::new();
    for shift in 0..8 {
        let pairs = code.windows(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let shifted: Vec<_> = pairs.map(|pair| (pair >> shift) as u8).collect();
        // The last byte's padding is the next letter's place, and the byte before may hold some of it.
        let sure = &shifted[..shifted.len() - 2];
        let sure: Vec<_> = sure.iter().map(|byte| format!("{byte:02x}")).collect();
        all.extend(["", " "].map(|between| sure.join(between)));
    }
    all
}

fn is_coded_in(text: &[u8], value: &str) -> Option<String> {
    let found = |form: &String| text.windows(form.len()).any(|window| window == form.as_bytes());
    coded(value).into_iter().find(found)
}

#[test]
fn nor_are_they_over_http2() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::at("server CA", Kind::P256, 1, system_clock().now());
    let file = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(file("ca.pem"), ca.pem()).unwrap();
    let url = format!(
        "https://localhost:{}/v1/hooks/{TOKEN}?page=1&access_token={QUERY}",
        serve(&ca)
    );
    let basic = format!("Authorization: Basic {}", STANDARD.encode(format!("alice:{PASSWORD}")));
    let bearer = format!("Proxy-Authorization: Bearer {TOKEN}");
    let cookie = format!("Cookie: id={COOKIE}");
    let ca = file("ca.pem");
    let asked = [
        "--live", &url, "--cacert", &ca, "--http2", "-H", &basic, "-H", &bearer, "-H", &cookie,
    ];
    let planted = [TOKEN, PASSWORD, COOKIE, QUERY];
    let page = file("page.html");
    let ways: [&[&str]; 5] = [&[], &["-v"], &LAYERS, &["--json"], &["--html", &page]];
    for way in ways {
        let mut all = said(&[&asked, way].concat());
        all.extend(std::fs::read(&page).unwrap_or_default());
        for value in planted {
            let found = is_in(&all, value).or_else(|| is_coded_in(&all, value));
            assert_eq!(found, None, "{way:?} tells {value}:\n{}", String::from_utf8_lossy(&all));
        }
    }
    let frank = said(&[&asked, ["--with-secrets", "--json"].as_slice()].concat());
    for value in planted {
        assert!(is_in(&frank, value).is_some(), "{value} was not even sent");
    }
    for value in [TOKEN, COOKIE, QUERY] {
        assert!(
            is_coded_in(&frank, value).is_some(),
            "{value} was not sent in the Huffman code"
        );
    }
    let ladder = String::from_utf8(said(&[&asked, LAYERS.as_slice()].concat())).unwrap();
    for kept in [
        "authorization: Basic ***",
        "proxy-authorization: Bearer ***",
        "cookie: id=***",
        "set-cookie: __Host-id=***",
        "; Path=/; HttpOnly",
        "x-said-0: ",
        "page=1",
        "(indexed)",
    ] {
        assert!(ladder.contains(kept), "no {kept} in\n{ladder}");
    }
}
