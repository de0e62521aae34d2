// Two people in two browsers and one at a shell hear each other; a reload changes nothing.

import assert from "node:assert/strict";

import { accessible, join, live, say, see, snapshot, texts, visitor } from "./chromium.mjs";
import { base, eventually, invite, messages, nihao, play } from "./stage.mjs";

await play(async () => {
  // By hand, with the whole line.
  const ming = await visitor({ locale: "zh-CN" });
  const answer = await ming.goto(`${base}/`);
  assert.equal((await answer.securityDetails()).protocol, "TLS 1.3");
  assert.equal(await ming.locator("html").getAttribute("lang"), "zh-Hans");
  await accessible(ming, "the door");
  await ming.getByLabel("邀请", { exact: true }).fill(`  ${await invite()} `);
  await ming.getByLabel("你的名字").fill("小明");
  await ming.getByRole("button", { name: "加入" }).click();
  await ming.getByRole("heading", { name: "#general" }).waitFor();
  await live(ming);
  await say(ming, "您好！");
  await see(ming, "您好！");

  // By a link: the code is filled in, and gone from the address bar.
  const carol = await visitor({ colorScheme: "dark" });
  const code = new URL(await invite()).searchParams.get("code");
  await carol.goto(`${base}/#code=${code}`);
  assert.equal(await carol.getByLabel("Invite", { exact: true }).inputValue(), code);
  assert.equal(carol.url(), `${base}/`);
  await carol.getByLabel("Your name").fill("Carol");
  await carol.getByRole("button", { name: "Join", exact: true }).click();
  await see(carol, "您好！");
  await live(carol);
  await say(carol, "hello from carol");
  await see(ming, "hello from carol");

  const [cookie, ...others] = await carol.context().cookies();
  assert.deepEqual(others, []);
  assert.equal(cookie.name, "__Host-nihao");
  assert.ok(cookie.httpOnly && cookie.secure && cookie.sameSite === "Strict" && cookie.path === "/");

  // The shell hears the browsers, and they hear the shell.
  const heard = await messages("bob", "listen", "--count", "2");
  assert.deepEqual(
    heard.map(({ from, text }) => [from, text]),
    [
      ["小明", "您好！"],
      ["carol", "hello from carol"],
    ],
  );
  await nihao("bob", "send", "#general", "by the shell");
  await see(ming, "by the shell");
  await see(carol, "by the shell");

  // A direct conversation: nobody else sees it, and it is marked until it is read.
  await nihao("bob", "send", "@carol", "psst");
  const place = carol.getByRole("navigation", { name: "Conversations" }).getByRole("button", { name: /@bob/ });
  await place.filter({ hasText: "1 unread" }).waitFor();
  assert.match(await carol.title(), /^\(1\) /);
  await place.click();
  await carol.getByRole("heading", { name: "@bob" }).waitFor();
  await see(carol, "psst");
  assert.equal(await place.getAttribute("aria-current"), "true");
  assert.ok(!(await place.innerText()).includes("unread"));
  await say(carol, "what is it?");
  await eventually("bob hears the answer", async () => {
    const said = await messages("bob", "history", "@carol");
    return said.map(({ text }) => text).join() === "psst,what is it?";
  });
  assert.ok(!(await texts(ming)).includes("psst"));
  await accessible(carol, "the chat in the dark");
  await accessible(ming, "the chat in the light");

  // A reload is the same person, at the same place in the log.
  await ming.reload();
  await see(ming, "by the shell");
  await live(ming);
  assert.deepEqual(await texts(ming), ["您好！", "hello from carol", "by the shell"]);
}, snapshot);
