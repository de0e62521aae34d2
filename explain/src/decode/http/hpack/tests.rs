//! The examples of RFC 7541 appendix C, and what none of them has.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::decode::fields::layer;
use crate::event::Layer;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.split_whitespace().flat_map(str::bytes).collect();
    let pairs = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16));
    pairs.collect::<Result<_, _>>().unwrap()
}

fn told(bytes: &[u8], context: &mut Context) -> Layer {
    let kind = (Protocol::Http, "header block");
    let (told, _) = layer(bytes, 0..bytes.len(), kind, |fields| {
        block(fields, Space::Frame(0), context)
    });
    assert!(told.is_partition() && told.range == (0..bytes.len()), "{told:#?}");
    told
}

/// What each representation says.
fn lines(told: &Layer) -> Vec<&str> {
    let parts = told.layers().into_iter().skip(1);
    parts.map(|part| part.what.as_str()).collect()
}

fn faults(told: &Layer) -> Vec<&'static str> {
    let mut keys = Vec::new();
    told.visit_notes(&mut |_, note| {
        if note.text.is_invalid() {
            keys.push(note.text.key);
        }
    });
    keys
}

fn context() -> Context {
    Context::new(TABLE_SIZE, BTreeMap::new())
}

/// Blocks of one end, one after the other: as they are, and what they say.
type Blocks = [(&'static str, &'static [&'static str]); 3];

const GET: &[&str] = &[
    ":method: GET",
    ":scheme: http",
    ":path: /",
    ":authority: www.example.com",
];
const AGAIN: &[&str] = &[
    ":method: GET",
    ":scheme: http",
    ":path: /",
    ":authority: www.example.com",
    "cache-control: no-cache",
];
const CUSTOM: &[&str] = &[
    ":method: GET",
    ":scheme: https",
    ":path: /index.html",
    ":authority: www.example.com",
    "custom-key: custom-value",
];
const FOUND: &[&str] = &[
    ":status: 302",
    "cache-control: private",
    "date: Mon, 21 Oct 2013 20:13:21 GMT",
    "location: https://www.example.com",
];
const MOVED: &[&str] = &[
    ":status: 307",
    "cache-control: private",
    "date: Mon, 21 Oct 2013 20:13:21 GMT",
    "location: https://www.example.com",
];
const OK: &[&str] = &[
    ":status: 200",
    "cache-control: private",
    "date: Mon, 21 Oct 2013 20:13:22 GMT",
    "location: https://www.example.com",
    "content-encoding: gzip",
    "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
];

/// RFC 7541 §C.3 and §C.4, with and without the Huffman code.
const REQUESTS: [Blocks; 2] = [
    [
        ("828684410f7777772e6578616d706c652e636f6d", GET),
        ("828684be58086e6f2d6361636865", AGAIN),
        ("828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", CUSTOM),
    ],
    [
        ("828684418cf1e3c2e5f23a6ba0ab90f4ff", GET),
        ("828684be5886a8eb10649cbf", AGAIN),
        ("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", CUSTOM),
    ],
];

/// RFC 7541 §C.5 and §C.6: so small a table that entries are dropped.
const RESPONSES: [Blocks; 2] = [
    [
        (
            "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54\
             6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
            FOUND,
        ),
        ("4803333037c1c0bf", MOVED),
        (
            "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a697077 38666f6f3d\
             4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
            OK,
        ),
    ],
    [
        (
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
            FOUND,
        ),
        ("4883640effc1c0bf", MOVED),
        (
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af\
             27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
            OK,
        ),
    ],
];

#[test]
fn the_published_examples() {
    for (all, size, left) in [(REQUESTS, TABLE_SIZE, 164), (RESPONSES, 256, 215)] {
        for blocks in all {
            let mut context = context();
            context.table.update_max_dynamic_size(size);
            for (hex, expected) in blocks {
                let told = told(&bytes(hex), &mut context);
                assert_eq!(lines(&told), expected);
                assert_eq!(faults(&told), [""; 0]);
            }
            assert_eq!((context.table.dynamic_size(), context.table.dynamic_len()), (left, 3));
        }
    }
}

/// RFC 7541 §C.1, §C.2.3.
#[test]
fn the_published_integers_and_a_literal_that_is_never_indexed() {
    assert_eq!(integer_of(&[0b0000_1010], 5), Some((10, 1)));
    assert_eq!(integer_of(&[0b0001_1111, 0b1001_1010, 0b0000_1010], 5), Some((1337, 3)));
    assert_eq!(integer_of(&[0b0010_1010], 8), Some((42, 1)));
    let mut context = context();
    let told = told(&bytes("100870617373776f726406736563726574"), &mut context);
    let field = &told.layers()[1];
    assert_eq!(
        (field.name.as_ref(), field.what.as_str()),
        ("header field", "password: secret")
    );
    assert_eq!(field.notes.last().map(|note| note.text.key), Some("HPACK_NEVER"));
    assert_eq!(
        field.field("value").map(|value| &value.value),
        Some(&Value::Text("secret".into()))
    );
    assert_eq!(context.table.dynamic_len(), 0);
}

#[test]
fn what_cannot_be_is_told_and_ends_all_reading() {
    let wrong = [
        ("80", "HPACK_BAD_INDEX"),    // 0 stands for nothing
        ("82 be", "HPACK_BAD_INDEX"), // nothing was put into the dynamic table
        ("ff ffffffffff 01", "HPACK_BAD_INTEGER"),
        ("7f", "HPACK_BAD_INTEGER"),    // it goes on, and does not
        ("82 20", "HPACK_BAD_SIZE"),    // not at the beginning
        ("3f e2 1f", "HPACK_BAD_SIZE"), // 4097
        ("41 0a 7777", "CUT_SHORT"),
        ("41", "CUT_SHORT"),
        ("41 82 f1 00", "HPACK_BAD_HUFFMAN"),    // the padding is not of ones
        ("41 84 ffffffff", "HPACK_BAD_HUFFMAN"), // the end of a string, in it
        ("41 82 f1 ff", "HPACK_BAD_HUFFMAN"),    // a whole byte of padding
        ("41 01 ff", "NOT_TEXT"),
    ];
    for (hex, key) in wrong {
        let mut context = context();
        assert_eq!(faults(&told(&bytes(hex), &mut context)), [key], "{hex}");
        let next = told(&bytes("82"), &mut context);
        let is_lost = next.notes.iter().any(|note| note.text.key == "HPACK_LOST");
        // What is no text is a string all the same.
        assert_eq!(is_lost, key != "NOT_TEXT", "{hex}");
        assert_eq!(lines(&next).is_empty(), is_lost, "{hex}");
    }
}

#[test]
fn a_table_that_is_made_smaller_forgets() {
    let mut context = context();
    told(&bytes("4103777777"), &mut context);
    assert_eq!(lines(&told(&bytes("be"), &mut context)), [":authority: www"]);
    let shrunk = told(&bytes("20 3f e1 1f 82"), &mut context);
    let expected = [
        "dynamic table size update: 0",
        "dynamic table size update: 4096",
        ":method: GET",
    ];
    assert_eq!(lines(&shrunk), expected);
    assert_eq!(faults(&told(&bytes("be"), &mut context)), ["HPACK_BAD_INDEX"]);
}

proptest! {
    #[test]
    fn any_bytes_give_a_block(blocks in vec(vec(any::<u8>(), 0..80), 1..5)) {
        let mut context = context();
        for block in blocks {
            told(&block, &mut context);
        }
    }

    /// There is one code for each string, and none for what is not one.
    #[test]
    fn the_code_is_read_and_nothing_else(said in vec(any::<u8>(), 0..60), bytes in vec(any::<u8>(), 0..40)) {
        let mut coded = Vec::new();
        httlib_huffman::encode(&said, &mut coded).unwrap();
        prop_assert_eq!(huffman(&coded), Some(said));
        if let Some(said) = huffman(&bytes) {
            let mut again = Vec::new();
            httlib_huffman::encode(&said, &mut again).unwrap();
            prop_assert_eq!(again, bytes);
        }
    }
}
