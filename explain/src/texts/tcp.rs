//! Texts of TCP.

super::texts! {
    TCP_SOURCE_PORT: Why, "RFC 9293 §3.1",
        "Which program on the sending host. A client's is picked at random for each connection.",
        "发送主机上的哪个程序。客户端的端口每次连接随机选取。";
    TCP_DESTINATION_PORT: Why, "RFC 9293 §3.1",
        "Which program on the receiving host: 443 is HTTPS.",
        "接收主机上的哪个程序：443 是 HTTPS。";
    TCP_SEQUENCE: Why, "RFC 9293 §3.4",
        "The place of the first byte in the sender's stream. It begins at a random number, which nobody outside can guess.",
        "首个字节在发送方字节流中的位置。起点是随机数，外人猜不到。";
    TCP_ACKNOWLEDGMENT: Why, "RFC 9293 §3.4",
        "The next byte expected from the other side: everything before it has arrived.",
        "期望从对方收到的下一个字节：在它之前的都已收到。";
    TCP_NO_ACKNOWLEDGMENT: Why, "RFC 9293 §3.1",
        "Without the flag ACK this number has no meaning.",
        "没有 ACK 标志时，这个数没有意义。";
    TCP_FLAGS: Why, "RFC 9293 §3.1",
        "How long this header is, in words of 4 bytes, and what kind of segment it is.",
        "首部长度（以 4 字节为单位）以及这是哪类报文段。";
    TCP_WINDOW: Why, "RFC 9293 §3.8.6",
        "How many more bytes the sender of this segment has room for; the other side may send no more than that.",
        "本段的发送者还能接收多少字节；对方最多只能再发这么多。";
    TCP_ZERO_WINDOW: Why, "RFC 9293 §3.8.6.1",
        "No room: the other side must wait until it hears of a larger window.",
        "没有空间了：对方必须等待，直到得知窗口变大。";
    TCP_URGENT: Why, "RFC 9293 §3.8.5",
        "Zero unless the flag URG is set, and nobody sets it any more.",
        "除非设置 URG 标志，否则为零；如今已没人使用。";
    TCP_SYN: Why, "RFC 9293 §3.5",
        "First of three: I would like to talk, and my bytes are counted from this number on. A SYN takes one sequence number.",
        "三次握手之一：我想通信，我的字节从这个序号数起。SYN 自身占用一个序号。";
    TCP_SYN_ACK: Why, "RFC 9293 §3.5",
        "Second of three: I heard you (your number plus one), and my bytes are counted from this number on.",
        "三次握手之二：我听到了（确认号为你的序号加一），我的字节从这个序号数起。";
    TCP_HANDSHAKE_NUMBERS: OftenTold, "RFC 9293 §3.5",
        "Often told as: the answer has ACK = 1, seq = x+1, ack = y. In fact: SYN(seq=x), SYN+ACK(seq=y, ack=x+1), ACK(seq=x+1, ack=y+1); each side has a number of its own, and ACK is a flag while ack is a number.",
        "常说：第二步回复 ACK=1，seq=x+1，ack=y。其实是 SYN(seq=x)、SYN+ACK(seq=y, ack=x+1)、ACK(seq=x+1, ack=y+1)：双方各有自己的序号；ACK 是标志位，ack 是确认号。";
    TCP_THIRD: Why, "RFC 9293 §3.5",
        "Third of three: now both know that the other one hears them, and data may follow.",
        "三次握手之三：现在双方都知道对方能听到自己，可以传数据了。";
    TCP_ACK_LOST: Why, "RFC 9293 §3.5",
        "Lost, and not sent again for itself: an ACK takes no sequence number, and whatever follows acknowledges the same. If nothing followed, the other side would send its SYN+ACK again, with the same numbers, and get this ACK again.",
        "丢了，但不会单独重发：ACK 不占序号，后面的报文段都带着同样的确认号。若后面什么也没有，对方会以相同的序号重发 SYN+ACK，再次得到这个 ACK。";
    TCP_DATA: Why, "RFC 9293 §3.8",
        "Bytes of the stream; they are kept by the sender until they are acknowledged.",
        "字节流中的数据；在得到确认之前，发送方一直保留着。";
    TCP_PUSH: Why, "RFC 9293 §3.9.1.2",
        "PSH: hand it to the program now, nothing more comes for the moment.",
        "PSH：现在就交给程序，暂时没有更多数据了。";
    TCP_PURE_ACK: Why, "RFC 9293 §3.8.6.3",
        "No data, only: I have everything up to here.",
        "不带数据，只是说：到此为止我都收到了。";
    TCP_DUPLICATE_ACK: Why, "RFC 5681 §2",
        "The same acknowledgement again: something arrived, but not the byte that is waited for. Three of these, and the sender sends it again at once.",
        "重复的确认：收到了别的，但等待的那个字节还没到。出现三次，发送方就立即重传。";
    TCP_RETRANSMISSION: Why, "RFC 6298 §5",
        "Sent again with the same sequence number: no acknowledgement came in time.",
        "以相同的序号再次发送：没有及时收到确认。";
    TCP_RETRANSMISSION_TIMER: OftenTold, "RFC 6298 §5",
        "Often told as: without an answer it is sent again after the maximum waiting time, with the same numbers. That is right, and in fact the time is measured, not fixed: it follows the round trips seen, starts at 1 s and doubles each time.",
        "常说：在最大等待时间后未收到回应，就以不变的序号重发。说得对；其实这个时间不是固定的：它由测得的往返时间算出，起初 1 秒，每次翻倍。";
    TCP_OUT_OF_ORDER: Why, "RFC 9293 §3.10.7.4",
        "Bytes before these have not been seen yet: they were lost or overtaken. These wait until the gap is filled.",
        "它之前的字节还没有看到：丢了或被超车了。它们会等到缺口补上。";
    TCP_KEEP_ALIVE: Why, "RFC 9293 §3.8.4",
        "A byte that was acknowledged long ago: only to hear whether the other side is still there.",
        "早已确认过的一个字节：只为探知对方是否还在。";
    TCP_FIN: Why, "RFC 9293 §3.6",
        "I will send no more; I still listen. A FIN takes one sequence number.",
        "我不再发送了，但还在听。FIN 占用一个序号。";
    TCP_CLOSE_ORDER: OftenTold, "RFC 9293 §3.6",
        "Often told as: the client starts the four-way close. In fact either side may, FIN and ACK can share a segment, so that four steps become three; and close_notify comes first, inside TLS.",
        "常说：由客户端发起四次挥手。其实任何一方都可以先关；FIN 与 ACK 可以合在一段里，四步变三步；而且 TLS 里的 close_notify 先于它们。";
    TCP_FIN_ACKNOWLEDGED: Why, "RFC 9293 §3.6",
        "The other side's FIN has been heard. When both are acknowledged, who closed first waits in TIME-WAIT before it forgets.",
        "听到了对方的 FIN。双方的 FIN 都确认后，先关闭的一方还要在 TIME-WAIT 状态等一阵才忘掉这个连接。";
    TCP_RST: Why, "RFC 9293 §3.5.2",
        "Reset: there is no such connection, or it is given up at once. Nothing more is sent or acknowledged.",
        "复位：没有这样的连接，或者立即放弃。此后不再发送，也不再确认。";
    TCP_REFUSED: Why, "RFC 9293 §3.5.2",
        "Refused: nobody listens on that port.",
        "连接被拒绝：那个端口没有程序在监听。";
    TCP_MSS: Why, "RFC 9293 §3.7.1",
        "The largest segment its sender can take: what fits its link without fragments, 1460 bytes on Ethernet.",
        "发送者能接收的最大报文段：以其链路不必分片为准，以太网上是 1460 字节。";
    TCP_WINDOW_SCALE: Why, "RFC 7323 §2",
        "Windows of this side are to be shifted left by so many bits: 16 bits alone are too few for fast networks.",
        "本方的窗口值要左移这么多位：在高速网络上，仅有 16 位太小了。";
    TCP_SACK_PERMITTED: Why, "RFC 2018 §2",
        "This side understands selective acknowledgements: which later pieces have arrived although an earlier one is missing.",
        "本方支持选择性确认：前面缺了一段时，能说出后面哪些段已经收到。";
    TCP_SACK: Why, "RFC 2018 §3",
        "These later pieces have arrived; only what is missing needs to be sent again.",
        "这些靠后的段已经收到；只需重传缺失的部分。";
    TCP_TIMESTAMPS: Why, "RFC 7323 §3",
        "A clock of the sender, and the last one heard, sent back: so round trips are measured.",
        "发送方的时钟值，以及回送的对方时钟值：据此测量往返时间。";
    TCP_NO_OPERATION: Why, "RFC 9293 §3.2",
        "Means nothing: it aligns what follows.",
        "没有含义，只用于对齐后面的选项。";
    TCP_CARRIES: Why, "RFC 9293 §3.8",
        "Bytes for the program above; TCP does not look into them.",
        "交给上层程序的字节；TCP 不看其中内容。";
    TCP_SEEN_BEFORE: Why, "RFC 9293 §3.10.7.4",
        "These bytes were seen in an earlier segment; the receiver takes them once.",
        "这些字节在之前的段里已经出现过；接收方只取一次。";
    TCP_CONTRADICTS: Invalid, "RFC 9293 §3.10.7.4",
        "Invalid: the same place in the stream was sent before with other bytes. One of the two was damaged or forged.",
        "无效：字节流的同一位置先前发过不同的内容。两者之一被损坏或伪造。";
}
