// The list of conversations, and what belongs to oneself.

import { arrange, attribute, el, text } from "../dom.js";
import { listed } from "../places.js";
import { shown } from "../text.js";
import { say } from "../words.js";
import { createPicture } from "./picture.js";
import { createSwitches } from "./switches.js";

/** The side of the page. */
export function createSide(actions) {
  const brand = el("p", { class: "brand" }, el("span", { lang: "zh-Hans" }, "您好"), " nihao");
  const invite = el("button", { type: "button", class: "quiet", onclick: actions.dialogs.invite });
  const count = el("p", { class: "faint small" });
  const list = el("ul", { class: "places", onkeydown: move });
  const nav = el("nav", { class: "nav" }, list);
  const self = el("div", { class: "self" });
  const leave = el("button", { type: "button", class: "quiet", onclick: actions.dialogs.signOut });
  const switches = createSwitches(actions);
  const foot = el("section", { class: "foot" }, self, el("div", { class: "row" }, leave), switches.element);
  const head = el("header", { class: "side-head" }, brand, invite, count);
  const rows = new Map();
  let selfName = null;

  return {
    element: el("div", { class: "side", id: "side" }, head, nav, foot),
    show(state) {
      const { language } = state;
      attribute(nav, "aria-label", say(language, "conversations"));
      attribute(foot, "aria-label", say(language, "settings"));
      text(invite, say(language, "invite"));
      text(leave, say(language, "sign_out"));
      const online = state.members.filter((member) => member.online).length;
      text(count, say(language, "members_here", { online, all: state.members.length }));
      if (selfName !== state.me.name) {
        selfName = state.me.name;
        self.replaceChildren(createPicture(selfName), el("bdi", { class: "name" }, shown(selfName)));
      }
      switches.show(state);
      const entries = listed(state);
      for (const name of [...rows.keys()].filter((name) => !entries.some((entry) => entry.name === name))) {
        rows.delete(name);
      }
      arrange(list, entries.map((entry) => row(entry, state)));
    },
  };

  function row(entry, state) {
    let found = rows.get(entry.name);
    if (found === undefined) {
      found = createRow(entry.name, () => actions.open(entry.name));
      rows.set(entry.name, found);
    }
    found.show(entry, state);
    return found.element;
  }

  /** The arrows go through the list, as Tab does. */
  function move(event) {
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at >= 0 && to !== undefined && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      buttons[Math.max(0, Math.min(to, buttons.length - 1))].focus();
    }
  }
}

function createRow(place, open) {
  const person = place.startsWith("@") ? place.slice(1) : null;
  const name = el("bdi", { class: "name" }, shown(place));
  const note = el("span", { class: "note" });
  const dot = el("span", { class: "dot", "aria-hidden": "true" });
  const badge = el("span", { class: "badge" });
  const badgeText = el("span", { "aria-hidden": "true" });
  const badgeName = el("span", { class: "heard" });
  badge.append(badgeText, badgeName);
  const picture = el("span", { class: "pictured" }, createPicture(person), dot);
  const button = el("button", { type: "button", class: "place", onclick: open }, picture, name, note, badge);
  return {
    element: el("li", {}, button),
    show({ unread, member, isRoom }, { language, current, me }) {
      attribute(button, "aria-current", place === current && "true");
      const isSelf = person === me.name;
      const words = [
        isRoom && say(language, "everyone"),
        isSelf && say(language, "you"),
        member?.admin && say(language, "admin"),
        member && !isSelf && say(language, member.online ? "online" : "away"),
        !member && !isRoom && say(language, "gone"),
      ];
      text(note, words.filter(Boolean).join(" · "));
      dot.classList.toggle("on", member?.online === true);
      attribute(dot, "hidden", isRoom);
      attribute(badge, "hidden", unread === 0);
      text(badgeText, unread > 99 ? "99+" : String(unread));
      text(badgeName, say(language, "unread", { count: unread }));
    },
  };
}
