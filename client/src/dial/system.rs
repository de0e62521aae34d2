//! The system's network: the one file that looks up names and opens sockets.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Dial, DialError, DialStep};

/// How long one address has to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much later the next address is tried beside the one before (RFC 8305 §5).
const STAGGER: Duration = Duration::from_millis(250);

/// TCP over the system's network.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

impl Dial for SystemNetwork {
    type Stream = TcpStream;

    async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, DialError> {
        self.dial_telling(host, port, &mut |_| {}).await
    }

    async fn dial_telling(
        &self,
        host: &str,
        port: u16,
        tell: &mut (dyn FnMut(DialStep) + Send),
    ) -> Result<TcpStream, DialError> {
        let began = Instant::now();
        let addresses = interleave(addresses(host, port).await?);
        tell(DialStep::Found {
            addresses: addresses.clone(),
            took: began.elapsed(),
        });
        let began = Instant::now();
        let stream = race(addresses, tell).await?;
        // Frames are small and each is worth sending at once; a socket that cannot do so still works.
        let _ = stream.set_nodelay(true);
        tell(DialStep::Connected {
            ends: ends(&stream),
            took: began.elapsed(),
        });
        Ok(stream)
    }
}

/// Both ends of an open stream: ours, and the server's.
#[must_use]
pub fn ends(stream: &TcpStream) -> Option<(SocketAddr, SocketAddr)> {
    Some((stream.local_addr().ok()?, stream.peer_addr().ok()?))
}

async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, DialError> {
    let not_found = |detail: String| DialError::NameNotFound {
        host: host.into(),
        detail,
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the client looks up names"
    )]
    let found = tokio::net::lookup_host((host, port))
        .await
        .map_err(|error| not_found(error.to_string()))?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        Err(not_found("the resolver gave no address".into()))
    } else {
        Ok(addresses)
    }
}

/// Takes turns between IPv6 and IPv4, beginning with the resolver's first choice (RFC 8305 §4).
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut ours, mut theirs): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first);
    ours.reverse();
    theirs.reverse();
    let mut mixed = Vec::new();
    while let Some(address) = ours.pop() {
        mixed.push(address);
        mixed.extend(theirs.pop());
    }
    theirs.reverse();
    mixed.extend(theirs);
    mixed
}

/// Connects to whichever answers first; of several failures the first address's is told.
async fn race(addresses: Vec<SocketAddr>, tell: &mut (dyn FnMut(DialStep) + Send)) -> Result<TcpStream, DialError> {
    let mut waiting = addresses.into_iter().enumerate();
    let (mut attempts, mut failures) = (JoinSet::new(), Vec::new());
    loop {
        if let Some((index, address)) = waiting.next() {
            attempts.spawn(async move { (index, address, attempt(address).await) });
        } else if attempts.is_empty() {
            break;
        }
        // The next address has its turn when one failed, or when none has answered for a little.
        tokio::select! {
            biased;
            Some(ended) = attempts.join_next() => match ended {
                Ok((_, _, Ok(stream))) => return Ok(stream),
                Ok((index, address, Err(error))) => {
                    tell(DialStep::Failed { address, reason: error.to_string() });
                    failures.push((index, error));
                }
                Err(_) => {} // only a panic ends an attempt otherwise
            },
            () = tokio::time::sleep(STAGGER), if waiting.len() > 0 => {}
        }
    }
    failures.sort_by_key(|(index, _)| *index);
    let none = || DialError::NameNotFound {
        host: String::new(),
        detail: "there was no address to try".into(),
    };
    Err(failures.into_iter().next().map_or_else(none, |(_, error)| error))
}

async fn attempt(address: SocketAddr) -> Result<TcpStream, DialError> {
    match tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err(DialError::Refused(address)),
        Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => Err(DialError::TimedOut {
            address,
            seconds: PATIENCE.as_secs(),
        }),
        Ok(Err(error)) => Err(DialError::Unreachable {
            address,
            detail: error.to_string(),
        }),
        Err(_) => Err(DialError::TimedOut {
            address,
            seconds: PATIENCE.as_secs(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |list: &str| {
            list.split(' ')
                .map(|address| address.parse().unwrap())
                .collect::<Vec<SocketAddr>>()
        };
        assert_eq!(
            interleave(parse("[::1]:1 [::2]:1 [::3]:1 1.1.1.1:1")),
            parse("[::1]:1 1.1.1.1:1 [::2]:1 [::3]:1")
        );
        assert_eq!(
            interleave(parse("1.1.1.1:1 [::1]:1 [::2]:1")),
            parse("1.1.1.1:1 [::1]:1 [::2]:1")
        );
    }

    #[tokio::test]
    async fn a_second_address_helps_where_the_first_refuses() {
        let listening = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listening.local_addr().unwrap();
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bad = closed.local_addr().unwrap();
        drop(closed);
        let mut told = Vec::new();
        let stream = race(vec![bad, good], &mut |step| told.push(step)).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        assert!(
            matches!(told.as_slice(), [DialStep::Failed { address, .. }] if *address == bad),
            "{told:?}"
        );
        let refused = race(vec![bad], &mut |_| {}).await;
        assert!(matches!(refused, Err(DialError::Refused(address)) if address == bad));
    }
}
