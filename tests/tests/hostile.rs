//! What strangers and bad neighbours do to the daemon: it stays up, small, and quick for everybody else.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use nihao_protocol::chat::frame::CLIENT_FRAME;
use nihao_protocol::chat::{Chains, ClientSays, Heard, Refusal, ServerSays};
use nihao_tests::lab::{Account, Daemon, Start, Talk, send};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// How much more memory a daemon under attack may hold, in KiB.
const GROWTH: u64 = 200 * 1024;
/// How much more may be left when the attack is over.
const LEFT: u64 = GROWTH / 3;
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const BUSY: Start<'_> = Start {
    wrapper: &[],
    port: 0,
    arguments: &["--user-rate", "1000000"],
};

struct World {
    daemon: Daemon,
    alice: Account,
    _dir: TempDir,
}

impl World {
    async fn new(start: &Start<'_>) -> anyhow::Result<Self> {
        rlimit::increase_nofile_limit(u64::MAX)?;
        let dir = tempfile::tempdir()?;
        let daemon = Daemon::start(dir.path(), start)?;
        let invite = daemon.invite.clone().context("an invite")?;
        let alice = Account::join(&daemon.address, &invite, "alice").await?;
        Ok(Self {
            daemon,
            alice,
            _dir: dir,
        })
    }

    async fn invite(&self, name: &str) -> anyhow::Result<Account> {
        self.alice.invite(&self.daemon.address, name).await
    }

    async fn alice(&self) -> anyhow::Result<Talk> {
        self.alice.connect(&self.daemon.address).await
    }

    /// Waits until the daemon holds no more than `LEFT` beyond `before`: memory goes back a moment after it is freed.
    async fn shrinks_to(&self, before: u64) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            let resident = self.daemon.resident()?;
            if resident <= before + LEFT {
                return Ok(());
            }
            ensure!(start.elapsed() < PATIENCE, "{before} KiB before, {resident} KiB left");
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// How long one member waits.
#[derive(Debug, Clone, Copy)]
struct Latency {
    median: Duration,
    p99: Duration,
}

impl Latency {
    fn of(mut times: Vec<Duration>) -> anyhow::Result<Self> {
        ensure!(times.len() >= 30, "only {} times were measured", times.len());
        times.sort_unstable();
        Ok(Self {
            median: times[times.len() / 2],
            p99: times[times.len() * 99 / 100],
        })
    }

    /// Within twice the baseline. The floors are what other programs on the machine may add: this tells a member who is
    /// kept waiting from one who is not, `cargo bench -p nihao-server` has the figures.
    fn check(&self, baseline: &Self) -> anyhow::Result<()> {
        println!("baseline {baseline:?}, then {self:?}");
        let median = baseline.median * 2 + Duration::from_millis(30);
        let p99 = baseline.p99 * 2 + Duration::from_millis(300);
        ensure!(
            self.median <= median && self.p99 <= p99,
            "{self:?} instead of {baseline:?}"
        );
        Ok(())
    }
}

/// Sends durably, one by one, until `enough`; how long each took.
async fn measure(talk: &mut Talk, mut enough: impl FnMut(usize) -> bool) -> anyhow::Result<Latency> {
    let mut times = Vec::new();
    while !enough(times.len()) {
        let start = Instant::now();
        timeout(PATIENCE, talk.sent(send("@alice", "still quick?")?)).await??;
        times.push(start.elapsed());
    }
    Latency::of(times)
}

const ID: [u8; 16] = [7; 16];

/// Where a length is expected: 2^40, which an unlimited bincode would try to allocate, and die.
const HUGE: [u8; 9] = [253, 0, 0, 0, 0, 0, 1, 0, 0];

#[tokio::test]
async fn frames_that_nobody_can_mean_are_refused_by_name_and_nothing_is_stored() -> anyhow::Result<()> {
    let world = World::new(&Start::default()).await?;
    let mut talk = world.alice().await?;
    let to = [&[8], "#general".as_bytes()].concat();
    let bodies: [Vec<u8>; 9] = [
        [&[2], ID.as_slice(), &to, &HUGE].concat(),
        [&[2], ID.as_slice(), &HUGE].concat(),
        [&[6], HUGE.as_slice()].concat(),
        [&[2], ID.as_slice(), &to, &[3, b'a', 0xff, 0xfe, 0]].concat(),
        [&[2], ID.as_slice(), &to, &[3, 0xed, 0xa0, 0x80, 0]].concat(), // half of a surrogate pair
        [&[2], ID.as_slice(), &to, &[0, 0]].concat(),                   // no text
        [&[2], ID.as_slice(), &[2, b'!', b'x'], &[1, b'a', 0]].concat(),
        vec![99],
        vec![8, 0],
    ];
    for body in bodies {
        match talk.ask_bytes(&body).await? {
            ServerSays::Refused { reason, detail } => {
                ensure!(reason == Refusal::Malformed && !detail.is_empty(), "{body:?}: {reason}");
            }
            other => bail!("{body:?}: {other:?}"),
        }
        ensure!(
            talk.ask(ClientSays::Ping).await? == ServerSays::Pong,
            "the session goes on"
        );
    }
    let mut stranger = Talk::open(&world.daemon.address, world.alice.ca, None, None).await?;
    let join = [&[0], ID.as_slice(), &HUGE].concat();
    let refused = stranger.ask_bytes(&join).await?;
    ensure!(
        matches!(
            refused,
            ServerSays::Refused {
                reason: Refusal::Malformed,
                ..
            }
        ),
        "{refused:?}"
    );
    is_empty(&world).await
}

#[tokio::test]
async fn after_a_length_that_cannot_be_there_is_no_next_frame() -> anyhow::Result<()> {
    let world = World::new(&Start::default()).await?;
    let too_long = u32::try_from(CLIENT_FRAME)? + 1;
    for (bytes, expected) in [
        (u32::MAX.to_be_bytes(), Refusal::TooLarge),
        (too_long.to_be_bytes(), Refusal::TooLarge),
        (0_u32.to_be_bytes(), Refusal::Malformed), // not even a number to answer to
    ] {
        let mut talk = world.alice().await?;
        talk.write(&bytes).await?;
        let reason = timeout(PATIENCE, talk.last_word()).await??;
        ensure!(reason == expected, "{bytes:?}: {reason}");
    }
    is_empty(&world).await
}

async fn is_empty(world: &World) -> anyhow::Result<()> {
    let history = ClientSays::History {
        conversation: "#general".parse()?,
        before: None,
        after: None,
        limit: 10,
    };
    let stored = world.alice().await?.ask(history).await?;
    ensure!(
        matches!(&stored, ServerSays::History { messages, .. } if messages.is_empty()),
        "{stored:?}"
    );
    Ok(())
}

/// Everything but TLS is told so by an alert, and ends alone.
#[tokio::test]
async fn nonsense_on_the_port_ends_its_connection_only() -> anyhow::Result<()> {
    let mut world = World::new(&Start::default()).await?;
    let mut friend = world.alice().await?;
    let nonsense: [&[u8]; 10] = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        &[0xff; 5000],
        &[0; 5000],
        &[22, 3, 1, 0xff, 0xff],                                // a record longer than any
        &[22, 3, 3, 0, 0],                                      // an empty handshake record
        &[22, 3, 3, 0, 4, 1, 0xff, 0xff, 0xff],                 // a ClientHello of 16 MiB
        &[22, 3, 3, 0, 4, 14, 0, 0, 0],                         // a message that no client says
        &[23, 3, 3, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // data before there are keys
        &[21, 3, 3, 0, 2, 2, 40],                               // an alert
    ];
    for bytes in nonsense {
        let mut stream = TcpStream::connect(&world.daemon.address).await?;
        stream.write_all(bytes).await?;
        stream.shutdown().await?;
        let mut answer = Vec::new();
        // Where bytes were left unread the end may be a reset; either way it ends.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await?;
        ensure!(
            answer.is_empty() || answer[0] == 21,
            "{bytes:?} was answered by {answer:?}"
        );
    }
    ensure!(
        friend.ask(ClientSays::Ping).await? == ServerSays::Pong,
        "who was there stays there"
    );
    ensure!(
        world.alice().await?.ask(ClientSays::Ping).await? == ServerSays::Pong,
        "who comes is let in"
    );
    ensure!(
        world.daemon.is_up() && !world.daemon.log().contains("panic"),
        "{}",
        world.daemon.log()
    );
    Ok(())
}

/// Whoever takes longer than ten seconds over a handshake is dropped, however busily bytes trickle in.
#[tokio::test]
async fn a_handshake_that_dawdles_ends_at_its_deadline() -> anyhow::Result<()> {
    let world = World::new(&Start::default()).await?;
    let hello = [&[22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3], [7; 501].as_slice()].concat();
    let mut dawdling = JoinSet::new();
    for at_once in [0, 100, 1] {
        let mut stream = TcpStream::connect(&world.daemon.address).await?;
        let hello = hello.clone();
        dawdling.spawn(async move {
            let start = Instant::now();
            stream.write_all(&hello[..at_once]).await?;
            let (mut reading, mut writing) = stream.into_split();
            let trickle = async {
                let every = Duration::from_millis(400);
                for byte in hello.chunks(1).skip(1) {
                    sleep(every).await;
                    if at_once == 1 && writing.write_all(byte).await.is_err() {
                        break;
                    }
                }
            };
            let mut end = Vec::new();
            tokio::select! {
                biased;
                // A reset is an end as well.
                _ = reading.read_to_end(&mut end) => {}
                () = trickle => bail!("{at_once} bytes at once: still connected"),
            }
            Ok(start.elapsed())
        });
    }
    let mut friend = world.alice().await?;
    while let Some(ended) = dawdling.join_next().await {
        let after = ended??;
        ensure!(after > Duration::from_secs(9), "ended too early: {after:?}");
        ensure!(after < Duration::from_secs(40), "ended too late: {after:?}");
    }
    ensure!(
        friend.ask(ClientSays::Ping).await? == ServerSays::Pong,
        "a session is under no such deadline"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_that_say_nothing_keep_nobody_out_and_nobody_waiting() -> anyhow::Result<()> {
    let world = World::new(&BUSY).await?;
    let bob = world.invite("bob").await?;
    let mut talk = bob.connect(&world.daemon.address).await?;
    let baseline = measure(&mut talk, |count| count == 200).await?;
    let before = world.daemon.resident()?;
    let (all_there, mut are_all_there) = oneshot::channel();
    let address: SocketAddr = world.daemon.address.parse()?;
    let crowd = tokio::spawn(async move {
        let mut silent = Vec::new();
        for number in 0..10_000_u16 {
            // The limit on connections from one address is none on ten of them.
            let from = Ipv4Addr::new(127, 0, 1, u8::try_from(number % 10)? + 1);
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
            silent.push(socket.connect(address).await?);
        }
        // Whoever measures has ended in an error if nobody hears it.
        let _ = all_there.send(());
        anyhow::Ok(silent)
    });
    let mut left = 200;
    let during = measure(&mut talk, |_| {
        if are_all_there.try_recv() != Err(oneshot::error::TryRecvError::Empty) {
            left -= 1;
        }
        left == 0
    })
    .await?;
    let mut silent = crowd.await??;
    let grown = world.daemon.resident()?.saturating_sub(before);
    ensure!(grown < GROWTH, "{grown} KiB more");
    let newcomer = timeout(PATIENCE, world.invite("carol")).await??;
    ensure!(newcomer.name.as_str() == "carol", "let in among them");
    // The oldest had to make room: they hear it instead of holding on.
    let ended = timeout(PATIENCE, silent[0].read(&mut [0; 16])).await?;
    ensure!(!matches!(ended, Ok(1..)), "{ended:?}");
    during.check(&baseline)?;
    drop(silent);
    world.shrinks_to(before).await
}

/// How many messages pass by the reader who does not read, and how many before, for comparison.
const PASSING: usize = 100_000;
const COMPARED: usize = 20_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_does_not_read_costs_little_delays_nobody_and_misses_nothing() -> anyhow::Result<()> {
    let world = World::new(&BUSY).await?;
    let address = &world.daemon.address;
    let (bob, dave) = (world.invite("bob").await?, world.invite("dave").await?);
    let before = world.daemon.resident()?;
    let baseline = traffic(&world, &bob, COMPARED).await?;
    let mut slow = resumed(&dave, address).await?;
    let during = traffic(&world, &bob, PASSING).await?;
    let grown = world.daemon.resident()?.saturating_sub(before);
    ensure!(grown < GROWTH, "{grown} KiB more");
    during.check(&baseline)?;
    read_in_order(&mut slow, "dave", PASSING).await?;
    // Nothing more than that came, and what happens next comes next.
    let sent = world.alice().await?.sent(send("#general", "and now?")?).await?;
    match timeout(PATIENCE, slow.hear()).await?? {
        Heard::Delivery(ServerSays::Message { message, .. }) => ensure!(message.seq == sent.seq, "{message:?}"),
        other => bail!("{other:?}"),
    }
    drop(slow);
    world.shrinks_to(before).await
}

async fn resumed(account: &Account, address: &str) -> anyhow::Result<Talk> {
    let mut talk = account.connect(address).await?;
    match talk.ask(ClientSays::Resume { after: u64::MAX }).await? {
        ServerSays::CaughtUp { .. } => Ok(talk),
        other => bail!("{other:?}"),
    }
}

/// Alice sends so many messages to everybody while `bob` measures how long his own take.
async fn traffic(world: &World, bob: &Account, messages: usize) -> anyhow::Result<Latency> {
    let mut talk = world.alice().await?;
    let (all_sent, mut are_all_sent) = oneshot::channel();
    let sending = tokio::spawn(async move {
        for number in 0..messages {
            talk.say(send("#general", &format!("message {number} {}", "x".repeat(80)))?)?;
            while talk.waiting() >= if number % 256 == 255 { 256 } else { 512 } {
                talk.flush().await?;
                not_refused(talk.hear().await?)?;
            }
        }
        talk.flush().await?;
        while talk.waiting() > 0 {
            not_refused(talk.hear().await?)?;
        }
        // Whoever measures has ended in an error if nobody hears it.
        let _ = all_sent.send(());
        anyhow::Ok(())
    });
    let mut measuring = bob.connect(&world.daemon.address).await?;
    let latency = measure(&mut measuring, |_| {
        are_all_sent.try_recv() != Err(oneshot::error::TryRecvError::Empty)
    })
    .await;
    sending.await??;
    latency
}

fn not_refused(heard: Heard) -> anyhow::Result<()> {
    match heard {
        Heard::Reply(_, ServerSays::Sent(_)) => Ok(()),
        other => bail!("{other:?}"),
    }
}

/// Reads so many messages: each once, in order, none left out.
async fn read_in_order(talk: &mut Talk, me: &str, count: usize) -> anyhow::Result<()> {
    let mut chains = Chains::new(me.parse()?);
    for number in 0..count {
        match timeout(PATIENCE, talk.hear()).await?? {
            Heard::Delivery(ServerSays::Message { message, .. }) => {
                let expected = format!("message {number} ");
                ensure!(
                    message.text.as_str().starts_with(&expected),
                    "{message:?} instead of {expected}"
                );
                chains.hear(&message)?;
            }
            other => bail!("{other:?}"),
        }
    }
    Ok(())
}

/// Many who do not read while long messages pass, and one who asks for the whole past again and again and reads no answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_that_does_not_read_long_messages_costs_little() -> anyhow::Result<()> {
    let world = World::new(&BUSY).await?;
    let before = world.daemon.resident()?;
    let mut crowd = Vec::new();
    for _ in 0..40 {
        crowd.push(resumed(&world.alice, &world.daemon.address).await?);
    }
    let bob = world.invite("bob").await?;
    let mut talk = bob.connect(&world.daemon.address).await?;
    let text = "长".repeat(5000);
    let mut peak = before;
    for _ in 0..40 {
        for _ in 0..50 {
            talk.say(send("#general", &text)?)?;
        }
        talk.flush().await?;
        while talk.waiting() > 0 {
            not_refused(timeout(PATIENCE, talk.hear()).await??)?;
        }
        peak = peak.max(world.daemon.resident()?);
    }
    println!("{before} KiB before, {peak} KiB with the crowd");
    let mut greedy = bob.connect(&world.daemon.address).await?;
    for _ in 0..1000 {
        greedy.say(ClientSays::History {
            conversation: "#general".parse()?,
            before: None,
            after: None,
            limit: 1000,
        })?;
    }
    greedy.flush().await?;
    // As long as it grows it is not at its worst.
    let mut steady = 0;
    while steady < 20 {
        sleep(Duration::from_millis(100)).await;
        let resident = world.daemon.resident()?;
        steady = if resident > peak + 1024 { 0 } else { steady + 1 };
        peak = peak.max(resident);
    }
    println!("{before} KiB before, {peak} KiB at most");
    ensure!(peak - before < GROWTH, "{} KiB more", peak - before);
    ensure!(
        timeout(PATIENCE, talk.ask(ClientSays::Ping)).await?? == ServerSays::Pong,
        "still there"
    );
    drop((crowd, greedy));
    world.shrinks_to(before).await
}
