// The pages of the back office in a real browser: a reviewer's day on the demo's data, then every page that can be reached, looked at by
// axe-core in both languages, on a desk and on a phone.
//
// Usage: node pages.mjs ZHIFA TOOLS WORK
//
// TOOLS holds node_modules with playwright-core and axe-core; WORK is an empty folder. ZHIFA_SEE=FOLDER keeps a picture of every page.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [zhifa, tools, work] = process.argv.slice(2);
const load = createRequire(join(tools, "package.json"));
const { chromium } = load("playwright-core");
const AXE = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
const SEE = process.env.ZHIFA_SEE;

/** Most bytes of a page's first load. */
const MOST_BYTES = 150_000;
/** Pages of one kind that are looked at: the second record of a kind has what the first one has. */
const OF_A_KIND = 2;
const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } };
/** A phone in the evening: dark. */
const SCHEMES = { desk: "light", phone: "dark" };

const faults = [];
function expect(what, holds, found = "") {
  if (!holds) throw new Error(`${what}${found === "" ? "" : `: ${found}`}`);
}

/** Starts the demo, which stops where the reviewer's word is wanted; gives what it says of itself. */
async function demo() {
  const child = spawn(zhifa, ["demo", "--leave-clash", "--json", "--port", "0", "--data", join(work, "data")], { stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => child.kill());
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("{")) return JSON.parse(line);
  }
  throw new Error("the demo ended before it was ready");
}

const code = (person) => execFileSync(zhifa, ["otp", person.secret], { encoding: "utf8" }).trim();
const next = (person, used) => {
  const until = Date.now() + 40_000;
  while (Date.now() < until) {
    const now = code(person);
    if (now !== used) return now;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
  throw new Error("no new code came");
};

/** Does what sends a form, and waits for the page that comes of it; gives the answer to the form. */
async function send(page, act) {
  const posted = page.waitForResponse((answer) => answer.request().method() === "POST");
  const shown = page.waitForEvent("load");
  await act();
  const answer = await posted;
  await shown;
  return answer;
}

/** Logs somebody in by the form, by keyboard alone: the first code may have been used by the demo itself. */
async function logIn(browser, url, person) {
  const context = await browser.newContext({ locale: "zh-CN", viewport: SIZES.desk });
  // Build machines are slow, and busy.
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  await page.goto(`${url}/app`);
  expect("whoever is not logged in is asked to", page.url().includes("/app/login"), page.url());
  let used = "";
  for (let tries = 0; tries < 3; tries += 1) {
    used = next(person, used);
    await page.locator("input[name=officer]").focus();
    for (const text of [person.id, person.password, used]) {
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type(text);
      await page.keyboard.press("Tab");
    }
    await send(page, () => page.keyboard.press("Enter"));
    if (!page.url().includes("/app/login")) return { context, page };
    expect("a failed log-in says why", (await page.getByRole("alert").count()) > 0);
  }
  throw new Error(`${person.id} could not log in`);
}

/** The clash, from the home page to the decision, by keys. */
async function decideTheClash(page, url, visit) {
  await page.goto(`${url}/app`);
  await page.getByRole("link", { name: /分歧/ }).first().click();
  // Once the page and its script are there.
  await page.waitForURL(/\/app\/queue/, { waitUntil: "load" });
  await page.keyboard.press("j");
  expect("j goes to the first line", await page.evaluate(() => document.activeElement.closest("[data-keys]") !== null));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/clash\//, { waitUntil: "load" });
  expect("both values stand side by side", (await page.locator("input[name=choice]").count()) >= 2);
  expect("their authors are named", (await page.locator(".sides .card b").count()) >= 2);
  const sides = page.locator("fieldset .sides > .card");
  const bad = await sides.evaluateAll((all) => all.findIndex((side) => side.textContent.includes("bad")));
  expect("one side found a fault", bad >= 0);
  // Without a reason nothing is decided, and the choice is kept.
  await page.keyboard.press(String(bad + 1));
  expect("a number chooses", await page.locator("input[name=choice]").nth(bad).isChecked());
  await page.locator("#reason").evaluate((input) => input.removeAttribute("required"));
  await send(page, () => page.keyboard.press("Enter"));
  expect("no reason, no decision", (await page.getByRole("alert").count()) === 1);
  expect("the choice is kept", await page.locator("input[name=choice]").nth(bad).isChecked());
  await page.locator("#reason").fill("调阅两份现场照片，以不符合为准");
  await send(page, () => page.locator("main form button[type=submit]").last().click());
  expect("the queue comes next", page.url().includes("/app/queue"), page.url());
  await page.goto(`${url}/app/records/${visit}`);
  expect("nothing is contested any more", (await page.getByText("有分歧，点此处理").count()) === 0);
}

/** A field is changed: a wrong entry is kept and named, a right one stands. */
async function changeAField(page, url, visit) {
  await page.goto(`${url}/app/lists/site`);
  await page.locator(".rows a").first().click();
  await page.locator("a.change[href*='key=address']").click();
  const before = await page.locator("[name=v]").inputValue();
  await page.locator("[name=v]").fill(`${before}（东门）<script>alert(1)</script>`);
  await page.locator("main form button[type=submit]").click();
  await page.waitForURL(/done=1/);
  expect("it stands as it was written", (await page.getByText("（东门）<script>alert(1)</script>").count()) >= 1);
  // Two tabs with the same form: the second does not overwrite the first unseen.
  const record = page.url().split("?")[0];
  const other = await page.context().newPage();
  await page.goto(`${record}/edit?key=address`);
  await other.goto(`${record}/edit?key=address`);
  await page.locator("[name=v]").fill("新址一");
  await page.locator("main form button[type=submit]").click();
  await page.waitForURL(/done=1/);
  await other.locator("[name=v]").fill("新址二");
  const answer = await send(other, () => other.locator("main form button[type=submit]").click());
  expect("what changed meanwhile is told", answer.status() === 412, answer.status());
  expect("what was entered is kept", (await other.locator("[name=v]").inputValue()) === "新址二");
  expect("what stands now is shown", (await other.getByText("新址一").count()) === 1);
  await other.locator("main form button[type=submit]").click();
  await other.waitForURL(/done=1/);
  await other.close();
  await page.goto(`${url}/app/records/${visit}`);
}

/** A handheld is withdrawn, once it is said that this is meant. */
async function withdrawAHandheld(page, url) {
  await page.goto(`${url}/app/devices`);
  const before = await page.getByText("已注销", { exact: true }).count();
  const first = page.locator(".rows li").filter({ has: page.locator("details form") }).first();
  await first.locator("summary").click();
  await first.locator("input[name=sure]").evaluate((input) => input.removeAttribute("required"));
  const refused = await send(page, () => first.locator("button").click());
  expect("without a tick nothing is withdrawn", refused.status() === 422, refused.status());
  expect("what is missing is said", (await page.getByRole("alert").count()) === 1);
  await first.locator("summary").click();
  await first.locator("input[name=sure]").check();
  await send(page, () => first.locator("button").click());
  expect("it is withdrawn", (await page.getByText("已注销", { exact: true }).count()) === before + 1);
}

/** The kind of page that an address is: ids and keys do not matter. */
function kindOf(address) {
  const { pathname, searchParams } = new URL(address);
  const path = pathname.replace(/[0-9a-f]{32}/g, "ID").replace(/(clash|figures)\/[^/]+$/, "$1/ONE").replace(/lists\/\w+/, (list) => list);
  return `${path}?${[...searchParams.keys()].filter((name) => name !== "lang" && name !== "done").sort().join("&")}`;
}

/** What is wrong with a page as it is shown now. */
async function look(page, where) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  for (const one of found.violations.filter((v) => v.impact === "serious" || v.impact === "critical")) {
    faults.push(`${where}: ${one.id} (${one.impact}) ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  }
  const layout = await page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const out = [];
    if (document.documentElement.scrollWidth > wide) out.push(`is ${document.documentElement.scrollWidth} px wide of ${wide}`);
    for (const element of document.querySelectorAll("main *, header *")) {
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      if (element.closest("svg, .skip") || box.width === 0 || style.position === "absolute") continue;
      if (box.right > wide + 1 && !element.closest("[data-wide]")) out.push(`${element.tagName} reaches ${Math.round(box.right)} px: ${element.textContent.trim().slice(0, 40)}`);
      if (style.overflow === "hidden" && element.scrollWidth > element.clientWidth + 1) out.push(`${element.tagName} cuts its text: ${element.textContent.trim().slice(0, 40)}`);
    }
    return out.slice(0, 3);
  });
  layout.forEach((what) => faults.push(`${where}: ${what}`));
  const reached = await page.evaluate(() => {
    // Whatever can be pressed can be come to by Tab: nothing takes itself out of the order.
    const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
    return all.filter((element) => element.tabIndex < 0 && element.offsetParent !== null).map((element) => element.outerHTML.slice(0, 120));
  });
  reached.forEach((what) => faults.push(`${where}: cannot be reached by keyboard: ${what}`));
}

/** Every page that links lead to, from home on: in both languages, on a desk and on a phone. */
async function walk({ context, page }, url, who) {
  const seen = new Map();
  const waiting = [`${url}/app`];
  const done = new Set();
  let pictures = 0;
  while (waiting.length > 0) {
    const address = waiting.shift();
    const kind = kindOf(address);
    if (done.has(address) || (seen.get(kind) ?? 0) >= OF_A_KIND) continue;
    done.add(address);
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    for (const lang of ["zh", "en"]) {
      const to = new URL(address);
      to.searchParams.set("lang", lang);
      let bytes = 0;
      const count = async (response) => {
        if (response.request().resourceType() !== "image") bytes += (await response.body().catch(() => "")).length;
      };
      page.on("response", count);
      const answer = await page.goto(to.href);
      page.off("response", count);
      if (!answer.ok()) faults.push(`${who} ${kind} ${lang}: ${answer.status()} at ${to.href}`);
      if (bytes > MOST_BYTES) faults.push(`${who} ${kind} ${lang}: ${bytes} bytes`);
      const tag = await page.evaluate(() => document.documentElement.lang);
      if (!tag.startsWith(lang)) faults.push(`${who} ${kind} ${lang}: speaks ${tag}`);
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme: SCHEMES[size] });
        await look(page, `${who} ${kind} ${lang} ${size}`);
        if (SEE) {
          pictures += 1;
          await page.screenshot({ path: join(SEE, `${who}-${String(pictures).padStart(3, "0")}-${size}-${lang}.png`), fullPage: true });
        }
      }
      if (lang === "zh") {
        const links = await page.evaluate(() => [...document.querySelectorAll("a[href]")].map((a) => a.href));
        for (const link of links) {
          const { origin, pathname } = new URL(link);
          if (origin === new URL(url).origin && pathname.startsWith("/app") && !/\/(files|file|preview|figures\.)/.test(pathname)) waiting.push(link.split("#")[0]);
        }
      }
    }
  }
  await context.close();
  return [...seen.keys()];
}

const { people, url, visit } = await demo();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
if (SEE) mkdirSync(SEE, { recursive: true });

/** What looks for faults finds those that are put there. */
async function finds(page) {
  await page.setViewportSize(SIZES.phone);
  await page.setContent(`<html lang="zh"><title>x</title><main><h1>x</h1><img src="x"><p style="color:#bbb;background:#fff">灰字</p><p style="width:900px">宽</p><a href="x" tabindex="-1">去</a></main></html>`);
  const before = faults.length;
  await look(page, "planted");
  const told = faults.splice(before).join("\n");
  for (const one of ["image-alt", "color-contrast", "px wide of", "cannot be reached by keyboard"]) expect(`a planted fault is found (${one})`, told.includes(one), told);
}

try {
  await finds(await (await browser.newContext()).newPage());
  const by = (does) => people.find((person) => person.does === does);
  const reviewer = await logIn(browser, url, by("reviewer"));
  await decideTheClash(reviewer.page, url, visit);
  console.log("the clash is decided, by keyboard");
  await changeAField(reviewer.page, url, visit);
  console.log("a field is changed; a second form is told");
  const admin = async (does) => logIn(browser, url, by(does));
  const security = await admin("administrator of security");
  await withdrawAHandheld(security.page, url);
  console.log("a handheld is withdrawn");
  const sessions = { reviewer, security, system: await admin("administrator of the system"), audit: await admin("administrator of the audit") };
  for (const [who, session] of Object.entries(sessions)) {
    const kinds = await walk(session, url, who);
    console.log(`${who}: ${kinds.length} kinds of page: ${kinds.join(" ")}`);
  }
} finally {
  await browser.close();
}
if (faults.length > 0) {
  console.error(`${faults.length} faults:\n${faults.join("\n")}`);
  process.exit(1);
}
console.log("no fault");
process.exit(0);
