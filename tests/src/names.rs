//! An Internet of a test's own: root, top-level and authoritative name servers, and a resolver, by NSD and BIND on loopback.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tokio::net::UdpSocket;

use crate::capture::is_in_its_own_network;
use crate::interop::process::{Output, Place, Process, Program, occurrences};

/// The address of NSD with `test` and `example`.
pub const TOP_LEVEL: &str = "10.53.0.2";
/// The address of BIND with the zones below `test`.
pub const AUTHORITY: &str = "10.53.0.3";
/// An address at which nothing listens.
pub const ABSENT: &str = "10.53.0.7";
/// An address at which something listens that never answers.
pub const SILENT: &str = "10.53.0.8";
/// The address of BIND as a resolver.
pub const RESOLVER: &str = "10.53.0.9";

const NSD: Program = Program {
    name: "nsd",
    place: Place::Package("nsd"),
    buffers: false,
};
const BIND: Program = Program {
    name: "named",
    place: Place::Package("bind9"),
    buffers: false,
};

/// The name servers, until this is dropped.
pub struct Servers {
    folder: TempDir,
    processes: Vec<Process>,
    authority: Output,
    marks: usize,
    _silent: UdpSocket,
}

const ROOT: &str = "@ NS a.root-servers.net.\na.root-servers.net. A 198.41.0.4\n\
    test. NS ns.test.\nns.test. A 10.53.0.2\nexample. NS ns.example.\nns.example. A 10.53.0.2\n";
const TEST: &str = "@ NS ns\nns A 10.53.0.2\n\
    chat NS ns.chat\nns.chat A 10.53.0.3\n\
    far NS ns.far.example.\n\
    dead NS a.dead\ndead NS b.dead\na.dead A 10.53.0.8\nb.dead A 10.53.0.3\n\
    lame NS a.lame\nlame NS b.lame\na.lame A 10.53.0.2\nb.lame A 10.53.0.3\n\
    broken NS a.broken\na.broken A 10.53.0.7\n";
const EXAMPLE: &str =
    "@ NS ns\nns A 10.53.0.2\nns.far A 10.53.0.3\nwww CNAME www.chat.test.\ntwo CNAME one.chat.test.\n";
const CHAT: &str = "@ NS ns\nns A 10.53.0.3\n\
    www 60 CNAME web\nweb 50 A 10.1.1.1\nweb 50 AAAA fd00::1\nfour A 10.1.1.4\n\
    one CNAME two.example.\nlocal A 127.0.0.1\n";

const FAR: &str = "@ NS ns.far.example.\nwww A 10.1.1.5\n";
const DEAD: &str = "@ NS a\n@ NS b\na A 10.53.0.8\nb A 10.53.0.3\nwww A 10.1.1.6\n";
const LAME: &str = "@ NS a\n@ NS b\na A 10.53.0.2\nb A 10.53.0.3\nwww A 10.1.1.7\n";

impl Servers {
    /// Starts them all in this network namespace; they answer when this returns.
    ///
    /// # Errors
    /// When one of them is missing or does not start, or this is not a namespace of the test's own.
    pub async fn start() -> Result<Self> {
        own_network()?;
        let folder = tempfile::tempdir()?;
        write_zones(folder.path())?;
        let authority = Output::default();
        let mut servers = Self {
            folder,
            processes: Vec::new(),
            authority: authority.clone(),
            marks: 0,
            _silent: UdpSocket::bind((SILENT, 53)).await?,
        };
        servers.nsd("root", &roots(), &[("root", ".")]).await?;
        servers
            .nsd(
                "top-level",
                &[TOP_LEVEL.into()],
                &[("test", "test"), ("example", "example")],
            )
            .await?;
        let held = ["chat.test", "far.test", "dead.test", "lame.test"];
        let held: String = held
            .map(|zone| format!("zone \"{zone}\" {{ type primary; file \"{zone}\"; }};\n"))
            .concat();
        let options = "recursion no; querylog yes;";
        servers.bind("authority", AUTHORITY, options, &held, authority).await?;
        let hints: String = roots()
            .iter()
            .map(|root| format!(". NS a.root-servers.net.\na.root-servers.net. A {root}\n"))
            .collect();
        fs::write(servers.folder.path().join("hints"), format!("$TTL 60\n{hints}"))?;
        let options = "recursion yes; allow-recursion { any; }; dnssec-validation no; empty-zones-enable no;";
        let hint = "zone \".\" { type hint; file \"hints\"; };\n";
        servers
            .bind("resolver", RESOLVER, options, hint, Output::default())
            .await?;
        Ok(servers)
    }

    /// How often the authority was asked so far, by UDP and TCP, for `name` and any type.
    ///
    /// # Errors
    /// When its log does not come.
    pub async fn asked(&mut self, name: &str) -> Result<usize> {
        // What it was asked before a mark stands in its log before the mark.
        self.marks += 1;
        let mark = format!("mark{}.chat.test", self.marks);
        let socket = UdpSocket::bind("10.53.0.1:0").await?;
        let mut query = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in mark.split('.') {
            query.push(u8::try_from(label.len())?);
            query.extend(label.as_bytes());
        }
        query.extend([0, 0, 1, 0, 1]);
        socket.send_to(&query, (AUTHORITY, 53)).await?;
        let is_there = |output: &Output| output.err().contains(&format!("query: {mark} ")).then_some(());
        let authority = self.processes.get_mut(2).context("the authority")?;
        authority.wait_for("logging a query", is_there).await?;
        Ok(occurrences(
            self.authority.err().as_bytes(),
            format!("query: {name} IN ").as_bytes(),
        ))
    }

    /// What the authority logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.authority.err()
    }

    async fn nsd(&mut self, name: &str, addresses: &[String], zones: &[(&str, &str)]) -> Result<()> {
        let folder = self.folder.path().join(format!("nsd-{name}"));
        fs::create_dir(&folder)?;
        let shown = folder.display();
        let mut config = format!(
            "server:\n username: \"\"\n chroot: \"\"\n database: \"\"\n server-count: 1\n pidfile: \"\"\n zonesdir: \"{}\"\n \
             xfrdfile: \"{shown}/xfrd\"\n xfrdir: \"{shown}\"\n zonelistfile: \"{shown}/zones\"\n port: 53\n",
            self.folder.path().display()
        );
        for address in addresses {
            config.push_str(&format!(" ip-address: {address}\n"));
        }
        config.push_str("remote-control:\n control-enable: no\n");
        for (file, zone) in zones {
            config.push_str(&format!("zone:\n name: \"{zone}\"\n zonefile: \"{file}\"\n"));
        }
        let path = folder.join("nsd.conf");
        fs::write(&path, config)?;
        let arguments = ["-d", "-c"]
            .map(String::from)
            .into_iter()
            .chain([path.display().to_string()]);
        let arguments: Vec<_> = arguments.collect();
        self.run(NSD, &arguments, "nsd started", Output::default()).await
    }

    async fn bind(&mut self, name: &str, address: &str, options: &str, zones: &str, output: Output) -> Result<()> {
        let folder = self.folder.path();
        let config = format!(
            "options {{ directory \"{0}\"; managed-keys-directory \"{0}\"; listen-on {{ {address}; }}; listen-on-v6 {{ none; }};\n\
             query-source address {address}; pid-file none; session-keyfile none; {options} }};\ncontrols {{ }};\n{zones}",
            folder.display()
        );
        let path = folder.join(format!("{name}.conf"));
        fs::write(&path, config)?;
        let arguments = [
            "-g".into(),
            "-n".into(),
            "1".into(),
            "-c".into(),
            path.display().to_string(),
        ];
        self.run(BIND, &arguments, " running\n", output).await
    }

    async fn run(&mut self, program: Program, arguments: &[String], ready: &str, output: Output) -> Result<()> {
        let mut process = Process::start(program, arguments, &output)?;
        let is_ready = |output: &Output| output.err().contains(ready).then_some(());
        let waited = process.wait_for("getting ready", is_ready).await;
        waited.with_context(|| format!("{}: {output}", program.name))?;
        self.processes.push(process);
        Ok(())
    }
}

fn write_zones(folder: &Path) -> Result<()> {
    let mut chat = String::from(CHAT);
    for last in 0..100 {
        chat.push_str(&format!("many A 10.2.0.{last}\n"));
    }
    let zones: [(&str, &str, &str); 7] = [
        ("root", ".", ROOT),
        ("test", "test.", TEST),
        ("example", "example.", EXAMPLE),
        ("chat.test", "chat.test.", &chat),
        ("far.test", "far.test.", FAR),
        ("dead.test", "dead.test.", DEAD),
        ("lame.test", "lame.test.", LAME),
    ];
    for (file, origin, records) in zones {
        let head = format!("$ORIGIN {origin}\n$TTL 60\n@ SOA ns.test. hostmaster.test. 1 3600 600 86400 30\n");
        fs::write(folder.join(file), head + records)?;
    }
    Ok(())
}

/// The IPv4 addresses of the root servers that the client knows: in this network they are ours.
fn roots() -> Vec<String> {
    let all = nihao_protocol::dns::root_servers();
    all.iter().map(|root| root.addresses[0].to_string()).collect()
}

/// Gives the loopback the addresses of all servers, once it is sure that it is none but the test's.
fn own_network() -> Result<()> {
    ensure!(
        is_in_its_own_network(),
        "this test needs a network namespace of its own: run it as root, or where \"unshare --user --map-root-user --net\" works"
    );
    let own = ["10.53.0.1", TOP_LEVEL, AUTHORITY, ABSENT, SILENT, RESOLVER].map(String::from);
    for address in own.into_iter().chain(roots()) {
        let added = Command::new("ip")
            .args(["address", "add", &address, "dev", "lo"])
            .status()?;
        ensure!(added.success(), "ip address add {address}");
    }
    Ok(())
}
