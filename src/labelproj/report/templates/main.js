// Put together: choose the run, draw its figures, listen.
const PARTS = { overview, labels, spread, methods, trained, review: people, made };

async function showRun(number) {
  run = DATA.runs[number];
  charts.splice(0).forEach((one) => one.made?.dispose());
  for (const [name, part] of Object.entries(PARTS)) {
    const place = document.querySelector(`#${name} .body`);
    place.replaceChildren();
    part(place);
  }
  for (const line of document.querySelectorAll("#runs tbody tr")) {
    line.toggleAttribute("aria-current", Number(line.dataset.run) === number && DATA.runs.length > 1);
  }
  if (DATA.runs.length > 1) document.getElementById("headline").textContent = `${run.src.name} → ${run.tgt.name}`;
  drawCharts();
  showDrawn(number);
  rows = await unpack("rows", number);
  fillFilters();
  filterRows();
}

function runOf(wanted) {
  return Math.max(0, DATA.runs.findIndex((one) => one.key === wanted.run));
}

let waiting = 0;
function changed() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const form = new FormData(document.getElementById("filters"));
    state = { ...drawnState(), run: DATA.runs.length > 1 ? run.key : "", ...Object.fromEntries(form) };
    writeState(state);
    filterRows();
  }, 120);
}

function keys(event) {
  const typing = event.target.matches?.("input, select, textarea");
  if (event.key === "Escape" && typing) { event.target.blur(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.getElementById("filters").elements.q;
  if (event.key === "/") { event.preventDefault(); search.scrollIntoView({ block: "center" }); search.focus(); }
  if (event.key === "n" || event.key === "p") {
    document.querySelector(`.pager button[title="${event.key}"]:not(:disabled)`)?.click();
  }
  if (event.key === "j" || event.key === "k") {
    const cards = [...document.querySelectorAll("#cards article")];
    const at = cards.indexOf(document.activeElement?.closest("article"));
    const next = cards[event.key === "j" ? at + 1 : Math.max(0, at - 1)];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "center" });
  }
}

function start() {
  const form = document.getElementById("filters");
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  const cards = document.getElementById("cards");
  for (const name of ["pointerover", "pointerout", "focusin", "focusout"]) {
    cards.addEventListener(name, light);
    document.getElementById("drawings").addEventListener(name, light);
  }
  listenDrawn();
  document.addEventListener("keydown", keys);
  for (const one of document.querySelectorAll("#runs button")) {
    one.addEventListener("click", () => { state = { run: DATA.runs[one.dataset.run].key }; writeState(state, { keep: true }); showRun(Number(one.dataset.run)); });
  }
  addEventListener("popstate", () => {
    state = readState();
    if (runOf(state) !== DATA.runs.indexOf(run)) showRun(runOf(state));
    else { fillFilters(); filterRows(); filterDrawn(); }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
  let sized = 0;
  addEventListener("resize", () => { clearTimeout(sized); sized = setTimeout(() => charts.forEach((one) => one.made?.resize()), 100); });
  if (!DATA.runs.length) { document.getElementById("count").textContent = "There are no rows."; return; }
  state = readState();
  showRun(runOf(state)).then(() => {
    document.documentElement.dataset.ready = "yes";
    const names = Object.keys(state).filter((name) => name !== "run");
    if (names.length) document.getElementById(names.every((name) => name in drawnState()) ? "drawn" : "rows").scrollIntoView();
  });
}

start();
