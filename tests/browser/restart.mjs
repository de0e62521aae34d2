// The daemon is killed under a page: nothing is lost, nothing comes twice, and what was written meanwhile arrives once.

import assert from "node:assert/strict";

import { join, live, say, see, snapshot, texts, visitor } from "./chromium.mjs";
import { DOWN, eventually, excusing, freeze, invite, kill, messages, nihao, play, start, stop, thaw } from "./stage.mjs";

await play(async () => {
  const page = await visitor();
  await join(page, await invite(), "carol");
  await nihao("bob", "send", "#general", "before");
  await see(page, "before");

  await excusing(DOWN, async () => {
    // What is under way at this moment may or may not have been stored: it must not matter.
    await say(page, "racing");
    await kill();
    await page.getByText("No connection; trying again").waitFor();
    for (const text of ["pending 1", "pending 2", "pending 3"]) {
      await say(page, text);
      await page.getByRole("listitem").filter({ hasText: text }).getByText("Waiting to be sent").waitFor();
    }
    await start();
    await nihao("bob", "send", "#general", "meanwhile");
    await page.getByRole("button", { name: "Try now" }).click({ timeout: 2000 }).catch(() => {});
    await live(page);
    for (const text of ["racing", "pending 1", "pending 2", "pending 3", "meanwhile"]) {
      await see(page, text);
    }
  });
  await check(page, ["before", "meanwhile", "pending 1", "pending 2", "pending 3", "racing"]);

  // In the proper way, with something said in between.
  await excusing(DOWN, async () => {
    await stop();
    await page.getByText("No connection; trying again").waitFor();
    await start();
    await nihao("bob", "send", "#general", "after");
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await see(page, "after");
    await live(page);
  });

  // A connection that is dead without having ended is noticed, too.
  await excusing(DOWN, async () => {
    await freeze();
    await page.evaluate(() => dispatchEvent(new Event("offline")));
    await page.getByText("No connection; trying again").waitFor();
    await say(page, "into the silence");
    await thaw();
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await see(page, "into the silence");
    await live(page);
  });
  await say(page, "the end");
  await see(page, "the end");
  await check(page, ["after", "before", "into the silence", "meanwhile", "pending 1", "pending 2", "pending 3", "racing", "the end"]);
  assert.equal(await page.getByText("Waiting to be sent").count(), 0);
  const kept = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("nihao:out:")));
  assert.deepEqual(kept, []);
}, snapshot);

/** The page shows what the server has, in its order, and each of these once. */
async function check(page, expected) {
  const stored = (await messages("bob", "history", "#general")).map(({ text }) => text);
  assert.deepEqual([...stored].sort(), expected);
  await eventually("the page shows what the server has", async () => (await texts(page)).length === stored.length);
  assert.deepEqual(await texts(page), stored);
  const ours = stored.filter((text) => text.startsWith("pending"));
  assert.deepEqual(ours, ["pending 1", "pending 2", "pending 3"], "in the order in which they were written");
}
