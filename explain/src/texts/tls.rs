//! Texts of TLS: records, messages, keys.

super::texts! {
    TLS_AFTER_TCP: OftenTold, "RFC 8446 §1",
        "Often told as: TLS comes first, then the TCP handshake. In fact TCP connects first, TLS runs inside TCP, and HTTP runs inside TLS.",
        "常说：先做 TLS，再做三次握手。其实先建立 TCP 连接，TLS 在 TCP 之内，HTTP 又在 TLS 之内。";
    TLS_RECORD: Why, "RFC 8446 §5.1",
        "TLS cuts what it sends into records: a type, a length, and at most 2^14 bytes.",
        "TLS 把要发送的内容切成记录：类型、长度，以及最多 2^14 字节的内容。";
    TLS_RECORD_TYPE: Why, "RFC 8446 §5.1",
        "What is inside. A protected record always says application_data; the true type is encrypted.",
        "里面是什么。受保护的记录一律写 application_data，真正的类型在密文里。";
    TLS_RECORD_VERSION: Why, "RFC 8446 §5.1",
        "Ignored by everybody: it says an old version, because boxes on the way drop what they do not know.",
        "谁也不看：写着旧版本号，是因为途中有些设备会丢弃不认识的东西。";
    TLS_RECORD_LENGTH: Why, "RFC 8446 §5.1",
        "The bytes that follow; with a protected record including the inner type, the padding and the tag.",
        "后面的字节数；受保护的记录还包括内层类型、填充和认证标签。";
    TLS_CIPHERTEXT: Why, "RFC 8446 §5.2",
        "Symmetric encryption (AEAD): both sides have the same key. The nonce is the iv XOR the number of the record, which is never sent: a record that is lost, repeated or moved does not open.",
        "对称加密（AEAD）：双方用同一个密钥。随机数 nonce 是 iv 与记录序号的异或，序号从不发送：记录被删除、重放或调换，都会解不开。";
    TLS_TAG: Right, "RFC 8446 §5.2",
        "The tag is right: who made this record has the key, and not one bit of it or of its header was changed.",
        "标签正确：造出这条记录的人拥有密钥，记录及其头部一个比特也没被改动。";
    TLS_BAD_TAG: Invalid, "RFC 8446 §5.2",
        "Invalid: the tag does not fit key, nonce and header. The record was changed, or is not the next one under this key; a receiver ends the connection with bad_record_mac.",
        "无效：标签与密钥、nonce 和头部不符。记录被改动，或不是该密钥下的下一条；接收方会以 bad_record_mac 终止连接。";
    TLS_NO_KEY: Why, "RFC 8446 §5.2",
        "Encrypted, and its key is not known here. This is what everybody on the way sees: length and time, nothing else.",
        "已加密，这里没有密钥。途中的人看到的就是这样：只有长度和时间。";
    TLS_INNER_TYPE: Why, "RFC 8446 §5.4",
        "What the record really is; behind the content, so that padding can hide where it ends.",
        "记录真正的类型；放在内容之后，使填充能够掩盖内容在哪里结束。";
    TLS_PADDING: Why, "RFC 8446 §5.4",
        "Zeros that hide the true length.",
        "用来掩盖真实长度的零字节。";
    TLS_NO_INNER_TYPE: Invalid, "RFC 8446 §5.4",
        "Invalid: nothing but zeros, no inner type.",
        "无效：全是零，没有内层类型。";
    TLS_CHANGE_CIPHER_SPEC: Why, "RFC 8446 §D.4",
        "Means nothing in TLS 1.3: one byte that lets old boxes on the way take this for TLS 1.2.",
        "在 TLS 1.3 中没有意义：这一个字节让途中的旧设备以为是 TLS 1.2。";
    TLS_MESSAGE: Why, "RFC 8446 §4",
        "A type, then three bytes of length; messages may share a record or span several.",
        "先是类型，再是三个字节的长度；一条记录可含多条消息，一条消息也可跨多条记录。";
    TLS_CLIENT_HELLO: Why, "RFC 8446 §4.1.2",
        "The client says what it can do and sends its halves of the key agreement along: nothing is encrypted yet.",
        "客户端说明自己支持什么，并附上密钥协商中自己的那一半：此时什么都还没加密。";
    TLS_SECOND_CLIENT_HELLO: Why, "RFC 8446 §4.1.2",
        "The same hello again, with what the server asked for.",
        "按服务器的要求修改后，再发一次 ClientHello。";
    TLS_LEGACY_VERSION: Why, "RFC 8446 §4.1.2",
        "Says TLS 1.2 for ever; the true version stands in supported_versions.",
        "永远写 TLS 1.2；真正的版本在 supported_versions 扩展里。";
    TLS_RANDOM: Why, "RFC 8446 §4.1.2",
        "32 random bytes: no two connections have the same keys, and nothing old can be replayed.",
        "32 个随机字节：任何两次连接的密钥都不同，旧的内容无法重放。";
    TLS_SESSION_ID: Why, "RFC 8446 §4.1.2",
        "For old boxes on the way: the server sends it back, and it looks like a resumed TLS 1.2 session.",
        "给途中的旧设备看的：服务器原样送回，看起来像恢复了的 TLS 1.2 会话。";
    TLS_SUITES: Why, "RFC 8446 §4.1.2",
        "Pairs of encryption and hash the client can use, most wanted first.",
        "客户端可用的加密算法与散列算法的组合，最想用的在前。";
    TLS_SUITE: Why, "RFC 8446 §4.1.3",
        "The pair the server picked: everything from now on is encrypted and hashed so.",
        "服务器选中的组合：此后的加密和散列都用它。";
    TLS_COMPRESSION: Why, "RFC 8446 §4.1.2",
        "None: compression before encryption gives secrets away by their length.",
        "不压缩：加密前压缩会因长度变化而泄露秘密。";
    TLS_SERVER_HELLO: Why, "RFC 8446 §4.1.3",
        "The server picks from what was offered and sends its half of the key agreement. Everything after this is encrypted.",
        "服务器从客户端提供的选项中选定，并送上密钥协商中自己的一半。此后全部加密。";
    TLS_OLD_VERSION: Why, "RFC 8446 §4.2.1",
        "The server picked a version before TLS 1.3, for its ServerHello has no supported_versions. The messages of those versions are others, and not told here.",
        "服务器选了 TLS 1.3 之前的版本：它的 ServerHello 里没有 supported_versions。那些版本的消息是另一套，这里不讲解。";
    TLS_HELLO_RETRY_REQUEST: Why, "RFC 8446 §4.1.4",
        "A ServerHello with this fixed random is a HelloRetryRequest: none of the shares fits, please send one of the group named here.",
        "带有这个固定 random 的 ServerHello 是 HelloRetryRequest：所送的密钥份额都不合适，请按这里指定的群再发一份。";
    TLS_DOWNGRADE: Why, "RFC 8446 §4.1.3",
        "These last bytes say that the server can do more than was agreed on: somebody on the way may have cut the offer.",
        "最后这些字节表示服务器能用更高的版本：可能有人在途中篡改了客户端的提议。";
    TLS_KEY_AGREEMENT: OftenTold, "RFC 8446 §7.1",
        "Often told as: asymmetric cryptography transports the shared key, encrypted with the server's public key. In fact no key is sent at all: each side sends a public share, and both compute the same secret from them. Shares are fresh each time, so a stolen certificate key opens no old capture.",
        "常说：用非对称加密传送共享密钥，即用服务器公钥加密后发送。其实 TLS 1.3 不传送任何密钥：双方各发一个公开的份额，各自算出同一个秘密。份额每次都是新的，所以即使证书私钥日后泄露，也解不开以前的抓包（前向保密）。";
    TLS_ENCRYPTED_EXTENSIONS: Why, "RFC 8446 §4.3.1",
        "The server's answers that need not be public: the first encrypted message.",
        "服务器不必公开的回答：第一条加密的消息。";
    TLS_CERTIFICATE_REQUEST: Why, "RFC 8446 §4.3.2",
        "The server wants to know who the client is, too.",
        "服务器也想知道客户端是谁。";
    TLS_CERTIFICATE: Why, "RFC 8446 §4.4.2",
        "Who I am: a chain of certificates, each signed by the next one's key, up to one the other side trusts already.",
        "我是谁：一串证书，每一张由下一张的密钥签名，直到对方已经信任的那一张。";
    TLS_NO_CERTIFICATE: Why, "RFC 8446 §4.4.2",
        "No certificate: the client stays unnamed.",
        "没有证书：客户端不表明身份。";
    TLS_CERTIFICATE_VERIFY: Why, "RFC 8446 §4.4.3",
        "A certificate can be copied by everybody. This signature over the whole handshake so far shows that its sender holds the private key, now and here.",
        "证书谁都能抄一份。对到此为止整个握手的这个签名，证明发送者此时此地确实持有私钥。";
    TLS_SIGNATURE: OftenTold, "RFC 8446 §4.4.3",
        "Often told as: a digital signature is the digest encrypted with the public key and decrypted with the private one. In fact it is made with the private key and checked with the public key, and Ed25519 and ECDSA encrypt nothing.",
        "常说：数字签名是用公钥加密摘要、用私钥解密。其实是用私钥签名、用公钥验证；而且 Ed25519 和 ECDSA 根本不是“加密”。";
    TLS_SIGNATURE_RIGHT: Right, "RFC 8446 §4.4.3",
        "Checked here with the certificate's public key over the messages seen: right.",
        "已在此用证书中的公钥对所见消息验证：正确。";
    TLS_SIGNATURE_WRONG: Invalid, "RFC 8446 §4.4.3",
        "Invalid: the signature does not fit the certificate's public key and the messages seen; a receiver ends with decrypt_error.",
        "无效：签名与证书公钥及所见消息不符；接收方会以 decrypt_error 终止。";
    TLS_FINISHED: Why, "RFC 8446 §4.4.4",
        "A keyed hash over every message so far: if one bit of the handshake had been changed on the way, it would not fit.",
        "对到此为止每条消息的带密钥散列：握手中哪怕一个比特在途中被改，它就对不上。";
    TLS_FINISHED_RIGHT: Right, "RFC 8446 §4.4.4",
        "Computed here from the secret and the messages seen: the same.",
        "已在此由密钥和所见消息算出：相同。";
    TLS_FINISHED_WRONG: Invalid, "RFC 8446 §4.4.4",
        "Invalid: computed from the secret and the messages seen it is another; a receiver ends with decrypt_error.",
        "无效：由密钥和所见消息算出的值与此不同；接收方会以 decrypt_error 终止。";
    TLS_NEW_SESSION_TICKET: Why, "RFC 8446 §4.6.1",
        "For next time: with this ticket the client can come back without certificates.",
        "为下一次准备：凭此票据，客户端再来时可以不用证书。";
    TLS_TICKET_LIFETIME: Why, "RFC 8446 §4.6.1",
        "For how many seconds it is good, at most seven days.",
        "有效秒数，最多七天。";
    TLS_TICKET_AGE_ADD: Why, "RFC 8446 §4.6.1",
        "Added to the ticket's age when it is used, so that nobody on the way can tell two uses belong together by it.",
        "使用票据时加到票龄上，使旁人无法由票龄看出两次连接属于同一个人。";
    TLS_TICKET_NONCE: Why, "RFC 8446 §4.6.1",
        "Makes the key of each ticket another.",
        "使每张票据的密钥各不相同。";
    TLS_TICKET: Why, "RFC 8446 §4.6.1",
        "Only the server can read it; to the client it is a number to show next time.",
        "只有服务器能读懂；对客户端只是下次出示的一串数。";
    TLS_KEY_UPDATE: Why, "RFC 8446 §4.6.3",
        "From the next record on I use the next key, derived from this one; the old one is forgotten.",
        "从下一条记录起，我改用由当前密钥推导出的新密钥；旧密钥就此销毁。";
    TLS_END_OF_EARLY_DATA: Why, "RFC 8446 §4.5",
        "The early data ends here; from now on the handshake's own keys.",
        "早期数据到此结束；此后用握手密钥。";
    TLS_ALERT: Why, "RFC 8446 §6",
        "An alert: why the connection ends. Its level says nothing any more.",
        "警报：连接为何结束。其级别已没有意义。";
    TLS_CLOSE_NOTIFY: Why, "RFC 8446 §6.1",
        "The honest end: nothing was cut off. A connection that ends without it may have been cut by somebody else.",
        "正常的结束：内容没有被截断。没有它就断开的连接，可能是被别人掐断的。";
    TLS_APPLICATION_DATA: Why, "RFC 8446 §5.1",
        "Bytes of the program above; TLS does not look into them.",
        "上层程序的字节；TLS 不看其中内容。";
    TLS_NOT_TLS: Invalid, "RFC 8446 §5.1",
        "Invalid: no TLS record begins so. Either this is another protocol, or bytes were damaged.",
        "无效：TLS 记录不会这样开头。要么是别的协议，要么字节损坏了。";
    TLS_RECORD_TOO_LONG: Invalid, "RFC 8446 §5.1",
        "Invalid: longer than a record may be; a receiver ends with record_overflow.",
        "无效：超过记录允许的长度；接收方会以 record_overflow 终止。";
    TLS_PLAIN_TOO_LATE: Invalid, "RFC 8446 §5",
        "Invalid: an unprotected message after keys were agreed on.",
        "无效：密钥已经商定，却还出现未加密的消息。";
}
