//! What the kernel measured on a TCP connection of this program's: TCP_INFO, asked for over sock_diag(7), which needs no rights.

use std::net::{IpAddr, SocketAddr};

use nihao_explain::story::Phrase;
use nihao_explain::texts;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with};

/// Numbers of Linux's sock_diag.h, inet_diag.h and netlink.h.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const REQUEST: u16 = 1;
const INET_DIAG_INFO: u16 = 2;
const TCP: u8 = 6;
/// The bytes of a netlink message's header, and of an inet_diag_msg behind it.
const HEADER: usize = 16;
const MESSAGE: usize = 72;
/// Attributes begin at multiples of this.
const ALIGNMENT: usize = 4;

/// What the kernel measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Measured {
    /// The smoothed round-trip time, in µs, and how much it varies.
    pub(super) round_trip: (u32, u32),
    /// The most bytes of a segment that it sends.
    pub(super) largest_segment: u32,
    /// How many segments it sent again.
    pub(super) sent_again: u32,
    /// How many segments it may have under way.
    pub(super) window: u32,
}

impl Measured {
    /// It, as a step.
    pub(super) fn said(&self) -> Phrase {
        let milliseconds = |us: u32| format!("{:.3}", f64::from(us) / 1000.0);
        let (round_trip, varies) = self.round_trip;
        let counts = [self.largest_segment, self.sent_again, self.window].map(|count| count.to_string());
        let [largest_segment, sent_again, window] = counts.each_ref().map(String::as_str);
        Phrase::new(
            &texts::STEP_MEASURED,
            [
                &milliseconds(round_trip),
                &milliseconds(varies),
                largest_segment,
                sent_again,
                window,
            ],
        )
    }
}

/// Asks the kernel about the connection between these places; nothing where it does not tell.
pub(super) fn measured(local: SocketAddr, remote: SocketAddr) -> Option<Measured> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        Some(netlink::SOCK_DIAG),
    )
    .ok()?;
    send(&socket, &request(local, remote), SendFlags::empty()).ok()?;
    // The kernel answers while it is asked.
    let mut answer = [0; 8192];
    let (length, _) = recv(&socket, &mut answer, RecvFlags::empty()).ok()?;
    read(answer.get(..length)?)
}

fn request(local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    const LENGTH: u32 = 72;
    let family = if local.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let mut bytes = Vec::new();
    bytes.extend(LENGTH.to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend(REQUEST.to_ne_bytes());
    bytes.extend([0; 8]); // sequence number, port
    bytes.extend([
        u8::try_from(family.as_raw()).unwrap_or_default(),
        TCP,
        1 << (INET_DIAG_INFO - 1),
        0,
    ]);
    bytes.extend(u32::MAX.to_ne_bytes()); // in whatever state
    bytes.extend(local.port().to_be_bytes());
    bytes.extend(remote.port().to_be_bytes());
    for place in [local, remote] {
        let mut address = match place.ip() {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        address.resize(16, 0);
        bytes.extend(address);
    }
    bytes.extend(0_u32.to_ne_bytes()); // on whatever interface
    bytes.extend([0xff; 8]); // without a cookie
    bytes
}

/// Reads an answer's tcp_info.
fn read(answer: &[u8]) -> Option<Measured> {
    let kind = u16::from_ne_bytes(*answer.get(4..)?.first_chunk()?);
    let mut rest = answer.get(HEADER + MESSAGE..).filter(|_| kind == SOCK_DIAG_BY_FAMILY)?;
    loop {
        let length = usize::from(u16::from_ne_bytes(*rest.first_chunk()?));
        let kind = u16::from_ne_bytes(*rest.get(2..)?.first_chunk()?);
        if kind == INET_DIAG_INFO {
            let info = rest.get(ALIGNMENT..length)?;
            let number = |at: usize| Some(u32::from_ne_bytes(*info.get(at..)?.first_chunk()?));
            return Some(Measured {
                round_trip: (number(68)?, number(72)?),
                largest_segment: number(16)?,
                sent_again: number(100)?,
                window: number(80)?,
            });
        }
        rest = rest.get(length.max(ALIGNMENT).next_multiple_of(ALIGNMENT)..)?;
    }
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_kernel_tells_of_an_open_connection() {
        for place in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(place).unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (local, remote) = (stream.local_addr().unwrap(), stream.peer_addr().unwrap());
            let told = measured(local, remote).unwrap();
            assert!(
                told.round_trip.0 > 0 && told.largest_segment > 500 && told.window > 0,
                "{told:?}"
            );
            assert_eq!(told.sent_again, 0);
            assert!(
                measured(remote, local).is_some(),
                "the other end is a connection of this machine's, too"
            );
            let (nobody, nowhere) = ("127.0.0.1:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap());
            assert_eq!(measured(nobody, nowhere), None);
        }
    }
}
