//! HTTP/2 without TLS, made by hand: frames, headers in several of them, and damage.

use super::*;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// What both ends say, each in segments of its own.
fn connection(client: &[u8], server: &[u8], size: usize) -> Capture {
    let mut frames = Vec::new();
    for (from_client, bytes) in [(true, client), (false, server)] {
        let mut sequence = if from_client { 100 } else { 500 };
        for piece in bytes.chunks(size) {
            frames.push(tcp(from_client, (sequence, 1), ACK, piece));
            sequence += piece.len() as u32;
        }
    }
    capture(frames)
}

/// A request whose headers come in three frames, the first with padding and a priority; then one that refers to it.
fn client() -> Vec<u8> {
    let block = [
        &[0x82, 0x87, 0x84, 0x41, 0x8c, 0xf1, 0xe3][..],
        b"\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff",
    ]
    .concat();
    let first = [&[2, 0x80, 0, 0, 0, 15][..], &block[..6], &[0, 0]].concat();
    [
        PREFACE,
        &frame(4, 0, 0, &[0, 1, 0, 0, 0x20, 0]),
        &frame(1, 0x28, 1, &first),
        &frame(9, 0, 1, &block[6..9]),
        &frame(9, 4, 1, &block[9..]),
        &frame(0, 0x09, 1, &[&[3][..], "您".as_bytes(), &[0; 3]].concat()),
        &frame(1, 5, 3, &[0x82, 0x87, 0x85, 0xbe]),
        &frame(8, 0, 0, &[0, 0, 0xff, 0xff]),
        &frame(3, 0, 3, &[0, 0, 0, 8]),
    ]
    .concat()
}

/// Its table is larger than a client's may be without being asked.
fn server() -> Vec<u8> {
    [
        frame(4, 0, 0, &[0, 3, 0, 0, 0, 100, 0, 0x99, 0, 0, 0, 1]),
        frame(4, 1, 0, &[]),
        frame(6, 0, 0, b"01234567"),
        frame(1, 4, 1, &[0x3f, 0xe1, 0x3f, 0x88]),
        frame(7, 0, 0, &[0, 0, 0, 3, 0, 0, 0, 0]),
    ]
    .concat()
}

/// What is said of each layer of these names, by when they became whole.
fn whats(account: &Account, names: &[&str]) -> Vec<String> {
    let frames = 0..account.frames.len();
    let layers = frames.flat_map(|index| account.layers_of(index));
    let named = layers.filter(|(_, layer)| layer.protocol == Protocol::Http && names.contains(&layer.name.as_ref()));
    named.map(|(_, layer)| layer.what.clone()).collect()
}

#[test]
fn frames_and_their_headers_are_told() {
    for size in [1000, 11] {
        let capture = connection(&client(), &server(), size);
        let account = decode(&capture, "");
        assert_whole(&account, &capture);
        assert_eq!(account.faults(), []);
        let mut frames = whats(&account, &["frame"]);
        frames.sort();
        assert_eq!(
            frames,
            [
                "CONTINUATION on stream 1",
                "CONTINUATION on stream 1",
                "DATA on stream 1",
                "GOAWAY on stream 0: NO_ERROR",
                "HEADERS on stream 1",
                "HEADERS on stream 1: 200",
                "HEADERS on stream 3: GET /index.html",
                "PING on stream 0",
                "RST_STREAM on stream 3: CANCEL",
                "SETTINGS on stream 0",
                "SETTINGS on stream 0",
                "SETTINGS on stream 0",
                "WINDOW_UPDATE on stream 0",
            ]
        );
        let mut headers = whats(&account, &["pseudo-header field"]);
        headers.sort();
        let expected = [
            ":authority: www.example.com",
            ":authority: www.example.com",
            ":method: GET",
            ":method: GET",
            ":path: /",
            ":path: /index.html",
            ":scheme: https",
            ":scheme: https",
            ":status: 200",
        ];
        assert_eq!(headers, expected);
        let mut settings = whats(&account, &["setting"]);
        settings.sort();
        let expected = ["0x0099: 1", "HEADER_TABLE_SIZE: 8192", "MAX_CONCURRENT_STREAMS: 100"];
        assert_eq!(settings, expected);
    }
}

#[test]
fn what_no_standard_allows_is_told() {
    let wrong: [(&str, Vec<u8>); 5] = [
        ("HTTP2_BAD_PADDING", frame(0, 8, 1, &[9, 0])),
        ("HTTP2_BAD_PADDING", frame(1, 0x28, 1, &[2, 0, 0, 0, 0, 15, 0])),
        ("HTTP2_BAD_ORDER", frame(9, 4, 1, &[0x82])),
        (
            "HTTP2_BAD_ORDER",
            [frame(1, 0, 1, &[0x82]), frame(9, 4, 3, &[0x84])].concat(),
        ),
        ("BAD_VALUE", frame(8, 0, 0, &[0; 4])),
    ];
    for (key, bytes) in wrong {
        let capture = connection(&[PREFACE, &bytes].concat(), &[], 1000);
        let account = decode(&capture, "");
        assert_whole(&account, &capture);
        let faults: Vec<_> = account.faults().iter().map(|(_, note)| note.text.key).collect();
        assert_eq!(faults, [key]);
    }
}

/// A frame that is cut has its header told, and no more.
#[test]
fn a_cut_frame_is_told_to_be_cut() {
    let whole = client();
    let capture = connection(&whole[..PREFACE.len() + 15 + 12], &[], 1000);
    let account = decode(&capture, "");
    assert_whole(&account, &capture);
    assert_eq!(
        whats(&account, &["frame"]),
        ["SETTINGS on stream 0", "HEADERS on stream 1"]
    );
    let left = account.frames[0].layer.field_within("beginning of a payload").unwrap();
    assert_eq!((left.range.len(), left.notes[0].text.key), (3, "UNFINISHED"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Changed bytes, in segments of any size.
    #[test]
    fn damage_to_frames_gives_an_account(changes in vec((24_usize..200, any::<u8>()), 1..6), size in 1_usize..60) {
        let (mut client, server) = (client(), server());
        for (at, byte) in changes {
            let at = 24 + (at - 24) % (client.len() - 24);
            client[at] = byte;
        }
        let capture = connection(&client, &server, size);
        assert_whole(&decode(&capture, ""), &capture);
    }
}
