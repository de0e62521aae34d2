//! What the API's description says of strings and numbers: which are taken, so that a client knows before it asks.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{Number, PartialSchema, ToSchema};

use nihao_protocol::chat::names::{NAME_CHARACTERS, TEXT_BYTES};

use crate::command::LONGEST_ACCESS;

/// A member's name.
pub(super) struct Name;
/// A conversation as it is written.
pub(super) struct Place;
/// What is said.
pub(super) struct Words;
/// The body of a webhook: what is said, and maybe the end of its line.
pub(super) struct Line;
/// A place in the log, or the number of an access.
pub(super) struct Seq;
/// How long an access is given for.
pub(super) struct Seconds;
/// An invite's code.
pub(super) struct InviteCode;
/// 32 random bytes.
pub(super) struct Secret;

macro_rules! schemas {
    ($($name:ident: $schema:expr;)*) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let object: ObjectBuilder = $schema;
                object.into()
            }
        }
        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

schemas! {
    Name: text("A member's name; capital letters are folded away", 1, NAME_CHARACTERS)
        .pattern(Some(format!("^{NAME}$")));
    Place: text("`#general`, or `@` and a member's name", 2, NAME_CHARACTERS + 1)
        .pattern(Some(format!("^[#@]{NAME}$")));
    Words: text("At most 16 KiB of UTF-8", 1, TEXT_BYTES);
    Line: text("At most 16 KiB of UTF-8; the end of the last line does not count", 1, TEXT_BYTES)
        .pattern(Some("[^\\r\\n]"));
    InviteCode: text("The code of an invite; the whole line or link is taken, too", 22, 22)
        .pattern(Some("^[A-Za-z0-9_-]{21}[AQgw]$"));
    Secret: text("32 random bytes in base64url", 43, 43)
        .pattern(Some("^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$"));
    Seq: number("A place in the log", 0, u64::MAX);
    Seconds: number("Seconds", 1, LONGEST_ACCESS);
}

/// A whole number, however JSON writes it: `60.0` is one, too.
pub(super) fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<serde_json::Number>::deserialize(from)?;
    let read = |number: serde_json::Number| {
        let float = number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && *float < 2_f64.powi(53));
        let written = || float.and_then(|float| format!("{float:.0}").parse().ok());
        let whole = number.as_u64().or_else(written);
        whole.ok_or_else(|| D::Error::custom(format!("{number} is no whole number, or below zero")))
    };
    number.map(read).transpose()
}

/// Letters and digits of any language, after the first also `.`, `_` and `-`.
const NAME: &str = r"[\p{Alphabetic}\p{N}][\p{Alphabetic}\p{N}._-]*";

fn text(description: &str, shortest: usize, longest: usize) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .min_length(Some(shortest))
        .max_length(Some(longest))
}

fn number(description: &str, least: u64, most: u64) -> ObjectBuilder {
    // On a machine of 32 bits the description would say less than is taken.
    let number = |value: u64| usize::try_from(value).map(Number::UInt).ok();
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some(description))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(number(least))
        .maximum(number(most))
}
