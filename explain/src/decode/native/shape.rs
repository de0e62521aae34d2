//! What stands where in the chat's frames: the types of `nihao_protocol::chat` as bincode lays them out.

/// How a value is laid out.
#[derive(Debug)]
pub(super) enum Shape {
    /// A number.
    Number,
    /// A byte that is 0 or 1.
    Flag,
    /// So many bytes.
    Bytes(usize),
    /// A length and UTF-8.
    Text,
    /// A length and bytes.
    Blob,
    /// A byte that says whether it is there, and then it.
    Maybe(&'static Self),
    /// Several values.
    Parts(&'static [(&'static str, Self)]),
    /// A count and so many of it.
    List(&'static Self),
    /// A number that says which variant, and then its values.
    Choice(&'static [(&'static str, &'static [(&'static str, Self)])]),
}

use Shape::{Blob, Bytes, Choice, Flag, List, Maybe, Number, Parts, Text};

/// The number of the request that is answered, if any.
pub(super) const REQUEST: Shape = Maybe(&Number);

const SEEN: Shape = Maybe(&Parts(&[("seq", Number), ("chain", Bytes(32))]));

const ACCESS_USE: Shape = Choice(&[
    ("token", &[("send", Flag), ("read", Flag)]),
    ("webhook", &[("to", Text)]),
]);

const ACCESS: Shape = Parts(&[
    ("number", Number),
    ("use", ACCESS_USE),
    ("given", Number),
    ("expires", Maybe(&Number)),
]);

const MEMBER: Shape = Parts(&[("name", Text), ("admin", Flag), ("online", Flag), ("joined", Number)]);

const MESSAGE: Shape = Parts(&[
    ("seq", Number),
    ("id", Bytes(16)),
    ("from", Text),
    ("to", Text),
    ("text", Text),
    ("at", Number),
    ("seen", SEEN),
    ("salt", Bytes(16)),
    ("chain", Bytes(32)),
]);

/// The reasons of a refusal, in the order of `nihao_protocol::chat::Refusal`.
const REFUSAL: Shape = Choice(&[
    ("malformed", &[]),
    ("id_conflict", &[]),
    ("name_taken", &[]),
    ("invite_used", &[]),
    ("invite_expired", &[]),
    ("invite_unknown", &[]),
    ("bad_proof", &[]),
    ("not_a_member", &[]),
    ("not_admin", &[]),
    ("too_large", &[]),
    ("rate_limited", &[]),
    ("busy", &[]),
    ("unavailable", &[]),
    ("unknown", &[]),
    ("removed", &[]),
    ("no_such_user", &[]),
    ("no_such_room", &[]),
    ("out_of_order", &[]),
    ("last_admin", &[]),
    ("shutting_down", &[]),
    ("out_of_scope", &[]),
    ("no_such_access", &[]),
    ("bad_access", &[]),
]);

/// `ClientSays`.
pub(super) const CLIENT_SAYS: Shape = Choice(&[
    (
        "Join",
        &[
            ("code", Bytes(16)),
            ("name", Text),
            ("public key", Bytes(32)),
            ("proof", Bytes(64)),
        ],
    ),
    ("Resume", &[("after", Number)]),
    (
        "Send",
        &[("id", Bytes(16)), ("to", Text), ("text", Text), ("seen", SEEN)],
    ),
    (
        "History",
        &[
            ("conversation", Text),
            ("before", Maybe(&Number)),
            ("after", Maybe(&Number)),
            ("limit", Number),
        ],
    ),
    ("Who", &[("after", Maybe(&Text))]),
    ("Invite", &[]),
    ("Remove", &[("name", Text)]),
    ("RenewCertificate", &[]),
    ("Ping", &[]),
    ("NewAccess", &[("use", ACCESS_USE), ("lifetime", Maybe(&Number))]),
    ("ListAccess", &[]),
    ("RevokeAccess", &[("number", Number)]),
]);

/// `ServerSays`.
pub(super) const SERVER_SAYS: Shape = Choice(&[
    (
        "Joined",
        &[("name", Text), ("certificates", List(&Blob)), ("cursor", Number)],
    ),
    ("CaughtUp", &[("cursor", Number)]),
    (
        "Sent",
        &[
            ("seq", Number),
            ("at", Number),
            ("salt", Bytes(16)),
            ("chain", Bytes(32)),
        ],
    ),
    ("History", &[("messages", List(&MESSAGE)), ("more", Flag)]),
    ("Members", &[("members", List(&MEMBER)), ("more", Flag)]),
    ("Invited", &[("line", Text), ("expires", Number)]),
    ("Removed", &[]),
    ("Renewed", &[("certificates", List(&Blob))]),
    ("Pong", &[]),
    ("Refused", &[("reason", REFUSAL), ("detail", Text)]),
    ("Message", &[("message", MESSAGE), ("replayed", Flag)]),
    ("Closing", &[("reason", REFUSAL), ("detail", Text)]),
    ("AccessGiven", &[("access", ACCESS), ("secret", Text)]),
    ("Accesses", &[("accesses", List(&ACCESS))]),
    ("AccessRevoked", &[]),
]);
