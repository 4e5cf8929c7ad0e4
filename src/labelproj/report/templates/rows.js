// The rows: unpacked once, filtered, sorted, a page of them drawn.
const PER_PAGE = 25;
const [ID, SRC, TGT, KEPT, STATUS, REASONS, FLAGS, MT, SIGNALS, SPANS, PLACES] = [...Array(11).keys()];
let run = DATA.runs[0];
let rows = [];
let found = [];
let state = {};


const nameOf = (number) => (number < 0 ? null : run.names[number]);
const lowest = (row) => row[PLACES].reduce((low, one) => (one[1] >= 0 && one[3] < low ? one[3] : low), Infinity);
const missing = (row) => row[PLACES].filter((one) => one[1] < 0).length;

// The values that a row is filtered by under the name of a score: several for its spans.
function valuesOf(row, by) {
  if (by === "mt_score") return [row[MT]];
  if (by === "span score") return row[PLACES].filter((one) => one[1] >= 0).map((one) => one[3]);
  const place = run.signals.indexOf(by);
  return place < 0 ? [] : [row[SIGNALS][place]];
}

function matcher(wanted) {
  const tests = [];
  const number = (name) => run.names.indexOf(name);
  if (wanted.q) {
    const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
    tests.push((row) => {
      row.text ??= `${row[ID]}\n${row[SRC]}\n${row[TGT]}`.toLowerCase();
      return words.every((word) => row.text.includes(word));
    });
  }
  if (wanted.verdict) tests.push((row) => (row[KEPT] === 1) === (wanted.verdict === "kept"));
  if (wanted.status) tests.push((row) => nameOf(row[STATUS]) === wanted.status);
  if (wanted.reason) {
    const own = new Set(run.names.flatMap((name, n) => (name.split(":")[0] === wanted.reason ? [n] : [])));
    tests.push((row) => row[REASONS].some((one) => own.has(one)));
  }
  const label = wanted.label ? number(wanted.label) : null;
  const method = wanted.method ? number(wanted.method) : null;
  if (label !== null || method !== null || wanted.span) {
    const fits = (one) => (label === null || one[6] === label) && (method === null || one[4] === method)
      && (!wanted.span || (wanted.span === "placed" ? one[1] >= 0 : one[1] < 0
        && (wanted.span === "missing" || nameOf(one[5]) === wanted.span)));
    tests.push((row) => row[PLACES].some(fits)
      || (!row[PLACES].length && method === null && wanted.span !== "placed"
        && row[SPANS].some((one) => label === null || one[2] === label)));
  }
  if (wanted.by && ((wanted.min ?? "") !== "" || (wanted.max ?? "") !== "")) {
    const low = (wanted.min ?? "") === "" ? -Infinity : Number(wanted.min);
    const high = (wanted.max ?? "") === "" ? Infinity : Number(wanted.max);
    tests.push((row) => valuesOf(row, wanted.by).some((one) => one !== null && one >= low && one <= high));
  }
  return (row) => tests.every((test) => test(row));
}

const ORDERS = {
  "": null,
  "lowest projection score": (row) => lowest(row) - missing(row),
  "lowest translation score": (row) => row[MT] ?? Infinity,
  "most spans missing": (row) => -missing(row),
  longest: (row) => -row[SRC].length,
};

function filterRows() {
  found = rows.filter(matcher(state));
  const key = ORDERS[state.sort ?? ""];
  if (key) found = found.map((row, n) => [key(row), n, row]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((one) => one[2]);
  drawRows();
}

function drawRows() {
  const part = paged(found, PER_PAGE, state.page, ".pager", { turn, keys: true });
  const whole = run.units > rows.length
    ? ` This page has ${count(rows.length)} of ${count(run.units)}: the worst, some of every filter, and a draw of the rest.` : "";
  const line = document.getElementById("count");
  line.textContent = `${count(found.length)} of ${count(rows.length)} rows.${whole}`;
  line.dataset.found = found.length;
  document.getElementById("cards").replaceChildren(...part.map(card));
}

function turn(to) {
  state = { ...state, page: to > 1 ? String(to) : "" };
  writeState(state);
  drawRows();
  document.getElementById("count").scrollIntoView({ block: "start" });
}

// A text with its spans marked; of spans that overlap, each piece knows all that cover it. A span
// is called by its name, or else by its label's.
function marked(text, spans) {
  const points = Array.from(text);
  const said = (one) => one.name ?? nameOf(one.label);
  const edges = [...new Set([0, points.length, ...spans.flatMap((one) => [one.start, one.end])])].sort((a, b) => a - b);
  const made = [];
  for (let n = 0; n + 1 < edges.length; n++) {
    const [start, end] = [edges[n], edges[n + 1]];
    const over = spans.filter((one) => one.start < end && start < one.end);
    const piece = points.slice(start, end).join("");
    if (!over.length) { made.push(piece); continue; }
    const inner = over.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a));
    const closed = over.filter((one) => one.end === end);
    const mark = el("mark", {
      style: `--c: var(--c${inner.label % COLOURS})`, class: inner.wrong ? "wrong" : inner.kind, "data-s": over.map((one) => one.id).join(" "), tabindex: 0,
      title: over.map((one) => `${said(one)}${one.score === undefined ? "" : `, score ${short(one.score)}`}${one.wrong ? ", wrong" : ""}`).join("; "),
    }, piece);
    if (closed.length) mark.append(el("b", {}, closed.map(said).join(" ")));
    made.push(mark);
  }
  return made;
}

function card(row) {
  const source = row[SPANS].map((one, id) => ({ start: one[0], end: one[1], label: one[2], id }));
  const target = row[PLACES].filter((one) => one[1] >= 0)
    .map((one) => ({ start: one[1], end: one[2], label: one[6], id: one[0], score: one[3] }));
  const points = [Array.from(row[SRC]), Array.from(row[TGT])];
  const signals = run.signals.map((name, n) => [name, row[SIGNALS][n]]).filter(([, value]) => value !== null && value !== undefined);
  const chips = [
    row[MT] !== null ? el("span", { class: "chip" }, `translation ${short(row[MT])}`) : null,
    nameOf(row[STATUS]) !== "translated" ? el("span", { class: "chip" }, nameOf(row[STATUS]) ?? "") : null,
    ...row[FLAGS].map((one) => el("span", { class: "chip" }, nameOf(one))),
    ...signals.filter(([name, value]) => value || name.includes("score")).map(([name, value]) => el("span", { class: "chip" }, `${plain(name)} ${short(value)}`)),
  ];
  const lines = row[PLACES].length ? table([
    { title: "label", cell: (one) => nameOf(one[6]) },
    { title: "source", dir: "auto", cell: (one) => (one[0] < 0 ? "–" : points[0].slice(row[SPANS][one[0]][0], row[SPANS][one[0]][1]).join("")) },
    { title: "target", dir: "auto", cell: (one) => (one[1] < 0 ? "–" : points[1].slice(one[1], one[2]).join("")) },
    { title: "score", number: true, cell: (one) => short(one[3]) },
    { title: "method or reason", cell: (one) => (one[1] < 0 ? nameOf(one[5]) : nameOf(one[4])) ?? "" },
  ], row[PLACES]) : el("p", { class: "note" }, "No spans.");
  return el("article", { class: row[KEPT] ? "kept" : "rejected", tabindex: -1, "data-id": row[ID] },
    el("div", { class: "pair" },
      el("div", { lang: run.src.code, dir: run.src.dir }, marked(row[SRC], source)),
      el("div", { lang: run.tgt.code, dir: run.tgt.dir },
        row[TGT].trim() ? marked(row[TGT], target) : el("i", { class: "note", dir: "ltr", lang: "en" }, "no translation"))),
    row[REASONS].length ? el("ul", { class: "reasons" }, row[REASONS].map((one) => el("li", {}, nameOf(one)))) : null,
    el("details", {}, el("summary", {}, el("code", {}, row[ID]), " ", chips), lines));
}

// Spans that belong together light up together, by mouse and by keyboard.
function light(event) {
  const mark = event.target.closest?.("mark");
  const article = event.target.closest?.("article");
  if (!article) return;
  const on = mark && ["pointerover", "focusin"].includes(event.type);
  const ids = on ? mark.dataset.s.split(" ") : [];
  article.classList.toggle("lit", Boolean(on));
  for (const one of article.querySelectorAll("mark")) {
    one.classList.toggle("on", ids.some((id) => one.dataset.s.split(" ").includes(id)));
  }
}

function fillFilters() {
  const form = document.getElementById("filters");
  const used = (place, pick) => [...new Set(rows.flatMap((row) => row[place].map(pick)))].map(nameOf).filter(Boolean).sort();
  const options = {
    verdict: ["kept", "rejected"],
    label: run.labels.map((one) => one.label),
    reason: [...new Set(used(REASONS, (one) => one).map((one) => one.split(":")[0]))],
    span: ["placed", "missing", ...[...new Set(run.span_flow.map((one) => one[1]))].filter((one) => one !== "placed" && one !== "not projected")],
    method: [...new Set(run.methods.map((one) => one.method))],
    status: [...new Set(run.flow.map((one) => one[0]))],
    by: run.histograms.map((one) => one.name),
    sort: Object.keys(ORDERS).filter(Boolean),
  };
  for (const [name, values] of Object.entries(options)) {
    const first = el("option", { value: "" }, name === "sort" ? "as in the tables" : name === "by" ? "none" : "any");
    form.elements[name].replaceChildren(first, ...values.map((one) => el("option", { value: one }, plain(one))));
  }
  for (const name of FIELDS) if (form.elements[name]) form.elements[name].value = state[name] ?? "";
}

// Show the rows of a figure: those filters and no others.
function showRows(wanted) {
  state = { ...drawnState(), run: DATA.runs.length > 1 ? run.key : "", ...wanted };
  writeState(state, { keep: true });
  fillFilters();
  filterRows();
  document.getElementById("rows").scrollIntoView({ block: "start" });
  document.getElementById("count").setAttribute("tabindex", "-1");
  document.getElementById("count").focus({ preventScroll: true });
}
