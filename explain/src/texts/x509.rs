//! Texts of certificates.

super::texts! {
    X509_CERTIFICATE: Why, "RFC 5280 §4.1",
        "An authority's signed statement: this public key belongs to these names, from then until then.",
        "数字证书：权威机构签名的声明，这个公钥属于这些名字，在此期间有效。";
    X509_TBS: Why, "RFC 5280 §4.1.1.1",
        "To be signed: the signature below covers every byte of this.",
        "待签名部分：下面的签名覆盖这里的每一个字节。";
    X509_SERIAL: Why, "RFC 5280 §4.1.2.2",
        "Its number: the authority gives none twice, and revocation lists name it.",
        "序列号：同一机构不会用两次，吊销列表按它点名。";
    X509_ISSUER: Why, "RFC 5280 §4.1.2.4",
        "Who signed it: the next certificate of the chain must have this name.",
        "由谁签发：证书链中下一张证书的名字须与此相同。";
    X509_VALIDITY: Why, "RFC 5280 §4.1.2.5",
        "From when until when it is good.",
        "从何时到何时有效。";
    X509_SUBJECT: Why, "RFC 5280 §4.1.2.6",
        "Whom it is about. For servers the names that count stand in subjectAltName.",
        "证书属于谁。对服务器来说，起作用的名字在 subjectAltName 里。";
    X509_PUBLIC_KEY: Why, "RFC 5280 §4.1.2.7",
        "The public key: what its owner signs with the private one can be checked with this.",
        "公钥：持有者用私钥签的名，用它来验证。";
    X509_ALGORITHM: Why, "RFC 5280 §4.1.1.2",
        "How it is signed: which hash, which kind of key.",
        "怎样签名：用哪种摘要、哪种密钥。";
    X509_SIGNATURE: Why, "RFC 5280 §4.1.1.3",
        "Made with the issuer's private key over the digest of what is to be signed; checked with the issuer's public key.",
        "用签发者的私钥对待签名部分的摘要签名；用签发者的公钥验证。";
    X509_SIGNATURE_RIGHT: Right, "RFC 5280 §6.1.3",
        "Checked here with the issuer's public key: right.",
        "已在此用签发者的公钥验证：正确。";
    X509_SIGNATURE_WRONG: Invalid, "RFC 5280 §6.1.3",
        "Invalid: the signature does not fit the issuer's public key and these bytes.",
        "无效：签名与签发者的公钥及这些字节不符。";
    X509_EXTENSION: Why, "RFC 5280 §4.2",
        "What the certificate may be used for and for whom; who does not know a critical one must refuse.",
        "证书可用于什么、为谁所用；标为 critical 而不认识的，必须拒绝。";
    X509_NAMES: Why, "RFC 5280 §4.2.1.6",
        "The names it speaks for: the one the client asked for must be among them.",
        "证书代表哪些名字：客户端要访问的名字必须在其中。";
    X509_KEY_USAGE: Why, "RFC 5280 §4.2.1.3",
        "What the key may do; TLS 1.3 needs digitalSignature.",
        "这个密钥可以做什么；TLS 1.3 需要 digitalSignature。";
    X509_EXTENDED_KEY_USAGE: Why, "RFC 5280 §4.2.1.12",
        "For which purpose: a server's needs serverAuth, a client's clientAuth.",
        "用途：服务器证书要有 serverAuth，客户端证书要有 clientAuth。";
    X509_BASIC_CONSTRAINTS: Why, "RFC 5280 §4.2.1.9",
        "Whether the key may sign other certificates.",
        "这个密钥能否签发其他证书。";
    X509_NOT_DER: Invalid, "X.690 §10.1",
        "Invalid: not DER; a receiver refuses the certificate.",
        "无效：不是 DER 编码；接收方会拒绝这张证书。";
    X509_TAG_LENGTH: Why, "X.690 §8.1",
        "The kind of value and how many bytes it has.",
        "值的类型和它的字节数。";
}
