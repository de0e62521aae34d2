//! Words and short phrases around what is told: heads of columns, names of counts.

/// A word or a short phrase.
#[derive(Debug, PartialEq, Eq)]
pub struct Word {
    /// What it is called by.
    pub key: &'static str,
    /// In English.
    pub english: &'static str,
    /// In Chinese.
    pub chinese: &'static str,
}

impl Word {
    /// It, in a language.
    #[must_use]
    pub const fn told(&self, language: super::Language) -> &'static str {
        match language {
            super::Language::English => self.english,
            super::Language::Chinese => self.chinese,
        }
    }
}

/// Words by name: English, Chinese.
macro_rules! words {
    ($($name:ident: $english:literal, $chinese:literal;)*) => {
        $(
            #[doc = $english]
            pub static $name: Word = Word {
                key: stringify!($name),
                english: $english,
                chinese: $chinese,
            };
        )*

        /// Every word there is.
        pub static WORDS: &[&Word] = &[$(&$name),*];
    };
}

words! {
    DIFF_FIRST: "expected:", "预期：";
    DIFF_SECOND: "seen:", "实际：";
    DIFF_ONLY: "only in", "仅见于";
    DIFF_STEP: "step", "步骤";
    DIFF_LAYER: "layer", "协议层";
    DIFF_MORE: "more, which --json tells", "处，用 --json 查看";
    DIFF_PARTING: "The runs part here first:", "两次运行最先在这里分开：";
    DIFF_NO_PARTING: "The same steps in both, with the same messages.", "两次运行的步骤和消息都相同。";
    DIFF_EQUAL: "Equal: the same steps, and every field says the same.", "相同：步骤相同，每个字段的内容也相同。";
    DIFF_EQUAL_BUT_FRESH: "Equal: the same steps, and every field says the same but those that are fresh in each run:",
        "相同：步骤相同，除每次运行都会重新产生的字段外，内容也都相同：";
    DIFF_FRESH: "Fresh in each run:", "每次运行都会重新产生：";
    DIFF_COUNTS: "Steps:", "步骤：";
    DIFF_SAME: "the same", "相同";
    DIFF_VALUES: "with other values", "内容不同";
    DIFF_PARTED: "with other messages", "消息不同";
    DIFF_BESIDES: "Beside the steps:", "步骤之外：";
    DIFF_RANDOM: "random", "随机数";
    DIFF_KEYS: "keys", "密钥";
    DIFF_SEALED: "ciphertext, tags, signatures", "密文、标签、签名";
    DIFF_SEQUENCE: "sequence numbers", "序号";
    DIFF_TIMES: "times", "时间";
    DIFF_IDS: "ids", "标识";
    DIFF_FOLLOWS: "lengths and sums that follow", "随之变化的长度与校验和";
    DIFF_STEPS: "steps", "步骤";
    DIFF_FRAMES: "frames", "帧";
    DIFF_BYTES: "bytes", "字节";
    DIFF_ROUND_TRIPS: "round trips", "往返";
    DIFF_NEXT: "nothing here; next is", "此处没有；接下来是";
    DIFF_NOTHING: "nothing more", "再没有了";
    DIFF_LOST: "lost behind", "丢失于其后：";
    DIFF_BROKEN: "broken", "出错";
    DIFF_VIEW: "view", "视角";
    DIFF_SOURCE: "source", "来源";
    DIFF_PATH: "path", "路径";
    DIFF_LOOKUP: "look-up", "域名解析";
    DIFF_CHECK: "check", "检查";
    DIFF_FAILED: "failed", "失败";
    DIFF_HEARD: "B's screen", "B 的屏幕";
    DIFF_TIME: "ms from first to last", "历时（毫秒）";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_word_stands_in_both_languages() {
        let mut keys = BTreeSet::new();
        for Word { key, english, chinese } in WORDS {
            assert!(keys.insert(key), "{key} stands there twice");
            assert!(english.is_ascii() && !english.is_empty(), "{key}: {english}");
            assert!(
                chinese.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
                "{key}: {chinese}"
            );
        }
    }
}
