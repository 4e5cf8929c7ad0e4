// The documents of a task, drawn as the task is: a list to search and to turn the pages of.
const PER_DRAWN = 8;
const VIEWS = {
  events: { title: "Events on text", draw: (one) => eventsOf(one), after: (card) => connect(card), note: "Edges go from triggers to their arguments; the role stands behind each argument. The source is on the left or above." },
  answers: { title: "Answers in context", draw: (one) => answersOf(one), note: "Answers carry the number of their question. A click on a question shows its answer alone." },
  dialogue: { title: "Dialogues turn by turn", draw: (one) => dialogueOf(one), note: "What each turn changed in the state (source value → target value), what was done, and which examples came of it." },
};
let drawn = [];
let shownDrawn = [];

const drawnState = () => Object.fromEntries(["dq", "dshow", "dpage"].filter((name) => state[name]).map((name) => [name, state[name]]));

async function showDrawn(number) {
  const view = VIEWS[run.view];
  const section = document.getElementById("drawn");
  section.hidden = document.querySelector('nav a[href="#drawn"]').hidden = !view;
  drawn = [];
  if (!view) return;
  section.querySelector("h2").textContent = view.title;
  document.querySelector('nav a[href="#drawn"]').textContent = view.title.split(" ")[0].toLowerCase();
  section.querySelector(".note").textContent = view.note;
  const own = run;
  const all = await unpack("documents", number);
  if (own !== run) return;
  drawn = all;
  filterDrawn();
}

function filterDrawn() {
  const view = VIEWS[run.view];
  if (!view) return;
  const form = document.getElementById("finder");
  for (const name of ["dq", "dshow"]) if (document.activeElement !== form.elements[name]) form.elements[name].value = state[name] ?? "";
  const words = (state.dq ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  shownDrawn = drawn.filter((one) => {
    if (state.dshow === "lost" && !one.lost) return false;
    if (!words.length) return true;
    one.plain ??= JSON.stringify(one).toLowerCase();
    return words.every((word) => one.plain.includes(word));
  });
  drawDrawn();
}

function drawDrawn() {
  const view = VIEWS[run.view];
  const part = paged(shownDrawn, PER_DRAWN, state.dpage, ".turner", { turn: turnDrawn });
  const { all, lost, in_page: inPage } = run.documents;
  const whole = all > inPage ? ` This page has ${count(inPage)} of ${count(all)}: half of them lost most, the others are drawn.` : "";
  const line = document.getElementById("drawn-count");
  line.textContent = `${count(shownDrawn.length)} of ${count(inPage)} documents; ${count(lost)} of all ${count(all)} lost something.${whole}`;
  line.dataset.found = shownDrawn.length;
  const made = part.map((one) => el("article", { class: one.lost ? "rejected" : "kept", tabindex: -1, "data-id": one.id },
    el("p", { class: "note" }, el("code", {}, one.id), one.title ? ` ${one.title}` : null, one.complete ? null : el("span", { class: "chip" }, "sentences missing")),
    view.draw(one)));
  document.getElementById("drawings").replaceChildren(...made);
  if (view.after) made.forEach(view.after);
}

function turnDrawn(to) {
  state = { ...state, dpage: to > 1 ? String(to) : "" };
  writeState(state);
  drawDrawn();
  document.getElementById("drawn-count").scrollIntoView({ block: "start" });
}

function listenDrawn() {
  const form = document.getElementById("finder");
  let waiting = 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      state = { ...state, ...Object.fromEntries(new FormData(form)), dpage: "" };
      writeState(state);
      filterDrawn();
    }, 120);
  });
  let sized = 0;
  addEventListener("resize", () => {
    clearTimeout(sized);
    sized = setTimeout(() => { if (VIEWS[run?.view]?.after) document.querySelectorAll("#drawings article").forEach(VIEWS[run.view].after); }, 100);
  });
}

// Source and target side by side, each in its language and direction.
function sides(left, right, kind = "") {
  const side = (language, content) => el("div", { lang: language.code, dir: language.dir, class: kind }, content);
  return el("div", { class: "pair" }, side(run.src, left), side(run.tgt, right));
}

const gone = (text) => el("i", { class: "note", dir: "ltr", lang: "en" }, text);
const values = (list) => (list.length ? list.join(" / ") : "–");
