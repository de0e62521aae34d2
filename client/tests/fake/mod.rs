//! A server in memory, over real TLS, that can be told to misbehave.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use nihao_certs::{KeyAlgorithm, PublicKey, ServerAuthority, UserAuthority, Validity};
use nihao_client::connect::{Secure, World};
use nihao_client::dial::{Dial, DialError, Tell};
use nihao_protocol::chat::{
    ALPN, ChainHash, ClientSays, Code, Conversation, Invite, Member, Message, Nickname, Refusal, Request, RoomName,
    Sent, ServerSays, ServerSession,
};
use nihao_protocol::clock::{Clock, UnixTime};
use nihao_protocol::crypto::{Seeded, SigningKey};
use nihao_protocol::net::{Acceptor, Entropy, Environment, TlsStream};
use nihao_protocol::tls::{ClientAuth, Identity, ServerConfig};
use nihao_protocol::x509::{Certificate, Roots, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::mpsc;

pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

/// What goes wrong next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The next dial is refused.
    NoServer,
    /// The next `Send` is stored and the connection cut before the receipt is said.
    CutBeforeReceipt,
    /// The next `Send` is refused.
    RefuseSend(Refusal),
    /// The next `Join` succeeds and its reply is lost.
    LoseJoined,
}

#[derive(Clone)]
pub(crate) struct Fake {
    world: Arc<Inner>,
}

struct Inner {
    acceptor: Acceptor,
    ca: [u8; 32],
    users: UserAuthority,
    books: Mutex<Books>,
}

#[derive(Default)]
pub(crate) struct Books {
    pub(crate) log: Vec<Message>,
    pub(crate) troubles: VecDeque<Trouble>,
    pub(crate) dials: u32,
    pub(crate) removed: BTreeSet<Nickname>,
    names: BTreeMap<Vec<u8>, Nickname>,
    chains: BTreeMap<String, ChainHash>,
    listeners: Vec<mpsc::UnboundedSender<Message>>,
}

impl Fake {
    pub(crate) fn new() -> Self {
        let mut random = Seeded::new(1, "fake server");
        let authority = ServerAuthority::create(KeyAlgorithm::Ed25519, &[], NOW, &mut random).unwrap();
        let users = UserAuthority::create(NOW, &mut random).unwrap();
        let key = SigningKey::generate_ed25519(&mut random).unwrap();
        let leaf = authority
            .issue(
                &[],
                &PublicKey::of(&key),
                Validity::of_server_certificate(NOW),
                &mut random,
            )
            .unwrap();
        let mut config = ServerConfig::new(vec![Identity::new(vec![leaf.certificate], key).unwrap()]);
        let mut roots = Roots::new();
        roots.add(users.authority().certificate()).unwrap();
        config.alpn = vec![ALPN.to_vec()];
        config.client_auth = ClientAuth::Optional(Trust::Roots(Arc::new(roots)));
        let ca = authority.authority().public_key().bits().try_into().unwrap();
        let acceptor = Acceptor::new(Arc::new(config), environment(2));
        Self {
            world: Arc::new(Inner {
                acceptor,
                ca,
                users,
                books: Mutex::default(),
            }),
        }
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.world.books.lock().unwrap()
    }

    pub(crate) fn trouble(&self, troubles: &[Trouble]) {
        self.books().troubles.extend(troubles);
    }

    /// An invite; any code is taken.
    pub(crate) fn invite(&self) -> Invite {
        Invite {
            host: "localhost".into(),
            port: 8443,
            ca: self.world.ca,
            code: Code([5; 16]),
        }
    }

    /// A client's world whose network leads here.
    pub(crate) fn client(&self, seed: u64) -> World<Secure<Self>> {
        World {
            connect: Secure::new(self.clone(), environment(seed)),
            clock: Clock::fixed(NOW),
            random: Box::new(Seeded::new(seed, "client")),
        }
    }

    /// Posts in somebody's name, as if another client had.
    pub(crate) fn post(&self, from: &str, to: &str, text: &str) {
        let says = ClientSays::Send {
            id: nihao_protocol::chat::MessageId((self.books().log.len() as u128).to_be_bytes()),
            to: to.parse().unwrap(),
            text: nihao_protocol::chat::Text::parse(text).unwrap(),
            seen: None,
        };
        self.books().append(&Nickname::parse(from).unwrap(), &says);
    }

    async fn serve(self, near: DuplexStream) {
        let Ok(mut stream) = self.world.acceptor.accept(near).await else {
            return;
        };
        let certificate = stream.facts().and_then(|facts| facts.peer_chain.first().cloned());
        let me = certificate.map(|der| {
            let key = Certificate::parse(&der).unwrap().public_key().unwrap().to_vec();
            self.books().names.get(&key).cloned().unwrap()
        });
        let mut session = if me.is_some() {
            ServerSession::for_member()
        } else {
            ServerSession::for_stranger()
        };
        if me.as_ref().is_some_and(|me| self.books().removed.contains(me)) {
            session.close(Refusal::Removed, "an admin removed you");
            let _ = stream.write_all(&session.transmit()).await;
            let _ = stream.shutdown().await;
            return;
        }
        let (sender, mut news) = mpsc::unbounded_channel();
        let mut sender = Some(sender);
        let mut buffer = vec![0; 16 * 1024];
        loop {
            tokio::select! {
                biased;
                read = stream.read(&mut buffer) => match read {
                    Ok(count) if count > 0 => session.receive(&buffer[..count]),
                    _ => break,
                },
                heard = news.recv() => match heard {
                    Some(message) => session.send(None, ServerSays::Message { message, replayed: false }),
                    None => return, // hung up
                },
            }
            while let Some(request) = session.next_event() {
                if matches!(request.says, ClientSays::Resume { .. }) {
                    self.books().listeners.extend(sender.take());
                }
                if !self.answer(&mut session, me.as_ref(), &request) {
                    return;
                }
            }
            if stream.write_all(&session.transmit()).await.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
        let _: Result<(), _> = TlsStream::shutdown(&mut stream).await;
    }

    /// Answers a request; says whether the connection goes on.
    fn answer(&self, session: &mut ServerSession, me: Option<&Nickname>, request: &Request) -> bool {
        let mut books = self.books();
        let trouble = books.troubles.front().copied();
        let reply = match (&request.says, me, trouble) {
            (ClientSays::Join { name, public_key, .. }, ..) => {
                books.names.insert(public_key.to_vec(), name.clone());
                if books.meet(Trouble::LoseJoined) {
                    return false;
                }
                self.joined(name, public_key, &books)
            }
            (ClientSays::Send { .. }, _, Some(Trouble::RefuseSend(reason))) => {
                books.troubles.pop_front();
                refused(reason, "as told")
            }
            (says @ ClientSays::Send { .. }, Some(me), _) => {
                let sent = books.append(me, says);
                if books.meet(Trouble::CutBeforeReceipt) {
                    return false;
                }
                ServerSays::Sent(sent)
            }
            (ClientSays::Resume { after }, Some(me), _) => {
                replay(session, &books.log, me, *after);
                ServerSays::CaughtUp {
                    cursor: books.log.last().map_or(0, |message| message.seq),
                }
            }
            (
                ClientSays::History {
                    conversation,
                    before,
                    limit,
                    ..
                },
                Some(me),
                _,
            ) => books.page(me, conversation, *before, usize::from(*limit)),
            (ClientSays::Who { after }, ..) => books.members(after.as_ref()),
            (ClientSays::Invite, ..) => ServerSays::Invited {
                line: self.invite().to_string(),
                expires: NOW.0,
            },
            (ClientSays::Remove { name }, ..) if books.removed.insert(name.clone()) => ServerSays::Removed,
            (ClientSays::Remove { .. }, ..) => refused(Refusal::NoSuchUser, "nobody has that name"),
            (ClientSays::RenewCertificate, Some(me), _) => {
                let key = books.names.iter().find(|(_, name)| *name == me).unwrap().0;
                ServerSays::Renewed {
                    certificates: self.certificates(me, &key.as_slice().try_into().unwrap(), 8),
                }
            }
            _ => ServerSays::Pong,
        };
        session.send(Some(request.number), reply);
        true
    }

    fn joined(&self, name: &Nickname, public_key: &[u8; 32], books: &Books) -> ServerSays {
        ServerSays::Joined {
            name: name.clone(),
            certificates: self.certificates(name, public_key, 7),
            cursor: books.log.last().map_or(0, |message| message.seq),
        }
    }

    fn certificates(&self, name: &Nickname, public_key: &[u8; 32], serial: u8) -> Vec<Vec<u8>> {
        let (key, validity) = (PublicKey::ed25519(*public_key), Validity::of_user_certificate(NOW));
        let issued = self
            .world
            .users
            .issue(name.as_str(), &key, validity, &[serial])
            .unwrap();
        vec![issued.certificate, self.world.users.authority().certificate().to_vec()]
    }
}

impl Books {
    /// Whether this trouble is next; then it is over.
    fn meet(&mut self, trouble: Trouble) -> bool {
        let is_next = self.troubles.front() == Some(&trouble);
        if is_next {
            self.troubles.pop_front();
        }
        is_next
    }

    /// Pages of two, so that a reader must ask more than once.
    fn page(&self, me: &Nickname, conversation: &Conversation, before: Option<u64>, limit: usize) -> ServerSays {
        let there = |message: &&Message| {
            message.conversation(me) == *conversation && before.is_none_or(|before| message.seq < before)
        };
        let all: Vec<_> = self.log.iter().filter(there).cloned().collect();
        let page = limit.min(2);
        ServerSays::History {
            messages: all[all.len().saturating_sub(page)..].to_vec(),
            more: all.len() > page,
        }
    }

    /// One at a time, for the same reason.
    fn members(&self, after: Option<&Nickname>) -> ServerSays {
        let names: BTreeSet<_> = self.names.values().filter(|name| Some(*name) > after).collect();
        let member = |name: &Nickname| Member {
            name: name.clone(),
            admin: true,
            online: false,
            joined: NOW.0,
        };
        ServerSays::Members {
            members: names.iter().take(1).map(|name| member(name)).collect(),
            more: names.len() > 1,
        }
    }

    fn append(&mut self, from: &Nickname, says: &ClientSays) -> Sent {
        let ClientSays::Send { id, to, text, seen } = says else {
            unreachable!("only sends are appended")
        };
        if let Some(known) = self
            .log
            .iter()
            .find(|message| message.id == *id && message.from == *from)
        {
            return Sent {
                seq: known.seq,
                at: known.at,
                salt: known.salt,
                chain: known.chain,
            };
        }
        // Gaps, as in the real log.
        let seq = self.log.last().map_or(10, |last| last.seq + 3);
        let place = match to {
            Conversation::Room(room) => room.to_string(),
            Conversation::Direct(to) if to < from => format!("{to} {from}"),
            Conversation::Direct(to) => format!("{from} {to}"),
        };
        let chain = self.chains.entry(place).or_default();
        let mut message = Message {
            seq,
            id: *id,
            from: from.clone(),
            to: to.clone(),
            text: text.clone(),
            at: NOW.0 + seq,
            seen: *seen,
            salt: [9; 16],
            chain: ChainHash::default(),
        };
        message.chain = message.chained_after(chain);
        *chain = message.chain;
        self.log.push(message.clone());
        self.listeners.retain(|listener| listener.send(message.clone()).is_ok());
        Sent {
            seq,
            at: message.at,
            salt: message.salt,
            chain: message.chain,
        }
    }

    /// Cuts the connections of everybody who listens.
    pub(crate) fn hang_up(&mut self) {
        self.listeners.clear();
    }
}

impl Dial for Fake {
    type Stream = DuplexStream;

    async fn dial_telling(&self, _host: &str, _port: u16, _tell: Tell<'_>) -> Result<DuplexStream, DialError> {
        let mut books = self.books();
        books.dials += 1;
        if books.troubles.front() == Some(&Trouble::NoServer) {
            books.troubles.pop_front();
            return Err(DialError::Refused("127.0.0.1:8443".parse().unwrap()));
        }
        drop(books);
        let (far, near) = tokio::io::duplex(64 * 1024);
        tokio::spawn(self.clone().serve(near));
        Ok(far)
    }
}

fn refused(reason: Refusal, detail: &str) -> ServerSays {
    ServerSays::Refused {
        reason,
        detail: detail.into(),
    }
}

/// Says again what came after that number and `me` may see.
fn replay(session: &mut ServerSession, log: &[Message], me: &Nickname, after: u64) {
    let missed = log.iter().filter(|message| message.seq > after);
    for message in missed.filter(|message| is_visible(message, me)).cloned() {
        let replayed = true;
        session.send(None, ServerSays::Message { message, replayed });
    }
}

fn is_visible(message: &Message, me: &Nickname) -> bool {
    match &message.to {
        Conversation::Room(room) => *room == RoomName::general(),
        Conversation::Direct(to) => to == me || message.from == *me,
    }
}

fn environment(seed: u64) -> Environment {
    let count = Mutex::new(0);
    let entropy = Entropy::new(move || {
        let mut count = count.lock().unwrap();
        *count += 1;
        Box::new(Seeded::new(seed, &format!("connection {count}")))
    });
    Environment {
        clock: Clock::fixed(NOW),
        entropy,
    }
}
