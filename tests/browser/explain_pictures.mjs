// The pictures of the README: the page of `nihao explain --html`, and the ladder as a terminal shows it.

import assert from "node:assert/strict";
import { mkdir, readFile, readdir, stat } from "node:fs/promises";

import { snapshot, visitor } from "./chromium.mjs";
import { base, home, play } from "./stage.mjs";

const folder = process.env.NIHAO_SCREENSHOTS;

/** The colours that a terminal gives to these codes. */
const COLOURS = {
  "1;31": "#ff7b72",
  2: "#8b949e",
  32: "#7ee787",
  33: "#e3b341",
  34: "#79c0ff",
  35: "#d2a8ff",
  36: "#56d4dd",
  90: "#9aa4ae",
  93: "#ffd866",
};

await play(async () => {
  await mkdir(folder, { recursive: true });
  const viewport = { width: 1200, height: 720 };
  const day = await visitor({ viewport });
  await day.goto(`${base}en.html`);
  await day.getByRole("navigation", { name: "This frame" }).getByRole("link").last().click();
  await day.locator("#fields [role=treeitem]").filter({ hasText: "您好！" }).last().click();
  await picture(day, "explain-light-en");
  const night = await visitor({ viewport, locale: "zh-CN", colorScheme: "dark" });
  await night.goto(`${base}zh.html`);
  await night.locator("#ladder [role=option][aria-label*='X.509']").first().click();
  await night.getByRole("link", { name: /Certificate/ }).click();
  await night.locator("#fields [role=treeitem]").filter({ hasText: /^X.509 subjectAltName/ }).first().click();
  await picture(night, "explain-dark-zh");
  for (const language of ["en", "zh"]) {
    await terminal(language);
  }
  for (const name of await readdir(folder)) {
    const { size } = await stat(`${folder}/${name}`);
    assert.ok(size <= 200 * 1024, `${name} has ${size} bytes`);
  }
}, snapshot);

async function picture(page, name) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${folder}/${name}.png` });
}

/** What the program wrote to a terminal, in the colours it asked for. */
async function terminal(language) {
  const written = await readFile(`${home}/ladder-${language}.ansi`, "utf8");
  const page = await visitor({ viewport: { width: 1200, height: 480 } });
  const parts = written.replaceAll("\r", "").split(/\u001b\[([\d;]*)m/);
  const spans = parts.map((text, index) => (index % 2 === 0 ? [COLOURS[parts[index - 1]] ?? "#e6edf3", text] : null)).filter((span) => span !== null);
  assert.ok(spans.length > 50 && !spans.some(([, text]) => text.includes("\u001b")), "a ladder in colours");
  await page.evaluate((all) => {
    const pre = document.createElement("pre");
    for (const [colour, text] of all) {
      const span = document.createElement("span");
      span.style.color = colour;
      // As in a terminal, a wide character takes two columns.
      for (const piece of text.split(/([\u2e80-\ua4cf\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6])/)) {
        const cell = document.createElement("span");
        cell.textContent = piece;
        if (piece.length === 1 && piece >= "\u2e80") {
          Object.assign(cell.style, { display: "inline-block", width: "2ch", overflow: "hidden", verticalAlign: "bottom" });
        }
        span.append(cell);
      }
      pre.append(span);
    }
    pre.style.font = "13px/1.35 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace";
    Object.assign(pre.style, { margin: "0", padding: "14px", background: "#0d1117", display: "inline-block" });
    document.body.style.margin = "0";
    document.body.append(pre);
  }, spans);
  await page.evaluate(() => document.fonts.ready);
  await page.locator("pre").screenshot({ path: `${folder}/ladder-${language}.png` });
}
