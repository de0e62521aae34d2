// Every sentence of the page, in both languages, from one table.

const WORDS = {
  // The door.
  door_title: ["加入聊天", "Join the chat"],
  door_intro: ["粘贴别人给你的邀请，再选一个名字。", "Paste the invite you were given, and choose a name."],
  invite_code: ["邀请", "Invite"],
  invite_hint: ["邀请码，或以 nihao:// 开头的整行", "The code, or the whole line that begins with nihao://"],
  your_name: ["你的名字", "Your name"],
  name_hint: ["任何语言的字母和数字，以及 - _ .", "Letters and digits of any language, and - _ ."],
  join: ["加入", "Join"],
  joining: ["正在加入…", "Joining…"],
  needs_code: ["请填写邀请。", "The invite is missing."],
  needs_name: ["请填写名字。", "The name is missing."],
  already_in: ["你已经加入了，这个邀请没有用掉。", "You are in already; the invite was not used."],

  // What happened.
  signed_out: ["你已退出。", "You are signed out."],
  ended_removed: ["管理员已将你移出。", "An admin removed you."],
  ended_bad_access: ["登录已失效。", "Your session has ended."],
  ended_not_a_member: ["登录已失效。", "Your session has ended."],

  // The frame.
  skip: ["跳到消息框", "Skip to the message box"],
  conversations: ["会话", "Conversations"],
  show_conversations: ["打开会话列表", "Show conversations"],
  hide_conversations: ["关闭会话列表", "Hide conversations"],
  everyone: ["所有人", "Everyone"],
  you: ["你", "you"],
  admin: ["管理员", "admin"],
  online: ["在线", "online"],
  away: ["离开", "away"],
  gone: ["已不是成员", "no longer a member"],
  unread: ["{count} 条未读", "{count} unread"],
  members_here: ["{online} 人在线，共 {all} 人", "{online} of {all} online"],
  notes: ["写给自己的笔记", "Notes to yourself"],
  settings: ["设置", "Settings"],
  language_switch: ["English", "中文"],
  theme_auto: ["外观：跟随系统", "Theme: as the system"],
  theme_light: ["外观：浅色", "Theme: light"],
  theme_dark: ["外观：深色", "Theme: dark"],
  sign_out: ["退出", "Sign out"],

  // The connection.
  link_live: ["已连接", "Connected"],
  link_connecting: ["正在连接…", "Connecting…"],
  link_catching_up: ["正在补上错过的消息…", "Catching up…"],
  link_waiting: ["连接断开，正在重试。你写的不会丢失。", "No connection; trying again. What you write is kept."],
  link_offline: ["这台设备没有网络。你写的不会丢失。", "This device is offline. What you write is kept."],
  try_now: ["立即重试", "Try now"],

  // Messages.
  log: ["{place} 的消息", "Messages in {place}"],
  load_older: ["更早的消息", "Older messages"],
  loading: ["正在读取…", "Loading…"],
  beginning: ["会话从这里开始", "The conversation begins here"],
  failed: ["读取失败：{why}", "Could not be read: {why}"],
  again: ["再试一次", "Try again"],
  empty: ["还没有消息。打个招呼吧。", "Nothing here yet. Say hello."],
  to_end: ["回到最新", "To the newest"],
  to_end_count: ["{count} 条新消息", "{count} new"],
  today: ["今天", "Today"],
  yesterday: ["昨天", "Yesterday"],
  pending: ["待发送", "Waiting to be sent"],
  refused: ["未发送：{why}", "Not sent: {why}"],
  edit: ["编辑", "Edit"],
  discard: ["丢弃", "Discard"],

  // The message box.
  message_to: ["发给 {place} 的消息", "Message to {place}"],
  keys: ["Enter 发送，Shift+Enter 换行", "Enter sends, Shift+Enter starts a new line"],
  send: ["发送", "Send"],

  // Dialogs.
  invite: ["邀请", "Invite"],
  invite_title: ["邀请一个人", "Invite somebody"],
  invite_intro: ["以下任意一个都能让一个人加入一次，{until} 前有效。", "Either lets one person in, once, until {until}."],
  invite_link: ["在浏览器中打开", "For a browser"],
  invite_line: ["用于 nihao join", "For nihao join"],
  copy: ["复制", "Copy"],
  copied: ["已复制", "Copied"],
  remove: ["移出", "Remove"],
  remove_title: ["移出 {name}？", "Remove {name}?"],
  remove_intro: [
    "{name} 的连接会立即断开，此后不能再加入。已发的消息保留。",
    "{name}'s connections end at once, for good. What was said stays.",
  ],
  sign_out_title: ["退出？", "Sign out?"],
  sign_out_intro: ["再次进入需要新的邀请，并换一个名字。", "To come back you need a new invite, and another name."],
  sign_out_unsent: ["有 {count} 条消息尚未发送，将会丢弃。", "{count} messages were not sent and will be lost."],
  cancel: ["取消", "Cancel"],
  close: ["关闭", "Close"],

  // Why something was not done: the server's names, and the page's own.
  why_unreachable: ["无法连接服务器", "the server cannot be reached"],
  why_malformed: ["内容不符合要求", "that is not understood"],
  why_id_conflict: ["编号已用于另一条消息", "the number belongs to another message"],
  why_name_taken: ["这个名字已有人用过", "that name is taken"],
  why_invite_used: ["邀请已被使用", "the invite was used"],
  why_invite_expired: ["邀请已过期", "the invite has expired"],
  why_invite_unknown: ["没有这个邀请", "there is no such invite"],
  why_not_a_member: ["只有成员可以", "only members may"],
  why_not_admin: ["只有管理员可以", "only admins may"],
  why_too_large: ["太长", "that is too long"],
  why_too_long: ["消息有 {bytes} 字节，最多 16384", "the message has {bytes} bytes, at most 16384 are allowed"],
  why_rate_limited: ["太频繁，请稍后再试", "too often; try again a little later"],
  why_busy: ["服务器繁忙，请稍后再试", "the server is busy; try again a little later"],
  why_unavailable: ["服务器暂时不能保存", "the server cannot store anything now"],
  why_unknown: ["服务器没有说明原因", "the server did not say why"],
  why_removed: ["成员已被移出", "the member was removed"],
  why_no_such_user: ["没有这个人", "there is nobody of that name"],
  why_no_such_room: ["没有这个房间", "there is no such room"],
  why_last_admin: ["不能移出最后一位管理员", "the last admin cannot be removed"],
  why_shutting_down: ["服务器正在关闭", "the server is going down"],
  why_bad_access: ["登录已失效", "the session has ended"],
  why_wrong_origin: ["请求来自别的页面", "the request came from another page"],
};

const COLUMNS = { zh: 0, en: 1 };

/** The tag of a language, for `lang` attributes and dates. */
export const TAGS = { zh: "zh-Hans", en: "en" };

/** The language that a reader with these preferences sees. */
export function preferred(tags) {
  for (const tag of tags) {
    const [primary] = tag.toLowerCase().split("-");
    if (primary in COLUMNS) {
      return primary;
    }
  }
  return "en";
}

/** A sentence; `{name}` stands for a value. */
export function say(language, word, values = {}) {
  const sentence = WORDS[word]?.[COLUMNS[language]];
  if (sentence === undefined) {
    throw new Error(`no word for ${word}`);
  }
  return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** Why something was not done, in the reader's language; a name that is not in the table, in the server's own words. */
export function why(language, { error, detail, ...values }) {
  return WORDS[`why_${error}`] === undefined ? detail || error : say(language, `why_${error}`, values);
}
