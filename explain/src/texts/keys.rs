//! Texts of the key schedule: what each secret and key is for.

use super::Language;

super::texts! {
    KEY_ZEROS: Why, "RFC 8446 §7.1",
        "Zeros, as long as the hash: they stand where nothing else has to go in.",
        "与散列值等长的零：没有别的内容可放时的占位。";
    KEY_PSK: Why, "RFC 8446 §7.1",
        "What both know already from an earlier connection; without one, zeros.",
        "双方从以前的连接中已知的秘密；没有则为零。";
    KEY_SHARED: Why, "RFC 8446 §7.4",
        "What the key agreement came to. It never was on the wire; both ends computed it from their own private and the other's public share.",
        "密钥协商的结果。它从未出现在线路上；双方各用自己的私钥和对方的公开份额算出。";
    KEY_EARLY: Why, "RFC 8446 §7.1",
        "The PSK, made even: HKDF-Extract turns any input into bits that all look random.",
        "把 PSK 匀化：HKDF-Extract 把任何输入变成看上去完全随机的比特。";
    KEY_BINDER: Why, "RFC 8446 §4.2.11.2",
        "Keys the binder: the proof that the client has the PSK.",
        "binder 所用的密钥：证明客户端持有 PSK。";
    KEY_DERIVED: Why, "RFC 8446 §7.1",
        "Carries what was known so far on to the next stage, where it is the salt.",
        "把到此为止的秘密带到下一级，在那里作为盐。";
    KEY_HANDSHAKE: Why, "RFC 8446 §7.1",
        "Everything known so far and the fresh shared secret: who records today and steals a long-term key tomorrow does not get here.",
        "此前所知与新鲜的共享秘密合在一起：今天录下流量、日后偷到长期密钥的人，到不了这一步。";
    KEY_TRAFFIC_HANDSHAKE: Why, "RFC 8446 §7.1",
        "One direction's secret for the rest of the handshake. The hash in it ties it to the two hellos: another hello, other keys.",
        "握手其余部分一个方向的秘密。其中的散列值把它与两个 hello 绑定：hello 不同，密钥就不同。";
    KEY_FINISHED: Why, "RFC 8446 §4.4.4",
        "Keys the HMAC of Finished.",
        "Finished 消息的 HMAC 所用的密钥。";
    KEY_MASTER: Why, "RFC 8446 §7.1",
        "The last stage: nothing new goes in, but what comes out is apart from the handshake's keys.",
        "最后一级：不再加入新内容，但由此得出的密钥与握手密钥相互独立。";
    KEY_TRAFFIC: Why, "RFC 8446 §7.1",
        "One direction's secret for the application's data. The hash in it covers the whole handshake up to the server's Finished.",
        "应用数据一个方向的秘密。其中的散列值覆盖到服务器 Finished 为止的整个握手。";
    KEY_NEXT_TRAFFIC: Why, "RFC 8446 §7.2",
        "The secret after a KeyUpdate. There is no way back from it to the one before.",
        "KeyUpdate 之后的秘密。由它无法倒推出前一个。";
    KEY_EXPORTER: Why, "RFC 8446 §7.5",
        "Secrets for other protocols are made of it, so that they are bound to this connection.",
        "为其他协议导出秘密的来源，使它们与这个连接绑定。";
    KEY_RESUMPTION: Why, "RFC 8446 §4.6.1",
        "The keys of tickets are made of it. The hash covers the client's Finished too.",
        "票据密钥的来源。其中的散列值还包括客户端的 Finished。";
    KEY_TICKET: Why, "RFC 8446 §4.6.1",
        "What the ticket stands for: the PSK of the next connection. The nonce makes that of each ticket another.",
        "票据所代表的秘密：下一次连接的 PSK。nonce 使每张票据各不相同。";
    KEY_WRITE: Why, "RFC 8446 §7.3",
        "Encrypts this direction's records.",
        "加密这个方向的记录所用的密钥。";
    KEY_IV: Why, "RFC 8446 §5.3",
        "XOR the record's number it gives the nonce of each record.",
        "与记录序号异或，得到每条记录的 nonce。";
}

/// What stands above the keys of a connection, before its number.
#[must_use]
pub const fn keys_heading(language: Language) -> &'static str {
    match language {
        Language::English => "keys of connection",
        Language::Chinese => "密钥，连接",
    }
}

/// What the client's share, the server's, and what they came to are called.
#[must_use]
pub const fn agreement_words(language: Language) -> [&'static str; 3] {
    match language {
        Language::English => ["client's public share", "server's public share", "shared secret"],
        Language::Chinese => ["客户端的公开份额", "服务器的公开份额", "共享秘密"],
    }
}
