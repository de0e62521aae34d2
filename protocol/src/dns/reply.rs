//! What a server's message comes to: only what this server may speak of is believed.

use std::net::IpAddr;

use super::answer::{Alias, Known, LONGEST_CHAIN, NameServer, shorter};
use super::message::{Family, Message, Rcode, Record, RecordData};
use super::name::Name;

/// Who is asked, and so what is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// A resolver that asks others for us: all of its answer.
    Resolver,
    /// A server of this zone: what lies in the zone, and its word for who serves the zones below.
    Zone(Name),
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// What is known of the name, or of the one that the aliases lead to.
    Known {
        /// The aliases on the way.
        aliases: Vec<Alias>,
        /// What is at their end.
        known: Known,
        /// How long that may be kept, in seconds; nothing where it may not be kept at all.
        ttl: Option<u32>,
    },
    /// The name is another for one that this server says nothing of.
    Alias(
        /// The aliases on the way, at least one.
        Vec<Alias>,
    ),
    /// Others know: those who serve a zone below.
    Referral {
        /// The zone.
        zone: Name,
        /// Its servers, with the addresses that this server may speak of.
        servers: Vec<NameServer>,
        /// How long that may be kept, in seconds.
        ttl: u32,
    },
}

/// Why a server is of no help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It did not answer in time.
    TimedOut,
    /// Nothing can be sent there, or nothing listens.
    Unreachable(
        /// What the system said.
        String,
    ),
    /// Its answer cannot be read.
    Malformed(
        /// What is wrong with it.
        String,
    ),
    /// It says that it failed, or does not want to.
    Rcode(Rcode),
    /// It does not hold the zone that others say it serves.
    Lame,
    /// It was asked to ask others, and does not.
    NotRecursive,
    /// Its aliases lead in a circle, or on and on.
    Circle,
}

/// What `message` says about `name`, as far as it is believed.
pub(super) fn read(message: &Message, name: &Name, family: Family, asked: &Asked) -> Result<Reply, Trouble> {
    if !matches!(message.rcode, Rcode::NoError | Rcode::NxDomain) {
        return Err(Trouble::Rcode(message.rcode));
    }
    let (aliases, last) = follow(message, name, asked)?;
    let own = |record: &&Record| record.name == last && asked.believes(&record.name);
    let mut ttl = None;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for record in message.answers.iter().filter(own) {
        if let Some(address) = record.data.address().filter(|address| family.holds(*address)) {
            ttl = shorter(ttl, record.ttl);
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    if !addresses.is_empty() || !aliases.is_empty() {
        if *asked != Asked::Resolver && !message.authoritative {
            return Err(Trouble::Lame);
        }
        if !addresses.is_empty() {
            let known = Known::Addresses(addresses);
            return Ok(Reply::Known { aliases, known, ttl });
        }
    }
    nothing(message, aliases, &last, asked)
}

/// The aliases from `name` on, and where they end.
fn follow(message: &Message, name: &Name, asked: &Asked) -> Result<(Vec<Alias>, Name), Trouble> {
    let (mut aliases, mut last) = (Vec::<Alias>::new(), name.clone());
    while let Some((target, ttl)) = message
        .answers
        .iter()
        .filter(|record| record.name == last && asked.believes(&record.name))
        .find_map(|record| match &record.data {
            RecordData::Cname(target) => Some((target.clone(), record.ttl)),
            _ => None,
        })
    {
        if target == *name || aliases.iter().any(|alias| alias.target == target) || aliases.len() >= LONGEST_CHAIN {
            return Err(Trouble::Circle);
        }
        let name = std::mem::replace(&mut last, target.clone());
        aliases.push(Alias { name, target, ttl });
    }
    Ok((aliases, last))
}

/// What a message without an address says: there is none, there is no such name, or others know.
fn nothing(message: &Message, aliases: Vec<Alias>, last: &Name, asked: &Asked) -> Result<Reply, Trouble> {
    let start_of_zone = message.authorities.iter().find_map(|record| match record.data {
        RecordData::Soa { minimum, .. } if last.is_within(&record.name) && asked.believes(&record.name) => {
            Some(record.ttl.min(minimum)) // RFC 2308 §5
        }
        _ => None,
    });
    let may_deny = match asked {
        Asked::Resolver => true,
        Asked::Zone(zone) => message.authoritative && last.is_within(zone),
    };
    // RFC 6604 §3: the code is about the last name of the chain.
    if message.rcode == Rcode::NxDomain && may_deny {
        let (known, ttl) = (Known::NoSuchName, start_of_zone);
        return Ok(Reply::Known { aliases, known, ttl });
    }
    if start_of_zone.is_some() && may_deny {
        let (known, ttl) = (Known::NoAddress, start_of_zone);
        return Ok(Reply::Known { aliases, known, ttl });
    }
    if !aliases.is_empty() {
        return Ok(Reply::Alias(aliases));
    }
    match asked {
        Asked::Zone(zone) => {
            if let Some(referral) = referral(message, last, zone) {
                return Ok(referral);
            }
        }
        Asked::Resolver if !message.recursion_available && !message.authoritative => {
            return Err(Trouble::NotRecursive);
        }
        Asked::Resolver => {}
    }
    if message.rcode == Rcode::NoError && may_deny {
        // RFC 2308 §2.2, type 3: nothing says for how long, so it is not kept.
        let (known, ttl) = (Known::NoAddress, None);
        return Ok(Reply::Known { aliases, known, ttl });
    }
    Err(Trouble::Lame)
}

/// Who serves a zone that is below `zone` and around `name`: sideways or upwards leads nowhere.
fn referral(message: &Message, name: &Name, zone: &Name) -> Option<Reply> {
    let below = |record: &&Record| name.is_within(&record.name) && record.name.is_within(zone) && record.name != *zone;
    let named = |record: &Record| match &record.data {
        RecordData::Ns(server) => Some((record.name.clone(), server.clone(), record.ttl)),
        _ => None,
    };
    let (child, ..) = message.authorities.iter().filter(below).find_map(named)?;
    let (mut servers, mut ttl) = (Vec::<NameServer>::new(), None);
    for (_, server, lasts) in message
        .authorities
        .iter()
        .filter_map(named)
        .filter(|(owner, ..)| *owner == child)
    {
        ttl = shorter(ttl, lasts);
        if servers.iter().any(|known| known.name == server) {
            continue;
        }
        // Glue is believed where the zone that is asked could hold the server's name itself.
        let glue = message.additionals.iter().filter(|record| record.name == server);
        let addresses: Vec<IpAddr> = glue.filter_map(|record| record.data.address()).collect();
        servers.push(NameServer {
            addresses: if server.is_within(zone) { addresses } else { Vec::new() },
            name: server,
        });
    }
    Some(Reply::Referral {
        zone: child,
        servers,
        ttl: ttl?,
    })
}

impl Asked {
    fn believes(&self, owner: &Name) -> bool {
        match self {
            Self::Resolver => true,
            Self::Zone(zone) => owner.is_within(zone),
        }
    }
}

#[cfg(test)]
mod tests;
