// The page of `nihao explain --html` by keyboard alone.

import assert from "node:assert/strict";

import { snapshot, visitor } from "./chromium.mjs";
import { base, eventually, play } from "./stage.mjs";

await play(async () => {
  const page = await visitor();
  const { keyboard } = page;
  await page.goto(`${base}en.html`);

  // The skip link comes first, and leads to the ladder; the arrows go from frame to frame.
  await keyboard.press("Tab");
  await focused(page, "Skip to the ladder");
  await keyboard.press("Enter");
  await focused(page, "Ladder: a line for each frame");
  await keyboard.press("Home");
  await chosen(page, "#ladder", "Frame 1, 0.000 ms, A to R1, ARP, 42 bytes");
  await keyboard.press("ArrowDown");
  await chosen(page, "#ladder", /^Frame 2, /);

  // Back to the slider: End and Home, and the frames follow.
  await tabTo(page, "Frames drawn up to this time", "Shift+Tab");
  await keyboard.press("Home");
  await chosen(page, "#ladder", /^Frame 1, /);
  const drawn = () => page.locator("#ladder [role=option]").filter({ visible: true }).count();
  assert.equal(await drawn(), 1);
  await keyboard.press("ArrowRight");
  assert.equal(await drawn(), 2);
  await keyboard.press("End");

  // The bytes: each step chooses the field that the byte belongs to.
  await tabTo(page, "Ladder: a line for each frame", "Tab");
  await keyboard.press("Home");
  await tabTo(page, "Bytes: Frame 1", "Tab");
  await keyboard.press("ArrowRight");
  assert.equal(await chosenName(page), "destination");
  await keyboard.press("ArrowDown");
  assert.equal(await chosenName(page), "protocol type");
  await keyboard.press("End");
  assert.equal(await chosenName(page), "target protocol address");

  // The fields: up, down, fold, unfold.
  await tabTo(page, "Fields: Frame 1", "Tab");
  await keyboard.press("Home");
  assert.equal(await chosenName(page), "Ethernet frame");
  const shown = () => page.locator("#fields [role=treeitem]").filter({ visible: true }).count();
  const all = await shown();
  await keyboard.press("ArrowLeft");
  assert.equal(await shown(), 1);
  await keyboard.press("ArrowRight");
  assert.equal(await shown(), all);
  await keyboard.press("ArrowDown");
  assert.equal(await chosenName(page), "destination");
  assert.equal(await page.locator("#hex [aria-selected=true]").count(), 6);

  // Another view, by its radio button; and a field that became something else, by Enter.
  await tabTo(page, "A, the sender", "Shift+Tab");
  await keyboard.press("ArrowRight");
  await page.getByRole("radio", { name: "the router, with keys" }).and(page.locator(":checked")).waitFor();
  await keyboard.press("ArrowLeft");
  await tabTo(page, "Ladder: a line for each frame", "Tab");
  while (!(await name(page, "#ladder")).includes("JSON")) {
    await keyboard.press("ArrowDown");
  }
  await tabTo(page, /^Fields: Frame/, "Tab");
  await keyboard.press("End");
  while ((await page.locator("#fields [aria-selected=true] .becomes").count()) === 0) {
    await keyboard.press("ArrowUp");
  }
  await keyboard.press("Enter");
  await eventually("the plaintext", async () => page.url().includes("at=derived"));
  await focused(page, /^Fields: Decrypted: /);
}, snapshot);

function name(page, list) {
  return page.locator(`${list} [aria-selected=true]`).getAttribute("aria-label");
}

function chosenName(page) {
  return page.locator("#fields [aria-selected=true] .name").textContent();
}


/** What is chosen in a list, which points at it for those who do not see it. */
async function chosen(page, list, label) {
  assert.ok(matches(await name(page, list), label), await name(page, list));
  const pointed = await page.locator(list).getAttribute("aria-activedescendant");
  assert.equal(await page.locator(`${list} [aria-selected=true]`).getAttribute("id"), pointed);
}

function matches(text, wanted) {
  return (typeof wanted === "string" ? text === wanted : wanted.test(text));
}


function focusedName(page) {
  return page.evaluate(() => {
    const { activeElement: element } = document;
    return element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent;
  });
}

async function focused(page, wanted) {
  const found = await focusedName(page);
  assert.ok(matches(found, wanted), `${found.slice(0, 80)} has the focus instead of ${wanted}`);
}

/** Tab, until the focus is there; it can be seen. */
async function tabTo(page, wanted, key) {
  for (let count = 0; count < 80; count += 1) {
    await page.keyboard.press(key);
    if (matches(await focusedName(page), wanted)) {
      const outline = await page.evaluate(() => {
        const { activeElement: element } = document;
        const seen = element.type === "radio" ? element.nextElementSibling : element;
        return getComputedStyle(seen).outlineStyle;
      });
      assert.equal(outline, "solid", `the focus on ${wanted} cannot be seen`);
      return;
    }
  }
  assert.fail(`${key} never comes to ${wanted}`);
}
