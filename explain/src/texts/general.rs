//! Texts that fit every layer: bytes that are missing, left over or damaged.

super::texts! {
    CUT_SHORT: Invalid, "RFC 8446 §6.2",
        "Invalid: a length promises more bytes than there are; what follows cannot be read with any certainty.",
        "无效：长度字段所说的字节数比实际剩下的多，后面的内容无法可靠解读。";
    LEFT_OVER: Invalid, "RFC 8446 §6.2",
        "Invalid: bytes are left over where the structure has ended.",
        "无效：结构已经结束，却还有多余的字节。";
    NOT_TEXT: Invalid, "RFC 3629 §3",
        "Invalid: these bytes should be text, and are not UTF-8.",
        "无效：这里应当是文本，但这些字节不是合法的 UTF-8。";
    BAD_VALUE: Invalid, "RFC 8446 §6.2",
        "Invalid: the standard does not allow this value here.",
        "无效：标准不允许此处出现这个值。";
    UNKNOWN_KIND: Why, "RFC 8126 §1",
        "A number that is not known here; its bytes are shown as they are, and nothing is guessed.",
        "这里不认识的编号；只按原样显示字节，绝不猜测。";
    PART_OF: Why, "RFC 9293 §3.8",
        "A part of something that was too long for one piece; the whole is told where its last part came.",
        "某个整体的一部分（一段装不下）；整体在最后一部分到达之处讲解。";
    UNFINISHED: Why, "RFC 9293 §3.8",
        "Something began here whose end was not seen: the capture stops, or the connection broke.",
        "这里开始了某个整体，但没有看到它的结尾：抓包到此为止，或连接中断了。";
}
