//! The texts of `explain`: each is said somewhere, each thing that introductions tell too simply is set right where it belongs, and
//! Chinese speaks in the terms of Chinese textbooks.

use std::fs;
use std::path::Path;

use nihao_client::explain::{Options, Shape, journey};
use nihao_explain::decode::decode;
use nihao_explain::event::{Account, Layer, Part, Protocol};
use nihao_explain::scene::Distance;
use nihao_explain::texts::{self, Kind, LABELS, WORDS};
use nihao_explain::world::fault::{Fault, Segment};
use nihao_protocol::chat::Text;

/// What the program says beside the table of texts: all sources of it, without that table's definitions.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut open = vec![root.join("explain/src"), root.join("client/src")];
    let mut all = String::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            all.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    all
}

/// How often a word stands in a text, as a whole.
fn count(all: &str, word: &str) -> usize {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    let found = all.match_indices(word).filter(|(at, _)| {
        let (before, after) = (all[..*at].chars().next_back(), all[at + word.len()..].chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    });
    found.count()
}

#[test]
fn every_text_and_word_is_said_somewhere() {
    let sources = sources();
    let keys = texts::all()
        .map(|text| text.key)
        .chain(WORDS.iter().map(|word| word.key));
    // Once where it is defined; a text that nobody uses stands there alone.
    let silent: Vec<_> = keys.filter(|key| count(&sources, key) < 2).collect();
    assert!(silent.is_empty(), "never said: {silent:?}");
}

/// What is often told too simply, where it is set right, in which run, and what must be said in both languages.
struct Correction {
    key: &'static str,
    layer: Protocol,
    needs_loss: bool,
    english: &'static [&'static str],
    chinese: &'static [&'static str],
}

const CORRECTIONS: [Correction; 9] = [
    // TLS is told before the TCP handshake.
    Correction {
        key: "TLS_AFTER_TCP",
        layer: Protocol::Tls,
        needs_loss: false,
        english: &["TCP connects first", "inside TCP"],
        chinese: &["先建立 TCP 连接"],
    },
    // A signature is a digest encrypted with the public key.
    Correction {
        key: "TLS_SIGNATURE",
        layer: Protocol::Tls,
        needs_loss: false,
        english: &[
            "made with the private key",
            "checked with the public key",
            "encrypt nothing",
        ],
        chinese: &["用私钥签名", "用公钥验证", "根本不是“加密”"],
    },
    // Asymmetric encryption transports the shared key.
    Correction {
        key: "TLS_KEY_AGREEMENT",
        layer: Protocol::Tls,
        needs_loss: false,
        english: &["no key is sent at all", "public share", "opens no old capture"],
        chinese: &["不传送任何密钥", "份额", "前向保密"],
    },
    // The client asks the root servers.
    Correction {
        key: "DNS_RECURSION",
        layer: Protocol::Dns,
        needs_loss: false,
        english: &["asks its resolver", "from the root down"],
        chinese: &["问的是它的解析器", "从根开始"],
    },
    // ACK = 1, seq = x+1, ack = y in the second step.
    Correction {
        key: "TCP_HANDSHAKE_NUMBERS",
        layer: Protocol::Tcp,
        needs_loss: false,
        english: &["SYN(seq=x)", "SYN+ACK(seq=y, ack=x+1)", "ACK(seq=x+1, ack=y+1)"],
        chinese: &["SYN(seq=x)", "SYN+ACK(seq=y, ack=x+1)", "ACK(seq=x+1, ack=y+1)"],
    },
    // A missing answer is retried after the maximum waiting time with the same numbers.
    Correction {
        key: "TCP_RETRANSMISSION_TIMER",
        layer: Protocol::Tcp,
        needs_loss: true,
        english: &["That is right", "doubles each time"],
        chinese: &["说得对", "每次翻倍"],
    },
    // The client starts the four-way close.
    Correction {
        key: "TCP_CLOSE_ORDER",
        layer: Protocol::Tcp,
        needs_loss: false,
        english: &["either side may", "three", "close_notify"],
        chinese: &["任何一方", "四步变三步", "close_notify"],
    },
    // The network layer finds the optimal path to the target.
    Correction {
        key: "IP_ROUTING",
        layer: Protocol::Ipv4,
        needs_loss: false,
        english: &["only picks the next hop", "longest matching prefix"],
        chinese: &["下一跳", "最长前缀匹配", "MAC"],
    },
    // Request line, headers, JSON body.
    Correction {
        key: "HTTP_THREE_PARTS",
        layer: Protocol::Http,
        needs_loss: false,
        english: &["That is right", "content type, language, cache policy"],
        chinese: &["请求行", "请求头", "请求体"],
    },
];

/// What A saw of a message over HTTP.
fn told(lost: Option<Fault>) -> Account {
    let options = Options {
        text: Text::parse("您好！").unwrap(),
        seed: 7,
        native: false,
        shape: Shape::Full,
        trouble: None,
        distance: Distance {
            faults: lost.into_iter().collect(),
            ..Distance::default()
        },
    };
    let journey = journey(&options).unwrap();
    decode(&journey.seen.captures["A"], journey.known())
}

/// What is said of a layer itself and of the fields directly in it.
fn keys_of(layer: &Layer) -> Vec<&'static str> {
    let fields = layer.parts.iter().filter_map(|part| match part {
        Part::Field(field) => Some(field),
        Part::Layer(_) => None,
    });
    let notes = layer.notes.iter().chain(fields.flat_map(|field| &field.notes));
    notes.map(|note| note.text.key).collect()
}

fn is_said(account: &Account, key: &str, protocol: Protocol) -> bool {
    let frames = 0..account.frames.len();
    let mut layers = frames.flat_map(|frame| account.layers_of(frame));
    layers.any(|(_, layer)| layer.protocol == protocol && keys_of(layer).contains(&key))
}

#[test]
fn what_is_often_told_too_simply_is_set_right_where_it_belongs() {
    let (ordinary, lossy) = (told(None), told(Some(Fault::Lose(Segment::Syn))));
    for correction in &CORRECTIONS {
        let Correction { key, layer, .. } = correction;
        let text = texts::all().find(|text| text.key == *key).unwrap();
        assert_eq!(text.kind, Kind::OftenTold, "{key}");
        assert!(
            text.english.starts_with("Often told as: ") && text.chinese.starts_with("常说："),
            "{key}"
        );
        for needed in correction.english {
            assert!(text.english.contains(needed), "{key} without {needed:?}");
        }
        for needed in correction.chinese {
            assert!(text.chinese.contains(needed), "{key} without {needed:?}");
        }
        assert_eq!(
            is_said(&ordinary, key, *layer),
            !correction.needs_loss,
            "{key} in an ordinary run"
        );
        assert!(is_said(&lossy, key, *layer), "{key} where a SYN is lost");
    }
    let told = texts::all().filter(|text| text.kind == Kind::OftenTold).count();
    assert_eq!(told, CORRECTIONS.len(), "each of them is in the table above");
}

/// Terms as Chinese textbooks have them, and what must not be said instead.
const TERMS: [(&str, &[&str]); 19] = [
    ("请求行", &["请求列", "起始行"]),
    ("请求头", &["请求标头", "请求头部"]),
    ("请求体", &["请求正文", "请求主体"]),
    ("三次握手", &["三路握手", "三向握手"]),
    ("四次挥手", &["四路挥手", "四次握手"]),
    ("数字证书", &["数码证书", "凭据"]),
    ("数字签名", &["数码签名", "数字签章"]),
    ("摘要", &["消息指纹"]),
    ("非对称加密", &["不对称加密", "公开密钥加密"]),
    ("密钥协商", &["密钥交换", "金钥"]),
    ("对称加密", &["单钥加密"]),
    ("共享密钥", &["共用密钥", "分享密钥"]),
    ("域名解析", &["名称解析", "域名解释"]),
    ("缓存", &["快取", "高速缓冲"]),
    ("命中", &["击中"]),
    ("未命中", &["不命中", "落空"]),
    ("路由", &["选径"]),
    ("数据链路层", &["资料链路", "数据连结"]),
    ("物理层", &["实体层"]),
];

#[test]
fn chinese_speaks_in_its_own_terms() {
    let texts = texts::all().map(|text| text.chinese);
    let words = WORDS.iter().map(|word| word.chinese);
    let labels = LABELS.iter().map(|label| label.chinese);
    let all: Vec<_> = texts.chain(words).chain(labels).collect();
    for (term, instead) in TERMS {
        // 非对称加密 has 对称加密 in it, and 未命中 has 命中.
        let says = |text: &&&str| {
            let rest = match term {
                "对称加密" => text.replace("非对称加密", ""),
                "命中" => text.replace("未命中", ""),
                _ => (**text).to_owned(),
            };
            rest.contains(term)
        };
        assert!(all.iter().any(|text| says(&text)), "{term} is said nowhere");
        for other in instead {
            let found = all.iter().find(|text| text.contains(other));
            assert!(found.is_none(), "{other} stands where {term} should: {found:?}");
        }
    }
}
