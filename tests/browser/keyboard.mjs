// Everything by keyboard alone, in both languages, by day and by night; characters under composition are not sent.

import assert from "node:assert/strict";

import { live, see, snapshot, texts, visitor } from "./chromium.mjs";
import { base, eventually, invite, nihao, play } from "./stage.mjs";

await play(async () => {
  const page = await visitor({ locale: "de-DE", colorScheme: "dark" });
  const { keyboard } = page;
  const line = await invite();
  await page.goto(`${base}/`);

  // The door: the first field has the focus, Tab goes on, Enter sends; what is missing is told and focused.
  await focused(page, "Invite");
  await keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "The invite is missing." }).waitFor();
  await keyboard.type(line);
  await keyboard.press("Enter");
  await focused(page, "Your name");
  await keyboard.type("carol");
  await keyboard.press("Enter");
  await live(page);
  await focused(page, "Message to #general");
  await visible(page);

  await keyboard.type("one");
  await keyboard.press("Shift+Enter");
  await keyboard.type("two");
  await keyboard.press("Enter");
  await see(page, "one");
  assert.deepEqual(await texts(page), ["one\ntwo"]);

  await composition(page);

  // The skip link comes first; the list goes by arrows; Enter opens, and the box has the focus.
  await backTo(page, "Skip to the message box");
  await visible(page);
  await keyboard.press("Enter");
  await focused(page, "Message to #general");
  await nihao("bob", "send", "@carol", "over here");
  const bob = page.getByRole("navigation").getByRole("button", { name: /@bob/ });
  await bob.filter({ hasText: "1 unread" }).waitFor();
  await backTo(page, /^#general/);
  await keyboard.press("ArrowDown");
  await focused(page, /@bob/);
  await visible(page);
  await keyboard.press("Enter");
  await see(page, "over here");
  await focused(page, "Message to @bob");

  // A dialog: Escape closes it, and the focus is where it was.
  await backTo(page, "Invite");
  await keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Invite somebody" }).getByLabel("For nihao join", { exact: true }).waitFor();
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await focused(page, "Invite");

  await switches(page);
  await narrow(page);
}, snapshot);

/** Enter chooses among the characters that are being composed; only the next one sends. */
async function composition(page) {
  const debug = await page.context().newCDPSession(page);
  await debug.send("Input.imeSetComposition", { text: "nihao", selectionStart: 5, selectionEnd: 5 });
  const enter = { windowsVirtualKeyCode: 13, code: "Enter", key: "Enter", text: "\r" };
  await page.evaluate(() => {
    window.composed = [];
    document.addEventListener("keydown", ({ key, isComposing }) => window.composed.push([key, isComposing]), true);
  });
  await debug.send("Input.dispatchKeyEvent", { type: "keyDown", ...enter });
  await debug.send("Input.dispatchKeyEvent", { type: "keyUp", ...enter });
  assert.deepEqual(await page.evaluate(() => window.composed), [["Enter", true]], "Chromium composes");
  assert.deepEqual(await texts(page), ["one\ntwo"], "nothing was sent");
  await debug.send("Input.insertText", { text: "您好" });
  await page.keyboard.press("Enter");
  await see(page, "您好");
  assert.equal((await texts(page)).length, 2);
}

/** The languages and the themes, each by its switch. */
async function switches(page) {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await paper();
  await backTo(page, "Theme: as the system");
  await page.keyboard.press("Enter");
  await focused(page, "Theme: light");
  assert.notEqual(await paper(), dark);
  await page.keyboard.press("Enter");
  await focused(page, "Theme: dark");
  assert.equal(await paper(), dark);

  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await backTo(page, "中文");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "发送" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-Hans");
  // Both are remembered.
  await page.reload();
  await live(page);
  await page.getByRole("button", { name: "外观：深色" }).waitFor();
  await focused(page, "发给 #general 的消息");
}

/** Where it is narrow, the list lies over the page: Escape puts it away. */
async function narrow(page) {
  await page.setViewportSize({ width: 390, height: 780 });
  const nav = page.getByRole("navigation", { name: "会话" });
  await nav.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "打开会话列表" }).focus();
  await page.keyboard.press("Enter");
  await nav.waitFor();
  await page.keyboard.press("Escape");
  await nav.waitFor({ state: "hidden" });
  await focused(page, "打开会话列表");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
}

/** The accessible name of what has the focus. */
function nameOf(page) {
  return page.evaluate(() => {
    const one = document.activeElement;
    const said = one.cloneNode(true);
    said.querySelectorAll("[aria-hidden=true], [hidden]").forEach((unheard) => unheard.remove());
    return (one.getAttribute("aria-label") ?? one.labels?.[0]?.textContent ?? said.textContent).trim();
  });
}

async function focused(page, name) {
  const fits = (found) => (name instanceof RegExp ? name.test(found) : found === name);
  await eventually(`${name} has the focus`, async () => fits(await nameOf(page)));
}

/** Goes back by Shift+Tab until this has the focus. */
async function backTo(page, name) {
  const seen = [];
  for (let step = 0; step < 40; step += 1) {
    const found = await nameOf(page);
    seen.push(found);
    if (name instanceof RegExp ? name.test(found) : found === name) {
      return;
    }
    await page.keyboard.press("Shift+Tab");
  }
  assert.fail(`${name} cannot be reached: ${seen.join(" < ")}`);
}

/** One sees where the focus is. */
async function visible(page) {
  const outline = await page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return [outlineStyle, Number.parseFloat(outlineWidth)];
  });
  assert.ok(outline[0] === "solid" && outline[1] >= 2, `the focus is not seen: ${outline}`);
}
