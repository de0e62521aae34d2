//! Texts of DNS.

super::texts! {
    DNS_ID: Why, "RFC 5452 §4",
        "A random number that the answer repeats: who answers without having seen the question has to guess it.",
        "随机数，应答原样带回：没看到问题就想冒充应答的人只能靠猜。";
    DNS_FLAGS: Why, "RFC 1035 §4.1.1",
        "Question or answer, who may look further, and how it went.",
        "是问题还是应答、谁可以继续查、结果如何。";
    DNS_QUERY: Why, "RFC 1034 §3.7",
        "A question: a program knows a name and needs an address, for packets go to addresses.",
        "域名查询：程序知道名字，但分组要发往地址，所以先问地址。";
    DNS_RECURSION: OftenTold, "RFC 1034 §5.3.1",
        "Often told as: when every cache has missed, the client asks the root servers. In fact it asks its resolver (RD: please look for me), and the resolver walks from the root down.",
        "常说：缓存都未命中时，客户端去问根域名服务器。其实客户端问的是它的解析器（RD：请替我查），由解析器从根开始逐级往下问。";
    DNS_ITERATIVE: Why, "RFC 1034 §5.3.3",
        "Asked without RD: who asks walks from server to server by itself, each answer naming the next one.",
        "没有设置 RD：提问者自己逐个服务器查下去，每个应答都指出下一个该问谁。";
    DNS_ANSWER: Why, "RFC 1034 §3.7",
        "The answer to a question asked before, good for as long as its TTL says.",
        "对先前问题的应答，在 TTL 所说的时间内有效。";
    DNS_REFERRAL: Why, "RFC 1034 §4.3.1",
        "Not the answer but who is nearer to it: these servers know the zone below.",
        "不是答案，而是谁离答案更近：这些服务器负责下面的域。";
    DNS_NXDOMAIN: Why, "RFC 2308 §2.1",
        "There is no such name. That is kept for a while too.",
        "没有这个名字。这个否定结果也会缓存一段时间。";
    DNS_NO_DATA: Why, "RFC 2308 §2.2",
        "The name exists, but has no record of this type.",
        "名字存在，但没有这种类型的记录。";
    DNS_TRUNCATED: Why, "RFC 7766 §5",
        "TC: not all of the answer fitted into the datagram; who asked asks again over TCP.",
        "TC：应答没能全部装进一个数据报；提问者改用 TCP 再问一次。";
    DNS_FAILED: Why, "RFC 1035 §4.1.1",
        "No answer: the server says by RCODE why it has none. That says nothing about the name.",
        "没有答案：服务器用 RCODE 说明原因。这并不说明名字本身如何。";
    DNS_NAME: Why, "RFC 1035 §3.1",
        "A name as labels, each behind its length, from the left; the empty label is the root.",
        "域名由标签组成，每个标签前是其长度，从左到右；空标签是根。";
    DNS_POINTER: Why, "RFC 1035 §4.1.4",
        "The rest of the name stands earlier in the message, at this place: so it is not written twice.",
        "名字的其余部分在报文前面的这个位置：不必写两遍。";
    DNS_BAD_POINTER: Invalid, "RFC 1035 §4.1.4",
        "Invalid: the pointer does not lead back to an earlier name.",
        "无效：该指针没有指向前面的名字。";
    DNS_TTL: Why, "RFC 1035 §3.2.1",
        "For how many seconds caches may give this answer without asking again.",
        "缓存可以在多少秒内直接给出这个答案而不必再问。";
    DNS_TYPE: Why, "RFC 1035 §3.2.2",
        "What the record tells: A an IPv4 address, AAAA an IPv6 address, NS a name server, CNAME another name.",
        "记录的内容：A 是 IPv4 地址，AAAA 是 IPv6 地址，NS 是域名服务器，CNAME 是另一个名字。";
    DNS_ADDRESS: Why, "RFC 1035 §3.4.1",
        "What was asked for: where packets for that name go.",
        "要找的就是它：发往该名字的分组该去的地址。";
    DNS_CNAME: Why, "RFC 1034 §3.6.2",
        "The name is another name for this one; look there.",
        "该名字是另一个名字的别名；去那里查。";
    DNS_SOA: Why, "RFC 2308 §5",
        "Who is responsible for the zone; the last number limits how long a negative answer is kept.",
        "谁负责这个区域；最后一个数限制否定应答的缓存时间。";
    DNS_EDNS: Why, "RFC 6891 §6.1",
        "Not a record but an extension of the message: how large an answer may be over UDP.",
        "不是记录，而是报文的扩展：UDP 应答最大可以多大。";
    DNS_CLEAR: Why, "RFC 9076 §5.1",
        "In the clear: everybody on the way can read which name is asked for, and answer falsely. Only the certificate will show who is really there.",
        "明文：途中任何人都能看到在查哪个名字，也能伪造应答。对方究竟是谁，要靠之后的证书来证明。";
    DNS_TCP_LENGTH: Why, "RFC 1035 §4.2.2",
        "Over TCP each message has its length before it.",
        "在 TCP 上，每个报文前有它的长度。";
}
