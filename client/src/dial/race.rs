//! From a name to a stream on any network: the look-up and the attempts run beside each other, and the first stream wins (RFC 8305).

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use nihao_protocol::dns::{Family, Found};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Dial, DialError, DialStep, Sockets, Tell};
use crate::resolve::{Ask, Event, Finding, Resolver};

/// How long one address has to answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How much later the next address is tried beside the one before (RFC 8305 §5).
pub const STAGGER: Duration = Duration::from_millis(250);
/// How long IPv4 addresses wait for IPv6 ones that are not known yet (RFC 8305 §3).
pub const RESOLUTION_DELAY: Duration = Duration::from_millis(50);

/// A network, and a resolver on it: what dials by name.
pub struct Resolving<N> {
    network: N,
    resolver: Resolver<N>,
}

impl<N: Ask + Sockets> Resolving<N> {
    /// Finds names by `resolver` and connects over `network`.
    pub const fn new(network: N, resolver: Resolver<N>) -> Self {
        Self { network, resolver }
    }

    /// What finds the names.
    pub const fn resolver(&self) -> &Resolver<N> {
        &self.resolver
    }
}

impl<N: Ask + Sockets> Dial for Resolving<N> {
    type Stream = N::Stream;

    async fn dial_telling(&self, host: &str, port: u16, tell: Tell<'_>) -> Result<N::Stream, DialError> {
        let mut race = Race {
            network: &self.network,
            port,
            began: Instant::now(),
            waiting: VecDeque::new(),
            seen: Vec::new(),
            tried: 0,
            next: Instant::now(),
            first: None,
            attempts: JoinSet::new(),
            failures: Vec::new(),
        };
        let outcome = race.run(self.resolver.find(host), tell).await;
        if outcome.is_err() && race.tried > 0 {
            self.resolver.forget(host); // nobody answered there: the next look-up had better ask
        }
        if let Err(error) = self.resolver.keep() {
            let reason = error.to_string();
            tell(DialStep::NotKept { reason });
        }
        outcome.map_err(|error| match error {
            Lost::Lookup(error) => DialError::Lookup {
                host: host.into(),
                error,
            },
            Lost::Dial(error) => error,
        })
    }
}

/// Why there is no stream.
enum Lost {
    Lookup(nihao_protocol::dns::LookupError),
    Dial(DialError),
}

struct Race<'a, N: Sockets> {
    network: &'a N,
    port: u16,
    began: Instant,
    /// The addresses that are yet to be tried, in order.
    waiting: VecDeque<SocketAddr>,
    /// All that are known.
    seen: Vec<SocketAddr>,
    tried: usize,
    /// When the next one has its turn.
    next: Instant,
    /// When the first had its turn.
    first: Option<Instant>,
    attempts: JoinSet<(usize, SocketAddr, Result<N::Stream, DialError>)>,
    failures: Vec<(usize, DialError)>,
}

impl<N: Sockets> Race<'_, N> {
    async fn run<A: Ask>(&mut self, mut finding: Finding<'_, A>, tell: Tell<'_>) -> Result<N::Stream, Lost> {
        let (mut looking, mut six_known) = (true, false);
        loop {
            tokio::select! {
                biased;
                event = finding.next(), if looking => match event {
                    Some(Event::Step(step)) => tell(DialStep::Lookup(step)),
                    Some(Event::Family(family, addresses)) => {
                        six_known |= family == Family::V6;
                        self.learn(&addresses);
                        if !six_known && self.tried == 0 {
                            self.next = Instant::now() + RESOLUTION_DELAY;
                        } else if self.tried == 0 {
                            self.next = Instant::now();
                        }
                    }
                    Some(Event::Ended(Ok(found))) => {
                        looking = false;
                        self.settle(&found);
                    }
                    Some(Event::Ended(Err(error))) => {
                        looking = false;
                        if self.seen.is_empty() {
                            return Err(Lost::Lookup(error));
                        }
                    }
                    None => looking = false,
                },
                Some(ended) = self.attempts.join_next() => match ended {
                    Ok((_, _, Ok(stream))) => {
                        let took = self.first.unwrap_or(self.began).elapsed();
                        tell(DialStep::Connected { ends: N::ends(&stream), took });
                        return Ok(stream);
                    }
                    Ok((index, address, Err(error))) => {
                        tell(DialStep::Failed { address, error: error.clone() });
                        self.failures.push((index, error));
                        self.next = Instant::now(); // the next has its turn at once
                    }
                    Err(_) => {} // only a panic ends an attempt otherwise
                },
                () = tokio::time::sleep_until(self.next), if !self.waiting.is_empty() => self.try_next(tell),
                else => return Err(Lost::Dial(self.first_failure())),
            }
        }
    }

    /// Takes in addresses of one family; the families take turns.
    fn learn(&mut self, addresses: &[IpAddr]) {
        for address in addresses {
            let address = SocketAddr::new(*address, self.port);
            if !self.seen.contains(&address) {
                self.seen.push(address);
                self.waiting.push_back(address);
            }
        }
        self.waiting = interleave(self.waiting.iter().copied()).into();
    }

    /// Puts what waits into the order in which the look-up wants it tried.
    fn settle(&mut self, found: &[Found]) {
        self.learn(&found.iter().map(|found| found.address).collect::<Vec<_>>());
        let place = |address: &SocketAddr| found.iter().position(|found| found.address == address.ip());
        self.waiting.make_contiguous().sort_by_key(place);
        self.waiting = interleave(self.waiting.iter().copied()).into();
        if self.tried == 0 {
            self.next = Instant::now();
        }
    }

    fn try_next(&mut self, tell: &mut (dyn FnMut(DialStep) + Send)) {
        if self.tried == 0 {
            self.first = Some(Instant::now());
            tell(DialStep::Found {
                addresses: self.waiting.iter().copied().collect(),
                took: self.began.elapsed(),
            });
        }
        let Some(address) = self.waiting.pop_front() else {
            return;
        };
        tell(DialStep::Trying { address });
        let (network, index) = (self.network.clone(), self.tried);
        self.tried += 1;
        self.next = Instant::now() + STAGGER;
        self.attempts
            .spawn(async move { (index, address, attempt(&network, address).await) });
    }

    /// Of several failures the first address's is told.
    fn first_failure(&mut self) -> DialError {
        self.failures.sort_by_key(|(index, _)| *index);
        let none = || DialError::NameNotFound {
            host: String::new(),
            detail: "there was no address to try".into(),
        };
        let mut failures = self.failures.drain(..);
        failures.next().map_or_else(none, |(_, error)| error)
    }
}

/// Takes turns between IPv6 and IPv4, beginning with the family of the first (RFC 8305 §4).
fn interleave(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let all: Vec<_> = addresses.collect();
    let first = all.first().is_some_and(SocketAddr::is_ipv6);
    let (ours, theirs): (Vec<_>, Vec<_>) = all.into_iter().partition(|address| address.is_ipv6() == first);
    let (mut ours, mut theirs) = (ours.into_iter(), theirs.into_iter());
    let mut mixed = Vec::new();
    loop {
        let pair = [ours.next(), theirs.next()];
        if pair == [None, None] {
            return mixed;
        }
        mixed.extend(pair.into_iter().flatten());
    }
}

async fn attempt<N: Sockets>(network: &N, address: SocketAddr) -> Result<N::Stream, DialError> {
    let timed_out = || DialError::TimedOut {
        address,
        seconds: PATIENCE.as_secs(),
    };
    match tokio::time::timeout(PATIENCE, network.connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err(DialError::Refused(address)),
        Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => Err(timed_out()),
        Ok(Err(error)) => Err(DialError::Unreachable {
            address,
            detail: error.to_string(),
        }),
        Err(_) => Err(timed_out()),
    }
}

#[cfg(test)]
mod tests;
