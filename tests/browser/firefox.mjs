// Firefox ESR by WebDriver BiDi: it trusts the root that its profile has, joins, and hears its WebSocket.

import assert from "node:assert/strict";

import { PATIENCE, base, eventually, fault, home, invite, load, nihao, play, tell } from "./stage.mjs";

const puppeteer = load("puppeteer-core");
let page = null;

await play(async () => {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    headless: true,
    userDataDir: home,
    protocolTimeout: PATIENCE * 2,
    timeout: PATIENCE * 2,
    extraPrefsFirefox: { "intl.accept_languages": "en", "network.proxy.type": 0 },
  });
  try {
    tell(await browser.version());
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== base) {
        fault(`a request to ${request.url()}`);
      }
    });
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) {
        fault(`console: ${message.text()}`);
      }
    });
    page.on("pageerror", (error) => fault(`uncaught: ${error}`));
    await talk();
  } catch (error) {
    tell(await page?.evaluate(() => document.body.innerText).catch(({ message }) => message));
    throw error;
  } finally {
    await browser.close();
  }
});

async function talk() {
  const code = new URL(await invite()).searchParams.get("code");
  await page.goto(`${base}/#code=${code}`);
  await page.evaluate(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`));
  });
  assert.equal(await page.evaluate(() => isSecureContext && location.href), `${base}/`);
  tell("the page is open");
  await page.type("#name", "fox");
  await page.keyboard.press("Enter");
  await eventually("it is connected", async () => (await page.$eval("body", (body) => body.innerText)).includes("Connected"));
  await nihao("bob", "send", "#general", "您好！ by the socket");
  await eventually("the message comes", async () => (await texts()).join() === "您好！ by the socket");
  await page.type("#message", "and back");
  await page.keyboard.press("Enter");
  await eventually("the answer is stored", async () => (await nihao("bob", "history", "#general")).includes("and back"));
  await page.reload();
  await eventually("a reload is the same person", async () => (await texts()).length === 2);
}

function texts() {
  return page.$$eval("[role=log] li[data-seq] .words", (all) => all.map(({ textContent }) => textContent));
}
