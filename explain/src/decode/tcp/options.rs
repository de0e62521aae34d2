//! TCP options: what a segment says beside its header (RFC 9293 §3.2).

use crate::decode::fields::{Fields, Stop};
use crate::event::{Protocol, Value};
use crate::texts;

/// The window scale that these options announce.
pub(super) fn scale(mut options: &[u8]) -> Option<u8> {
    loop {
        options = match options {
            [3, 3, shift, ..] => return Some((*shift).min(14)),
            [1, rest @ ..] => rest,
            [0, ..] | [] | [_] => return None,
            [_, length, ..] => options.get(usize::from(*length).max(2)..)?,
        };
    }
}

/// Reads all options. `initial` is where the other side's stream begins, if that was seen.
pub(super) fn options(fields: &mut Fields<'_>, initial: Option<u32>) -> Result<(), Stop> {
    while let [kind, rest @ ..] = fields.rest() {
        match kind {
            0 => {
                fields.value("end of options", 1, |_| Value::Number(0))?;
                if fields.left() > 0 {
                    fields.bytes("padding", fields.left())?;
                }
            }
            1 => {
                fields.value("no operation", 1, |_| Value::Number(1))?;
                fields.explain(&texts::TCP_NO_OPERATION);
            }
            _ => {
                let length = rest.first().map_or(1, |length| usize::from(*length));
                if length < 2 {
                    fields.opaque("broken option");
                    fields.explain(&texts::BAD_VALUE);
                    return Ok(());
                }
                fields.layer((Protocol::Tcp, name(*kind)), length, |inner| option(inner, initial));
            }
        }
    }
    Ok(())
}

const fn name(kind: u8) -> &'static str {
    match kind {
        2 => "maximum segment size",
        3 => "window scale",
        4 => "SACK permitted",
        5 => "SACK",
        8 => "timestamps",
        _ => "option",
    }
}

fn option(fields: &mut Fields<'_>, initial: Option<u32>) -> Result<(), Stop> {
    let kind = fields.number("kind", 1)?;
    fields.number("length", 1)?;
    match kind {
        2 => {
            let size = fields.number("maximum segment size", 2)?;
            fields.what(format!("{size} bytes"));
            fields.why(&texts::TCP_MSS);
        }
        3 => {
            let shift = fields.number("shift", 1)?;
            fields.what(format!("times {}", 1_u64 << shift.min(14)));
            fields.why(&texts::TCP_WINDOW_SCALE);
        }
        4 => fields.why(&texts::TCP_SACK_PERMITTED),
        5 => {
            fields.why(&texts::TCP_SACK);
            while fields.left() > 0 {
                edge(fields, "left edge", initial)?;
                edge(fields, "right edge", initial)?;
            }
        }
        8 => {
            fields.why(&texts::TCP_TIMESTAMPS);
            fields.number("timestamp value", 4)?;
            fields.number("timestamp echo reply", 4)?;
        }
        _ => {
            fields.opaque("data");
            fields.why(&texts::UNKNOWN_KIND);
        }
    }
    Ok(())
}

/// A place in the other side's stream (RFC 2018 §3).
fn edge(fields: &mut Fields<'_>, name: &'static str, initial: Option<u32>) -> Result<(), Stop> {
    let raw = u32::try_from(fields.number(name, 4)?).unwrap_or_default();
    fields.revalue(Value::Sequence {
        raw,
        relative: initial.map(|initial| raw.wrapping_sub(initial)),
    });
    Ok(())
}
