//! Texts of HTTP, JSON and the chat's own frames.

super::texts! {
    HTTP_THREE_PARTS: OftenTold, "RFC 9112 §2.1",
        "Often told as: a request has a line, headers (content type, language, cache policy) and a body, usually JSON. That is right: here is each of them, byte for byte.",
        "常说：请求由请求行、请求头（内容类型、语言、缓存策略）和请求体（通常是 JSON）组成。说得对：这里逐字节展示每一部分。";
    HTTP_REQUEST_LINE: Why, "RFC 9112 §3",
        "Request line: what to do, with what, in which version.",
        "请求行：做什么、对什么做、用哪个版本。";
    HTTP_STATUS_LINE: Why, "RFC 9112 §4",
        "Status line: the version, how it went as a number, and in words for people.",
        "状态行：版本、以数字表示的结果，以及给人看的说明。";
    HTTP_METHOD: Why, "RFC 9110 §9",
        "GET only reads; POST hands something over to be worked on.",
        "GET 只读取；POST 提交内容以供处理。";
    HTTP_TARGET: Why, "RFC 9112 §3.2",
        "What it is about: the path on the server.",
        "请求的对象：服务器上的路径。";
    HTTP_STATUS: Why, "RFC 9110 §15",
        "2xx it worked, 3xx look elsewhere, 4xx the client erred, 5xx the server failed.",
        "2xx 成功，3xx 请去别处，4xx 客户端有错，5xx 服务器出错。";
    HTTP_HEADER: Why, "RFC 9110 §5",
        "A header field: a name, a colon, a value.",
        "首部字段：名字、冒号、值。";
    HTTP_HOST: Why, "RFC 9110 §7.2",
        "Which of the server's names is meant.",
        "要访问的是服务器的哪个名字。";
    HTTP_CONTENT_TYPE: Why, "RFC 9110 §8.3",
        "What kind of data the body is: application/json is JSON.",
        "正文是什么类型的数据：application/json 就是 JSON。";
    HTTP_CONTENT_LENGTH: Why, "RFC 9110 §8.6",
        "How many bytes the body has: the connection stays open, so its end must be told.",
        "正文有多少字节：连接不关闭，所以必须说明正文在哪里结束。";
    HTTP_TRANSFER_ENCODING: Why, "RFC 9112 §6.1",
        "chunked: the body comes in pieces, each with its length, because the sender does not know the sum yet.",
        "chunked：正文分块发送，每块自带长度，因为发送方还不知道总长。";
    HTTP_ACCEPT: Why, "RFC 9110 §12.5.1",
        "What kinds of answer the client can read.",
        "客户端能读懂哪些类型的应答。";
    HTTP_LANGUAGE: Why, "RFC 9110 §12.5.4",
        "Languages: which ones are wished for, or which one it is.",
        "语言：希望用哪种，或内容是哪种。";
    HTTP_CACHE_CONTROL: Why, "RFC 9111 §5.2",
        "Whether and for how long others may keep the answer; no-store: not at all.",
        "别人能否缓存这个应答、缓存多久；no-store 表示完全不许。";
    HTTP_DATE: Why, "RFC 9110 §6.6.1",
        "When the answer was made, by the server's clock.",
        "应答产生的时间（服务器时钟）。";
    HTTP_AUTHORIZATION: Why, "RFC 9110 §11.6.2",
        "A secret that shows who asks. It is only as secret as TLS around it.",
        "证明是谁在请求的凭证。它的保密全靠外面的 TLS。";
    HTTP_USER_AGENT: Why, "RFC 9110 §10.1.5",
        "Which program asks.",
        "发出请求的是什么程序。";
    HTTP_CONNECTION: Why, "RFC 9110 §7.6.1",
        "Whether the connection is kept for more requests.",
        "连接是否保留以供后续请求使用。";
    HTTP_COOKIE: Why, "RFC 6265 §3",
        "Kept by the client for the server and shown again: so it knows who comes back.",
        "客户端替服务器保存、再次出示：服务器据此知道是谁又来了。";
    HTTP_IDEMPOTENCY: Why, "RFC 9110 §9.2.2",
        "The request's own id: sent again, it is done once.",
        "请求自己的编号：重复发送也只执行一次。";
    HTTP_END_OF_HEADERS: Why, "RFC 9112 §2.1",
        "An empty line: the headers end here, the body follows.",
        "空行：首部到此结束，后面是正文。";
    HTTP_CHUNK: Why, "RFC 9112 §7.1",
        "One piece of the body: its length in hexadecimal, its bytes, an end of line; length 0 is the last one.",
        "正文的一块：十六进制长度、内容、换行；长度 0 表示最后一块。";
    HTTP_BODY: Why, "RFC 9110 §6.4",
        "The body: what all of this is for.",
        "正文：这一切都是为了它。";
    HTTP_SWITCHED: Why, "RFC 9110 §15.2.2",
        "101: from here on both speak another protocol, as WebSocket; it is not told here.",
        "101：从这里起双方改说另一种协议，例如 WebSocket；这里不讲解。";
    HTTP_BAD_LINE: Invalid, "RFC 9112 §2.2",
        "Invalid: not a line as HTTP has it.",
        "无效：不是合法的 HTTP 行。";
    HTTP_BAD_CHUNK: Invalid, "RFC 9112 §7.1",
        "Invalid: not a chunk; where the body goes on cannot be told any more.",
        "无效：不是合法的分块；无从知道正文从哪里继续。";
    HTTP_OTHER_VERSION: Why, "RFC 9113 §4.1",
        "HTTP/2: instead of lines of text binary frames, each with a length, a type, flags and a stream.",
        "HTTP/2：不再是文本行，而是二进制帧，每帧含长度、类型、标志和流编号。";
    JSON_PUNCTUATION: Why, "RFC 8259 §2",
        "Signs that hold the structure together.",
        "连接结构的标点符号。";
    JSON_STRING: Why, "RFC 8259 §8.1",
        "Text in UTF-8: a Chinese character takes three bytes.",
        "UTF-8 文本：一个汉字占三个字节。";
    JSON_BROKEN: Invalid, "RFC 8259 §2",
        "Invalid: not JSON from here on.",
        "无效：从这里起不是合法的 JSON。";
    NATIVE_LENGTH: Why, "RFC 9293 §3.8",
        "TCP and TLS carry a stream without borders, so each frame of the chat begins with its length.",
        "TCP 和 TLS 传送的是没有边界的字节流，所以聊天协议的每一帧都以长度开头。";
    NATIVE_VALUE: Why, "RFC 9293 §3.8",
        "One value of the chat, packed as tightly as can be: a number below 251 takes one byte.",
        "聊天协议的一个值，压得尽量紧：小于 251 的数只占一个字节。";
    NATIVE_BROKEN: Invalid, "RFC 9293 §3.8",
        "Invalid: the frame has its length, but what it holds makes no sense.",
        "无效：帧的长度没错，但内容没有意义。";
    NATIVE_TEXT: Why, "RFC 3629 §3",
        "What was typed, in UTF-8: a Chinese character takes three bytes.",
        "用户输入的内容，UTF-8 编码：一个汉字占三个字节。";
}
