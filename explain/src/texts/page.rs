//! What the page of a story calls things.

use super::words::Word;

macro_rules! labels {
    ($($key:literal: $english:literal, $chinese:literal;)*) => {
        /// Every label of the page: a name or a short sentence; `{…}` stands for what is put in.
        pub static LABELS: &[Word] = &[$(Word { key: $key, english: $english, chinese: $chinese }),*];
    };
}

labels! {
    "skip": "Skip to the ladder", "跳到阶梯图";
    "summary": "{frames} frames, {bytes} bytes, {time} ms", "{frames} 帧，{bytes} 字节，{time} 毫秒";
    "summary_text": "a text of {bytes} bytes; ", "{bytes} 字节的文字；";
    "views": "Seen by", "视角";
    "view_a": "A, the sender", "A（发送方）";
    "view_router": "the router, with keys", "路由器（有密钥）";
    "view_b": "B, the server", "B（服务器）";
    "view_eavesdropper": "an eavesdropper", "窃听者（无密钥）";
    "view_client": "this computer", "这台电脑";
    "captures": "Captures as files", "抓包文件";
    "save": "Save {name}", "保存 {name}";
    "help": "Arrow keys move in the ladder, the bytes, the fields and the key schedule; Enter on a field with → follows it. The address keeps the chosen place.",
        "在阶梯图、字节、字段和密钥表中用方向键移动；在带 → 的字段上按回车可以跟进。地址栏记住所选的位置。";
    "ladder": "Ladder: a line for each frame", "阶梯图：每帧一行";
    "time_slider": "Frames drawn up to this time", "显示到这一时刻为止的帧";
    "until": "{time} ms, frame {frame} of {count}", "{time} 毫秒，第 {frame}/{count} 帧";
    "play": "Play", "播放";
    "pause": "Pause", "暂停";
    "next_frame": "Next frame", "下一帧";
    "elsewhere": "Seen at {node}", "在 {node} 所见";
    "elsewhere_at": "It did not pass here: {node} sent or received it at {time} ms.", "它不经过这里：{node} 在 {time} 毫秒收发。";
    "no_frames": "No frame was seen here.", "这里一帧也没有看到。";
    "frame": "Frame {frame}", "第 {frame} 帧";
    "frame_label": "Frame {frame}, {time} ms, {from} to {to}, {layer}, {size} bytes", "第 {frame} 帧，{time} 毫秒，{from} 到 {to}，{layer}，{size} 字节";
    "frame_lost": "Frame {frame}, {time} ms, from {from}, seen last at {to} and lost behind it, {layer}, {size} bytes",
        "第 {frame} 帧，{time} 毫秒，来自 {from}，最后见于 {to}，之后丢失，{layer}，{size} 字节";
    "bytes": "Bytes", "字节";
    "bytes_of": "Bytes: {space}", "字节：{space}";
    "fields_of": "Fields: {space}", "字段：{space}";
    "spaces": "This frame and what it completed", "这一帧以及随它凑齐的内容";
    "joined": "Put together", "拼接";
    "decrypted": "Decrypted", "解密";
    "step": "Step", "步骤";
    "secret": "Opened with", "所用密钥";
    "generation": "Generation of it", "密钥代次";
    "record_number": "record number", "记录序号";
    "reason": "What the chosen bytes say, and why", "所选字节的含义与缘由";
    "part_of": "It is a part of {layer}", "它属于 {layer}";
    "range": "bytes {start} to {last} ({length})", "第 {start} 至 {last} 字节（共 {length}）";
    "value": "Value", "值";
    "number": "Number", "数值";
    "where": "Where", "位置";
    "becomes": "Becomes", "变为";
    "sent_at": "Sent at {time} ms.", "发出于 {time} 毫秒。";
    "received_at": "Received at {time} ms.", "收到于 {time} 毫秒。";
    "hops": "The same frame at every node that saw it", "同一帧在途经各节点的样子";
    "node": "Node", "节点";
    "contents": "More", "更多内容";
    "outcome": "How it ended", "结果";
    "outcome_hidden": "Without the keys nobody can tell what was said.", "没有密钥，谁也不知道说了什么。";
    "answer": "Answer", "应答";
    "error": "Error", "错误";
    "heard": "B's screen shows", "B 的屏幕显示";
    "never_happened": "Asked for, but it was over before", "要求了但没有发生的故障";
    "time_wait": "{node}: TIME-WAIT from {from} to {until} ms.", "{node}：TIME-WAIT 从 {from} 到 {until} 毫秒。";
    "checks": "Checks of the certificates", "证书检查";
    "verdict": "Verdict", "结论";
    "right": "right", "正确";
    "wrong": "wrong", "有误";
    "unknown_here": "not known here", "此处未知";
    "check": "Check", "检查项";
    "expected": "Expected", "应为";
    "seen": "Seen", "实为";
    "whose": "Whose fault it can be", "可能是谁的问题";
    "fix": "Do this", "该怎么做";
    "unseen": "What cannot be seen from here", "从这里看不到的";
    "why": "Why", "缘由";
    "frames": "Frames", "帧";
    "schedules": "Key schedule", "密钥表";
    "schedule_graph": "Secrets and keys, each below what it is made of", "各个密钥，位于其来源之下";
    "connection": "Connection {flow}", "连接 {flow}";
    "agreement": "Key agreement: both shares, one secret, never sent", "密钥协商：双方各出一份，得到同一个从不传输的秘密";
    "group": "Group", "群";
    "client_share": "Client's share", "客户端的份额";
    "server_share": "Server's share", "服务器的份额";
    "shared_secret": "Shared secret", "共享密钥";
    "how": "How", "方法";
    "made_of": "Made of", "来源";
    "label": "Label", "标签";
    "over": "Hash over", "散列范围";
    "hash": "That hash", "散列值";
    "length": "Length in bytes", "长度（字节）";
    "logged_as": "In key logs", "密钥日志中的名称";
    "lookups": "Name resolution, layer by layer", "域名解析，逐层查找";
    "place": "Where", "何处";
    "asked": "Asked", "所问";
    "result": "Result", "结果";
    "decisions": "What the routers decided", "路由器的决定";
    "destination": "Destination", "目的地址";
    "prefixes": "Prefixes", "前缀";
    "next_hop": "Next hop", "下一跳";
    "no_route": "no route", "没有路由";
    "times": "Times", "次数";
    "directly": "on this link", "就在本链路";
    "interface": "Interface", "接口";
    "ledger": "What the text costs on the wire", "这段文字在线路上的开销";
    "ledger_text": "The text has {bytes} bytes; what carries it has {all}.", "文字共 {bytes} 字节；承载它的一共 {all} 字节。";
    "ledger_all": "The whole run: {all} bytes", "整个过程：{all} 字节";
    "ledger_wires": "Each wire", "每段线路";
    "wire": "Wire", "线路";
    "cable": "More on a cable", "实际线缆上再加";
    "screen": "Upwards, to B's screen", "逐层向上，直到 B 的屏幕";
    "screen_size": "{bytes} bytes, {characters} characters, {columns} columns", "{bytes} 字节，{characters} 个字符，{columns} 列";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_label_stands_in_both_languages_with_the_same_places() {
        let mut keys = BTreeSet::new();
        let places = |text: &str| -> BTreeSet<String> {
            let parts = text.split('{').skip(1);
            parts
                .filter_map(|part| Some(part.split_once('}')?.0.to_owned()))
                .collect()
        };
        for label in LABELS {
            assert!(keys.insert(label.key), "{} stands there twice", label.key);
            let is_latin = label.english.chars().all(|letter| letter.is_ascii() || letter == '→');
            assert!(is_latin && !label.english.is_empty(), "{}", label.key);
            assert!(
                label
                    .chinese
                    .chars()
                    .any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter)),
                "{}: {}",
                label.key,
                label.chinese
            );
            assert_eq!(places(label.english), places(label.chinese), "{}", label.key);
        }
    }
}
