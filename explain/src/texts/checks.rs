//! Texts of checks: who the two ends are, and how that is known.

use super::{Language, Text};
use crate::event::Aspect;

super::texts! {
    CHECK_SIGNATURE: Why, "RFC 5280 §6.1.3",
        "The issuer's key made the signature over exactly the bytes of tbsCertificate.",
        "签名是签发者的密钥对 tbsCertificate 的每一个字节做的。";
    CHECK_SIGNATURE_WHY: Why, "RFC 5280 §6.1.3",
        "Only the holder of the issuer's private key can make it: change one bit of names, dates or key, and it does not fit.",
        "只有持有签发者私钥的人做得出：名字、日期或公钥改动一个比特，签名就对不上。";
    CHECK_NAME: Why, "RFC 9525 §6",
        "The name that the client asked for is among the certificate's.",
        "客户端要访问的名字在证书的名字之中。";
    CHECK_NAME_WHY: Why, "RFC 9525 §6",
        "Everybody can have a good certificate for a name of their own; what counts is that it is for this name.",
        "谁都能为自己的名字取得有效证书；要紧的是它属于这个名字。";
    CHECK_DATES: Why, "RFC 5280 §6.1.3",
        "The moment of the handshake lies between notBefore and notAfter.",
        "握手的时刻在 notBefore 与 notAfter 之间。";
    CHECK_DATES_WHY: Why, "RFC 5280 §4.1.2.5",
        "Outside these dates the issuer answers for nothing any more, not even for keys that were stolen.",
        "日期之外，签发者不再负任何责任，连密钥被盗也不再通告。";
    CHECK_AUTHORITY: Why, "RFC 5280 §4.2.1.9",
        "Who signs certificates is allowed to, and the first certificate is no authority's.",
        "签发证书者有权签发，而第一张证书不是机构的证书。";
    CHECK_AUTHORITY_WHY: Why, "RFC 5280 §4.2.1.9",
        "Else the owner of any certificate could sign certificates for every name.",
        "否则任何一张证书的持有者都能为任何名字签发证书。";
    CHECK_USAGE: Why, "RFC 5280 §4.2.1.3",
        "keyUsage allows what the key does: digitalSignature, or keyCertSign for authorities.",
        "keyUsage 允许该密钥所做的事：digitalSignature，机构则为 keyCertSign。";
    CHECK_USAGE_WHY: Why, "RFC 8446 §4.4.2.2",
        "A key that was given for encryption alone must not sign handshakes.",
        "只准用于加密的密钥不得为握手签名。";
    CHECK_PURPOSE: Why, "RFC 5280 §4.2.1.12",
        "extKeyUsage allows this purpose: serverAuth for servers, clientAuth for clients.",
        "extKeyUsage 允许此用途：服务器为 serverAuth，客户端为 clientAuth。";
    CHECK_PURPOSE_WHY: Why, "RFC 5280 §4.2.1.12",
        "A user's certificate must not make its owner a server.",
        "用户的证书不能让其持有者冒充服务器。";
    CHECK_CONSTRAINTS: Why, "RFC 5280 §4.2.1.10",
        "Every name lies within what the authorities above may sign for.",
        "每个名字都在上级机构可以签发的范围之内。";
    CHECK_CONSTRAINTS_WHY: Why, "RFC 5280 §4.2.1.10",
        "An authority with nameConstraints is trusted for a part of the names alone: whoever has its key cannot speak for others.",
        "带 nameConstraints 的机构只在一部分名字上受信任：即使拿到它的密钥，也不能代表别的名字。";
    CHECK_REVOCATION: Why, "RFC 5280 §6.3",
        "The issuer has not taken the certificate back.",
        "签发者没有吊销这张证书。";
    CHECK_REVOCATION_OPEN: Why, "RFC 6960 §2",
        "That cannot be told from here: nothing on this wire says it. Listed is where one could ask.",
        "从这里无法得知：这条线路上没有任何内容说明。列出的是可以查询之处。";
    CHECK_ANCHOR: Why, "RFC 5280 §6.1",
        "The chain ends at an authority that the client trusts.",
        "证书链的终点是客户端信任的机构。";
    CHECK_ANCHOR_WHY: Why, "RFC 5280 §6.1",
        "All signatures prove nothing if the last one is by somebody whom nobody chose: trust begins in the client's own store.",
        "如果最后一个签名者谁也没有选定，所有签名都证明不了什么：信任始于客户端自己的信任库。";
    CHECK_ANCHOR_OPEN: Why, "RFC 5280 §6.1",
        "Whom the client trusts is not on the wire, so that this cannot be told from here.",
        "客户端信任谁不在线路上，所以从这里无法得知。";
    CHECK_ISSUER_MISSING: Why, "RFC 5280 §6.1",
        "The issuer's key is not here, so that the signature cannot be checked.",
        "签发者的公钥不在这里，所以无法验证签名。";
    CHECK_UNSUPPORTED: Why, "RFC 8446 §4.2.3",
        "This program cannot check signatures of this kind.",
        "本程序不会验证这一类签名。";
    CHECK_NO_NAME: Why, "RFC 6066 §3",
        "The client said no name, so that there is none to compare with.",
        "客户端没有说出名字，所以没有可比较的。";
    CHECK_NO_TIME: Why, "RFC 5280 §6.1.3",
        "When this was captured is not known here.",
        "这里不知道抓包是在什么时候。";
    CHECK_MALFORMED: Invalid, "RFC 5280 §4.1",
        "Invalid: the certificate cannot be read; a receiver refuses it.",
        "无效：这张证书无法解读；接收方会拒绝它。";
    CHECK_SCHEME: Why, "RFC 8446 §4.4.3",
        "The scheme of the signature is one that the other side offered.",
        "签名方案是对方提供过的。";
    CHECK_SCHEME_WHY: Why, "RFC 8446 §4.2.3",
        "Who checks decides what counts as a signature; a weak scheme cannot be forced on them.",
        "算不算签名由验证的一方决定；不能强迫它接受弱的方案。";
    CHECK_POSSESSION: Why, "RFC 8446 §4.4.3",
        "The certificate's key signed the hash of this very handshake.",
        "证书中的密钥对这一次握手的散列值签了名。";
    CHECK_POSSESSION_WHY: Why, "RFC 8446 §4.4.3",
        "A certificate can be copied, a signature over random numbers that were drawn a moment ago cannot.",
        "证书可以抄，对片刻前才抽取的随机数所做的签名抄不来。";
    CHECK_FINISHED: Why, "RFC 8446 §4.4.4",
        "HMAC of the finished key over the hash of all messages before is what was sent.",
        "用 finished 密钥对此前所有消息的散列值算出的 HMAC 与收到的相同。";
    CHECK_FINISHED_WHY: Why, "RFC 8446 §4.4.4",
        "It shows that both have the same keys and saw the same messages: nobody on the way changed the offers.",
        "它说明双方密钥相同、所见消息相同：途中没有人改过双方的提议。";
    CHECK_BINDER: Why, "RFC 8446 §4.2.11.2",
        "HMAC of the binder key over the ClientHello up to the binders is what was sent.",
        "用 binder 密钥对 binders 之前的 ClientHello 算出的 HMAC 与收到的相同。";
    CHECK_BINDER_WHY: Why, "RFC 8446 §4.2.11.2",
        "A ticket can be seen by others on its way; the binder shows that the client has the secret that belongs to it.",
        "票据本身可能被旁人看到；binder 证明客户端持有与它对应的秘密。";
}

/// What a check says when it is right, in a sentence.
#[must_use]
pub const fn of_aspect(aspect: Aspect) -> &'static Text {
    match aspect {
        Aspect::Signature => &CHECK_SIGNATURE,
        Aspect::Name => &CHECK_NAME,
        Aspect::Dates => &CHECK_DATES,
        Aspect::Authority => &CHECK_AUTHORITY,
        Aspect::Usage => &CHECK_USAGE,
        Aspect::Purpose => &CHECK_PURPOSE,
        Aspect::Constraints => &CHECK_CONSTRAINTS,
        Aspect::Revocation => &CHECK_REVOCATION,
        Aspect::Anchor => &CHECK_ANCHOR,
        Aspect::Scheme => &CHECK_SCHEME,
        Aspect::Possession => &CHECK_POSSESSION,
        Aspect::Finished => &CHECK_FINISHED,
        Aspect::Binder => &CHECK_BINDER,
    }
}

/// Why it is checked.
#[must_use]
pub const fn why_aspect(aspect: Aspect) -> &'static Text {
    match aspect {
        Aspect::Signature => &CHECK_SIGNATURE_WHY,
        Aspect::Name => &CHECK_NAME_WHY,
        Aspect::Dates => &CHECK_DATES_WHY,
        Aspect::Authority => &CHECK_AUTHORITY_WHY,
        Aspect::Usage => &CHECK_USAGE_WHY,
        Aspect::Purpose => &CHECK_PURPOSE_WHY,
        Aspect::Constraints => &CHECK_CONSTRAINTS_WHY,
        Aspect::Revocation => &CHECK_REVOCATION_OPEN,
        Aspect::Anchor => &CHECK_ANCHOR_WHY,
        Aspect::Scheme => &CHECK_SCHEME_WHY,
        Aspect::Possession => &CHECK_POSSESSION_WHY,
        Aspect::Finished => &CHECK_FINISHED_WHY,
        Aspect::Binder => &CHECK_BINDER_WHY,
    }
}

/// A check in one word, for lines with many of them.
#[must_use]
pub const fn word(aspect: Aspect, language: Language) -> &'static str {
    let (english, chinese) = match aspect {
        Aspect::Signature => ("signature", "签名"),
        Aspect::Name => ("name", "名字"),
        Aspect::Dates => ("dates", "日期"),
        Aspect::Authority => ("authority", "签发权"),
        Aspect::Usage => ("key usage", "密钥用法"),
        Aspect::Purpose => ("purpose", "用途"),
        Aspect::Constraints => ("name constraints", "名字范围"),
        Aspect::Revocation => ("revocation", "吊销"),
        Aspect::Anchor => ("trust", "信任"),
        Aspect::Scheme => ("scheme", "签名方案"),
        Aspect::Possession => ("CertificateVerify", "CertificateVerify"),
        Aspect::Finished => ("Finished", "Finished"),
        Aspect::Binder => ("binder", "binder"),
    };
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

/// What was expected and what was seen, in a row.
#[must_use]
pub fn expected_seen(language: Language, expected: &str, seen: &str) -> String {
    match language {
        Language::English => format!("expected {expected}; seen {seen}"),
        Language::Chinese => format!("应为 {expected}；实为 {seen}"),
    }
}

/// What is right about a chain of so many certificates.
#[must_use]
pub fn chain_summary(language: Language, certificates: usize, right: &[&str]) -> String {
    match language {
        Language::English => format!("chain of {certificates}: {}", right.join(", ")),
        Language::Chinese => format!("{certificates} 张证书：{}", right.join("、")),
    }
}
