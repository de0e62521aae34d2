//! Names found against NSD and BIND: from the root servers down, and by a resolver, on a network of the test's own.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, ensure};
use nihao_client::dial::system::SystemNetwork;
use nihao_client::resolve::{Choice, Event, Resolver};
use nihao_protocol::clock::Clock;
use nihao_protocol::dns::{
    Found, Layer, LookupError, Name, Rcode, Record, RecordData, Step, Transport, Trouble, Verdict, wire,
};
use nihao_protocol::net::Environment;
use nihao_tests::capture::in_its_own_network;
use nihao_tests::interop::process::{Place, Program};
use nihao_tests::names::{ABSENT, AUTHORITY, RESOLVER, SILENT, Servers, TOP_LEVEL};
use tokio::net::UdpSocket;

/// A resolver whose clock can be put forward.
struct Lookups {
    resolver: Resolver<SystemNetwork>,
    ahead: Arc<AtomicU64>,
    steps: Vec<Step>,
}

impl Lookups {
    fn by(choice: &str) -> Result<Self> {
        let ahead = Arc::new(AtomicU64::new(0));
        let (mut environment, later) = (Environment::system(), ahead.clone());
        let clock = environment.clock.clone();
        environment.clock = Clock::new(move || clock.now().plus_seconds(later.load(Ordering::Relaxed)));
        let choice: Choice = choice.parse()?;
        Ok(Self {
            resolver: Resolver::new(SystemNetwork, choice.route(), environment),
            ahead,
            steps: Vec::new(),
        })
    }

    fn wait(&self, seconds: u64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    async fn find(&mut self, host: &str) -> Result<Vec<Found>, LookupError> {
        self.steps.clear();
        let mut finding = self.resolver.find(host);
        loop {
            match finding.next().await {
                Some(Event::Step(step)) => self.steps.push(*step),
                Some(Event::Family(..)) => {}
                Some(Event::Ended(outcome)) => return outcome,
                None => panic!("it ended without an outcome"),
            }
        }
    }

    async fn addresses(&mut self, host: &str) -> Result<Vec<String>> {
        let found = self.find(host).await;
        let found = found.with_context(|| format!("{host}: {:#?}", self.steps))?;
        Ok(found.iter().map(|found| found.address.to_string()).collect())
    }

    fn count(&self, which: impl Fn(&Verdict) -> bool) -> usize {
        self.steps.iter().filter(|step| which(&step.verdict)).count()
    }

    fn asks(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Asks { .. }))
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

#[test]
fn from_the_root_down() {
    in_its_own_network("from_the_root_down", async || {
        let mut servers = Servers::start().await?;
        let mut lookups = Lookups::by("recursive")?;
        assert_eq!(lookups.addresses("www.chat.test").await?, ["fd00::1", "10.1.1.1"]);
        assert_eq!(lookups.asks(), 6, "three servers, two families: {:#?}", lookups.steps);
        let zones = [".", "test", "chat.test"].map(|zone| Layer::Zone(name(zone)));
        assert!(
            zones
                .iter()
                .all(|zone| lookups.steps.iter().any(|step| step.layer == *zone))
        );
        assert_eq!(servers.asked("www.chat.test").await?, 2);
        ensure!(
            !servers.log().contains("IN A +"),
            "an authority is not asked to ask others"
        );

        // The shortest time of the chain counts, and until then nobody is asked.
        lookups.wait(49);
        let found = lookups.find("www.chat.test").await?;
        assert!(
            found.iter().all(|found| found.ttl == Some(1)) && lookups.asks() == 0,
            "{found:?}"
        );
        assert_eq!(servers.asked("www.chat.test").await?, 2);
        lookups.wait(1);
        assert_eq!(lookups.addresses("www.chat.test").await?.len(), 2);
        assert_eq!(
            servers.asked("web.chat.test").await?,
            2,
            "the alias still holds, its target is asked for"
        );

        // Through another top-level zone's alias, and with a server whose name is in another zone.
        assert_eq!(lookups.addresses("www.example").await?.len(), 2);
        assert_eq!(lookups.addresses("www.far.test").await?, ["10.1.1.5"]);
        let needed = |verdict: &Verdict| *verdict == Verdict::NeedsServer(name("ns.far.example"));
        assert!(lookups.count(needed) > 0);
        let circle = lookups.find("one.chat.test").await;
        assert_eq!(
            circle,
            Err(LookupError::LoopInChain {
                name: name("one.chat.test")
            })
        );
        Ok(())
    });
}

#[test]
fn what_is_not_there_is_remembered() {
    in_its_own_network("what_is_not_there_is_remembered", async || {
        let mut servers = Servers::start().await?;
        let mut lookups = Lookups::by("recursive")?;
        for (seconds, layer, asked) in [
            (0, Layer::Zone(name("chat.test")), 2),
            (29, Layer::Cache, 2),
            (1, Layer::Zone(name("chat.test")), 4),
        ] {
            lookups.wait(seconds);
            let gone = lookups.find("gone.chat.test").await;
            let expected = LookupError::NameNotFound {
                name: name("gone.chat.test"),
                layer,
            };
            assert_eq!(gone, Err(expected));
            assert_eq!(servers.asked("gone.chat.test").await?, asked);
        }
        // One family alone is there; that the other is not is remembered as well.
        for asked in [2, 2] {
            assert_eq!(lookups.addresses("four.chat.test").await?, ["10.1.1.4"]);
            assert_eq!(servers.asked("four.chat.test").await?, asked);
        }
        let no_zone = lookups.find("nowhere").await;
        assert!(matches!(no_zone, Err(LookupError::NameNotFound { layer: Layer::Zone(root), .. }) if root.is_root()));
        Ok(())
    });
}

#[test]
fn servers_that_are_of_no_help() {
    in_its_own_network("servers_that_are_of_no_help", async || {
        let servers = Servers::start().await?;
        let mut lookups = Lookups::by("recursive")?;
        // Which server is begun with is drawn: until one that is of no help was, bounded.
        for (host, address, bad) in [
            ("www.dead.test", "10.1.1.6", Trouble::TimedOut),
            ("www.lame.test", "10.1.1.7", Trouble::Lame),
        ] {
            let mut met = false;
            for _ in 0..40 {
                assert_eq!(lookups.addresses(host).await?, [address]);
                met |=
                    lookups.count(|verdict| matches!(verdict, Verdict::Failed { trouble, .. } if *trouble == bad)) > 0;
                if met {
                    break;
                }
                lookups.wait(61);
            }
            ensure!(met, "{host}: no step says {bad:?}");
        }
        let broken = lookups.find("www.broken.test").await;
        let server = format!("{ABSENT}:53").parse()?;
        assert!(
            matches!(broken, Err(LookupError::Unreachable { server: at, .. }) if at == server),
            "{broken:?}"
        );

        assert_eq!(lookups.addresses("many.chat.test").await?.len(), 100);
        let over_tcp = |verdict: &Verdict| {
            matches!(
                verdict,
                Verdict::Asks {
                    transport: Transport::Tcp,
                    ..
                }
            )
        };
        assert_eq!(
            (
                lookups.count(over_tcp),
                servers.log().matches("query: many.chat.test IN A -E(0)T").count()
            ),
            (1, 1)
        );
        Ok(())
    });
}

#[test]
fn by_a_resolver() {
    in_its_own_network("by_a_resolver", async || {
        let mut servers = Servers::start().await?;
        let mut lookups = Lookups::by(RESOLVER)?;
        assert_eq!(lookups.addresses("www.chat.test").await?, ["fd00::1", "10.1.1.1"]);
        assert_eq!(lookups.asks(), 2);
        lookups.wait(100);
        assert_eq!(lookups.addresses("www.chat.test").await?.len(), 2);
        let asked = servers.asked("www.chat.test").await?;
        ensure!(
            asked <= 2,
            "the resolver has a cache of its own, and asked {asked} times"
        );
        assert_eq!(lookups.addresses("www.far.test").await?, ["10.1.1.5"]);
        assert_eq!(lookups.addresses("many.chat.test").await?.len(), 100);
        for _ in 0..2 {
            assert!(matches!(
                lookups.find("gone.chat.test").await,
                Err(LookupError::NameNotFound { .. })
            ));
        }
        assert_eq!(lookups.asks(), 0);
        let server = format!("{RESOLVER}:53").parse()?;
        let rcode = Rcode::ServFail;
        assert_eq!(
            lookups.find("www.broken.test").await,
            Err(LookupError::ServerFailure { server, rcode })
        );

        let server = format!("{TOP_LEVEL}:53").parse()?;
        let referred = Lookups::by(TOP_LEVEL)?.find("www.chat.test").await;
        assert_eq!(referred, Err(LookupError::NotRecursive { server }));
        let server = format!("{AUTHORITY}:53").parse()?;
        let rcode = Rcode::Refused;
        let refused = Lookups::by(AUTHORITY)?.find("www.example").await;
        assert_eq!(refused, Err(LookupError::ServerFailure { server, rcode }));
        Ok(())
    });
}

#[test]
fn forged_answers() {
    in_its_own_network("forged_answers", async || {
        let _servers = Servers::start().await?;
        let honest = UdpSocket::bind("10.53.0.1:5353").await?;
        let off_path = UdpSocket::bind("10.53.0.1:5354").await?;
        let forging = async {
            for _ in 0..2 {
                let mut datagram = [0; 512];
                let (length, from) = honest.recv_from(&mut datagram).await?;
                let query = wire::decode(&datagram[..length])?;
                let said = |id: u16, of: &str, last: u8| -> Result<Vec<u8>> {
                    let mut message = query.clone();
                    (message.id, message.question.name) = (id, of.parse()?);
                    let mut answer = message.answer(Rcode::NoError);
                    answer.recursion_available = true;
                    answer.answers.push(Record {
                        name: answer.question.name.clone(),
                        ttl: 60,
                        data: RecordData::A([10, 6, 6, last].into()),
                    });
                    Ok(wire::encode(&answer)?)
                };
                off_path.send_to(&said(query.id, "bank.test", 1)?, from).await?;
                for (id, of, last) in [(query.id ^ 1, "bank.test", 2), (query.id, "other.test", 3)] {
                    honest.send_to(&said(id, of, last)?, from).await?;
                }
                honest.send_to(b"not a message", from).await?;
                honest.send_to(&datagram[..length], from).await?;
                honest.send_to(&said(query.id, "bank.test", 9)?, from).await?;
            }
            Ok::<_, anyhow::Error>(())
        };
        let mut lookups = Lookups::by("10.53.0.1:5353")?;
        let (forged, found) = tokio::join!(forging, lookups.addresses("bank.test"));
        forged?;
        assert_eq!(found?, ["10.6.6.9"]);
        let known = lookups.resolver.cache();
        let all: Vec<_> = known.entries().map(ToString::to_string).collect();
        assert!(
            all.iter()
                .all(|entry| !entry.contains("other.test") && !entry.contains("10.6.6.1")),
            "{all:?}"
        );
        Ok(())
    });
}

/// What `nihao http -v` says on standard error of a request that comes to nothing.
fn run_nihao(home: &Path, resolver: &str, host: &str) -> Result<String> {
    let nihao = Program {
        name: "nihao-under-test",
        place: Place::Workspace,
        buffers: false,
    };
    let url = format!("https://{host}:4433/");
    let mut command = Command::new("timeout");
    command.arg("30").arg(nihao.find()?);
    command.args(["http", "-v", "GET", &url, "--resolver", resolver]);
    let output = command.env("NIHAO_HOME", home).output()?;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    Ok(String::from_utf8(output.stderr)?)
}

#[test]
fn the_program_tells_each_layer_and_each_failure() {
    in_its_own_network("the_program_tells_each_layer_and_each_failure", async || {
        let _servers = Servers::start().await?;
        let home = tempfile::tempdir()?;
        let run = |resolver, host| run_nihao(home.path(), resolver, host);
        let says = |text: String, parts: &[&str]| {
            for part in parts {
                assert!(text.contains(part), "{part:?} is not in:\n{text}");
            }
        };
        let local = "local.chat.test";
        says(
            run("recursive", local)?,
            &[
                "* name: application cache: local.chat.test A: miss: never asked",
                "* name: hosts file: local.chat.test A: miss: not in it",
                "* name: root: ",
                "* name: zone test: 10.53.0.2:53 says: ask those who serve chat.test: ns.chat.test at 10.53.0.3 (TTL 60 s)",
                "* name: zone chat.test: 10.53.0.3:53 says: local.chat.test: 127.0.0.1 (TTL 60 s)",
                "connection refused",
            ],
        );
        // Nothing answered there, so that is forgotten; who serves the zone is not, in the next process either.
        says(
            run("recursive", local)?,
            &["application cache: zone chat.test: hit: served by ns.chat.test"],
        );
        says(
            run(RESOLVER, "gone.chat.test")?,
            &["error: ", "does not exist: resolver", "hint: check the spelling"],
        );
        let remembered = "does not exist: application cache";
        says(
            run(RESOLVER, "gone.chat.test")?,
            &["hit: no such name", remembered, "within 5 minutes"],
        );
        says(
            run(SILENT, "www.chat.test")?,
            &[
                "try 3",
                "expected an answer from the name server 10.53.0.8:53, seen none in time",
                "hint: check this machine's network",
            ],
        );
        says(
            run(ABSENT, "www.chat.test")?,
            &["expected a way to the name server 10.53.0.7:53", "hint: "],
        );
        says(run(AUTHORITY, "www.example")?, &["seen REFUSED", "hint: "]);
        Ok(())
    });
}
