//! TLS over streams that misbehave: what a reader and a writer are told.

use std::sync::Arc;
use std::time::Duration;

use nihao_protocol::clock::Clock;
use nihao_protocol::net::{Acceptor, Connector, Entropy, Environment, Error, TlsStream, tls_error};
use nihao_protocol::tls::{AlertDescription, ClientAuth, ClientConfig, Error as TlsError, ServerConfig};
use nihao_protocol::x509::{Roots, ServerName, Trust};
use nihao_tests::pki::{Ca, Kind, Leaf, NOW};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};

fn environment() -> Environment {
    Environment {
        clock: Clock::fixed(NOW),
        entropy: Entropy::system(),
    }
}

fn trust(ca: &Ca) -> Trust {
    let mut roots = Roots::new();
    roots.add(&ca.der).unwrap();
    Trust::Roots(Arc::new(roots))
}

fn acceptor(client_auth: ClientAuth) -> Acceptor {
    let mut config = ServerConfig::new(vec![
        Ca::new("s", Kind::Ed25519, 1).identity(&Leaf::server(Kind::Ed25519)),
    ]);
    config.client_auth = client_auth;
    Acceptor::new(Arc::new(config), environment())
}

fn connector() -> Connector {
    let config = ClientConfig::new(trust(&Ca::new("s", Kind::Ed25519, 1)));
    Connector::new(Arc::new(config), environment())
}

fn localhost() -> ServerName {
    ServerName::parse("localhost").unwrap()
}

async fn pair(size: usize) -> (TlsStream<DuplexStream>, TlsStream<DuplexStream>) {
    let (near, far) = duplex(size);
    let (connector, acceptor) = (connector(), acceptor(ClientAuth::None));
    let (client, server) = tokio::join!(connector.connect(near, localhost()), acceptor.accept(far));
    (client.unwrap(), server.unwrap())
}

#[tokio::test]
async fn a_writer_is_told_the_alert_and_not_of_a_broken_pipe() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let required = ClientAuth::Required(trust(&Ca::new("users", Kind::Ed25519, 2)));
    let server = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        acceptor(required).accept(socket).await.map(drop)
    });
    let socket = TcpStream::connect(address).await.unwrap();
    let mut client = connector().connect(socket, localhost()).await.unwrap();
    let refused = async {
        loop {
            if let Err(error) = client.write_all(b"nobody reads this").await {
                return error;
            }
            tokio::task::yield_now().await;
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(20), refused).await.unwrap();
    let told = tls_error(&error).unwrap_or_else(|| panic!("{error}"));
    assert_eq!(*told, TlsError::AlertReceived(AlertDescription::CERTIFICATE_REQUIRED));
    assert!(server.await.unwrap().is_err());
}

#[tokio::test]
async fn a_pipe_of_one_byte_carries_everything() {
    let (mut client, mut server) = pair(1).await;
    let sent: Vec<u8> = (0..20_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let copy = sent.clone();
    let writer = tokio::spawn(async move {
        client.write_all(&copy).await.unwrap();
        client.shutdown().await.unwrap();
        client
    });
    let mut received = Vec::new();
    server.read_to_end(&mut received).await.unwrap();
    assert!(received == sent);
    let mut client = writer.await.unwrap();
    let mut nothing = [0; 8];
    let (closed, end) = tokio::join!(server.shutdown(), client.read(&mut nothing));
    closed.unwrap();
    assert_eq!(end.unwrap(), 0, "close_notify came back");
}

#[tokio::test]
async fn a_cut_is_an_error_and_what_came_before_is_given_first() {
    let (mut client, mut server) = pair(4096).await;
    client.write_all(b"half a ").await.unwrap();
    client.flush().await.unwrap();
    drop(client);
    let mut received = Vec::new();
    let error = server.read_to_end(&mut received).await.unwrap_err();
    assert_eq!(received, b"half a ");
    assert_eq!(tls_error(&error), Some(&TlsError::Cut));
    let again = server.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(tls_error(&again), Some(&TlsError::Cut));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_is_left_at_the_deadline() {
    let (near, _far) = duplex(4096);
    let outcome = connector().connect(near, localhost()).await;
    assert!(matches!(outcome, Err(Error::TimedOut(after)) if after == Duration::from_secs(10)));
    let (near, mut far) = duplex(4096);
    let slow = async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if far.write_all(&[22]).await.is_err() {
                return;
            }
        }
    };
    let acceptor = acceptor(ClientAuth::None).with_deadline(Duration::from_secs(3));
    let (outcome, ()) = tokio::join!(acceptor.accept(near), async {
        let _ = tokio::time::timeout(Duration::from_secs(9), slow).await;
    });
    assert!(outcome.is_err());
}

#[tokio::test]
async fn what_is_not_tls_is_shown() {
    let (near, mut far) = duplex(4096);
    far.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
    let connector = connector();
    let (outcome, _) = tokio::join!(connector.connect(near, localhost()), async {
        let mut hello = Vec::new();
        far.read_to_end(&mut hello).await.map(|_| hello)
    });
    assert!(matches!(outcome, Err(Error::NotTls { first }) if first == b"SSH-2.0-OpenSSH_9.2\r\n"));
}

#[tokio::test]
async fn a_client_that_says_goodbye_in_the_handshake_is_not_waited_for() {
    let (near, mut far) = duplex(4096);
    far.write_all(&[21, 3, 3, 0, 2, 1, 0]).await.unwrap();
    drop(far);
    let outcome = acceptor(ClientAuth::None).accept(near).await;
    let left = TlsError::AlertReceived(AlertDescription::CLOSE_NOTIFY);
    assert!(matches!(outcome, Err(Error::Tls(reason)) if reason == left));
}

/// The writer waits for the transport first, then the reader finds its bytes and takes them along: both must be woken.
#[tokio::test]
async fn a_reader_does_not_take_a_waiting_writers_place() {
    let (client, mut server) = pair(1024).await;
    let (mut reading, mut writing) = tokio::io::split(client);
    let writer = tokio::spawn(async move {
        writing.write_all(&[7; 30_000]).await?;
        writing.flush().await
    });
    tokio::task::yield_now().await;
    let reader = tokio::spawn(async move {
        let mut heard = [0; 4];
        reading.read_exact(&mut heard).await?;
        // It finds the writer's bytes in the way, and waits for more.
        reading.read_exact(&mut heard).await.map(|_| heard)
    });
    tokio::task::yield_now().await;
    server.write_all(b"one ").await.unwrap();
    server.flush().await.unwrap();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let mut received = vec![0; 30_000];
    server.read_exact(&mut received).await.unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(5), writer).await;
    waited.expect("the writer is woken").unwrap().unwrap();
    server.write_all(b"two ").await.unwrap();
    server.flush().await.unwrap();
    assert_eq!(reader.await.unwrap().unwrap(), *b"two ");
}
