// An admin in the browser: invites by a link, removes, signs out. Whoever was removed is told so.

import assert from "node:assert/strict";

import { accessible, join, live, say, see, snapshot, texts, visitor } from "./chromium.mjs";
import { base, excusing, play } from "./stage.mjs";

/** A page that asks at the very moment in which it is put outside is told so once more, by a status. */
const OUTSIDE = [/status of 40[13]|WebSocket connection to/];

await play(async () => {
  const ada = await visitor();
  await join(ada, process.env.NIHAO_INVITE, "ada");
  await ada.getByRole("button", { name: "Invite", exact: true }).click();
  const invite = ada.getByRole("dialog", { name: "Invite somebody" });
  const link = await invite.getByLabel("For a browser", { exact: true }).inputValue();
  const line = await invite.getByLabel("For nihao join", { exact: true }).inputValue();
  assert.ok(link.startsWith(`${base}/#code=`) && line.startsWith("nihao://"));
  await accessible(ada, "a dialog");
  await invite.getByRole("button", { name: "Close" }).click();

  // Carol's first answer gets lost on its way: asked again, she is let in as the same person.
  const carol = await visitor();
  await carol.addInitScript(() => {
    const { fetch } = window;
    window.fetch = async (...request) => {
      await fetch(...request);
      window.fetch = fetch;
      throw new TypeError("the answer was lost");
    };
  });
  await carol.goto(link);
  await carol.getByLabel("Your name").fill("carol");
  await carol.getByRole("button", { name: "Join", exact: true }).click();
  await carol.getByRole("alert").filter({ hasText: "the server cannot be reached" }).waitFor();
  await carol.getByRole("button", { name: "Join", exact: true }).click();
  await live(carol);
  await say(carol, "here I am");
  await see(ada, "here I am");
  const again = await visitor();
  await again.goto(link);
  await again.getByLabel("Your name").fill("dave");
  await refused(again, "the invite was used");

  // Carol is no admin: she is offered nobody to remove, and the server would not let her.
  await carol.getByRole("navigation").getByRole("button", { name: /@ada/ }).click();
  await carol.getByRole("heading", { name: "@ada" }).waitFor();
  assert.equal(await carol.getByRole("button", { name: "Remove" }).count(), 0);

  await ada.getByRole("navigation").getByRole("button", { name: /@carol/ }).click();
  await ada.getByRole("button", { name: "Remove" }).click();
  const question = ada.getByRole("dialog", { name: "Remove carol?" });
  await question.waitFor();
  await ada.keyboard.press("Escape");
  await question.waitFor({ state: "hidden" });
  await live(carol);
  await ada.getByRole("button", { name: "Remove" }).click();
  await excusing(OUTSIDE, async () => {
    await question.getByRole("button", { name: "Remove" }).click();
    await question.waitFor({ state: "hidden" });
    await carol.getByRole("status").filter({ hasText: "An admin removed you." }).waitFor();
  });
  await ada.getByRole("main").getByText("no longer a member").waitFor();
  await carol.goto(`${base}/`);
  await carol.getByRole("button", { name: "Join", exact: true }).waitFor();
  assert.deepEqual(await carol.evaluate(() => Object.keys(localStorage)), [], "nothing is kept of the stay");

  // A session that is no longer known is told so, and not tried for ever.
  const eve = await visitor();
  await join(eve, await another(ada), "eve");
  await excusing(OUTSIDE, async () => {
    await eve.context().clearCookies();
    await eve.reload();
    await eve.getByRole("status").filter({ hasText: "Your session has ended." }).waitFor();
  });

  // Signing out: asked first, and then the cookie is gone; another tab of the browser is told.
  await ada.getByRole("navigation").getByRole("button", { name: /#general/ }).click();
  assert.deepEqual(await texts(ada), ["here I am"]);
  const tab = await ada.context().newPage();
  await tab.goto(`${base}/`);
  await see(tab, "here I am");
  await live(tab);
  await ada.bringToFront();
  await ada.getByRole("button", { name: "Sign out" }).click();
  await excusing(OUTSIDE, async () => {
    await ada.getByRole("dialog", { name: "Sign out?" }).getByRole("button", { name: "Sign out" }).click();
    await ada.getByRole("status").filter({ hasText: "You are signed out." }).waitFor();
    assert.deepEqual(await ada.context().cookies(), []);
    await tab.getByRole("status").filter({ hasText: "Your session has ended." }).waitFor();
  });
  await ada.reload();
  await ada.getByRole("button", { name: "Join", exact: true }).waitFor();
}, snapshot);

async function another(admin) {
  await admin.getByRole("button", { name: "Invite", exact: true }).click();
  const dialog = admin.getByRole("dialog", { name: "Invite somebody" });
  const line = await dialog.getByLabel("For nihao join", { exact: true }).inputValue();
  await admin.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  return line;
}

async function refused(page, why) {
  await excusing([/status of 409/], async () => {
    await page.getByRole("button", { name: "Join", exact: true }).click();
    await page.getByRole("alert").filter({ hasText: why }).waitFor();
  });
}
