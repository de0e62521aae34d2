// Debian's Chromium: people, each in a browser context of their own.

import assert from "node:assert/strict";

import { PATIENCE, base, fault, home, isOurs, load, tell } from "./stage.mjs";

const { chromium } = load("playwright-core");
const axe = load.resolve("axe-core/axe.min.js");

let browser = null;
const open = [];

/** Starts it, with the server's root in the database of `HOME` and nothing that would make a certificate acceptable. */
async function launch() {
  browser ??= await chromium.launch({
    executablePath: "/usr/bin/chromium",
    headless: true,
    // No sandbox, for root may not have one.
    args: ["--no-sandbox", "--no-proxy-server"],
    env: { ...process.env, HOME: home },
  });
  return browser;
}

/** Watches everything that a context does. */
function watch(context) {
  context.on("request", (request) => {
    if (!isOurs(request.url())) {
      fault(`a request to ${request.url()}`);
    }
  });
  context.on("console", (message) => {
    if (["error", "warning", "assert"].includes(message.type())) {
      fault(`console: ${message.text()} (${message.location().url})`);
    }
  });
  context.on("weberror", (error) => fault(`uncaught: ${error.error().stack}`));
  context.on("page", (page) => {
    page.on("websocket", (socket) => {
      if (new URL(socket.url()).host !== new URL(base).host) {
        fault(`a WebSocket to ${socket.url()}`);
      }
    });
    page.on("crash", () => fault("the page crashed"));
  });
}

/** A browser context of its own, with a page that is not open yet. */
export async function visitor(options = {}) {
  const context = await (await launch()).newContext({
    locale: "en-GB",
    colorScheme: "light",
    reducedMotion: "reduce",
    viewport: { width: 1200, height: 800 },
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  watch(context);
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  const page = await context.newPage();
  open.push(page);
  return page;
}

/** Opens the page with an invite and joins as `name`. */
export async function join(page, line, name, words = { name: "Your name", button: "Join" }) {
  const code = new URL(line).searchParams.get("code");
  await page.goto(`${base}/#code=${code}`);
  await page.getByLabel(words.name).fill(name);
  await page.getByRole("button", { name: words.button, exact: true }).click();
  await live(page);
  tell(`${name} is in`);
}

/** Waits until the page says that it is connected. */
export async function live(page) {
  await page.getByRole("status").filter({ hasText: /^(Connected|已连接)$/ }).first().waitFor({ state: "attached" });
}

/** Says something by way of the message box. */
export async function say(page, text) {
  await page.getByRole("textbox").fill(text);
  await page.getByRole("textbox").press("Enter");
}

/** Waits until a message stands in the log, on the server and not only here. */
export async function see(page, text) {
  await page.locator("[role=log] li[data-seq] .words").filter({ hasText: text }).first().waitFor();
}

/** The texts in the log, from the top. */
export const texts = (page) => page.locator("[role=log] li .words").allTextContents();

/** The rules of axe-core, which runs beside the page by way of the debugger, for the page's own policy would not let it in. */
export async function accessible(page, what) {
  await page.evaluate(await sourceOfAxe());
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ""}`).join(" | ")}`);
  assert.deepEqual(told, [], `${what} breaks rules of accessibility`);
  tell(`axe-core has nothing to say of ${what}`);
}

async function sourceOfAxe() {
  const { readFile } = await import("node:fs/promises");
  return readFile(axe, "utf8");
}

/** What the open pages show: for whoever reads why a script failed. */
export async function snapshot() {
  for (const page of open) {
    const shown = await page.locator("body").ariaSnapshot({ timeout: 2000 }).catch((error) => error.message);
    tell(`${page.url()}\n${shown}`);
  }
}
