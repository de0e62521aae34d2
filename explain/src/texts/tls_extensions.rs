//! Texts of TLS extensions.

super::texts! {
    EXTENSIONS: Why, "RFC 8446 §4.2",
        "Everything that TLS learned since 1999 stands in extensions: a type, a length, and bytes. Who does not know one skips it.",
        "TLS 自 1999 年以来新增的一切都放在扩展里：类型、长度、内容。不认识的就跳过。";
    EXT_SERVER_NAME: Why, "RFC 6066 §3",
        "The name the client wants to reach, in the clear: one address may serve many names, and each has its own certificate.",
        "客户端要访问的域名，明文：一个地址可能服务多个域名，各有各的证书。";
    EXT_SERVER_NAME_USED: Why, "RFC 6066 §3",
        "Empty: the server has used the name it was asked for.",
        "空的：服务器采用了客户端给出的域名。";
    EXT_SUPPORTED_GROUPS: Why, "RFC 8446 §4.2.7",
        "The groups in which keys can be agreed on, most wanted first.",
        "可用于密钥协商的群，最想用的在前。";
    EXT_SIGNATURE_ALGORITHMS: Why, "RFC 8446 §4.2.3",
        "The signatures that can be checked: the other side's certificate and proof must use one of them.",
        "能够验证的签名算法：对方的证书和签名必须用其中之一。";
    EXT_ALPN: Why, "RFC 7301 §3.1",
        "Which protocol shall run inside: agreed on here, no round trip lost.",
        "里面要跑什么协议：在此一并商定，不多花一个往返。";
    EXT_SUPPORTED_VERSIONS: Why, "RFC 8446 §4.2.1",
        "The true version: 0x0304 is TLS 1.3.",
        "真正的版本：0x0304 就是 TLS 1.3。";
    EXT_KEY_SHARE: Why, "RFC 8446 §4.2.8",
        "The public half of a key made for this one connection. Who sees both halves still cannot compute the secret.",
        "专为这次连接生成的密钥的公开那一半。即使看到双方的公开份额，也算不出共享密钥。";
    EXT_KEY_SHARE_HALF: Why, "FIPS 203 §3.3",
        "Two key agreements side by side: whoever wants the secret must break both, ML-KEM against quantum computers, X25519 in case ML-KEM has a flaw.",
        "两种密钥协商并列：要得到秘密，必须两个都攻破。ML-KEM 防量子计算机，X25519 防 ML-KEM 自身有缺陷。";
    EXT_KEY_SHARE_ASKED: Why, "RFC 8446 §4.2.8",
        "The group that the next ClientHello shall bring a share of.",
        "下一个 ClientHello 应当带上这个群的份额。";
    EXT_PSK_MODES: Why, "RFC 8446 §4.2.9",
        "How a ticket may be used: psk_dhe_ke agrees on a fresh key as well, so that old captures stay closed.",
        "票据怎样使用：psk_dhe_ke 仍重新协商密钥，因此旧抓包依旧解不开。";
    EXT_PRE_SHARED_KEY: Why, "RFC 8446 §4.2.11",
        "A ticket from an earlier connection: both still know a secret from then, so no certificate is needed.",
        "出示上次连接得到的票据：双方都还记得那时的秘密，所以不再需要证书。";
    EXT_PSK_AGE: Why, "RFC 8446 §4.2.11.1",
        "How old the ticket is in ms, with the server's number added to it.",
        "票据的年龄（毫秒），加上服务器给的混淆数。";
    EXT_PSK_BINDER: Why, "RFC 8446 §4.2.11.2",
        "Proof that the client knows the ticket's secret, bound to this very hello.",
        "证明客户端确实知道票据对应的秘密，并与这个 ClientHello 绑定。";
    EXT_PSK_SELECTED: Why, "RFC 8446 §4.2.11",
        "The server takes the ticket of this number: the connection is resumed.",
        "服务器接受这个编号的票据：会话恢复。";
    EXT_EARLY_DATA: Why, "RFC 8446 §4.2.10",
        "Data may come before the handshake ends; it can be replayed by others.",
        "握手完成前就可以发数据；这些数据可能被别人重放。";
    EXT_COOKIE: Why, "RFC 8446 §4.2.2",
        "Sent back as it is: the server need remember nothing meanwhile.",
        "原样送回：这样服务器期间什么都不用记。";
    EXT_RECORD_SIZE_LIMIT: Why, "RFC 8449 §4",
        "The longest plaintext of a record that its sender can take.",
        "发送者能接收的记录明文的最大长度。";
    EXT_CERTIFICATE_AUTHORITIES: Why, "RFC 8446 §4.2.4",
        "The authorities whose certificates are accepted.",
        "接受哪些机构签发的证书。";
    EXT_PADDING: Why, "RFC 7685 §3",
        "Zeros that make the hello longer, because some boxes fail at certain lengths.",
        "用零把 ClientHello 加长：有些设备遇到某些长度会出错。";
    EXT_STATUS_REQUEST: Why, "RFC 6066 §8",
        "Please send along proof that the certificate was not revoked.",
        "请附上证书未被吊销的证明。";
    EXT_GREASE: Why, "RFC 8701 §2",
        "A number that means nothing: it keeps servers used to skipping what they do not know.",
        "没有含义的编号：让服务器习惯于跳过不认识的东西。";
    EXT_TLS12: Why, "RFC 8446 §4.2",
        "For TLS 1.2 and before; TLS 1.3 does without.",
        "供 TLS 1.2 及更早版本使用；TLS 1.3 用不着。";
    EXT_OTHER: Why, "RFC 8446 §4.2",
        "Another extension; its bytes are shown as they are.",
        "其他扩展；按原样显示其字节。";
}
