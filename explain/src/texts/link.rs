//! Texts of the link and network layers: Ethernet, ARP, IP, ICMP, UDP.

super::texts! {
    ETHERNET_DESTINATION: Why, "IEEE 802.3 §3.2.4",
        "Link layer: who shall take the frame on this link. For another network that is the next router's card, not the final host's.",
        "数据链路层：本段链路上由谁接收这一帧。目标在别的网络时，这里是下一跳路由器网卡的 MAC，而不是最终主机的 MAC。";
    ETHERNET_BROADCAST: Why, "IEEE 802.3 §3.2.3",
        "All ones: everybody on this link takes it, because the sender does not know yet whom to address.",
        "全为 1 的广播地址：本链路上人人都收，因为发送者还不知道该找谁。";
    ETHERNET_SOURCE: Why, "IEEE 802.3 §3.2.5",
        "The card that put the frame on this link; every router on the way writes its own here.",
        "把这一帧放上本段链路的网卡；途中每个路由器都会改成自己的 MAC。";
    ETHERNET_TYPE: Why, "RFC 894 §1",
        "Which protocol the rest of the frame belongs to.",
        "帧的其余部分属于哪个协议。";
    ETHERNET_PADDING: Why, "RFC 894 §1",
        "A frame has at least 60 bytes without its checksum, once for the physical layer to notice collisions; these fill it up and mean nothing.",
        "以太网帧（不含校验和）至少 60 字节，当初是为了让物理层能发现冲突；不足时用这些字节填充，没有任何含义。";
    ARP_REQUEST: Why, "RFC 826 §1",
        "Whoever has this IP address is asked for the MAC address: on a link, frames go to MAC addresses.",
        "询问谁拥有这个 IP 地址、它的 MAC 地址是什么：在链路上，帧是按 MAC 地址投递的。";
    ARP_GATEWAY: Why, "RFC 1122 §3.3.1.1",
        "Frames go to MAC addresses, and where the packets shall go is on another network: so it is not the final host's MAC address that is asked for, but that of the next router (the gateway).",
        "帧按 MAC 地址投递，而分组的目的地在别的网络：所以要问的不是最终主机的 MAC 地址，而是下一跳路由器（网关）的。";
    ARP_REPLY: Why, "RFC 826 §1",
        "The owner of the IP address tells its MAC address. It is believed without proof.",
        "拥有该 IP 地址的主机告知自己的 MAC 地址。对方不经证明就相信它。";
    ARP_TARGET_UNKNOWN: Why, "RFC 826 §1",
        "Still unknown: it is what the request asks for.",
        "还不知道：这正是请求要问的内容。";
    IP_VERSION: Why, "RFC 791 §3.1",
        "Version 4, and how long this header is, in words of 4 bytes.",
        "版本 4，以及首部长度（以 4 字节为单位）。";
    IP_TRAFFIC_CLASS: Why, "RFC 2474 §3",
        "How urgently routers shall treat the packet, and whether they may report congestion in it.",
        "路由器该以多高的优先级处理该分组，以及能否在其中标记拥塞。";
    IP_LENGTH: Why, "RFC 791 §3.1",
        "The bytes of the packet, this header included; what comes after them in the frame is padding.",
        "分组的总字节数（含首部）；帧中在此之后的字节是填充。";
    IP_IDENTIFICATION: Why, "RFC 791 §3.2",
        "The same for all fragments of one packet, so that they can be put together again.",
        "同一个分组的所有分片都相同，接收方据此重新拼装。";
    IP_FRAGMENT: Why, "RFC 791 §3.2",
        "A piece of a packet that was too long for some link; only the receiver puts the pieces together.",
        "分组太长，某段链路装不下而被切成的一片；只有接收方才会把它们拼回来。";
    IP_DONT_FRAGMENT: Why, "RFC 1191 §3",
        "No router may cut the packet: if a link is too narrow, the sender is to be told and sends smaller ones.",
        "不许路由器切分该分组：若某段链路太窄，应通知发送方改发较小的分组。";
    IP_TTL: Why, "RFC 791 §3.2",
        "Every router takes one away; at zero the packet is dropped, so that none circles for ever.",
        "每经过一个路由器减一，减到零就被丢弃，这样分组不会永远兜圈子。";
    IP_PROTOCOL: Why, "RFC 791 §3.1",
        "Which protocol the rest of the packet belongs to.",
        "分组的其余部分属于哪个协议。";
    IP_SOURCE: Why, "RFC 791 §3.1",
        "Who sent the packet: it stays the same on the whole way, unless a router translates addresses.",
        "谁发出了这个分组：全程不变，除非途中有路由器做地址转换（NAT）。";
    IP_DESTINATION: Why, "RFC 791 §3.1",
        "Whom the packet is for in the end: it stays the same on every link, while the MAC addresses change.",
        "分组最终要到谁那里：在每段链路上都不变，变的是 MAC 地址。";
    IP_ROUTING: OftenTold, "RFC 1812 §5.2.4.3",
        "Often told as: the network layer finds the optimal path to the target. In fact each router only picks the next hop, by the longest matching prefix; nobody knows the whole path, and the packet has the final IP address while its frame has the next hop's MAC address.",
        "常说：网络层找到通往目标的最优路径。其实每个路由器只按最长前缀匹配选出下一跳；没有谁知道整条路径，分组带着最终 IP 地址，帧上写的却是下一跳的 MAC。";
    IP_OPTION: Why, "RFC 791 §3.1",
        "An option: rarely used, and often dropped on the way.",
        "选项：很少使用，途中常被丢弃。";
    CHECKSUM_RIGHT: Right, "RFC 1071 §1",
        "The sum over these bytes is right: no accident on the wire changed them. It does not stop anybody who changes them on purpose.",
        "校验和正确：线路上的偶然差错没有改动这些字节。但它挡不住有意的篡改。";
    CHECKSUM_WRONG: Invalid, "RFC 1071 §1",
        "Invalid: the sum over these bytes is another. Either they were damaged, or they were captured on the sender before its network card filled in the sum.",
        "无效：按这些字节算出的校验和与此不符。要么数据损坏了，要么是在发送方网卡填写校验和之前抓到的。";
    CHECKSUM_ABSENT: Why, "RFC 768 §1",
        "Zero: the sender computed no checksum, which UDP over IPv4 allows.",
        "为零：发送方没有计算校验和；IPv4 上的 UDP 允许这样。";
    ICMP_PURPOSE: Why, "RFC 792 §1",
        "A message of the network itself: why a packet did not arrive, or whether somebody is there.",
        "网络自身的消息：分组为何没有送达，或者对方是否在线。";
    ICMP_NO_HOST: Why, "RFC 1812 §5.2.7.1",
        "The last router says: nobody on that network answers to ARP for this address, so the packet was dropped.",
        "最后一个路由器报告：那个网络里没有主机回应这个地址的 ARP，分组已丢弃。";
    ICMP_NO_PORT: Why, "RFC 1122 §3.2.2.1",
        "The host says: no program has that UDP port, at least no more. Often an answer came after who asked had stopped waiting.",
        "主机报告：没有程序使用这个 UDP 端口，或者已经不用了。常见的情形：应答到达时，提问的程序已不再等待。";
    ICMP_TOO_LONG: Why, "RFC 1191 §4",
        "A router says: the packet is longer than the next link can take, and must not be cut (DF), so it was dropped. Who heeds that sends shorter ones (path MTU discovery); who does not sends into a black hole.",
        "路由器报告：分组比下一段链路能承载的更长，又不许切分（DF），于是丢弃了。理会这份报告的发送方会改发更短的分组（路径 MTU 发现）；不理会的，就像把分组发进了黑洞。";
    ICMP_TOO_MANY_HOPS: Why, "RFC 1812 §5.3.1",
        "A router says: the packet's time to live was used up here, so it was dropped. traceroute asks for these on purpose.",
        "路由器报告：分组的 TTL 在这里减到了零，于是丢弃了。traceroute 就是有意引出这种报告的。";
    ICMP_QUOTE: Why, "RFC 792 §1",
        "The beginning of the packet that it is about, so that its sender knows which.",
        "所涉分组的开头部分，使其发送方知道说的是哪一个。";
    ICMP_MTU: Why, "RFC 1191 §4",
        "How long a packet may be on the link that was too narrow: the sender sends no longer ones from here on.",
        "那段太窄的链路最多能容纳多长的分组：发送方此后不再发更长的。";
    UDP_PORT: Why, "RFC 768 §1",
        "Which program on the host: 53 is a name server.",
        "主机上的哪个程序：53 号是域名服务器。";
    UDP_NO_CONNECTION: Why, "RFC 768 §1",
        "UDP: no connection, no acknowledgement, no order. A lost datagram stays lost unless the program asks again.",
        "UDP：没有连接、没有确认、没有顺序。丢了就丢了，除非程序自己再问一次。";
}
