//! Our TLS beside rustls with ring (and, with `--features bench-aws-lc`, with aws-lc-rs): the same handshakes, records and idle connections, interleaved in one run.
//!
//! `cargo bench -p nihao-protocol` (add `-- --quick` for a smoke run). Times are CPU time of this thread; only the ratios of one
//! run count. Everything is pinned to X25519, Ed25519, TLS_AES_128_GCM_SHA256, without resumption.

mod memory;
mod ours;
mod pki;
mod rustls_peer;
mod stopwatch;

use stopwatch::{Stopwatch, median};

#[global_allocator]
static HEAP: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

/// One end of an implementation under measurement.
trait End {
    /// Takes bytes from the other end.
    fn receive(&mut self, wire: &[u8]);
    /// Appends what waits for the other end.
    fn transmit(&mut self, wire: &mut Vec<u8>);
    fn is_handshaking(&self) -> bool;
    fn send(&mut self, plaintext: &[u8]);
    /// Drops received data, and says how much it was.
    fn take(&mut self) -> usize;
    /// Does what its stream does when nothing is left to do.
    fn rest(&mut self) {}
}

/// Makes both ends of an implementation.
trait Implementation {
    fn client(&self, mutual: bool) -> Box<dyn End>;
    fn server(&self, mutual: bool) -> Box<dyn End>;
}

/// CPU seconds of the client's and the server's share of one handshake.
fn handshake(implementation: &dyn Implementation, mutual: bool) -> ([f64; 2], Box<dyn End>, Box<dyn End>) {
    let (mut client_time, mut server_time) = (Stopwatch::default(), Stopwatch::default());
    let mut client = client_time.run(|| implementation.client(mutual));
    let mut server = server_time.run(|| implementation.server(mutual));
    let mut wire = Vec::with_capacity(4096);
    while client.is_handshaking() || server.is_handshaking() {
        wire.clear();
        client_time.run(|| client.transmit(&mut wire));
        server_time.run(|| server.receive(&wire));
        wire.clear();
        server_time.run(|| server.transmit(&mut wire));
        client_time.run(|| client.receive(&wire));
    }
    ([client_time.seconds(), server_time.seconds()], client, server)
}

/// CPU seconds of one send and of one receive of `size` bytes, over `count` of them.
fn records(implementation: &dyn Implementation, size: usize, count: u32) -> [f64; 2] {
    let (_, mut client, mut server) = handshake(implementation, false);
    let data = vec![7; size];
    let (mut sending, mut receiving) = (Stopwatch::default(), Stopwatch::default());
    // Batches, so that the stopwatch itself does not count (a reading takes as long as two small records); their buffers are
    // made once.
    let together = if size < 1024 { 320 } else { 16 };
    let mut batch = vec![vec![0; 2 * size + 1024]; together as usize];
    for _ in 0..count.div_ceil(together) {
        sending.run(|| {
            for wire in &mut batch {
                wire.clear();
                client.send(&data);
                client.transmit(wire);
            }
        });
        receiving.run(|| {
            for wire in &batch {
                server.receive(wire);
                assert_eq!(server.take(), size);
            }
        });
    }
    let records = f64::from(count.div_ceil(together) * together);
    [sending.seconds() / records, receiving.seconds() / records]
}

/// A line of the table: ours, rustls, and the median of the ratios round by round.
struct Line {
    what: &'static str,
    unit: &'static str,
    scale: f64,
    target: f64,
    rounds: Vec<[f64; 2]>,
}

impl Line {
    /// Prints the line; without a verdict where the target does not speak of that peer.
    fn print(&self, is_judged: bool) {
        let ours = median(self.rounds.iter().map(|[ours, _]| *ours));
        let rustls = median(self.rounds.iter().map(|[_, rustls]| *rustls));
        let ratio = median(self.rounds.iter().map(|[ours, rustls]| ours / rustls));
        let verdict = match (is_judged, ratio <= self.target) {
            (false, _) => String::new(),
            (true, true) => format!("≤ {:.2} met", self.target),
            (true, false) => format!("≤ {:.2} missed", self.target),
        };
        println!(
            "| {} | {:.2} {u} | {:.2} {u} | {ratio:.2} | {verdict} |",
            self.what,
            ours * self.scale,
            rustls * self.scale,
            u = self.unit,
        );
    }
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (rounds, handshakes, small, large) = if quick {
        (3, 20, 320, 32)
    } else {
        (15, 200, 16_000, 800)
    };
    let ours = ours::Ours::new();
    let rounds = Rounds {
        rounds,
        handshakes,
        small,
        large,
    };
    rounds.compare(&ours, &rustls_peer::Rustls::ring(), "rustls + ring", true);
    #[cfg(feature = "bench-aws-lc")]
    rounds.compare(&ours, &rustls_peer::Rustls::aws_lc(), "rustls + aws-lc-rs", false);
}

/// How much is measured.
struct Rounds {
    rounds: usize,
    handshakes: usize,
    small: u32,
    large: u32,
}

/// The figures and their targets: those beside ring.
fn lines() -> [Line; 7] {
    let line = |what, unit, scale, target| Line {
        what,
        unit,
        scale,
        target,
        rounds: Vec::new(),
    };
    [
        line("full handshake, server", "µs", 1e6, 0.95),
        line("full handshake, client", "µs", 1e6, 0.90),
        line("mutual authentication, known peer, server", "µs", 1e6, 0.85),
        line("mutual authentication, known peer, client", "µs", 1e6, 0.85),
        line("100 B record, send + receive", "ns", 1e9, 0.75),
        line("16 KiB record, send", "µs", 1e6, 2.0),
        line("16 KiB record, receive", "µs", 1e6, 2.0),
    ]
}

impl Rounds {
    /// Measures both in turn, and prints the table.
    fn compare(&self, ours: &dyn Implementation, rustls: &dyn Implementation, name: &str, is_judged: bool) {
        let mut lines = lines();
        let both = [ours, rustls];
        for round in 0..=self.rounds {
            let mut row = [[0.0; 2]; 7];
            for (who, implementation) in both.iter().enumerate() {
                for mutual in [false, true] {
                    let many: Vec<_> = (0..self.handshakes)
                        .map(|_| handshake(*implementation, mutual).0)
                        .collect();
                    let at = usize::from(mutual) * 2;
                    row[at][who] = median(many.iter().map(|[_, server]| *server));
                    row[at + 1][who] = median(many.iter().map(|[client, _]| *client));
                }
                row[4][who] = records(*implementation, 100, self.small).iter().sum();
                [row[5][who], row[6][who]] = records(*implementation, 16 * 1024, self.large);
            }
            if round > 0 {
                // The first round warms up.
                lines
                    .iter_mut()
                    .zip(row)
                    .for_each(|(line, values)| line.rounds.push(values));
            }
        }
        println!("| figure | nihao | {name} | ratio | target |\n|---|---:|---:|---:|---|");
        lines.iter().for_each(|line| line.print(is_judged));
        let [ours, rustls] = both.map(|implementation| memory::idle_server(HEAP, implementation));
        let verdict = if ours <= 2560 { "met" } else { "missed" };
        let ratio = ours as f64 / rustls as f64;
        println!("| heap of an idle server connection | {ours} B | {rustls} B | {ratio:.2} | ≤ 2560 B {verdict} |");
        for size in [100, 16 * 1024] {
            let [ours, rustls] = both.map(|implementation| memory::allocations(HEAP, implementation, size));
            println!("| heap allocations for 1000 records of {size} B | {ours} | {rustls} | | 0 |");
            assert_eq!(ours, 0, "a record costs an allocation");
        }
    }
}
