//! What was acknowledged survives: kills under load, and the order of the system calls behind each receipt.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, bail, ensure};
use nihao_protocol::chat::{
    ChainHash, Chains, ClientSays, Conversation, Heard, Message, MessageId, Nickname, Sent, ServerSays,
};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::Seeded;
use nihao_tests::lab::{Account, Daemon, Start, Talk, says};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How many times the daemon is killed.
const KILLS: usize = 24;
/// How many requests each sender has in flight.
const IN_FLIGHT: usize = 16;
/// Senders beside the one who listens.
const SENDERS: [&str; 4] = ["bob", "carol", "dave", "erin"];

const UNLIMITED: Start<'_> = Start {
    wrapper: &[],
    port: 0,
    arguments: &["--user-rate", "1000000"],
};

/// What one sender knows, across all the crashes. The text of a message is its number.
struct Sender {
    account: Account,
    ids: Seeded,
    /// Every message ever said, in the order of its number.
    said: Vec<MessageId>,
    acknowledged: BTreeMap<MessageId, Sent>,
}

/// The receipts of one round, and who waits for them.
#[derive(Default)]
struct Receipts {
    count: AtomicUsize,
    bell: Notify,
}

impl Receipts {
    fn add(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.bell.notify_one();
    }

    async fn reach(&self, count: usize) {
        while self.count.load(Ordering::Relaxed) < count {
            self.bell.notified().await;
        }
    }
}

#[tokio::test]
async fn whatever_is_acknowledged_survives_a_kill_at_any_moment() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut daemon = Daemon::start(dir.path(), &UNLIMITED)?;
    let invite = daemon.invite.clone().context("an invite")?;
    let alice = Account::join(&daemon.address, &invite, "alice").await?;
    let mut senders = Vec::new();
    for name in SENDERS {
        senders.push(Sender::new(alice.invite(&daemon.address, name).await?));
    }
    let mut listener = Listener::new(alice);
    let mut unsure_and_stored = 0;
    for round in 0..KILLS {
        // Some right at the start, some in the thick of it: between reading, committing, answering and delivering.
        let kill_after = round * round / 2 + 1;
        (senders, listener) = load(daemon, senders, listener, kill_after).await?;
        daemon = Daemon::start(dir.path(), &UNLIMITED)?;
        let stored = audit(&daemon.address, &listener, &senders).await?;
        for sender in &mut senders {
            unsure_and_stored += sender.say_again(&daemon.address, &stored).await?;
        }
    }
    audit(&daemon.address, &listener, &senders).await?;
    let acknowledged: usize = senders.iter().map(|sender| sender.acknowledged.len()).sum();
    ensure!(acknowledged > 1000, "hardly any load: {acknowledged}");
    ensure!(!listener.heard.is_empty(), "nobody was delivered anything");
    println!(
        "{KILLS} kills, {acknowledged} acknowledged, {unsure_and_stored} stored before the kill and acknowledged after"
    );
    Ok(())
}

/// Everybody sends, alice listens; after so many receipts the daemon is killed. All of them come back from it.
async fn load(
    daemon: Daemon,
    senders: Vec<Sender>,
    mut listener: Listener,
    kill_after: usize,
) -> anyhow::Result<(Vec<Sender>, Listener)> {
    let receipts = Arc::new(Receipts::default());
    let mut sending = JoinSet::new();
    for mut sender in senders {
        let (address, receipts) = (daemon.address.clone(), Arc::clone(&receipts));
        let talk = sender.account.connect(&address).await?;
        sending.spawn(async move {
            let ended = sender.keep_sending(talk, &receipts).await;
            (sender, ended)
        });
    }
    let address = daemon.address.clone();
    let listening = tokio::spawn(async move {
        let ended = listener.listen(&address).await;
        (listener, ended)
    });
    receipts.reach(kill_after).await;
    daemon.kill()?;
    let mut senders = Vec::new();
    while let Some(sent) = sending.join_next().await {
        let (sender, ended) = sent?;
        ensure!(is_broken_connection(&ended), "{}: {ended:?}", sender.account.name);
        senders.push(sender);
    }
    let (listener, ended) = listening.await?;
    ensure!(is_broken_connection(&ended), "alice: {ended:?}");
    Ok((senders, listener))
}

/// The daemon's death is the only way in which a load may end.
fn is_broken_connection(ended: &anyhow::Result<()>) -> bool {
    ended
        .as_ref()
        .is_err_and(|error| error.is::<std::io::Error>() || error.is::<nihao_protocol::net::Error>())
}

impl Sender {
    fn new(account: Account) -> Self {
        Self {
            ids: Seeded::new(1, account.name.as_str()),
            account,
            said: Vec::new(),
            acknowledged: BTreeMap::new(),
        }
    }

    /// Even numbers go to the room, odd ones to alice.
    fn message(&self, number: usize) -> anyhow::Result<ClientSays> {
        let to = if number.is_multiple_of(2) { "#general" } else { "@alice" };
        says(self.said[number], to, &format!("message {number}"))
    }

    /// Keeps so many messages in flight until the connection breaks.
    async fn keep_sending(&mut self, mut talk: Talk, receipts: &Receipts) -> anyhow::Result<()> {
        let mut in_flight = BTreeMap::new();
        loop {
            while in_flight.len() < IN_FLIGHT {
                let (number, id) = (self.said.len(), MessageId::new(UnixTime(1), &mut self.ids)?);
                self.said.push(id);
                in_flight.insert(talk.say(self.message(number)?)?, id);
            }
            talk.flush().await?;
            match talk.hear().await? {
                Heard::Reply(number, ServerSays::Sent(sent)) => {
                    let id = in_flight.remove(&number).context("a receipt for nothing")?;
                    let before = self.acknowledged.insert(id, sent);
                    ensure!(before.is_none(), "acknowledged twice");
                    receipts.add();
                }
                other => bail!("{other:?}"),
            }
        }
    }

    /// Says every message of unknown fate again, in order, and the last acknowledged one too: what was stored keeps its place.
    /// Gives how many of unknown fate were stored.
    async fn say_again(&mut self, address: &str, stored: &BTreeMap<MessageId, Message>) -> anyhow::Result<usize> {
        let mut talk = self.account.connect(address).await?;
        let first = self.said.iter().position(|id| !self.acknowledged.contains_key(id));
        let first = first.unwrap_or(self.said.len());
        let mut in_flight = BTreeMap::new();
        for number in first.saturating_sub(1)..self.said.len() {
            in_flight.insert(talk.say(self.message(number)?)?, self.said[number]);
        }
        talk.flush().await?;
        let mut found = 0;
        while !in_flight.is_empty() {
            let Heard::Reply(request, ServerSays::Sent(sent)) = talk.hear().await? else {
                bail!("not sent");
            };
            let id = in_flight.remove(&request).context("a receipt for nothing")?;
            if let Some(message) = stored.get(&id) {
                let same = sent.seq == message.seq && sent.chain == message.chain;
                ensure!(
                    same,
                    "said again, it got another place: {sent:?} instead of {message:?}"
                );
                found += usize::from(!self.acknowledged.contains_key(&id));
            }
            let before = self.acknowledged.insert(id, sent);
            ensure!(
                before.is_none_or(|before| before == sent),
                "said again, it got another receipt"
            );
        }
        Ok(found)
    }
}

/// Alice, who hears everything as it happens; what she heard must stay as it was.
struct Listener {
    account: Account,
    chains: Chains,
    heard: BTreeMap<u64, Message>,
    cursor: u64,
}

impl Listener {
    fn new(account: Account) -> Self {
        Self {
            chains: Chains::new(account.name.clone()),
            heard: BTreeMap::new(),
            cursor: account.cursor,
            account,
        }
    }

    /// Listens until the connection breaks.
    async fn listen(&mut self, address: &str) -> anyhow::Result<()> {
        let mut talk = self.account.connect(address).await?;
        talk.say(ClientSays::Resume { after: self.cursor })?;
        talk.flush().await?;
        loop {
            match talk.hear().await? {
                Heard::Delivery(ServerSays::Message { message, .. }) => {
                    self.chains.hear(&message)?;
                    ensure!(message.seq > self.cursor, "out of order, or twice");
                    self.cursor = message.seq;
                    self.heard.insert(message.seq, message);
                }
                Heard::Reply(_, ServerSays::CaughtUp { cursor }) => {
                    ensure!(cursor >= self.cursor, "the server forgot something");
                }
                other => bail!("{other:?}"),
            }
        }
    }
}

/// Reads everything back as alice, who may see it all, and compares it with what everybody knows.
async fn audit(address: &str, listener: &Listener, senders: &[Sender]) -> anyhow::Result<BTreeMap<MessageId, Message>> {
    let stored = read_all(address, &listener.account).await?;
    check_chains(&stored, &listener.account.name)?;
    for heard in listener.heard.values() {
        ensure!(stored.contains(heard), "delivered, and then gone or changed: {heard:?}");
    }
    let mut by_id = BTreeMap::new();
    for message in stored {
        let seq = message.seq;
        ensure!(by_id.insert(message.id, message).is_none(), "stored twice: {seq}");
    }
    for sender in senders {
        for (id, sent) in &sender.acknowledged {
            let message = by_id.get(id).context("acknowledged, and gone")?;
            let receipt = (message.seq, message.at, message.salt, message.chain);
            ensure!(
                receipt == (sent.seq, sent.at, sent.salt, sent.chain),
                "acknowledged, and changed"
            );
        }
        check_order(sender, &by_id)?;
    }
    let everybody: BTreeSet<_> = senders.iter().flat_map(|sender| &sender.said).collect();
    ensure!(by_id.keys().all(|id| everybody.contains(id)), "nobody said that");
    Ok(by_id)
}

async fn read_all(address: &str, account: &Account) -> anyhow::Result<Vec<Message>> {
    let mut talk = account.connect(address).await?;
    talk.say(ClientSays::Resume { after: 0 })?;
    talk.flush().await?;
    let mut stored: Vec<Message> = Vec::new();
    loop {
        match talk.hear().await? {
            Heard::Delivery(ServerSays::Message { message, .. }) => {
                ensure!(stored.last().is_none_or(|last| last.seq < message.seq), "out of order");
                stored.push(message);
            }
            Heard::Reply(_, ServerSays::CaughtUp { .. }) => return Ok(stored),
            other => bail!("{other:?}"),
        }
    }
}

/// Computes every conversation's chain anew, from its first message on.
fn check_chains(stored: &[Message], reader: &Nickname) -> anyhow::Result<()> {
    let mut heads: BTreeMap<Conversation, ChainHash> = BTreeMap::new();
    for message in stored {
        let head = heads.entry(message.conversation(reader)).or_default();
        ensure!(
            message.chained_after(head) == message.chain,
            "the chain breaks at {}",
            message.seq
        );
        *head = message.chain;
    }
    Ok(())
}

/// Of one sender's messages those stored are the first ones, in the order in which they were said, with the text they had.
fn check_order(sender: &Sender, stored: &BTreeMap<MessageId, Message>) -> anyhow::Result<()> {
    let mut last = 0;
    let mut missing = None;
    for (number, id) in sender.said.iter().enumerate() {
        let Some(message) = stored.get(id) else {
            missing.get_or_insert(number);
            continue;
        };
        ensure!(missing.is_none(), "{number} is stored, {missing:?} before it is not");
        ensure!(message.seq > last, "{number} is not in its place");
        ensure!(message.from == sender.account.name, "{number} has another sender");
        ensure!(
            message.text.as_str() == format!("message {number}"),
            "{number} has another text"
        );
        last = message.seq;
    }
    Ok(())
}

/// How many messages are sent while the daemon's calls are traced.
const TRACED: usize = 20;

/// SIGKILL spares the page cache: only the order of the system calls shows that the disk had a message before its receipt.
#[tokio::test]
async fn the_disk_has_each_message_before_its_receipt_is_written() -> anyhow::Result<()> {
    let durable = traced("full").await?;
    ensure!(durable.is_empty(), "receipts without a flush: {durable:#?}");
    let volatile = traced("off").await?;
    ensure!(
        volatile.len() == TRACED,
        "the same check passes without flushes: {volatile:#?}"
    );
    Ok(())
}

/// Sends messages one by one to a traced daemon; gives the receipts that no flush went before.
async fn traced(synchronous: &str) -> anyhow::Result<Vec<String>> {
    let dir = tempfile::tempdir()?;
    let trace = dir.path().join("trace");
    let path = trace.to_str().context("a path")?;
    let daemon = Daemon::start(
        dir.path(),
        &Start {
            wrapper: &["strace", "-f", "-yy", "-s", "16", "-o", path, "-e", CALLS],
            arguments: &["--synchronous", synchronous],
            ..Start::default()
        },
    )?;
    let invite = daemon.invite.clone().context("an invite")?;
    let alice = Account::join(&daemon.address, &invite, "alice").await?;
    let mut talk = alice.connect(&daemon.address).await?;
    talk.ask(ClientSays::Ping).await?;
    for number in 0..TRACED {
        talk.sent(nihao_tests::lab::send("#general", &format!("message {number}"))?)
            .await?;
    }
    daemon.kill()?;
    receipts_without_flush(&trace, talk.port)
}

const CALLS: &str = "trace=fdatasync,fsync,read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg";

/// One system call: where in the trace it begins and where its end is seen.
struct Call {
    begin: usize,
    end: usize,
    text: String,
    result: i64,
}

impl Call {
    fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.text.starts_with(&format!("{name}(")))
    }
}

/// Looks at the last [`TRACED`] writes to the client: between the write before it and each of them there must be a request read
/// and then, from beginning to end, a successful flush of the log.
fn receipts_without_flush(trace: &Path, client_port: u16) -> anyhow::Result<Vec<String>> {
    let calls = parse(&std::fs::read_to_string(trace)?);
    let of_client = |call: &&Call| call.text.contains(&format!("->127.0.0.1:{client_port}]>"));
    let reads: Vec<&Call> = calls
        .iter()
        .filter(|call| call.is(&["read", "readv", "recvfrom", "recvmsg"]) && call.result > 0)
        .filter(of_client)
        .collect();
    let writes: Vec<&Call> = calls
        .iter()
        .filter(|call| call.is(&["write", "writev", "sendto", "sendmsg"]))
        .filter(of_client)
        .collect();
    ensure!(
        writes.len() > TRACED,
        "only {} writes to the client were traced",
        writes.len()
    );
    let is_flush =
        |call: &&Call| call.is(&["fdatasync", "fsync"]) && call.text.contains("log.sqlite") && call.result == 0;
    let flushes: Vec<&Call> = calls.iter().filter(is_flush).collect();
    let mut without = Vec::new();
    for pair in writes[writes.len() - TRACED - 1..].windows(2) {
        let (previous, receipt) = (pair[0], pair[1]);
        let read = reads
            .iter()
            .find(|read| read.begin > previous.begin && read.end < receipt.begin)
            .with_context(|| format!("a receipt that nobody asked for: {}", receipt.text))?;
        let flushed = |flush: &&&Call| flush.begin > read.end && flush.end < receipt.begin;
        if flushes.iter().find(flushed).is_none() {
            without.push(receipt.text.clone());
        }
    }
    Ok(without)
}

/// Joins the halves of calls during which another thread was seen.
fn parse(trace: &str) -> Vec<Call> {
    let mut unfinished: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    let mut calls = Vec::new();
    for (at, line) in trace.lines().enumerate() {
        let Some((process, text)) = line.split_once(' ') else {
            continue;
        };
        let text = text.trim_start();
        let (begin, text) = match (text.split_once(" resumed>"), text.split_once(" <unfinished ...>")) {
            (_, Some((begun, _))) => {
                unfinished.insert(process, (at, begun.into()));
                continue;
            }
            (Some((_, rest)), _) => match unfinished.remove(process) {
                Some((begin, begun)) => (begin, begun + rest),
                None => continue,
            },
            _ => (at, text.into()),
        };
        let result = text.rsplit_once(") = ").or_else(|| text.rsplit_once(" = "));
        let number = result.and_then(|(_, result)| result.split(' ').next()?.parse().ok());
        calls.push(Call {
            begin,
            end: at,
            text,
            result: number.unwrap_or(-1),
        });
    }
    // Calls that the kill cut off have begun all the same.
    let cut = unfinished.into_values().map(|(begin, text)| Call {
        begin,
        end: usize::MAX,
        text,
        result: -1,
    });
    calls.extend(cut);
    calls.sort_by_key(|call| call.begin);
    calls
}
