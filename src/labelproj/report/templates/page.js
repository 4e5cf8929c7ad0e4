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

// The state of the rows' filters lives in the address, so that it can be kept and sent.
const FIELDS = ["q", "verdict", "label", "reason", "span", "method", "status", "by", "min", "max", "sort", "page", "run"];

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
