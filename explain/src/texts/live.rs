//! Texts of real connections: what cannot be seen, and what breaks. `{}` stands for what is particular to a case.

super::texts! {
    LIVE_BYTES: Why, "RFC 9293 §3.9.1",
        "Bytes as this program gave them to its socket, or got them. The kernel cuts them into segments, numbers them and adds every header below; a program does not see that.",
        "这是程序交给套接字或从套接字得到的字节。分段、编号以及以下各层的首部都由内核处理，程序看不到。";
    LIVE_DATAGRAM: Why, "RFC 768",
        "What this program gave to its UDP socket, or got: the kernel adds the headers below.",
        "这是程序交给 UDP 套接字或从中得到的内容；以下各层的首部由内核添加。";
    LIVE_FOUND: Why, "RFC 8305 §4",
        "The addresses in the order in which they are tried; where there are both kinds, they take turns.",
        "按尝试顺序排列的地址；若两种地址都有，则轮流尝试。";
    LIVE_CONNECT: Why, "RFC 9293 §3.5",
        "The kernel is asked for a connection: it sends a SYN, again and again with the same number while nothing answers.",
        "请内核建立连接：内核发出 SYN；没有回应时，用同样的序号反复重发。";
    LIVE_CONNECTED: Why, "RFC 9293 §3.5",
        "The three-way handshake is done: the time from asking to here is about one round trip.",
        "三次握手完成：从请求到此刻约为一个往返时间。";
    LIVE_NOT_CONNECTED: Why, "RFC 9293 §3.5.2",
        "No connection with this address; the next one is tried, if there is one.",
        "与这个地址没有建立连接；若还有别的地址，接着尝试。";
    LIVE_OUR_END: Why, "RFC 9293 §3.6",
        "This program told the kernel that it sends no more: a FIN follows the last byte.",
        "程序告诉内核不再发送：最后一个字节之后跟着 FIN。";
    LIVE_THEIR_END: Why, "RFC 9293 §3.6",
        "The socket reads its end: the other side's FIN has come behind its last byte.",
        "套接字读到了结尾：对方的 FIN 在最后一个字节之后到达。";
    LIVE_BROKE: Why, "RFC 9293 §3.5.2",
        "The connection is no more: the other side, or something between, sent a reset, or the kernel gave up.",
        "连接已不复存在：对方或中间设备发来 RST，或内核放弃了。";
    LIVE_ROUTE: Why, "RFC 1812 §5.2.4.3",
        "The route in the kernel's main table: of all that fit the address the one with the longest prefix. Rules of this machine can have the kernel look elsewhere first. The frame goes to the gateway's MAC, the packet to the address.",
        "内核主路由表中的路由：在与地址相符的各条中取前缀最长的。本机的策略规则可能让内核先查别的表。帧发往网关的 MAC 地址，分组发往目的地址。";
    LIVE_TCP_INFO: Why, "RFC 6298 §2",
        "What the kernel measured on this connection; of its segments it tells nothing more.",
        "内核对这条连接的测量；关于各个报文段，它不再多说。";
    LIVE_UNSEEN_RESOLVER: Why, "RFC 1034 §5.3.1",
        "What the system's resolver asked, and whom: it was asked through the system. --resolver ADDRESS or --resolver recursive shows every message.",
        "看不到系统解析器问了什么、问了谁：域名是经系统查询的。用 --resolver 地址 或 --resolver recursive 可以看到每一条报文。";
    LIVE_UNSEEN_SEGMENTS: Why, "RFC 9293 §3.1",
        "Frames, packets and segments with their numbers, flags and retransmissions: they are the kernel's, and to watch them takes rights (tcpdump).",
        "看不到帧、分组和报文段，以及它们的序号、标志和重传：这些归内核所有，观察它们需要权限（tcpdump）。";
    LIVE_UNSEEN_PATH: Why, "RFC 1812 §2.2.1",
        "The routers on the way and what they decided: each knows its next hop alone, and tells nobody.",
        "看不到途中的路由器及其决定：每个路由器只知道下一跳，也不告诉别人。";
    LIVE_UNSEEN_SERVER: Why, "RFC 9110 §3.7",
        "What the server does with the request, and whether what answers is the server itself or a machine before it.",
        "看不到服务器如何处理请求，也看不出应答的是服务器本身还是它前面的机器。";

    LIVE_SEEN: Why, "RFC 8446 §6", "The error is: {}.", "报出的错误是：{}。";
    LIVE_SEEN_NO_ADDRESS: Why, "RFC 1034 §3.6", "No address: {}.", "没有找到地址：{}。";
    LIVE_FIX: Why, "RFC 8446 §6", "What may help: {}.", "可以试试的办法：{}。";
    LIVE_WHOSE_UNKNOWN: Why, "RFC 8446 §6",
        "It cannot be told from here.", "从这里看不出是谁的问题。";
    LIVE_EXPECTED_ADDRESS: Why, "RFC 1034 §3.6",
        "An address for the name {}.", "域名 {} 应当有地址。";
    LIVE_WHOSE_NAME: Why, "RFC 1034 §4.1",
        "Whoever wrote the name, the owner of its zone, or, if other names fail too, this machine's resolver.",
        "可能是写错域名的人、域名所有者；若别的域名也查不到，则是本机的解析器。";
    LIVE_FIX_NAME: Why, "RFC 1034 §5.3.1",
        "Check the spelling, then ask another: --resolver 9.9.9.9, or --resolver recursive.",
        "先检查拼写，再问别的解析器：--resolver 9.9.9.9 或 --resolver recursive。";
    LIVE_EXPECTED_ROUTE: Why, "RFC 1812 §5.2.4.3",
        "A route that leads to {}.", "应当有通往 {} 的路由。";
    LIVE_WHOSE_ROUTE: Why, "RFC 1812 §4.3.3.1",
        "This machine's network, or a router on the way that says so.",
        "可能是本机的网络，或途中报告不可达的路由器。";
    LIVE_FIX_ROUTE: Why, "RFC 1812 §5.2.4.3",
        "Look at the way that the system would take: ip route get {}.",
        "看看系统会走哪条路：ip route get {}。";
    LIVE_EXPECTED_LISTENER: Why, "RFC 9293 §3.5",
        "A program that listens at {}.", "应当有程序在 {} 监听。";
    LIVE_SEEN_REFUSED: Why, "RFC 9293 §3.5.2",
        "Connection refused: the machine answers, and its port is closed.",
        "连接被拒绝：机器有回应，但端口是关闭的。";
    LIVE_WHOSE_REFUSED: Why, "RFC 9293 §3.5.2",
        "The server's operator, or whoever wrote the port; a firewall may refuse in its place.",
        "可能是服务器的管理者，或写错端口的人；防火墙也可能代为拒绝。";
    LIVE_FIX_REFUSED: Why, "RFC 9110 §4.2.2",
        "Start the server, or check that {} is its port.", "启动服务器，或核对端口 {} 是否正确。";
    LIVE_EXPECTED_SYN_ACK: Why, "RFC 9293 §3.5",
        "An answer to the SYN from {}.", "主机 {} 应当对 SYN 作出回应。";
    LIVE_SEEN_FILTERED: Why, "RFC 6298 §5",
        "Nothing for {} s: neither SYN+ACK nor reset, and no router complains.",
        "{} 秒内什么也没有：没有 SYN+ACK，没有 RST，也没有路由器报错。";
    LIVE_WHOSE_FILTERED: Why, "RFC 2979 §3.1.1",
        "A firewall that drops it without a word, a machine that is off, or the way there.",
        "可能是默默丢弃报文的防火墙、关机的机器，或途中的网络。";
    LIVE_FIX_FILTERED: Why, "RFC 2979 §3.1.1",
        "Try from another network; then look for a firewall rule about port {}.",
        "换一个网络再试；然后检查防火墙关于端口 {} 的规则。";
    LIVE_EXPECTED_HELLO: Why, "RFC 8446 §4.1.3",
        "A ServerHello in answer to the ClientHello.", "对 ClientHello 应当回以 ServerHello。";
    LIVE_SEEN_PLAIN_HTTP: Why, "RFC 9112 §4",
        "HTTP without TLS: {}.", "没有经过 TLS 的明文 HTTP：{}。";
    LIVE_SEEN_SSH: Why, "RFC 4253 §4.2",
        "An SSH server: {}.", "这是 SSH 服务器：{}。";
    LIVE_SEEN_NOT_TLS: Why, "RFC 8446 §5.1",
        "Something that is not TLS: {}.", "这不是 TLS 的内容：{}。";
    LIVE_WHOSE_PORT: Why, "RFC 6335 §6",
        "Whoever wrote the port, or the server's operator, who put another service there.",
        "可能是写错端口的人，或在此端口放了别的服务的管理者。";
    LIVE_FIX_PLAIN_HTTP: Why, "RFC 9110 §4.2",
        "Find the server's HTTPS port (443, if nobody says otherwise); {} speaks plain HTTP.",
        "找到服务器的 HTTPS 端口（一般是 443）；端口 {} 是明文 HTTP。";
    LIVE_FIX_OTHER_PROGRAM: Why, "RFC 6335 §6",
        "Check on the server which program has port {}.", "在服务器上查看是哪个程序占用了端口 {}。";
    LIVE_SEEN_SILENCE: Why, "RFC 8446 §4.1.3",
        "Nothing for {} s, though the connection is open.", "连接已建立，但 {} 秒内什么也没有。";
    LIVE_WHOSE_SERVER: Why, "RFC 8446 §6",
        "The server, most likely.", "最可能是服务器的问题。";
    LIVE_SEEN_RESET: Why, "RFC 9293 §3.5.2",
        "A reset in the middle of the handshake.", "握手途中收到了 RST（复位）。";
    LIVE_SEEN_END: Why, "RFC 8446 §6.1",
        "The end of the connection in the middle of the handshake.", "握手途中连接就结束了。";
    LIVE_WHOSE_SERVER_OR_BETWEEN: Why, "RFC 8446 §9.3",
        "The server, or something between that does not like what it sees: a firewall, a proxy.",
        "可能是服务器，或中间看不惯这条连接的设备：防火墙、代理。";
    LIVE_FIX_COMPARE: Why, "RFC 8446 §6.2",
        "Look into the server's log, and see how far others come: openssl s_client -connect {}.",
        "查看服务器日志，并看看别的程序能走多远：openssl s_client -connect {}。";
    LIVE_EXPECTED_TLS13: Why, "RFC 8446 §4.2.1",
        "A server that speaks TLS 1.3.", "服务器应当支持 TLS 1.3。";
    LIVE_SEEN_OLD_TLS: Why, "RFC 8446 §6.2",
        "One that has TLS 1.2 or older alone.", "服务器只有 TLS 1.2 或更旧的版本。";
    LIVE_WHOSE_OLD_TLS: Why, "RFC 8446 §4.2.1",
        "The server's, whose software is old or set up so; and nihao's, which has no TLS 1.2: browsers still get in.",
        "服务器：软件太旧或配置如此；也因为 nihao 没有 TLS 1.2，浏览器仍能进入。";
    LIVE_FIX_OLD_TLS: Why, "RFC 8446 §4.2.1",
        "Turn TLS 1.3 on in the server (OpenSSL has it since 1.1.1).",
        "在服务器上启用 TLS 1.3（OpenSSL 自 1.1.1 起支持）。";
    LIVE_EXPECTED_ALPN: Why, "RFC 7301 §3.2",
        "A server that speaks one of the protocols offered: {}.", "服务器应当支持所提供的协议之一：{}。";
    LIVE_SEEN_NO_ALPN: Why, "RFC 7301 §3.2",
        "One that has none of them.", "服务器一个也不支持。";
    LIVE_WHOSE_ALPN: Why, "RFC 7301 §3.2",
        "The two have nothing in common; mostly it is another service's port.",
        "双方没有共同的协议；多半是别的服务的端口。";
    LIVE_FIX_ALPN: Why, "RFC 7301 §3.2",
        "Offer the other version of HTTP: with --http2, or without it.",
        "换另一个 HTTP 版本：加上或去掉 --http2。";
    LIVE_EXPECTED_LET_IN: Why, "RFC 8446 §4.4.2",
        "To be let in by the server.", "服务器应当让我们进入。";
    LIVE_SEEN_ALERT: Why, "RFC 8446 §6.2",
        "The server's alert {}.", "服务器发来警报 {}。";
    LIVE_WHOSE_CLIENT_CERTIFICATE: Why, "RFC 8446 §4.3.2",
        "Nobody's: the server is for those who have a certificate that it takes, and it was shown none, or another one.",
        "谁的问题也不是：服务器只让持有它所认可的证书的人进入，而它没有看到证书，或看到的是别的证书。";
    LIVE_FIX_CLIENT_CERTIFICATE: Why, "RFC 8446 §4.4.2",
        "Ask the operator for a certificate and show it: --cert FILE --key FILE.",
        "向管理者要一张证书，并出示它：--cert FILE --key FILE。";
    LIVE_EXPECTED_COMMON: Why, "RFC 8446 §4.1.1",
        "A suite, a group and a signature that both have.", "双方应当有共同的密码套件、密钥协商组和签名算法。";
    LIVE_WHOSE_OUR_GAP: Why, "RFC 8446 §9.1",
        "Ours, most likely: nihao has keys of Ed25519, P-256, P-384 and RSA, and not P-521, Ed448 or DSA; or the server's, whose choice is unusual.",
        "最可能是我们的不足：nihao 支持 Ed25519、P-256、P-384 和 RSA 密钥，不支持 P-521、Ed448 和 DSA；也可能是服务器的选择不寻常。";
    LIVE_FIX_KEY: Why, "RFC 8446 §9.1",
        "Give the server a certificate with a P-256 or RSA key, from an authority with such keys: every client takes them.",
        "给服务器换上 P-256 或 RSA 密钥、并由这类密钥的机构签发的证书：所有客户端都支持。";
    LIVE_EXPECTED_GO_ON: Why, "RFC 8446 §2",
        "The next step of the protocol.", "应当进入协议的下一步。";
    LIVE_WHOSE_SERVER_OR_US: Why, "RFC 8446 §6",
        "The server's, if others fail as well; else nihao's, and worth reporting.",
        "若别的程序也失败，则是服务器的问题；否则是 nihao 的问题，值得报告。";
    LIVE_EXPECTED_NAME: Why, "RFC 9525 §6",
        "A certificate for {}.", "证书应当是给 {} 的。";
    LIVE_SEEN_NAMES: Why, "RFC 9525 §6",
        "One for other names: {}.", "证书是给别的名称的：{}。";
    LIVE_WHOSE_CERTIFICATE_NAME: Why, "RFC 9525 §6",
        "Whoever wrote the name, or the server's operator; or somebody else answers in its place.",
        "可能是写错名称的人或服务器的管理者；也可能是别人在冒充应答。";
    LIVE_FIX_CERTIFICATE_NAME: Why, "RFC 9525 §6",
        "Use one of these names, or give the server a certificate for {}.",
        "改用这些名称之一，或给服务器换上 {} 的证书。";
    LIVE_EXPECTED_VALID: Why, "RFC 5280 §4.1.2.5",
        "A certificate that is valid at {}.", "证书在 {} 应当有效。";
    LIVE_SEEN_EXPIRED: Why, "RFC 5280 §4.1.2.5",
        "One that ended {}.", "证书已于 {} 到期。";
    LIVE_SEEN_NOT_YET: Why, "RFC 5280 §4.1.2.5",
        "One that begins {}.", "证书要到 {} 才生效。";
    LIVE_WHOSE_DATE: Why, "RFC 5280 §4.1.2.5",
        "The server's operator, or this machine's clock.", "可能是服务器的管理者，或本机的时钟。";
    LIVE_FIX_EXPIRED: Why, "RFC 5280 §4.1.2.5",
        "Check this machine's clock (date -u); if it is right, the certificate has to be renewed.",
        "先核对本机时钟（date -u）；若时钟正确，证书需要更新。";
    LIVE_FIX_CLOCK: Why, "RFC 5280 §4.1.2.5",
        "Check this machine's clock (date -u), then the server's.", "先核对本机时钟（date -u），再核对服务器的时钟。";
    LIVE_EXPECTED_ROOT: Why, "RFC 5280 §6.1",
        "A chain that leads to a root in {}.", "证书链应当通向 {} 中的某个根证书。";
    LIVE_EXPECTED_PIN: Why, "RFC 7469 §2.6",
        "A chain signed with the key in the invite.", "证书链应当由邀请中的密钥签发。";
    LIVE_SEEN_ISSUER: Why, "RFC 5280 §6.1",
        "One that ends at {}, which is not trusted.", "证书链止于 {}，它不受信任。";
    LIVE_WHOSE_PIN: Why, "RFC 7469 §2.6",
        "The server, if it was set up anew; or somebody else answers in its place.",
        "可能是服务器重新安装过；也可能是别人在冒充应答。";
    LIVE_FIX_PIN: Why, "RFC 7469 §2.6",
        "Do not go on; ask whoever runs the server whether its key is another one now.",
        "不要继续；问问服务器的管理者，它的密钥是否换过。";
    LIVE_WHOSE_AUTHORITY: Why, "RFC 8446 §4.4.2",
        "The server, where it leaves a certificate between out or signs for itself; this machine, where the root is right and not known; or somebody else answers in its place.",
        "可能是服务器漏发了中间证书或自己签发；可能是本机不认识正确的根证书；也可能是别人在冒充应答。";
    LIVE_FIX_AUTHORITY: Why, "RFC 5280 §6.1",
        "If the authority is right, give its root: --cacert FILE; if not, do not go on.",
        "若该机构可信，用 --cacert 文件 给出它的根证书；否则不要继续。";
    LIVE_CHAIN_SIGNED: Right, "RFC 5280 §6.1",
        "certificate {} {}: {} to {}, signed by {}, which follows or is trusted.", "第 {} 张证书 {}：{} 至 {}，由 {} 签发，签发者的证书在其后或受信任。";
    LIVE_CHAIN_SENT: Why, "RFC 5280 §6.1",
        "certificate {} {}: {} to {}, signed by {}.", "第 {} 张证书 {}：{} 至 {}，由 {} 签发。";
    LIVE_CHAIN_BREAKS: Why, "RFC 5280 §6.1",
        "certificate {} {}: {} to {}, signed by {}: here the chain breaks, for that certificate was neither sent nor is it trusted.", "第 {} 张证书 {}：{} 至 {}，由 {} 签发：证书链在此断开，签发者的证书既没有发来，也不受信任。";
    LIVE_CHAIN_SELF: Why, "RFC 5280 §6.1",
        "certificate {} {}: {} to {}, signed by itself, {}: here the chain breaks, for it is no root that is trusted.", "第 {} 张证书 {}：{} 至 {}，由自己签发（{}）：证书链在此断开，它不是受信任的根证书。";
    LIVE_CHAIN_BAD: Why, "RFC 5280 §6.1",
        "certificate {} {}: {} to {}, signed by {}: the one that does not hold.", "第 {} 张证书 {}：{} 至 {}，由 {} 签发：不成立的就是这一张。";
    LIVE_EXPECTED_KEYS: Why, "RFC 8446 §4.2.3",
        "Keys and signatures of Ed25519, P-256, P-384, or RSA of 2048 to 8192 bits.", "密钥和签名应当是 Ed25519、P-256、P-384，或 2048 至 8192 位的 RSA。";
    LIVE_SEEN_KEY: Why, "RFC 8446 §4.2.3",
        "Certificate {}, {}, has a key of another kind: {}.", "第 {} 张证书 {} 的密钥是另一种：{}。";
    LIVE_SEEN_SIGNATURE: Why, "RFC 8446 §4.2.3",
        "Certificate {}, {}, is signed with {} by {}, whose key is {}.", "第 {} 张证书 {} 用 {} 签名，签发者是 {}，其密钥是 {}。";
    LIVE_SEEN_NO_SCHEME: Why, "RFC 8446 §4.2.3",
        "A signature of a kind that does not fit the key, or is none of these.", "签名的种类与密钥不符，或不在其中。";
    LIVE_EXPECTED_CERTIFICATE: Why, "RFC 5280 §6",
        "A certificate that passes every check.", "证书应当通过每一项检查。";
    LIVE_WHOSE_CERTIFICATE: Why, "RFC 5280 §6",
        "The server's operator; or somebody else answers in its place.", "可能是服务器的管理者；也可能是别人在冒充应答。";
    LIVE_FIX_CERTIFICATE: Why, "RFC 5280 §6",
        "Do not go on, and tell the operator what is said here.", "不要继续，并把这里所说的告诉管理者。";
    LIVE_EXPECTED_STATUS: Why, "RFC 9110 §15",
        "A status less than 400.", "状态码应当小于 400。";
    LIVE_SEEN_STATUS: Why, "RFC 9110 §15",
        "The answer's status {}.", "收到的状态码是 {}。";
    LIVE_WHOSE_4XX: Why, "RFC 9110 §15.5",
        "The request, says the server: its path, its headers, or what it lacks to be let in.",
        "服务器说是请求的问题：路径、请求头，或缺少进入所需的令牌或密码。";
    LIVE_FIX_4XX: Why, "RFC 9110 §15.5",
        "Check the path and the headers (-H); the body may say why: --unfold http.",
        "检查路径和请求头（-H）；响应体也许说明了原因：--unfold http。";
    LIVE_WHOSE_5XX: Why, "RFC 9110 §15.6",
        "The server's, as it says itself; or of one behind it.", "服务器自己说是它的问题，或它后面的服务器的问题。";
    LIVE_FIX_5XX: Why, "RFC 9110 §15.6",
        "Try again later, and look into the server's log.", "稍后再试，并查看服务器日志。";
    LIVE_EXPECTED_HANDSHAKE: Why, "RFC 8446 §2",
        "A TLS handshake that comes to its end.", "TLS 握手应当完成。";
    LIVE_EXPECTED_RESPONSE: Why, "RFC 9112 §4",
        "The beginning of a response.", "响应应当开始到来。";
    LIVE_EXPECTED_BODY: Why, "RFC 9112 §8",
        "The whole body; {} bytes of it came.", "响应体应当完整；实际到了 {} 字节。";
    LIVE_SEEN_TIMED_OUT: Why, "RFC 9112 §9.5",
        "{} s went by (--max-time).", "已过了 {} 秒（--max-time 的限制）。";
    LIVE_FIX_MAX_TIME: Why, "RFC 9112 §9.5",
        "See above what took so long, or give it more time: --max-time.", "看上面哪一步耗时，或给更多时间：--max-time。";
    LIVE_SEEN_CUT: Why, "RFC 8446 §6.1",
        "The end of the stream without close_notify: something is missing, and anybody on the way could have cut it.",
        "字节流结束了，却没有 close_notify：内容缺失，途中任何人都可能截断它。";
    LIVE_FIX_CUT: Why, "RFC 8446 §6.1",
        "Do not take what came for the whole; look into the server's log for why it ended.",
        "不要把收到的当作完整内容；查看服务器日志，弄清它为何结束。";
    LIVE_FIX_VERSION: Why, "RFC 9112 §8",
        "Try again, and with the other version of HTTP: with --http2, or without it.",
        "再试一次，并换另一个 HTTP 版本：加上或去掉 --http2。";
}
