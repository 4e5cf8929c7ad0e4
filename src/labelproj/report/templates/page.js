// What all parts of the page use: making elements, writing numbers, the data, the state.
const DATA = JSON.parse(document.getElementById("figures").textContent);
const COLOURS = 12;

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

const count = (value) => (value ?? 0).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
const fixed = (value, digits = 1) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const share = (part, whole, digits = 1) => (whole ? `${((100 * part) / whole).toFixed(digits)}` : "–");
const plain = (name) => name.replaceAll("_", " ");
const short = (value) => (value === null || value === undefined ? "–" : Number(value.toPrecision(3)).toString());

function table(columns, rows, { caption } = {}) {
  const head = el("tr", {}, columns.map((one) => el("th", { class: one.number ? "n" : null, scope: "col" }, one.title)));
  const body = rows.map((row) =>
    el("tr", {}, columns.map((one) => el("td", { class: one.number ? "n" : null, dir: one.dir }, one.cell(row)))));
  return el("div", { class: "scroll" },
    el("table", {}, caption ? el("caption", {}, caption) : null, el("thead", {}, head), el("tbody", {}, body)));
}

// What is packed in the page, unpacked once: `rows` or `documents` of a run.
const unpacked = new Map();

async function unpack(what, number) {
  const id = `${what}-${number}`;
  if (!unpacked.has(id)) {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (one) => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    unpacked.set(id, JSON.parse(await new Response(stream).text()));
  }
  return unpacked.get(id);
}

// The things of a page of a list; the places of `pagers` get buttons that turn to another.
function paged(things, size, wanted, pagers, { turn, keys = false }) {
  const pages = Math.max(1, Math.ceil(things.length / size));
  const page = Math.min(Math.max(1, Number(wanted) || 1), pages);
  for (const place of document.querySelectorAll(pagers)) {
    const go = (to, text, key) => el("button", { type: "button", disabled: to < 1 || to > pages, title: keys ? key : null, onclick: () => turn(to) }, text);
    place.replaceChildren(...(pages > 1 ? [go(page - 1, "‹ previous", "p"), ` page ${count(page)} of ${count(pages)} `, go(page + 1, "next ›", "n")] : []));
  }
  return things.slice((page - 1) * size, page * size);
}

// The state of the rows' filters lives in the address, so that it can be kept and sent.
const FIELDS = ["q", "verdict", "label", "reason", "span", "method", "status", "by", "min", "max", "sort", "page", "run", "dq", "dshow", "dpage"];

function readState() {
  const raw = location.hash.slice(1);
  if (!raw.includes("=")) return {};
  return Object.fromEntries([...new URLSearchParams(raw)].filter(([name]) => FIELDS.includes(name)));
}

function writeState(state, { keep = false } = {}) {
  const kept = Object.entries(state).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const hash = `#${new URLSearchParams(kept)}`;
  if (hash === location.hash) return;
  if (keep) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
}

// A link from a figure to its rows.
function toRows(wanted, text) {
  return el("button", { type: "button", class: "link", onclick: () => showRows(wanted) }, text);
}
