//! Texts of what no single message says: look-ups layer by layer, routes, what bytes are for.

super::texts! {
    NAMES_EVERYWHERE: Why, "RFC 6761 §6",
        "An address, or a name that means the same everywhere: nobody need be asked.",
        "本来就是地址，或者是含义处处相同的名字：不必问任何人。";
    NAMES_CACHE_HIT: Why, "RFC 1035 §7.4",
        "It was asked before, and the answer still holds: nothing is sent for it.",
        "以前问过，答案仍然有效：不必为它发送任何东西。";
    NAMES_CACHE_MISS: Why, "RFC 1035 §7.4",
        "Nobody asked here for this name yet, so it is looked for further on.",
        "这里还没有人问过这个名字，于是继续往下查。";
    NAMES_CACHE_ENDED: Why, "RFC 1035 §7.4",
        "There was an answer, but its time is over: it is asked for again.",
        "曾经有过答案，但已过期：需要再问一次。";
    NAMES_ZONE_KNOWN: Why, "RFC 1034 §5.3.3",
        "Who serves a zone around the name is known from before: the walk begins there and not at the root.",
        "早先已经知道谁负责这个名字所在的区域：从那里开始查，而不必从根开始。";
    NAMES_HOSTS_HIT: Why, "RFC 952 §1",
        "This machine's own list of names has it: nobody is asked.",
        "本机自己的名字表（hosts 文件）里有它：不必问任何人。";
    NAMES_HOSTS_MISS: Why, "RFC 952 §1",
        "This machine's own list of names, older than DNS; the name is not in it.",
        "本机自己的名字表（hosts 文件），比 DNS 更早就有；这个名字不在里面。";
    NAMES_SYSTEM: Why, "RFC 1034 §5.2",
        "The system's own resolver was asked; how it found out cannot be seen from here.",
        "问了系统自带的解析器；它是怎么查到的，从这里看不见。";
    NAMES_SILENCE: Why, "RFC 1035 §4.2.1",
        "No answer came in time: datagrams may be lost, so it is asked again, twice as patiently each round.",
        "没有及时收到应答：数据报可能丢失，所以会再问，每一轮的等待时间翻倍。";
    NAMES_FAILURE: Why, "RFC 1034 §5.3.3",
        "An answer that does not help: the next server has its turn.",
        "这个应答没有帮助：换下一个服务器。";
    NAMES_AGAIN: Why, "RFC 7766 §5",
        "The answer did not fit, or the question was not understood: it is asked again over TCP, or without extensions.",
        "应答装不下，或者对方不懂这种问法：改用 TCP，或去掉扩展，再问一次。";
    ROUTE_LONGEST_PREFIX: Why, "RFC 1812 §5.2.4.3",
        "Of all routes that fit the destination the one with the longest prefix is taken: it says most about where that is.",
        "在所有匹配目的地址的路由中选前缀最长的一条：它对目的地说得最具体。";
    ROUTE_NONE: Why, "RFC 1812 §5.2.7.1",
        "No route fits: the packet is dropped, and its sender is told.",
        "没有匹配的路由：丢弃该分组，并通知发送方。";
    ROUTE_REWRITTEN: Why, "RFC 1812 §5.3.1",
        "Each router takes the packet out of its frame and puts it into a new one: other MAC addresses, TTL one less, the same IP addresses.",
        "每个路由器都把分组从帧里取出，装进新的帧：MAC 地址换了，TTL 减一，IP 地址不变。";
    BROKEN_ASKED_FOR: Why, "RFC 1122 §1.2.2",
        "In this run that is no accident, it was asked for: {}.",
        "这次并非意外，而是命令行要求的：{}。";
    BROKEN_SEEN_UNREACHABLE: Why, "RFC 9293 §3.9.2.2",
        "Nothing for {} s, but a router's word that nobody there answers to ARP (ICMP: host unreachable). TCP takes that for a hint and tries on.",
        "{} 秒内没有 SYN+ACK，也没有 RST；只有路由器报告那里没有主机回应 ARP（ICMP：主机不可达）。TCP 只把它当作提示，继续重试。";
    BROKEN_WHOSE_UNREACHABLE: Why, "RFC 1812 §5.2.7.1",
        "The server's machine, which is off or not plugged in; or whoever gave that address to the name.",
        "可能是服务器关机或没有接入网络；也可能是域名登记的地址不对。";
    BROKEN_SEEN_TOO_LONG: Why, "RFC 1191 §4",
        "Nothing for {} s: what was too long for a link on the way was dropped there, a router said so (ICMP: fragmentation needed), and it was sent again just as long.",
        "{} 秒内没有回应：分组对途中某段链路来说太长，在那里被丢弃；路由器报告了（ICMP：需要分片），可重发的还是一样长。";
    BROKEN_WHOSE_TOO_LONG: Why, "RFC 1191 §3",
        "The sender, whose TCP does not heed what the router says: it does no path MTU discovery, as kernels do.",
        "是发送方：它的 TCP 没有理会路由器的报告，也就是没有像操作系统内核那样做路径 MTU 发现。";
    BROKEN_FIX_TOO_LONG: Why, "RFC 4821 §3",
        "Let the sender discover the path's MTU and these messages pass, or set a smaller MTU or MSS.",
        "让发送方做路径 MTU 发现并放行这类报告，或者设更小的 MTU 或 MSS。";
    BROKEN_SEEN_NXDOMAIN: Why, "RFC 8020 §2",
        "NXDOMAIN: there is no name {}, nor any beneath it.",
        "NXDOMAIN：没有 {} 这个名字，它下面也没有任何名字。";
    BROKEN_SEEN_NO_NAME_SERVER: Why, "RFC 1035 §4.2.1",
        "No answer from {}, though it was asked again and again.",
        "{} 一直没有应答，重问几次也没有。";
    BROKEN_WHOSE_NAME_SERVER: Why, "RFC 1034 §5.2",
        "The name server, which is off or overloaded, or the way to it.",
        "可能是域名服务器关机或过载，也可能是通往它的路不通。";
    BROKEN_FIX_NAME_SERVER: Why, "RFC 1034 §5.2",
        "Ask another name server, or look at the network on the way to this one.",
        "换一个域名服务器，或检查通往它的网络。";
    BROKEN_EXPECTED_RECORD: Why, "RFC 8446 §5.2",
        "A record as its sender sealed it: its tag fits key, nonce and header.",
        "记录应与发送方加密时一样：认证标签与密钥、nonce 和记录头相符。";
    BROKEN_SEEN_CHANGED: Why, "RFC 8446 §5.2",
        "Another tag: the record, or what both had hashed before, was changed on the way.",
        "标签不符：这条记录，或双方此前算入哈希的内容，在途中被改动了。";
    BROKEN_WHOSE_CHANGED: Why, "RFC 8446 §6.2",
        "Whatever changed the bytes between the two; TCP's checksum does not see such a change. If all fails with this server: one of the two programs.",
        "可能是途中改动字节的设备：TCP 的校验和发现不了这种改动。若与这台服务器总是如此，则是两端程序之一。";
    BROKEN_FIX_CHANGED: Why, "RFC 8446 §6.2",
        "Try again, and over another network; nothing of what came may be believed.",
        "重试，并换一个网络；已收到的内容一概不可信。";
    WIRE_TWICE: Why, "RFC 9293 §3.4",
        "It came twice and was sent once: a wire made two of it. The receiver knows by the sequence number that it has these bytes, and takes them once.",
        "只发了一次，却到了两次：线路把它复制了。接收方从序号看出这些字节已经有了，只取一次。";
    WIRE_CHANGED: Why, "RFC 3552 §3.3.4",
        "Changed on the wire at the cross: what comes out at its other end is another frame, and its checksums fit, as an attacker or a broken box makes it.",
        "在打叉的线路上被改动：从另一头出来的是另一帧，校验和也对得上，攻击者或坏掉的设备就会这样做。";
    SWITCH_LEARNS: Why, "IEEE 802.1Q §8.7",
        "A switch looks at link addresses alone: from a frame's source it learns which card is behind which port, and it hands the frame out of the one port where the destination is. The frame stays as it is, MAC addresses and TTL too; nobody addressed it to the switch.",
        "交换机只看数据链路层的地址：从每一帧的源 MAC 学到哪块网卡在哪个端口后面，再把帧只从目的 MAC 所在的端口送出去。帧原样不变，MAC 地址和 TTL 都不改；也没有谁把帧发给交换机自己。";
    SWITCH_FLOODS: Why, "IEEE 802.1Q §8.6",
        "A broadcast, and what is for a card that the switch has not heard yet, leaves by every port but the one it came in by: who is meant takes it, all others drop it. The frame stays as it is.",
        "广播帧，以及目的网卡还没学到的帧，会从入口以外的所有端口发出（泛洪）：该收的收下，其余的丢弃。帧原样不变。";
    TIME_WAIT: Why, "RFC 9293 §3.3.2",
        "Who closed first keeps the connection in mind for a while (TIME-WAIT), lest late segments of it be taken for a new one's. The standard says 4 minutes, Linux waits 60 s.",
        "先关闭的一方还要把这个连接记一阵（TIME-WAIT），免得迟到的报文段被当成新连接的。标准规定 4 分钟，Linux 等 60 秒。";
    LEDGER_ETHERNET: Why, "IEEE 802.3 §3.1",
        "From one network card to the next: 14 bytes around each packet, made anew on every wire.",
        "从一块网卡到下一块：每个分组外面 14 字节，每段线路上都重新写一次。";
    LEDGER_CABLE: Why, "IEEE 802.3 §4.4.2",
        "What captures do not have: around each frame 8 bytes of preamble, 4 of checksum (FCS) and a gap of 12, and filling up to 60 bytes.",
        "抓包里看不到的：每帧还有 8 字节前导码、4 字节校验（FCS）和 12 字节间隔，不足 60 字节的帧还要填充。";
    LEDGER_IP: Why, "RFC 791 §3.1",
        "From host to host over all routers: 20 bytes a packet.",
        "从主机到主机，穿过所有路由器：每个分组 20 字节。";
    LEDGER_TCP: Why, "RFC 9293 §3.1",
        "From program to program, complete and in order: 20 bytes a segment, and those that only acknowledge.",
        "从程序到程序，完整而有序：每个报文段 20 字节，还有那些只作确认的段。";
    LEDGER_RECORD: Why, "RFC 8446 §5.2",
        "Around each sealed record: 5 bytes of header, 1 of true type, 16 of tag. Any change is noticed.",
        "每条加密记录外面：5 字节头、1 字节真实类型、16 字节认证标签。任何改动都会被发现。";
    LEDGER_HANDSHAKE: Why, "RFC 8446 §4",
        "To agree on keys, to prove who the server is, and to end: once for each connection.",
        "协商密钥、证明服务器的身份、以及收尾：每个连接一次。";
    LEDGER_HTTP: Why, "RFC 9110 §6",
        "What is to be done with the text, and what came of it: request line, headers, status.",
        "要对这段文字做什么、结果如何：请求行、请求头、状态行。";
    LEDGER_JSON: Why, "RFC 8259 §2",
        "Around the text: where it goes, where it begins and ends.",
        "文字外面：发给谁，从哪里开始，到哪里结束。";
    LEDGER_TEXT: Why, "RFC 3629 §3",
        "What was typed, in UTF-8: what all the rest is for.",
        "用户输入的文字，UTF-8 编码：其余一切都是为了它。";
}
