//! Captures as libpcap writes them, read into frames.

use anyhow::{Context as _, Result, ensure};
use nihao_explain::capture::{Capture, Frame, Way};

/// Reads a file of Ethernet frames, with times in µs, written on a machine like this one.
///
/// # Errors
/// When it is something else.
pub fn read(file: &[u8]) -> Result<Capture> {
    let (header, mut rest) = file.split_first_chunk::<24>().context("a file header")?;
    ensure!(
        header.starts_with(&0xa1b2_c3d4_u32.to_le_bytes()),
        "not libpcap in little-endian"
    );
    ensure!(header.ends_with(&1_u32.to_le_bytes()), "not Ethernet");
    let mut frames = Vec::new();
    while let Some((header, after)) = rest.split_first_chunk::<16>() {
        let number = |at: usize| header[at..].first_chunk().map_or(0, |four| u32::from_le_bytes(*four));
        let (captured, whole) = (number(8) as usize, number(12) as usize);
        ensure!(captured == whole, "a frame was cut to {captured} of {whole} bytes");
        let (bytes, after) = after.split_at_checked(captured).context("a whole frame")?;
        rest = after;
        frames.push(Frame {
            at: u64::from(number(0)) * 1_000_000 + u64::from(number(4)),
            interface: 0,
            way: Way::Out,
            bytes: bytes.to_vec(),
            lost: false,
        });
    }
    Ok(Capture {
        interfaces: vec![String::from("lo")],
        frames,
    })
}
