// Questions: their answers marked in both contexts, and a line each with its tier.
function answersOf(one) {
  let only = null;
  const contexts = (side) => {
    const spans = one.questions.flatMap((question, number) => (only !== null && only !== number ? [] :
      question.answers[side].map(([start, end]) => ({ start, end, label: number, name: String(number + 1), id: `q${number}` }))));
    return one.texts[side].trim() ? marked(one.texts[side], spans) : gone("no sentence of it was accepted");
  };
  const place = el("div");
  const draw = () => place.replaceChildren(sides(contexts(0), contexts(1)));
  const surface = (question, side) => {
    const points = Array.from(one.texts[side]);
    return question.answers[side].map(([start, end]) => points.slice(start, end).join("")).join(" / ");
  };
  const toggles = one.questions.map((question, number) => el("button", { type: "button", "aria-pressed": "false", onclick: () => {
    only = only === number ? null : number;
    toggles.forEach((button, n) => button.setAttribute("aria-pressed", String(n === only)));
    draw();
  } }, String(number + 1)));
  draw();
  const lines = table([
    { title: "", cell: ([, number]) => toggles[number] },
    { title: "question", dir: run.src.dir, cell: ([question]) => question.texts[0] },
    { title: "translated", dir: run.tgt.dir, cell: ([question]) => question.texts[1] || "–" },
    { title: "answer", dir: run.src.dir, cell: ([question]) => surface(question, 0) || question.surface || el("i", {}, "none") },
    { title: "projected", dir: run.tgt.dir, cell: ([question]) => (question.lost ? el("span", { class: "no", dir: "ltr", lang: "en" }, question.lost) : surface(question, 1) || el("i", {}, "none")) },
    { title: "tier", cell: ([question]) => (question.tier ? el("span", { class: `chip tier-${question.tier}` }, question.tier) : "") },
    { title: "score", number: true, cell: ([question]) => short(question.score) },
  ], one.questions.map((question, number) => [question, number]));
  return [place, lines];
}
