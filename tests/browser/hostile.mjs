// Texts and names that would be markup, or would steer the reader's eye, stay text.

import assert from "node:assert/strict";

import { join, say, see, snapshot, texts, visitor } from "./chromium.mjs";
import { base, eventually, excusing, invite, nihao, play } from "./stage.mjs";

const ATTACKS = [
  "<img src=x onerror=\"window.hit='img'\">",
  "<script>window.hit='script'</script>",
  "<svg/onload=window.hit='svg'>",
  "</p></li></ol><iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
  "<a href=\"javascript:window.hit='link'\">click</a>",
  "{{constructor.constructor('window.hit=1')()}} ${window.hit=1}",
  "&lt;b&gt;&#x3c;b&#x3e;",
];

const STEERING = [
  ["a\u202egnp.exe", "a\\u{202e}gnp.exe"],
  ["\u001b]0;x\u0007\u009b2J", "␛]0;x␇\\u{9b}2J"],
  ["\u2066\u2069\u200f\ufeff\u007f", "\\u{2066}\\u{2069}\\u{200f}\\u{feff}␡"],
];

await play(async () => {
  const page = await visitor();
  // Names: the server takes letters and digits alone, and the page shows why not as text.
  await page.goto(`${base}/#code=${encodeURIComponent("\"><img src=x onerror=window.hit=1>")}`);
  await page.getByLabel("Your name").fill("<img src=x onerror=window.hit=1>");
  await excusing([/status of 400/], async () => {
    await page.getByRole("button", { name: "Join", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: "not understood" }).waitFor();
  });
  await untouched(page);
  await join(page, await invite(), "سلام");

  for (const text of ATTACKS) {
    await nihao("bob", "send", "#general", text);
    await say(page, text);
  }
  await eventually("everything said is shown", async () => (await texts(page)).length === ATTACKS.length * 2);
  assert.deepEqual((await texts(page)).sort(), [...ATTACKS, ...ATTACKS].sort());
  await untouched(page);

  for (const [sent, shown] of STEERING) {
    await nihao("bob", "send", "#general", sent);
    await see(page, shown);
    assert.ok((await texts(page)).includes(shown));
  }
  // The terminal shows them in the same way.
  const printed = await nihao("alice", "history", "#general");
  assert.ok(STEERING.every(([, shown]) => printed.includes(shown)));
  await nihao("bob", "send", "#general", "one\ntwo");
  await eventually("line breaks stay", async () => (await texts(page)).includes("one\ntwo"));
  for (const element of await page.locator("[role=log] .words").all()) {
    assert.equal(await element.evaluate((one) => getComputedStyle(one).unicodeBidi), "isolate");
  }

  // As much as there may be, without a gap to break at: the page does not grow sideways.
  await nihao("bob", "send", "#general", "x".repeat(16_384));
  await see(page, "x".repeat(16_384));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  // One byte more is told here, and what was written stays in the box.
  await page.getByRole("textbox").fill("您".repeat(5462));
  await page.getByRole("textbox").press("Enter");
  await page.getByRole("alert").filter({ hasText: "16386 bytes" }).waitFor();
  assert.equal((await page.getByRole("textbox").inputValue()).length, 5462);
  await page.getByRole("textbox").fill("");

  // To somebody who is gone: refused by name, and what was written can be edited or discarded.
  await page.getByRole("navigation").getByRole("button", { name: /@bob/ }).click();
  await nihao("alice", "remove", "@bob");
  await say(page, "too late");
  const refused = page.getByRole("listitem").filter({ hasText: "Not sent: there is nobody of that name" });
  await refused.getByRole("button", { name: "Edit" }).click();
  await refused.waitFor({ state: "detached" });
  assert.equal(await page.getByRole("textbox").inputValue(), "too late");
  await page.getByRole("textbox").press("Enter");
  await refused.getByRole("button", { name: "Discard" }).click();
  await refused.waitFor({ state: "detached" });
  await untouched(page);
}, snapshot);

async function untouched(page) {
  assert.equal(await page.evaluate(() => window.hit), undefined);
  const made = await page.locator("#page").locator("img, script, iframe, svg, b, a:not(.skip)").count();
  assert.equal(made, 0, "text became an element");
}
