//! What really crossed the loopback: a network of a test's own, a capture of it, and tshark's reading of the capture.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::interop::process::{Output, Place, Process, Program, occurrences};

/// Set in the process that a test started in a network of its own.
const INSIDE: &str = "NIHAO_TEST_NETWORK";
const DEADLINE: Duration = Duration::from_secs(60);
/// How long a marker may take to show before another is sent: the capture may not have begun when the first crossed.
const MARKER_PATIENCE: Duration = Duration::from_millis(200);

const DUMPCAP: Program = Program {
    name: "dumpcap",
    place: Place::Package("tshark"),
    buffers: false,
};
const TSHARK: Program = Program {
    name: "tshark",
    place: Place::Package("tshark"),
    buffers: false,
};

/// Runs `test`, the test called `name`, in a network namespace of its own; as root without namespaces, where it is.
///
/// # Panics
/// When it fails, or when this process may neither make a namespace nor capture.
pub fn in_its_own_network<F: Future<Output = Result<()>>>(name: &str, test: impl FnOnce() -> F) {
    if std::env::var_os(INSIDE).is_some() {
        return run(test);
    }
    for options in ["--net", "--user --map-root-user --net"] {
        let unshare = |program: &Path, arguments: &[&str]| {
            let mut command = Command::new("unshare");
            command.args(options.split(' ')).arg("--").arg(program).args(arguments);
            command
                .env(INSIDE, "1")
                .output()
                .expect("unshare, of the package util-linux")
        };
        if unshare(Path::new("true"), &[]).status.success() {
            let this = std::env::current_exe().expect("the path of this program");
            let output = unshare(&this, &[name, "--exact", "--nocapture"]);
            let text = String::from_utf8_lossy(&output.stdout);
            let ran = output.status.success() && text.contains("1 passed");
            assert!(ran, "{text}{}", String::from_utf8_lossy(&output.stderr));
            return;
        }
    }
    let user = Command::new("id")
        .arg("-u")
        .output()
        .expect("id, of the package coreutils");
    assert!(
        user.stdout == b"0\n",
        "capturing needs root, or permission to make user namespaces (unshare --user --map-root-user --net)"
    );
    run(test);
}

/// Whether this process runs in a network namespace that [`in_its_own_network`] made.
#[must_use]
pub fn is_in_its_own_network() -> bool {
    std::env::var_os(INSIDE).is_some()
}

fn run<F: Future<Output = Result<()>>>(test: impl FnOnce() -> F) {
    let up = Command::new("ip").args(["link", "set", "lo", "up"]).status();
    assert!(up.expect("ip, of the package iproute2").success());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let outcome = runtime.block_on(async { timeout(DEADLINE, test()).await });
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{error:#}"),
        Err(_elapsed) => panic!("not done after {} s", DEADLINE.as_secs()),
    }
}

/// A capture of the loopback that is under way.
pub struct Capture {
    process: Process,
    output: Output,
    markers: UdpSocket,
    sent: usize,
}

impl Capture {
    /// Starts one; it has begun when this returns.
    ///
    /// # Errors
    /// When dumpcap is missing or may not capture.
    pub async fn start() -> Result<Self> {
        let output = Output::default();
        let arguments = ["-q", "-i", "lo", "-P", "-w", "-"].map(String::from);
        let markers = UdpSocket::bind("127.0.0.1:0").await?;
        markers.connect(markers.local_addr()?).await?;
        let mut capture = Self {
            process: Process::start(DUMPCAP, &arguments, &output)?,
            output,
            markers,
            sent: 0,
        };
        capture.mark().await?;
        Ok(capture)
    }

    /// Sends datagrams to itself until one of them shows in the capture: everything sent before it is in there too.
    async fn mark(&mut self) -> Result<()> {
        let mut markers = Vec::new();
        loop {
            self.sent += 1;
            let marker = format!("marker {} {}.", self.markers.local_addr()?, self.sent);
            self.markers.send(marker.as_bytes()).await?;
            markers.push(marker);
            let shows = |output: &Output| {
                let captured = output.out();
                let shown = |marker: &String| occurrences(&captured, marker.as_bytes()) > 0;
                markers.iter().any(shown).then_some(())
            };
            if let Ok(found) = timeout(MARKER_PATIENCE, self.process.wait_for("capturing", shows)).await {
                return found.with_context(|| self.output.err());
            }
        }
    }

    /// Ends it and writes it to `file`.
    ///
    /// # Errors
    /// When the capture ended by itself, or the file cannot be written.
    pub async fn save(mut self, file: &Path) -> Result<()> {
        self.mark().await?;
        let captured = self.output.out();
        drop(self.process);
        std::fs::write(file, captured)?;
        Ok(())
    }
}

/// A saved capture and the key log that opens it.
pub struct Saved {
    /// The capture.
    pub file: PathBuf,
    /// The key log.
    pub keys: PathBuf,
    /// The server's port; what other ports said is left out.
    pub port: u16,
}

/// One connection as tshark reads it.
#[derive(Debug, Default)]
pub struct Stream {
    /// The handshake's messages by their numbers, with who sent them.
    pub handshake: Vec<(Speaker, u8)>,
    /// The alerts by their numbers, with who sent them.
    pub alerts: Vec<(Speaker, u8)>,
    /// The application data that the client sent, decrypted.
    pub from_client: Vec<u8>,
    /// The application data that the server sent, decrypted.
    pub from_server: Vec<u8>,
    /// One line for each frame, to be read by people.
    pub story: String,
}

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Who connected.
    Client,
    /// Who listened.
    Server,
}

impl Saved {
    /// Every connection, in order.
    ///
    /// # Errors
    /// When tshark cannot be run.
    pub async fn streams(&self) -> Result<Vec<Stream>> {
        let mut streams: BTreeMap<usize, Stream> = BTreeMap::new();
        for row in self.fields("tcp", &FIELDS).await? {
            let [number, port, handshake, alerts, line @ ..] = row.as_slice() else {
                bail!("{FIELDS:?} are not in {row:?}");
            };
            let stream = streams.entry(number.parse()?).or_default();
            let speaker = if *port == self.port.to_string() {
                Speaker::Server
            } else {
                Speaker::Client
            };
            stream
                .handshake
                .extend(numbers(handshake)?.into_iter().map(|number| (speaker, number)));
            stream
                .alerts
                .extend(numbers(alerts)?.into_iter().map(|number| (speaker, number)));
            stream.story += &(line.join(" ") + "\n");
        }
        let follow: Vec<_> = streams
            .keys()
            .map(|number| format!("follow,tls,raw,{number}"))
            .collect();
        let arguments = follow.iter().flat_map(|one| ["-z", one.as_str()]);
        let text = self
            .tshark(&["-q"].into_iter().chain(arguments).collect::<Vec<_>>())
            .await?;
        for section in text.split(RULE).filter(|section| section.contains("Filter: ")) {
            add_data(section, &mut streams)?;
        }
        Ok(streams.into_values().collect())
    }

    /// What tshark has to complain about: malformed packets, errors, and warnings about TLS. (That a segment was sent twice is the
    /// kernel's doing.)
    ///
    /// # Errors
    /// When tshark cannot be run.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let (warning, error) = (0x0060_0000, 0x0080_0000);
        let warned = format!("tls && !tcp.analysis.flags && _ws.expert.severity >= {warning}");
        let filter = format!("_ws.malformed || _ws.expert.severity >= {error} || ({warned})");
        let rows = self
            .fields(&filter, &["frame.number", "_ws.expert.message", "_ws.col.Info"])
            .await?;
        Ok(rows.into_iter().map(|row| row.join(" ")).collect())
    }

    /// The values of these fields in each frame that passes `filter`; several values in one frame are joined by commas.
    async fn fields(&self, filter: &str, fields: &[&str]) -> Result<Vec<Vec<String>>> {
        let filter = format!("tcp.port == {} && ({filter})", self.port);
        let mut arguments = vec!["-Y", &filter, "-T", "fields"];
        arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
        let text = self.tshark(&arguments).await?;
        Ok(text
            .lines()
            .map(|line| line.split('\t').map(String::from).collect())
            .collect())
    }

    async fn tshark(&self, arguments: &[&str]) -> Result<String> {
        let (file, keys) = (self.file.display(), self.keys.display());
        // Told what it is, tshark need not guess from the first bytes it sees. What is inside is ours to read: else it guesses there
        // too, and finds malformed packets of protocols that nobody speaks. A loaded machine captures frames out of order.
        let (outside, inside) = (
            format!("tcp.port=={},tls", self.port),
            format!("tls.port=={},data", self.port),
        );
        let mut all = ["-r", &file.to_string(), "-o", &format!("tls.keylog_file:{keys}")]
            .map(String::from)
            .to_vec();
        all.extend(["-o", "tcp.reassemble_out_of_order:TRUE", "-d", &outside, "-d", &inside].map(String::from));
        all.extend(arguments.iter().map(ToString::to_string));
        let output = Output::default();
        let status = Process::start(TSHARK, &all, &output)?.finish().await?;
        ensure!(status.success(), "tshark {}: {output}", all.join(" "));
        Ok(String::from_utf8(output.out())?)
    }
}

const FIELDS: [&str; 7] = [
    "tcp.stream",
    "tcp.srcport",
    "tls.handshake.type",
    "tls.alert_message.desc",
    "frame.number",
    "_ws.col.Protocol",
    "_ws.col.Info",
];

/// What tshark prints above and below each followed stream.
const RULE: &str = "===================================================================";

fn numbers(text: &str) -> Result<Vec<u8>> {
    let values = text.split(',').filter(|value| !value.is_empty());
    values.map(|value| Ok(value.parse()?)).collect()
}

/// Reads one followed stream: its number, its two nodes, then lines of hexadecimal, indented where the second node speaks.
fn add_data(section: &str, streams: &mut BTreeMap<usize, Stream>) -> Result<()> {
    let mut lines = section.lines().skip_while(|line| !line.starts_with("Filter: "));
    let number = lines
        .next()
        .and_then(|line| line.rsplit(' ').next())
        .context("a stream's number")?;
    let stream = streams.get_mut(&number.parse()?).context("a stream")?;
    for line in lines.filter(|line| !line.starts_with("Node ")) {
        let hex = line.trim();
        let bytes = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
        let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().with_context(|| line.to_string())?;
        if line.starts_with('\t') {
            &mut stream.from_server
        } else {
            &mut stream.from_client
        }
        .extend(bytes);
    }
    Ok(())
}
