// The pictures of the README. They want a machine with CJK letters (fonts-noto-cjk).

import { mkdir, readdir, stat } from "node:fs/promises";
import assert from "node:assert/strict";

import { join, live, say, see, snapshot, visitor } from "./chromium.mjs";
import { invite, nihao, play } from "./stage.mjs";

const folder = process.env.NIHAO_SCREENSHOTS;

await play(async () => {
  await mkdir(folder, { recursive: true });
  const ming = await visitor({ locale: "zh-CN", viewport: { width: 1180, height: 760 } });
  await join(ming, await invite(), "小明", { name: "你的名字", button: "加入" });
  const lan = await visitor({ viewport: { width: 1180, height: 760 }, colorScheme: "dark" });
  await join(lan, await invite(), "岚");
  await talk(ming, lan);
  await ming.bringToFront();
  await picture(ming, "desktop-light-zh");
  await nihao("bob", "send", "@岚", "did you see the key in the invite?");
  await lan.getByRole("navigation").getByText("1 unread").waitFor({ state: "attached" });
  await picture(lan, "desktop-dark-en");
  await lan.setViewportSize({ width: 390, height: 760 });
  await picture(lan, "phone-dark-en");
  const door = await visitor({ viewport: { width: 390, height: 760 }, locale: "zh-CN" });
  await door.goto(`${process.env.NIHAO_URL}/`);
  await picture(door, "phone-door-zh");
  for (const name of await readdir(folder)) {
    const { size } = await stat(`${folder}/${name}`);
    assert.ok(size <= 150 * 1024, `${name} has ${size} bytes`);
  }
}, snapshot);

async function talk(ming, lan) {
  const lines = [
    [ming, "您好！"],
    [lan, "您好！你也在用自己的服务器吗？"],
    [ming, "对，一条命令就起来了。这一页也是它自己发的，没有别的地方的东西。"],
    [lan, "The lock in the address bar is our own TLS 1.3, too?"],
    [ming, "是的，从第一个字节写起。"],
    [ming, "把服务器的根证书交给浏览器，就不用再相信别人了。"],
  ];
  for (const [who, text] of lines) {
    await say(who, text);
    await see(ming, text);
    await see(lan, text);
  }
  await nihao("bob", "send", "#general", "build ok");
  await nihao("bob", "send", "#general", "第一行\nsecond line");
  await see(lan, "second line");
  await say(lan, "Read in the browser, sent from a shell. Nice.");
  await see(ming, "Nice.");
  await live(ming);
}

async function picture(page, name) {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${folder}/${name}.png`, caret: "initial" });
}
