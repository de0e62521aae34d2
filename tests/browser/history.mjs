// Scrolling up brings three hundred old messages, each once, and what one reads stays where it is.

import assert from "node:assert/strict";

import { join, live, see, snapshot, texts, visitor } from "./chromium.mjs";
import { base, eventually, invite, nihao, play } from "./stage.mjs";

const COUNT = 300;

await play(async () => {
  const writer = await visitor();
  await join(writer, await invite(), "carol");
  const statuses = await writer.evaluate(async (count) => {
    const seen = [];
    for (let number = 1; number <= count; number += 1) {
      const body = JSON.stringify({ to: "#general", text: `message ${number}` });
      const headers = { "content-type": "application/json" };
      seen.push((await fetch("/v1/messages", { method: "POST", headers, body })).status);
    }
    return seen;
  }, COUNT);
  assert.ok(statuses.every((status) => status === 201));
  await see(writer, `message ${COUNT}`);

  const reader = await visitor();
  await join(reader, await invite(), "dave");
  await see(reader, `message ${COUNT}`);
  const first = await texts(reader);
  assert.equal(first.length, 50, "a part of it to begin with");
  const log = reader.getByRole("log");
  assert.ok(await log.evaluate((one) => one.scrollHeight - one.clientHeight - one.scrollTop < 60), "at the end");

  // By keyboard, as one would. The answer is held back until it is known what one sees.
  let letGo = () => {};
  await reader.route("**/v1/messages?*", async (route) => {
    await new Promise((resolve) => {
      letGo = resolve;
    });
    await route.continue();
  });
  await log.focus();
  let held = first.length;
  while (held < COUNT) {
    const asked = reader.waitForRequest("**/v1/messages?*");
    await reader.keyboard.press("Home");
    await asked;
    await eventually("the beginning is reached", () => log.evaluate((one) => one.scrollTop === 0));
    const anchor = await topmost(log);
    letGo();
    const before = held;
    await eventually("more of the past", async () => (await texts(reader)).length > before);
    held = (await texts(reader)).length;
    const drift = Math.abs((await placeOf(log, anchor.text)) - anchor.top);
    assert.ok(drift < 2, `${anchor.text} moved by ${drift} px`);
  }
  await reader.unroute("**/v1/messages?*");
  const all = Array.from({ length: COUNT }, (_, index) => `message ${index + 1}`);
  assert.deepEqual(await texts(reader), all);
  await reader.keyboard.press("Home");
  await reader.getByText("The conversation begins here").waitFor();

  // What comes meanwhile is counted and does not pull one away.
  await eventually("the beginning is reached", () => log.evaluate((one) => one.scrollTop === 0));
  await nihao("bob", "send", "#general", "news");
  const button = reader.getByRole("button", { name: "1 new" });
  await button.waitFor();
  assert.equal(await log.evaluate((one) => one.scrollTop), 0);
  await button.click();
  await see(reader, "news");
  assert.ok(await log.evaluate((one) => one.scrollHeight - one.clientHeight - one.scrollTop < 60), "at the end again");

  // A reload shows the end of it, not what was read meanwhile as new.
  await reader.goto(`${base}/`);
  await see(reader, "news");
  await live(reader);
  assert.match(await reader.title(), /^#general/);
}, snapshot);

/** The first message that one sees whole, and how far down. */
function topmost(log) {
  return log.evaluate((one) => {
    const edge = one.getBoundingClientRect().top;
    const found = [...one.querySelectorAll(".words")].find((words) => words.getBoundingClientRect().top >= edge);
    return { text: found.textContent, top: found.getBoundingClientRect().top };
  });
}

function placeOf(log, text) {
  return log.evaluate((one, wanted) => {
    const found = [...one.querySelectorAll(".words")].find(({ textContent }) => textContent === wanted);
    return found.getBoundingClientRect().top;
  }, text);
}
