//! From a server's name to its addresses: the layered look-up of `protocol::dns`, driven over any network.
//!
//! ```text
//! application cache → hosts file → the system | a resolver | the root servers and down
//!       │ store.rs        │                      │
//!       └ HOME/dns/…      └────────── Ask ───────┘  what a network must be able to do; dial/system.rs is the real one
//! ```

mod choice;
mod store;
pub mod told;

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use nihao_protocol::crypto::Random;
use nihao_protocol::dns::{
    Cache, Context, Family, Found, Hosts, Lookup, LookupError, Name, Query, Route, Step, Trouble,
};
use nihao_protocol::net::Environment;
use tokio::task::JoinSet;

pub use choice::{BadChoice, Choice};
pub use store::{BadStore, Store};

/// What a network must be able to do for names to be found on it.
pub trait Ask: Clone + Send + Sync + 'static {
    /// Sends a query from a port of its own, and gives the first message that [answers](Query::is_answered_by) it; others are
    /// waited past. It need not know any deadline: it is dropped when the time is over.
    ///
    /// # Errors
    /// Where nothing can be sent, or the system says that nothing listens there.
    fn ask(&self, query: &Query) -> impl Future<Output = io::Result<Vec<u8>>> + Send;

    /// Asks the system's own resolver: addresses in the order in which they are to be tried, none where the name is unknown.
    ///
    /// # Errors
    /// What the system says where it could not find out.
    fn ask_system(&self, name: &Name) -> impl Future<Output = Result<Vec<IpAddr>, String>> + Send;

    /// What the hosts file says now.
    fn hosts(&self) -> Hosts;
}

/// Finds addresses, and remembers what it learnt.
pub struct Resolver<A> {
    ask: A,
    route: Route,
    environment: Environment,
    cache: Arc<Mutex<Cache>>,
    store: Option<Store>,
}

impl<A: Ask> Resolver<A> {
    /// One that asks by `route` and begins with nothing in its cache.
    pub fn new(ask: A, route: Route, environment: Environment) -> Self {
        Self {
            ask,
            route,
            environment,
            cache: Arc::default(),
            store: None,
        }
    }

    /// Keeps its cache in a file, and begins with what is there.
    ///
    /// # Errors
    /// [`BadStore`] where that cannot be used; it begins with nothing then, and writes the file anew.
    pub fn with_store(mut self, path: PathBuf) -> (Self, Result<(), BadStore>) {
        let store = Store::at(path);
        let read = store.load();
        self.store = Some(store);
        let read = read.map(|cache| self.cache = Arc::new(Mutex::new(cache)));
        (self, read)
    }

    /// Begins to look up `host`, a name or an address.
    pub fn find(&self, host: &str) -> Finding<'_, A> {
        let mut random = self.environment.entropy.open();
        let hosts = self.ask.hosts();
        let lookup = self.with_context(&mut *random, |context| {
            Lookup::new(host, &[Family::V6, Family::V4], &self.route, &hosts, context)
        });
        Finding {
            resolver: self,
            lookup,
            random,
            asks: JoinSet::new(),
            told: [false; 2],
            asked_system: false,
            ended: false,
        }
    }

    /// Forgets where `host` is: nothing answered there, so that the next look-up had better ask.
    pub fn forget(&self, host: &str) {
        if let Ok(name) = Name::parse(host) {
            let now = self.environment.clock.now();
            self.cache
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .forget(&name, now);
        }
    }

    /// Writes the cache to its file, if it has one and knows something that is not there yet.
    ///
    /// # Errors
    /// The system's reason.
    pub fn keep(&self) -> io::Result<()> {
        match &self.store {
            Some(store) => store.save(&self.cache.lock().unwrap_or_else(PoisonError::into_inner)),
            None => Ok(()),
        }
    }

    /// Everything the cache knows, for those who want to show it.
    #[must_use]
    pub fn cache(&self) -> Cache {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with_context<T>(&self, random: &mut dyn Random, work: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut Context {
            cache: &mut cache,
            now: self.environment.clock.now(),
            random,
        })
    }
}

/// A look-up that is under way.
pub struct Finding<'a, A> {
    resolver: &'a Resolver<A>,
    lookup: Lookup,
    random: Box<dyn Random + Send>,
    asks: JoinSet<Came>,
    told: [bool; 2],
    asked_system: bool,
    ended: bool,
}

/// What a look-up has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It took a step.
    Step(Box<Step>),
    /// One family is settled: with these addresses, or with none.
    Family(Family, Vec<IpAddr>),
    /// Both are.
    Ended(Result<Vec<Found>, LookupError>),
}

/// What came of something that was asked.
enum Came {
    Answer(Query, Result<Vec<u8>, Trouble>),
    System(Result<Vec<IpAddr>, String>),
}

impl<A: Ask> Finding<'_, A> {
    /// Waits for what there is to say next; nothing more after [`Event::Ended`]. It may be dropped and called again.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let (false, Err(detail)) = (self.ended, self.send()) {
                return self.broken(detail);
            }
            if let Some(step) = self.lookup.next_step() {
                return Some(Event::Step(Box::new(step)));
            }
            for (told, family) in self.told.iter_mut().zip([Family::V6, Family::V4]) {
                if let (false, Some(result)) = (*told, self.lookup.answer(family)) {
                    *told = true;
                    let addresses = result.as_ref().map_or(&[][..], |answer| answer.addresses());
                    return Some(Event::Family(family, addresses.to_vec()));
                }
            }
            if self.ended {
                return None;
            }
            if let Some(outcome) = self.lookup.outcome() {
                self.ended = true;
                return Some(Event::Ended(outcome));
            }
            match self.asks.join_next().await {
                Some(Ok(came)) => self.take(came),
                // Only a panic ends one otherwise; its query will not be answered any more.
                Some(Err(error)) => return self.broken(error.to_string()),
                None => return self.broken("nothing is left to ask".into()),
            }
        }
    }

    fn broken(&mut self, detail: String) -> Option<Event> {
        self.ended = true;
        Some(Event::Ended(Err(LookupError::System { detail })))
    }

    /// Sends what is to be sent.
    fn send(&mut self) -> Result<(), String> {
        loop {
            let (lookup, random) = (&mut self.lookup, &mut *self.random);
            let query = self.resolver.with_context(random, |context| lookup.transmit(context));
            let Some(query) = query.map_err(|error| error.to_string())? else {
                break;
            };
            let ask = self.resolver.ask.clone();
            self.asks.spawn(async move {
                let said = match tokio::time::timeout(query.patience, ask.ask(&query)).await {
                    Err(_) => Err(Trouble::TimedOut),
                    Ok(Err(error)) => Err(Trouble::Unreachable(error.to_string())),
                    Ok(Ok(bytes)) => Ok(bytes),
                };
                Came::Answer(query, said)
            });
        }
        if let (Some(name), false) = (self.lookup.asks_system(), self.asked_system) {
            self.asked_system = true;
            let (ask, name) = (self.resolver.ask.clone(), name.clone());
            self.asks
                .spawn(async move { Came::System(ask.ask_system(&name).await) });
        }
        Ok(())
    }

    fn take(&mut self, came: Came) {
        let (lookup, random) = (&mut self.lookup, &mut *self.random);
        match came {
            Came::System(said) => {
                let said = said.as_deref().map_err(Clone::clone);
                self.resolver
                    .with_context(random, |context| lookup.system_said(said, context));
            }
            Came::Answer(query, Err(trouble)) => lookup.unanswered(&query, &trouble),
            Came::Answer(query, Ok(bytes)) => {
                let taken = |context: &mut Context<'_>| lookup.receive(query.server, &bytes, context);
                if !self.resolver.with_context(random, taken) {
                    let trouble = Trouble::Malformed("it is no answer to what was asked".into());
                    lookup.unanswered(&query, &trouble);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
