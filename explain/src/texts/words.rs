//! Words and short phrases around what is told: heads of columns, names of counts.

/// A word or a short phrase.
#[derive(Debug, PartialEq, Eq)]
pub struct Word {
    /// What it is called by.
    pub key: &'static str,
    /// In English.
    pub english: &'static str,
    /// In Chinese.
    pub chinese: &'static str,
}

impl Word {
    /// It, in a language.
    #[must_use]
    pub const fn told(&self, language: super::Language) -> &'static str {
        match language {
            super::Language::English => self.english,
            super::Language::Chinese => self.chinese,
        }
    }
}

/// Words by name: English, Chinese.
macro_rules! words {
    ($($name:ident: $english:literal, $chinese:literal;)*) => {
        $(
            #[doc = $english]
            pub static $name: Word = Word {
                key: stringify!($name),
                english: $english,
                chinese: $chinese,
            };
        )*

        /// Every word there is.
        pub static WORDS: &[&Word] = &[$(&$name),*];
    };
}

/// Between a head and what it is about.
pub static COLON: Word = Word {
    key: "COLON",
    english: ": ",
    chinese: "：",
};
/// Between the parts of a list.
pub static COMMA: Word = Word {
    key: "COMMA",
    english: ", ",
    chinese: "、",
};
/// Between the parts of a sentence.
pub static CLAUSE: Word = Word {
    key: "CLAUSE",
    english: ", ",
    chinese: "，",
};
/// Between two sentences.
pub static GAP: Word = Word {
    key: "GAP",
    english: " ",
    chinese: "",
};

words! {
    DIFF_FIRST: "expected:", "预期：";
    DIFF_SECOND: "seen:", "实际：";
    DIFF_ONLY: "only in", "仅见于";
    DIFF_STEP: "step", "步骤";
    DIFF_LAYER: "layer", "协议层";
    DIFF_MORE: "more, which --json tells", "处，用 --json 查看";
    DIFF_AGAIN: "as in a step above", "处与上面的步骤相同";
    DIFF_PARTING: "The runs part here first:", "两次运行最先在这里分开：";
    DIFF_NO_PARTING: "The same steps in both, with the same messages.", "两次运行的步骤和消息都相同。";
    DIFF_EQUAL: "Equal: the same steps, and every field says the same.", "相同：步骤相同，每个字段的内容也相同。";
    DIFF_EQUAL_BUT_FRESH: "Equal: the same steps, and every field says the same but those that are fresh in each run:",
        "相同：步骤相同，除每次运行都会重新产生的字段外，内容也都相同：";
    DIFF_FRESH: "Fresh in each run:", "每次运行都会重新产生：";
    DIFF_COUNTS: "Steps:", "步骤：";
    DIFF_SAME: "the same", "相同";
    DIFF_VALUES: "with other values", "内容不同";
    DIFF_PARTED: "with other messages", "消息不同";
    DIFF_BESIDES: "Beside the steps:", "步骤之外：";
    DIFF_RANDOM: "random", "随机数";
    DIFF_KEYS: "keys", "密钥";
    DIFF_SEALED: "ciphertext, tags, signatures", "密文、标签、签名";
    DIFF_SEQUENCE: "sequence numbers", "序号";
    DIFF_TIMES: "times", "时间";
    DIFF_IDS: "ids", "标识";
    DIFF_FOLLOWS: "lengths and sums that follow", "随之变化的长度与校验和";
    DIFF_STEPS: "steps", "步骤";
    DIFF_FRAMES: "frames", "帧";
    DIFF_BYTES: "bytes", "字节";
    DIFF_ROUND_TRIPS: "round trips", "往返";
    DIFF_NEXT: "nothing here; next is", "此处没有；接下来是";
    DIFF_NOTHING: "nothing more", "再没有了";
    DIFF_LOST: "lost behind", "丢失于其后：";
    DIFF_BROKEN: "broken", "出错";
    DIFF_VIEW: "view", "视角";
    DIFF_SOURCE: "source", "来源";
    DIFF_PATH: "path", "路径";
    DIFF_LOOKUP: "look-up", "域名解析";
    DIFF_CHECK: "check", "检查";
    DIFF_FAILED: "failed", "失败";
    DIFF_HEARD: "B's screen", "B 的屏幕";
    DIFF_TIME: "ms from first to last", "历时（毫秒）";
    WORD_EVERYWHERE: "known everywhere", "众所周知";
    WORD_CACHE: "application cache", "应用缓存";
    WORD_RESOLVER_CACHE: "resolver's cache", "解析器缓存";
    WORD_HOSTS: "hosts file", "hosts 文件";
    WORD_SYSTEM: "system's resolver", "系统解析器";
    WORD_RESOLVER: "resolver", "解析器";
    WORD_ROOT: "root", "根";
    WORD_ZONE: "zone", "区域";
    WORD_HIT: "hit", "命中";
    WORD_MISS: "miss", "未命中";
    WORD_ANSWER: "answer", "应答";
    WORD_REFERRAL: "refers to", "转介给";
    WORD_NEGATIVE: "nothing there", "没有";
    WORD_SILENCE: "silent", "无应答";
    WORD_FAILURE: "of no help", "没有帮助";
    WORD_AGAIN: "asked again otherwise", "换种方式再问";
    WORD_FRAMES: "frames", "帧";
    WORD_ON_ITS_WAY: "on its way", "途中各节点";
    WORD_SENDS: "sends", "发出";
    WORD_RECEIVES: "receives", "收到";
    WORD_LOST: "lost on the wire", "在线路上丢失";
    WORD_SERVER: "server", "服务器";
    WORD_CLIENT: "client", "客户端";
    WORD_SWITCH: "switch", "交换机";
    WORD_LEARNED_NOW: "learned now", "刚学到";
    WORD_LEARNED_BEFORE: "learned before", "早已学到";
    WORD_BROADCAST: "broadcast, flooded", "广播，泛洪";
    WORD_NOT_LEARNED: "not learned yet, flooded", "还没学到，泛洪";
    WORD_SAME_PORT: "behind the same port, dropped", "在同一端口后面，丢弃";
    WORD_ROUTES: "routes", "查路由";
    WORD_FITS: "fits", "匹配";
    WORD_FITS_NOT: "does not", "不匹配";
    WORD_TAKEN: "taken", "选中";
    WORD_NO_ROUTE: "no route", "没有路由";
    WORD_NEXT_HOP: "next hop", "下一跳";
    WORD_DIRECTLY: "directly", "直接送达";
    WORD_BY: "by", "经";
    WORD_UPWARDS: "upwards", "自下而上";
    WORD_FRAME: "frame", "帧";
    WORD_PACKET: "packet", "分组";
    WORD_SEGMENT: "segment", "报文段";
    WORD_RECORD: "record", "记录";
    WORD_PLAINTEXT: "plaintext", "明文";
    WORD_REQUEST: "request", "请求";
    WORD_BODY: "body", "请求体";
    WORD_TEXT: "text", "文字";
    WORD_BYTES: "bytes", "字节";
    WORD_MESSAGE: "the message", "这条消息";
    WORD_WHOLE_RUN: "whole run", "全程";
    WORD_SUM: "sum", "合计";
    WORD_AGAIN_SENT: "sent again", "重传";
    WORD_TLS_RECORD: "TLS records", "TLS 记录";
    WORD_TLS_HANDSHAKE: "TLS handshake", "TLS 握手";
    WORD_CERTIFICATES: "certificates", "证书";
    WORD_SEALED: "sealed", "密文";
    WORD_WIRE: "wires", "各段线路";
    WORD_CABLE: "more on a cable", "实际线缆上再加";
    WORD_UNTIL: "until", "直到";
    WORD_SENT: "sent", "发出";
    WORD_RECEIVED: "received", "收到";
    WORD_PIECES: "put together from pieces:", "拼接而成，段数：";
    WORD_DECRYPTED: "decrypted:", "解密所得：";
    BROKEN_NO_TLS: "no TLS", "不是 TLS";
    BROKEN_NO_ANSWER: "no answer", "没有回应";
    BROKEN_CUT_HANDSHAKE: "cut in mid-handshake", "握手中途断开";
    BROKEN_OLD_TLS: "TLS 1.2 or older", "TLS 1.2 或更旧的版本";
    BROKEN_ALPN: "no common protocol (ALPN)", "没有共同的协议（ALPN）";
    BROKEN_CLIENT_CERTIFICATE: "client certificate demanded", "要求客户端证书";
    BROKEN_NOTHING_COMMON: "nothing in common", "没有共同支持的算法";
    BROKEN_CHANGED: "a record was changed", "记录被改动";
    BROKEN_ALERT: "alert", "收到警报";
    BROKEN_AGAINST_RULES: "against the rules of TLS", "违反 TLS 的规则";
    BROKEN_NO_ADDRESS: "no address", "没有地址";
    BROKEN_PORT_CLOSED: "port closed", "端口关闭";
    BROKEN_NO_ROUTE: "no route", "没有路由";
    BROKEN_SAYS_NO: "the server says no", "服务器拒绝了请求";
    BROKEN_CUT: "cut without close_notify", "没有 close_notify 就断开";
    BROKEN_NOT_WHOLE: "no whole response", "响应不完整";
    BROKEN_LATE: "out of time", "超时";
    BROKEN_STUCK: "it does not go on", "进行不下去";
    BROKEN_WRONG_NAME: "wrong name", "名字不符";
    BROKEN_UNKNOWN_AUTHORITY: "unknown authority", "未知的签发机构";
    BROKEN_OUR_GAP: "a key or signature that nihao does not have", "nihao 不支持的密钥或签名";
    BROKEN_BAD_CERTIFICATE: "the certificate does not hold", "证书不成立";
    BROKEN_EXPIRED: "expired", "已过期";
    BROKEN_NOT_YET: "not valid yet", "尚未生效";
    BROKEN_NOT_ITS_TIME: "not its time", "不在有效期内";
    BROKEN_EXPECTED: "expected", "期望";
    BROKEN_SEEN: "seen", "实际";
    BROKEN_WHOSE: "whose fault", "可能是谁的问题";
    BROKEN_FIX: "do this", "可以这样做";
    STEP_FOUND: "{} is {} ({})", "{} 的地址是 {}（{}）";
    STEP_TRYING: "connect to {}", "连接 {}";
    STEP_REFUSED: "connection refused by {}", "{} 拒绝连接";
    STEP_NO_ANSWER: "no answer from {} within {} s", "{} 在 {} 秒内没有回应";
    STEP_UNREACHABLE: "cannot reach {}: {}", "无法到达 {}：{}";
    STEP_FAILED: "no connection with {}: {}", "与 {} 没有建立连接：{}";
    STEP_CONNECTED: "connected in {}", "已连接，用时 {}";
    STEP_CONNECTED_FROM: "connected from {} in {}", "已从 {} 连接，用时 {}";
    STEP_OUR_END: "our end of the stream", "本端字节流的结尾";
    STEP_THEIR_END: "their end of the stream", "对方字节流的结尾";
    STEP_BROKE: "the connection broke: {}", "连接中断：{}";
    STEP_MEASURED: "TCP_INFO: RTT {} ms (+- {}), MSS {}, {} segments sent again, congestion window {} segments",
        "TCP_INFO：RTT {} 毫秒（±{}），MSS {}，重传 {} 个报文段，拥塞窗口 {} 个报文段";
    STEP_ROUTE: "{}: {} via {} on {}", "{}：{}，经网关 {}，接口 {}";
    STEP_ROUTE_DIRECT: "{}: {} directly on {}", "{}：{}，直接送达，接口 {}";
    STEP_ROUTE_OTHERS: "; {} fits too", "；{} 也相符";
    STEP_ROUTE_LINK: "; {} is at {}", "；{} 的 MAC 地址是 {}";
    LIVE_SUM: "Through the sockets: {} calls, {} bytes; the body: {} bytes.", "经过套接字：{} 次调用，{} 字节；响应体：{} 字节。";
    LIVE_SUM_CUT: " The rest of it was not waited for.", "其余部分没有等待。";
    OUTCOME_SIZES: " ({} bytes, {} characters, {} columns)", "（{} 字节，{} 个字符，{} 列）";
    WORD_UNSEEN: "What cannot be seen from here:", "从这里看不到的：";
    OUTCOME_FAILED: "failed:", "失败：";
    OUTCOME_ANSWER: "A was told:", "A 得到的回答：";
    OUTCOME_SCREEN: "B's screen shows:", "B 的屏幕显示：";
    OUTCOME_NOTHING: "B's screen shows nothing.", "B 的屏幕上什么也没有。";
    OUTCOME_BLIND: "Without the keys nobody can tell what A was told, or what stands on B's screen.", "没有密钥，谁也说不出 A 得到了什么回答、B 的屏幕上显示着什么。";
    OUTCOME_NEVER: "this fault never happened, for the run was over before:", "这个故障没有发生，因为在那之前过程已经结束：";
    WORD_LEDGER: "What the bytes were for, in this view", "从这里看，每个字节用在哪里";
}

/// What a story's own names are called: the kind of name, the name, the word. Names that stand for themselves (`HTTP`) are not here.
pub static NAMES: &[(&str, &str, &Word)] = &[
    ("place", "known everywhere", &WORD_EVERYWHERE),
    ("place", "application cache", &WORD_CACHE),
    ("place", "resolver's cache", &WORD_RESOLVER_CACHE),
    ("place", "hosts file", &WORD_HOSTS),
    ("place", "system's resolver", &WORD_SYSTEM),
    ("place", "resolver", &WORD_RESOLVER),
    ("place", "root", &WORD_ROOT),
    ("place", "zone", &WORD_ZONE),
    ("result", "hit", &WORD_HIT),
    ("result", "miss", &WORD_MISS),
    ("result", "answer", &WORD_ANSWER),
    ("result", "referral", &WORD_REFERRAL),
    ("result", "negative", &WORD_NEGATIVE),
    ("result", "silence", &WORD_SILENCE),
    ("result", "failure", &WORD_FAILURE),
    ("result", "again", &WORD_AGAIN),
    ("share", "again", &WORD_AGAIN_SENT),
    ("share", "TLS record", &WORD_TLS_RECORD),
    ("share", "TLS handshake", &WORD_TLS_HANDSHAKE),
    ("share", "certificates", &WORD_CERTIFICATES),
    ("share", "sealed", &WORD_SEALED),
    ("share", "text", &WORD_TEXT),
    ("because", "learned", &WORD_LEARNED_BEFORE),
    ("because", "same port", &WORD_SAME_PORT),
    ("because", "broadcast", &WORD_BROADCAST),
    ("because", "unknown", &WORD_NOT_LEARNED),
    ("unit", "frame", &WORD_FRAME),
    ("unit", "packet", &WORD_PACKET),
    ("unit", "segment", &WORD_SEGMENT),
    ("unit", "record", &WORD_RECORD),
    ("unit", "plaintext", &WORD_PLAINTEXT),
    ("unit", "request", &WORD_REQUEST),
    ("unit", "body", &WORD_BODY),
];

/// The word for one of a story's own names; without one, the name itself.
#[must_use]
pub fn named<'a>(kind: &str, name: &'a str, language: super::Language) -> &'a str {
    let found = NAMES.iter().find(|(of, own, _)| (*of, *own) == (kind, name));
    found.map_or(name, |(_, _, word)| word.told(language))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_word_stands_in_both_languages() {
        let mut keys = BTreeSet::new();
        for Word { key, english, chinese } in WORDS {
            assert!(keys.insert(key), "{key} stands there twice");
            assert!(english.is_ascii() && !english.is_empty(), "{key}: {english}");
            assert!(
                chinese.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
                "{key}: {chinese}"
            );
        }
    }
}
