// What a page gains with JavaScript: live regions, a followed log, keys, theme, confirmation. Every page works without.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const MOST_LINES = 5000; // lines of a log kept in the page; the raw log has them all

// ---- live regions: fetch the page again and change only what differs, so that focus and selection stay ----

function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName || old.id !== fresh.id) return old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) { old.nodeValue = fresh.nodeValue; return; }
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && name !== "open" && name !== "class") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  morphChildren(old, fresh);
}

function morphChildren(old, fresh) {
  const known = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  const wanted = new Set([...fresh.children].map((child) => child.id));
  for (const [id, child] of known) if (!wanted.has(id)) child.remove();
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const same = child.id ? known.get(child.id) : place && !place.id ? place : null;
    if (!same) { old.insertBefore(child, place); continue; }
    const after = same === place ? place.nextSibling : place;
    if (same !== place) old.insertBefore(same, place);
    morph(same, child);
    place = after;
  }
  while (place) { const after = place.nextSibling; place.remove(); place = after; }
}

let asked = 0;
async function refresh(url = location.href) {
  const mine = ++asked;
  const answer = await fetch(url, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || mine !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return;
  for (const region of $$("[data-live]")) {
    const fresh = page.getElementById(region.id);
    if (fresh) morph(region, fresh);
  }
  document.title = page.title;
  showSelection();
  markCursor();
}

// ---- one stream per page, closed while the tab is hidden: a browser allows six connections per host ----

const source = document.body.dataset.stream;
let stream = null;
let last = document.body.dataset.last;

function connect() {
  if (!source || stream || document.hidden) return;
  const seen = $("[data-seen]")?.dataset.seen ?? "";
  stream = new EventSource(`${source}?${new URLSearchParams({ after: last || seen, seen })}`);
  stream.onopen = () => say("live");
  stream.onerror = () => {
    say("reconnecting");
    if (stream?.readyState === EventSource.CLOSED) { disconnect("reconnecting"); setTimeout(connect, 3000); }
  };
  stream.addEventListener("tick", () => refresh());
  stream.addEventListener("log", (event) => { last = event.lastEventId; addLines(event.data); });
}

function disconnect(word) {
  stream?.close();
  stream = null;
  say(word);
}

function say(word) {
  const sign = { live: "●", reconnecting: "◌", paused: "‖" }[word];
  const place = $("#connection");
  place.hidden = !source;
  place.dataset.state = word;
  place.replaceChildren(Object.assign(document.createElement("span"), { textContent: sign, ariaHidden: "true" }), ` ${word}`);
}

document.addEventListener("visibilitychange", () => (document.hidden ? disconnect("paused") : connect()));
addEventListener("pagehide", () => disconnect("paused"));
addEventListener("pageshow", (event) => event.persisted && connect());

// ---- the log ----

const log = $("#log");
const follow = $("#follow");
const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
const toEnd = () => { if (log && follow?.checked) log.scrollTop = log.scrollHeight; };

function addLines(html) {
  const list = $("ol", log);
  const piece = document.createRange().createContextualFragment(html);
  const last = list.lastElementChild?.dataset;
  const before = last?.stage ?? last?.begins;
  const first = piece.firstElementChild;
  if (first?.classList.contains("stage") && first.dataset.begins === before) first.remove();
  list.append(piece);
  for (const line of [...list.children].slice(0, Math.max(0, list.children.length - MOST_LINES))) line.remove();
  $("#no-output")?.remove();
  toEnd();
}

if (log) {
  log.addEventListener("wheel", (event) => { if (event.deltaY < 0) follow.checked = false; }, { passive: true });
  log.addEventListener("scroll", () => { if (follow && atEnd() && !location.hash) follow.checked = true; }, { passive: true });
  follow?.addEventListener("change", toEnd);
  if (location.hash && follow) follow.checked = false;
  addEventListener("hashchange", () => { if (follow) follow.checked = false; });
  toEnd();
}

// ---- the queue: search as you type, selection, confirmation ----

const search = $("form[role=search]");
let typing;
function narrow() {
  const fields = [...new FormData(search)].filter(([, value]) => value);
  const query = new URLSearchParams(fields).toString();
  const path = search.getAttribute("action"); // a field of that name would hide the property
  const url = query ? `${path}?${query}` : path;
  history.replaceState(null, "", url);
  refresh(url);
}
if (search?.dataset.instant !== undefined) {
  search.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(narrow, 200); });
  search.addEventListener("submit", (event) => { event.preventDefault(); narrow(); });
}

const ticked = () => $$("input[name=job]:checked");
function showSelection() {
  const rows = ticked().map((box) => box.closest("tr"));
  for (const verb of ["retry", "cancel"]) {
    const button = $(`button[data-bulk=${verb}]`);
    if (!button) continue;
    const able = rows.filter((row) => row.dataset[verb] !== undefined).length;
    button.disabled = !able;
    button.textContent = able ? `${button.dataset.word} ${able} ${able === 1 ? "job" : "jobs"}` : button.dataset.word;
  }
  const all = $("#all");
  if (all) all.indeterminate = rows.length > 0 && !(all.checked = rows.length === $$("input[name=job]").length);
}
document.addEventListener("change", (event) => {
  if (event.target.id === "all") for (const box of $$("input[name=job]")) box.checked = event.target.checked;
  showSelection();
});

const dialog = $("#confirm");
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.value.startsWith("cancel") || event.target.elements.confirmed) return;
  event.preventDefault();
  const count = ticked().filter((box) => box.closest("tr").dataset.cancel !== undefined).length;
  $("p", dialog).textContent = button.dataset.ask || `Cancel ${count} ${count === 1 ? "job" : "jobs"}?`;
  dialog.returnValue = "";
  dialog.showModal();
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    const yes = Object.assign(document.createElement("input"), { type: "hidden", name: "confirmed", value: "yes" });
    event.target.append(yes);
    event.target.requestSubmit(button);
  };
});

// ---- keys, never with modifiers and never inside fields ----

let cursor = "";
let leader = false;
const rows = () => $$("tr[id^=job-]");
function markCursor() { for (const row of rows()) row.classList.toggle("cursor", row.id === cursor); }
function move(step) {
  const all = rows();
  const at = all.findIndex((row) => row.id === cursor);
  const row = all[Math.min(all.length - 1, Math.max(0, at + step))];
  if (!row) return;
  cursor = row.id;
  markCursor();
  row.scrollIntoView({ block: "nearest" });
  $("a", row).focus({ preventScroll: true });
}
const current = () => document.getElementById(cursor);

function turnTheme() {
  const order = ["auto", "light", "dark"];
  const next = order[(order.indexOf(document.documentElement.dataset.theme) + 1) % 3];
  localStorage.setItem("theme", next);
  document.documentElement.dataset.theme = next;
  nameTheme();
}
function nameTheme() {
  const name = document.documentElement.dataset.theme;
  const sign = { auto: "◐", light: "○", dark: "●" }[name];
  $("#theme").textContent = sign;
  $("#theme").title = `Theme: ${name}`;
  $("#theme").setAttribute("aria-label", `Theme: ${name}`);
}

const KEYS = {
  "/": () => $("input[type=search]")?.focus(),
  "?": () => $("#help").showModal(),
  t: turnTheme,
  j: () => move(1),
  k: () => move(-1),
  x: () => { const box = current() && $("input[name=job]", current()); if (box) { box.checked = !box.checked; showSelection(); } },
  r: () => (($("button[data-bulk=retry]:enabled")) ?? $("button[value^='retry:']", current() ?? document))?.click(),
  f: () => { if (follow) { follow.checked = !follow.checked; toEnd(); } },
  g: () => { leader = true; setTimeout(() => (leader = false), 1000); },
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  const go = leader && { q: "/queue", p: "/providers", r: "/repositories", a: "/audit", s: "/settings" }[event.key];
  const act = go ? () => location.assign(go) : KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// ---- clocks, the rest ----

function spell(seconds) {
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h ${two((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86400)}d ${two((seconds % 86400) / 3600)}h`;
}
setInterval(() => {
  for (const clock of $$("time[data-ticking]")) clock.textContent = spell((Date.now() - Date.parse(clock.dateTime)) / 1000);
}, 1000);

$("#theme").addEventListener("click", turnTheme);
$("#keys").addEventListener("click", () => $("#help").showModal());
nameTheme();
showSelection();
const here = new URL(location);
if (here.searchParams.has("notice")) { here.searchParams.delete("notice"); history.replaceState(null, "", here); }
connect();
