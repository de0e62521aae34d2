// The page of `nihao explain --html`, opened from the disk: slider, views, links, files, and nothing asked for.

import assert from "node:assert/strict";

import { accessible, snapshot, visitor } from "./chromium.mjs";
import { base, home, play, tell } from "./stage.mjs";

const SAID = "您好！";

await play(async () => {
  const page = await open("en.html");
  await time(page);
  await bytesAndFields(page);
  await downTheLayers(page);
  await addresses(page);
  await eyes(page);
  await files(page);
  await accessible(page, "the page by day");
  const night = await open("zh.html", { colorScheme: "dark", locale: "zh-CN" });
  await accessible(night, "the page by night, in Chinese");
  await inChinese(night);
  await onAPhone();
  await hostile();
  await others();
}, snapshot);

/** Opens a page, which asks for nothing but itself. */
async function open(name, options = {}) {
  const page = await visitor({ acceptDownloads: true, ...options });
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${base}${name}`);
  await page.locator("#ladder").waitFor();
  assert.deepEqual(asked, [`${base}${name}`]);
  return page;
}

function drawn(page) {
  return page.locator("#ladder [role=option]").filter({ visible: true }).count();
}

function chosenFrame(page) {
  return page.locator("#ladder [aria-selected=true]").getAttribute("data-frame");
}

function chosenField(page) {
  return page.locator("#fields [aria-selected=true] .name").textContent();
}

function chosenBytes(page) {
  return page.locator("#hex [aria-selected=true]").allTextContents();
}

function treeitem(page, name) {
  return page.locator("#fields [role=treeitem]").filter({ has: page.locator(".name", { hasText: new RegExp(`^${name}$`) }) }).first();
}


async function time(page) {
  const all = await page.locator("#ladder [role=option]").count();
  assert.ok(all > 20, `${all} frames`);
  assert.equal(await drawn(page), all);
  const slider = page.getByRole("slider", { name: "Frames drawn up to this time" });
  await slider.fill("5");
  assert.equal(await drawn(page), 5);
  assert.equal(await chosenFrame(page), "5");
  assert.match(await slider.getAttribute("aria-valuetext"), /^\d+\.\d{3} ms, frame 5 of /);
  // Less motion was asked for: the button takes one step.
  await page.getByRole("button", { name: "Next frame" }).click();
  assert.equal(await drawn(page), 6);
  // Without that wish it plays, until it is told to stop or has no more.
  await page.emulateMedia({ reducedMotion: "no-preference" });
  await slider.fill(String(all - 1));
  await page.getByRole("button", { name: "Play" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByRole("button", { name: "Play" }).waitFor();
  assert.equal(await drawn(page), all);
  await page.emulateMedia({ reducedMotion: "reduce" });
  tell("time");
}

/** A field leads to its bytes, and a byte to its field, by click and by pointing. */
async function bytesAndFields(page) {
  await page.locator("#row1").click();
  await treeitem(page, "sender protocol address").click();
  assert.deepEqual(await chosenBytes(page), ["c0", "00", "02", "0a"]);
  const reason = page.getByRole("region", { name: "What the chosen bytes say" });
  await reason.getByText("192.0.2.10").waitFor();
  await page.locator("#byte12").click();
  assert.equal(await chosenField(page), "type");
  await reason.getByText("RFC 894 §1").waitFor();
  await page.locator("#byte0").hover();
  await page.locator("#fields .pointed").filter({ hasText: "destination" }).waitFor();
  await reason.getByText("All ones").waitFor();
  assert.equal(await chosenField(page), "type", "pointing does not choose");
  await treeitem(page, "operation").hover();
  assert.deepEqual(await page.locator("#hex .digits .pointed").allTextContents(), ["00", "01"]);
  tell("bytes and fields");
}

/** From a frame to its plaintext, and into the JSON in it; back again. */
async function downTheLayers(page) {
  await page.locator("#ladder [role=option][aria-label*=JSON]").first().click();
  const frame = await chosenFrame(page);
  await page.locator("#fields .becomes").last().click();
  await page.waitForURL(/at=derived\d+/);
  await page.locator(".spaces [aria-current]").filter({ hasText: "Decrypted" }).waitFor();
  assert.equal(await chosenFrame(page), frame);
  await page.locator("#fields [role=treeitem]").filter({ hasText: SAID }).last().click();
  const shown = Buffer.from((await chosenBytes(page)).join(""), "hex").toString();
  assert.ok(shown.includes(SAID), shown);
  await treeitem(page, "TLS plaintext").click();
  await page.locator("#reason").getByText("CLIENT_TRAFFIC_SECRET_0").waitFor();
  await page.locator("#reason").getByRole("link", { name: `Frame ${frame}` }).click();
  await page.waitForURL(new RegExp(`at=frame${frame}$`));
  // The certificate: from its frame over the record and the message.
  await page.locator("#ladder [role=option][aria-label*='X.509']").first().click();
  await page.getByRole("link", { name: /^Decrypted: .*Certificate/ }).click();
  await treeitem(page, "X.509 .*").click();
  // What a check is about, and what the resolver asked where nobody here could see it.
  await page.getByRole("region", { name: "Checks of the certificates" }).getByRole("link").first().click();
  await page.waitForURL(/at=derived\d+&part=/);
  assert.ok((await chosenBytes(page)).length > 10);
  await page.getByRole("region", { name: "Name resolution" }).getByRole("link", { name: /^resolver/ }).first().click();
  await page.locator("#reason").getByText("It did not pass here: resolver").waitFor();
  await treeitem(page, "DNS message").click();
  tell("down the layers");
}

/** An address holds the place: whoever opens it sees the same. */
async function addresses(page) {
  const field = await chosenField(page);
  await page.reload();
  await page.getByRole("listbox").first().waitFor();
  assert.equal(await chosenField(page), field);
  await page.goto(`${base}en.html#view=B&at=frame3`);
  await page.getByRole("radio", { name: "B, the server" }).and(page.locator(":checked")).waitFor();
  assert.equal(await chosenFrame(page), "3");
  for (const wrong of ["#view=C&at=frame999&part=9.9", "#at=derived0", "#%", "#part=0"]) {
    await page.goto(`${base}zh.html`);
    await page.goto(`${base}en.html${wrong}`);
    assert.ok(Number(await chosenFrame(page)) >= 1, wrong);
  }
  tell("addresses");
}

/** Who has no keys sees nothing of what was said, in no frame; A does. */
async function eyes(page) {
  const everything = async () => {
    const seen = [];
    await page.locator("#row1").click();
    const frames = await page.locator("#ladder [role=option]").count();
    for (let number = 1; number <= frames; number += 1) {
      await page.locator(`#row${number}`).click();
      const list = page.getByRole("navigation", { name: "This frame" });
      for (const link of await list.getByRole("link").all()) {
        const place = await link.getAttribute("href");
        await link.click();
        await list.locator(`[aria-current][href="${place}"]`).waitFor();
        seen.push(await page.locator("#page").textContent());
      }
    }
    return seen.join("\n");
  };
  await page.getByText("an eavesdropper").click();
  const without = await everything();
  for (const secret of [SAID, "POST ", "content-type", "authorization"]) {
    assert.ok(!without.includes(secret), `the eavesdropper reads ${secret}`);
  }
  assert.ok(without.includes("ClientHello") && without.includes("chat.nihao.test"));
  await page.getByText("A, the sender").click();
  const within = await everything();
  for (const word of [SAID, "POST ", "content-type"]) {
    assert.ok(within.includes(word), `A does not read ${word}`);
  }
  tell("eyes");
}

/** What the story calls things by is said in the page's language, too. */
async function inChinese(page) {
  const tables = (await page.locator("#lookups, #ledger, #screen").allTextContents()).join("\n");
  for (const [english, chinese] of [["application cache", "应用缓存"], ["miss", "未命中"], ["certificates", "证书"], ["segment", "报文段"]]) {
    assert.ok(tables.includes(chinese) && !tables.includes(english), `${english} is not ${chinese}`);
  }
  tell("in Chinese");
}

/** A phone: nothing is cut off at its edge, and lines of bytes are half as long. */
async function onAPhone() {
  const page = await open("en.html", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await page.locator("#hex [role=row]").nth(1).getByText("0008").waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `${wide} pixels`);
  for (const box of [".ladder", "#hex", "#lookups .wide", "#checks .wide"]) {
    const [inner, outer] = await page.locator(box).first().evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
    assert.ok(inner <= outer, `${box} is ${inner} pixels wide in ${outer}`);
  }
  await page.locator("#row7").click();
  await page.locator("#reason").getByText("SYN seq=").first().waitFor();
  await accessible(page, "the page on a phone");
  tell("on a phone");
}

async function files(page) {
  for (const name of ["A.pcapng", "router.pcapng", "B.pcapng"]) {
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name: `Save ${name}` }).click();
    const file = await coming;
    assert.equal(file.suggestedFilename(), name);
    await file.saveAs(`${home}/saved/${name}`);
  }
  tell("files");
}

/** A text that would be markup stays text. */
async function hostile() {
  const page = await open("hostile.html");
  await page.getByText("<img src=x").first().waitFor();
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.locator("img, iframe").count(), 0);
  tell("hostile");
}

/** Journeys that went otherwise: every view of each, from the first frame to the last. */
async function others() {
  // What went wrong is what one sees first.
  const expired = await open("expired.html");
  await expired.locator("header").getByText("certificate date").waitFor();
  await expired.locator("#reason").getByText("notBefore").waitFor();
  // Lost before it came to A: a step without a frame.
  const missed = await open("missed.html");
  await missed.locator("#ladder .step", { hasText: "lost on the wire" }).waitFor();
  // More bytes than can be shown at a time: the last one is there when one goes to it.
  const long = await open("long.html");
  await long.getByRole("navigation", { name: "This frame" }).getByRole("link").last().click();
  await long.locator("#hex").focus();
  await long.keyboard.press("End");
  await long.locator("#hex .cursor").waitFor();
  assert.ok((await long.locator("#hex [role=row]").count()) < 200);
  assert.equal(await chosenField(long), "inner content type");
  const lost = await open("lost.html");
  assert.ok((await lost.locator("#ladder .cross").count()) >= 1);
  await lost.locator("#ladder [role=option][aria-label*='lost behind']").first().click();
  for (const name of ["resumed.html", "nobody.html", "native.html"]) {
    const page = await open(name);
    for (const radio of await page.getByRole("radio").all()) {
      await page.locator(`label[for="${await radio.getAttribute("id")}"]`).click();
      await page.locator("#ladder").focus();
      await page.keyboard.press("Home");
      for (let left = await page.locator("#ladder [role=option]").count(); left > 0; left -= 1) {
        await page.keyboard.press("ArrowDown");
      }
    }
  }
  const nobody = await open("nobody.html");
  await nobody.getByText("B, the server").click();
  await nobody.getByText("No frame was seen here.").waitFor();
  await accessible(nobody, "a view without frames");
  // A real connection that nobody took: no frame, and the step that broke.
  const live = await open("live.html");
  await live.getByRole("radio", { name: "this computer" }).waitFor();
  const outcome = live.getByRole("region", { name: "How it ended" });
  await outcome.getByText("Whose fault it can be").waitFor();
  await outcome.getByText("What cannot be seen from here").waitFor();
  assert.equal(await live.locator("#ladder [data-broken]").count(), 1);
  await accessible(live, "a connection that broke");
  tell("others");
}
