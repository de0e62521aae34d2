//! Who is asked next, and how patiently: one after the other, round after round, each round twice as patient.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::Route;
use crate::crypto::Random;
use crate::crypto::random::{RandomUnavailable, array};
use crate::dns::answer::{NameServer, PORT};
use crate::dns::message::Family;
use crate::dns::name::Name;
use crate::dns::reply::{Asked, Trouble};

use super::step::{Layer, LookupError};

/// How long a server has to answer in the first round; twice as long in each that follows.
pub const FIRST_PATIENCE: Duration = Duration::from_secs(1);
/// How often all servers are gone through.
pub const ROUNDS: u32 = 3;
/// The most queries that one list of servers is sent for one name.
pub const MOST_TRIES: u32 = 12;
/// The most servers of a zone whose own addresses are looked up first, where none came along.
pub const MOST_GLUELESS: usize = 4;

/// A list of servers, and how far it has been gone through.
#[derive(Debug)]
pub(super) struct Servers {
    pub(super) asked: Asked,
    candidates: Vec<Candidate>,
    next: usize,
    round: u32,
    tries: u32,
    glueless: VecDeque<(Name, Family)>,
    shuffled: bool,
}

#[derive(Debug)]
struct Candidate {
    address: SocketAddr,
    name: Option<Name>,
    /// It was of no help, and would be of none again.
    out: bool,
    trouble: Option<Trouble>,
}

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    Ask {
        server: SocketAddr,
        named: Option<Name>,
        attempt: u32,
        patience: Duration,
    },
    /// No server has an address left to ask; this one's could be looked up.
    LookUp(Name, Family),
    Nobody,
}

impl Servers {
    pub(super) fn resolvers(resolvers: &[SocketAddr]) -> Self {
        let candidates = resolvers.iter().map(|address| Candidate::new(*address, None)).collect();
        Self {
            shuffled: true, // they are asked in the order in which they were set up
            ..Self::new(Asked::Resolver, candidates, VecDeque::new())
        }
    }

    /// IPv4 first: where one of the two is not there at all, the system says so at once.
    pub(super) fn of_zone(zone: Name, servers: &[NameServer]) -> Self {
        let mut candidates = Vec::new();
        for family in [Family::V4, Family::V6] {
            for server in servers {
                let own = server.sockets().filter(|socket| family.holds(socket.ip()));
                candidates.extend(own.map(|socket| Candidate::new(socket, Some(server.name.clone()))));
            }
        }
        let mut glueless = VecDeque::new();
        for family in [Family::V4, Family::V6] {
            let bare = servers.iter().filter(|server| server.addresses.is_empty());
            glueless.extend(bare.take(MOST_GLUELESS).map(|server| (server.name.clone(), family)));
        }
        Self::new(Asked::Zone(zone), candidates, glueless)
    }

    pub(super) fn of_route(route: &Route) -> Self {
        match route {
            Route::System => Self::resolvers(&[]),
            Route::Resolvers(resolvers) => Self::resolvers(resolvers),
            Route::Recursive(roots) => Self::of_zone(Name::root(), roots),
        }
    }

    const fn new(asked: Asked, candidates: Vec<Candidate>, glueless: VecDeque<(Name, Family)>) -> Self {
        Self {
            asked,
            candidates,
            next: 0,
            round: 0,
            tries: 0,
            glueless,
            shuffled: false,
        }
    }

    /// Begins with any of a zone's servers, so that not all the world asks the first one.
    pub(super) fn shuffle(&mut self, random: &mut dyn Random) -> Result<(), RandomUnavailable> {
        if !self.shuffled {
            let [draw] = array(random)?;
            let fours = self.candidates.iter().filter(|one| one.address.is_ipv4()).count();
            let (four, six) = self.candidates.split_at_mut(fours);
            for family in [four, six] {
                let by = usize::from(draw).checked_rem(family.len()).unwrap_or_default();
                family.rotate_left(by);
            }
            self.shuffled = true;
        }
        Ok(())
    }

    pub(super) fn next(&mut self) -> Next {
        loop {
            if self.tries >= MOST_TRIES {
                return Next::Nobody;
            }
            if let Some(candidate) = self.candidates.get(self.next) {
                self.next = self.next.saturating_add(1);
                if candidate.out {
                    continue;
                }
                let attempt = self.tries;
                self.tries = self.tries.saturating_add(1);
                return Next::Ask {
                    server: candidate.address,
                    named: candidate.name.clone(),
                    attempt,
                    patience: FIRST_PATIENCE.saturating_mul(2_u32.saturating_pow(self.round)),
                };
            }
            if let Some((name, family)) = self.glueless.pop_front() {
                return Next::LookUp(name, family);
            }
            self.next = 0;
            self.round = self.round.saturating_add(1);
            if self.round >= ROUNDS || self.candidates.iter().all(|candidate| candidate.out) {
                return Next::Nobody;
            }
        }
    }

    /// An address that was looked up; it is asked next.
    pub(super) fn add(&mut self, name: &Name, addresses: &[IpAddr]) {
        let new = addresses.iter().map(|address| SocketAddr::new(*address, PORT));
        self.candidates
            .extend(new.map(|socket| Candidate::new(socket, Some(name.clone()))));
    }

    /// Keeps in mind how it went with `server`. One that was only slow, or not to be reached just now, has its turn again.
    pub(super) fn failed(&mut self, server: SocketAddr, trouble: Trouble) {
        for candidate in self.candidates.iter_mut().filter(|one| one.address == server) {
            candidate.out |= !matches!(trouble, Trouble::TimedOut);
            candidate.trouble = Some(trouble.clone());
        }
    }

    pub(super) fn layer(&self) -> Layer {
        match &self.asked {
            Asked::Resolver => Layer::Resolver,
            Asked::Zone(zone) => Layer::Zone(zone.clone()),
        }
    }

    /// Why nobody is left: what a server said counts for more than that others were silent.
    pub(super) fn error(&self, name: &Name) -> LookupError {
        let zone = match &self.asked {
            Asked::Resolver => Name::root(),
            Asked::Zone(zone) => zone.clone(),
        };
        let told = |candidate: &Candidate| {
            let server = candidate.address;
            let error = match candidate.trouble.clone()? {
                Trouble::Rcode(rcode) => LookupError::ServerFailure { server, rcode },
                Trouble::Malformed(detail) => LookupError::Malformed { server, detail },
                Trouble::Lame => LookupError::Lame {
                    server,
                    zone: zone.clone(),
                },
                Trouble::NotRecursive => LookupError::NotRecursive { server },
                Trouble::Circle => LookupError::LoopInChain { name: name.clone() },
                Trouble::TimedOut | Trouble::Unreachable(_) => return None,
            };
            Some(error)
        };
        if let Some(error) = self.candidates.iter().rev().find_map(told) {
            return error;
        }
        let silent = self
            .candidates
            .iter()
            .filter(|one| one.trouble == Some(Trouble::TimedOut));
        let servers: Vec<_> = silent.map(|one| one.address).collect();
        if !servers.is_empty() {
            return LookupError::TimedOut { servers };
        }
        let cut_off = self.candidates.iter().rev().find_map(|one| match one.trouble.clone()? {
            Trouble::Unreachable(detail) => Some(LookupError::Unreachable {
                server: one.address,
                detail,
            }),
            _ => None,
        });
        cut_off.unwrap_or(LookupError::NoServer { zone })
    }
}

impl Candidate {
    const fn new(address: SocketAddr, name: Option<Name>) -> Self {
        Self {
            address,
            name,
            out: false,
            trouble: None,
        }
    }
}
