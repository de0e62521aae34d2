//! How a journey ended: what A was told, and what stands on B's screen.

use std::fmt::Write as _;

use nihao_explain::texts::Language;
use nihao_protocol::chat::shown;
use unicode_width::UnicodeWidthStr as _;

use super::journey::Journey;

/// The last lines of a story.
#[must_use]
pub fn outcome(journey: &Journey, language: Language) -> String {
    let say = |english: &str, chinese: &str| match language {
        Language::English => english.to_owned(),
        Language::Chinese => chinese.to_owned(),
    };
    let mut text = String::from("\n");
    let told = match &journey.answer {
        Ok(answer) => shown(answer.trim_end()).into_owned(),
        Err(error) => format!("{} {}", say("failed:", "失败："), shown(&error.to_string())),
    };
    let _ = writeln!(text, "{} {told}", say("A was told:", "A 得到的回答："));
    for heard in &journey.heard {
        let heard = heard.as_str();
        let (bytes, characters, columns) = (heard.len(), heard.chars().count(), heard.width());
        let sizes = match language {
            Language::English => format!("({bytes} bytes, {characters} characters, {columns} columns)"),
            Language::Chinese => format!("（{bytes} 字节，{characters} 个字符，{columns} 列）"),
        };
        let _ = writeln!(
            text,
            "{} {} {sizes}",
            say("B's screen shows:", "B 的屏幕显示："),
            shown(heard)
        );
    }
    if journey.heard.is_empty() {
        let _ = writeln!(text, "{}", say("B's screen shows nothing.", "B 的屏幕上什么也没有。"));
    }
    for fault in &journey.seen.idle {
        let never = say(
            "this fault never happened, for the run was over before:",
            "这个故障没有发生，因为在那之前过程已经结束：",
        );
        let _ = writeln!(text, "{never} {fault}");
    }
    text
}
