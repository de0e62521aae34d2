//! Texts of HTTP/2's frames and of HPACK.

super::texts! {
    HTTP2_PREFACE: Why, "RFC 9113 §3.4",
        "The client's first bytes: whoever speaks only HTTP/1.1 refuses them, so nobody misunderstands what follows.",
        "客户端最先发送的字节：只懂 HTTP/1.1 的一方会拒绝它，所以后面的内容不会被误解。";
    HTTP2_STREAM: Why, "RFC 9113 §5.1",
        "Which exchange the frame belongs to: many share one connection, each with its own number; 0 is the connection itself.",
        "这一帧属于哪一次请求与应答：许多次共用一条连接，各有编号；0 表示连接本身。";
    HTTP2_PADDING: Why, "RFC 9113 §6.1",
        "Padding: bytes that mean nothing and hide how long the rest is.",
        "填充：没有含义的字节，用来掩盖其余内容的长度。";
    HTTP2_BAD_PADDING: Invalid, "RFC 9113 §6.1",
        "Invalid: more padding than there are bytes in the frame.",
        "无效：填充的长度超过了帧里剩下的字节。";
    HTTP2_PRIORITY: Why, "RFC 9113 §5.3.2",
        "Which streams should come first. Hardly anybody keeps to it; the standard has given it up.",
        "哪些流应当优先。几乎没有谁照办，标准已将其废弃。";
    HTTP2_PUSH: Why, "RFC 9113 §8.4",
        "An answer that nobody asked for will come on this stream, because the client will need it.",
        "将在这个流上送来没有人请求过的应答，因为客户端会用得着。";
    HTTP2_FRAGMENT: Why, "RFC 9113 §6.10",
        "A piece of a header block that goes on in the next frame; it is told where its last piece came.",
        "首部块的一段，在下一帧继续；整块在最后一段到达之处讲解。";
    HTTP2_BAD_ORDER: Invalid, "RFC 9113 §6.10",
        "Invalid: a header block goes on in frames that follow each other, and nothing may come between or without it.",
        "无效：首部块必须由紧接的帧继续，中间不得插入别的帧，也不得凭空继续。";
    HTTP2_SETTINGS: Why, "RFC 9113 §6.5",
        "What its sender can take and wishes; the other end acknowledges with an empty one.",
        "发送方能接受什么、希望怎样；对方用一个空的 SETTINGS 确认。";
    HTTP2_PING: Why, "RFC 9113 §6.7",
        "The other end sends the same bytes back: so one knows that it is there, and how far away.",
        "对方把同样的字节送回来：由此知道它还在，以及往返要多久。";
    HTTP2_GOAWAY: Why, "RFC 9113 §6.8",
        "Goodbye: no new streams after this one; what is under way may be finished.",
        "告别：在此之后不再接受新的流；进行中的可以做完。";
    HTTP2_WINDOW: Why, "RFC 9113 §6.9",
        "How many more bytes of data its sender will take, so that one stream cannot fill the memory of the other end.",
        "发送方还愿意接收多少字节的数据，这样一个流就不会塞满对方的内存。";
    HTTP2_ERROR: Why, "RFC 9113 §7",
        "Why it ends; NO_ERROR: because all is done.",
        "为什么结束；NO_ERROR 表示一切都已完成。";
    HTTP2_PSEUDO: Why, "RFC 9113 §8.3",
        "A pseudo-header: what stands in the request line or status line of HTTP/1.1.",
        "伪首部：在 HTTP/1.1 里写在请求行或状态行中的内容。";
    HTTP2_SCHEME: Why, "RFC 9113 §8.3.1",
        "The first word of the URL: https.",
        "URL 的第一个词：https。";
    HPACK_BLOCK: Why, "RFC 7541 §2",
        "Headers, compressed: both ends keep the same table, and what stands in it is sent as a number.",
        "压缩的首部：双方维护同样的表，表中已有的内容只发编号。";
    HPACK_LOST: Why, "RFC 7541 §2.2",
        "An earlier block could not be read, so nobody can say what stands in the table by now; nothing is guessed.",
        "先前有一个块无法读懂，所以无从知道表里现在有什么；绝不猜测。";
    HPACK_INDEXED: Why, "RFC 7541 §6.1",
        "Only a number: name and value stand in the table already.",
        "只有一个编号：名字和值都已在表中。";
    HPACK_INCREMENTAL: Why, "RFC 7541 §6.2.1",
        "Written out, and both ends put it into the table: next time a number is enough.",
        "完整写出，并由双方记入表中：下次只需一个编号。";
    HPACK_WITHOUT: Why, "RFC 7541 §6.2.2",
        "Written out, and not put into the table: it will hardly come again.",
        "完整写出，但不记入表中：它多半不会再出现。";
    HPACK_NEVER: Why, "RFC 7541 §6.2.3",
        "Never to be put into a table, here or further on: credentials are sent so, for compressed beside what others choose they could be guessed from lengths.",
        "任何一段路上都不得记入表中：凭证就这样发送，因为若与他人可控的内容一起压缩，就可能从长度猜出来。";
    HPACK_SIZE_UPDATE: Why, "RFC 7541 §6.3",
        "How large the table may be from here on; the oldest entries that do not fit are dropped.",
        "从这里起表可以有多大；装不下的最旧条目被丢弃。";
    HPACK_HUFFMAN: Why, "RFC 7541 §5.2",
        "H is 1: the letters are Huffman-coded, frequent ones in five bits and rare ones in up to thirty.",
        "H 为 1：字母经过霍夫曼编码，常用的只占 5 位，罕见的最多 30 位。";
    HPACK_PLAIN: Why, "RFC 7541 §5.2",
        "H is 0: a byte for each letter, as it stands.",
        "H 为 0：每个字母一个字节，原样写出。";
    HPACK_BAD_INTEGER: Invalid, "RFC 7541 §5.1",
        "Invalid: a number that does not end, or is larger than any that makes sense.",
        "无效：这个数没有结尾，或大得毫无意义。";
    HPACK_BAD_INDEX: Invalid, "RFC 7541 §2.3.3",
        "Invalid: nothing stands in the table at this number.",
        "无效：表中没有这个编号。";
    HPACK_BAD_SIZE: Invalid, "RFC 7541 §6.3",
        "Invalid: the table's size changes at the beginning of a block alone, and to no more than the other end allows.",
        "无效：表的大小只能在块的开头改变，且不得超过对方允许的上限。";
    HPACK_BAD_HUFFMAN: Invalid, "RFC 7541 §5.2",
        "Invalid: not a string in this Huffman code, or not padded with ones.",
        "无效：不是这种霍夫曼编码的字符串，或末尾没有用 1 填充。";
}
