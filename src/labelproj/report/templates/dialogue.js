// Dialogues: turns, and under each what it changed, did and was good for.
function dialogueOf(one) {
  const made = [];
  for (const [number, turn] of one.turns.entries()) {
    made.push(el("section", { class: "turn", "aria-label": `turn ${number + 1}` },
      el("h4", {}, `turn ${number + 1}`),
      utterance(turn.user, "user", number),
      facts("said", turn.user_acts.map(act)),
      facts("state", turn.changes.map(([sign, ...said]) => constraint(said, sign)), turn.state ? `${count(turn.state)} in all` : null),
      facts("call", turn.calls.map(([name, said]) => [el("b", {}, name), " ", said.map((one) => constraint(one))]), turn.rows ? `${count(turn.rows)} row${turn.rows === 1 ? "" : "s"}` : null),
      facts("acts", turn.agent_acts.map(act)),
      utterance(turn.agent, "agent", number),
      examples(turn.examples)));
  }
  if (one.unmapped.length) made.push(el("p", { class: "reasons" }, `Values without a target form: ${one.unmapped.join(", ")}`));
  return made;
}

function utterance(sidesOf, who, number) {
  if (!sidesOf) return null;
  const names = new Map();
  const [left, right] = sidesOf.map((one) => one && marked(one[0], one[1].map(([start, end, name]) => {
    if (!names.has(name)) names.set(name, names.size);
    return { start, end, name, label: names.get(name), id: `${who}${number}-${names.get(name)}` };
  })));
  return sides([el("b", { class: "who", dir: "ltr", lang: "en" }, who), left ?? gone("rejected")], right ?? gone("rejected"), who);
}

const relation = (name) => (name === "equal_to" || !name ? ": " : ` ${plain(name)} `);

function valued(source, target) {
  const [from, to] = [values(source), values(target)];
  const side = (text, language) => el("bdi", { lang: language.code }, text);
  return from === to ? side(from, run.src) : [side(from, run.src), " → ", side(to, run.tgt)];
}

function constraint([slot, rel, source, target], sign = "") {
  const kind = { "+": "chip plus", "-": "chip minus" }[sign] ?? "chip";
  const told = sign === "-" ? el("s", {}, el("bdi", { lang: run.src.code }, values(source))) : valued(source, target);
  return el("span", { class: kind }, sign ? `${sign} ` : null, slot, relation(rel), told);
}

function act([name, slot, rel, source, target]) {
  return el("span", { class: "chip" }, el("b", {}, plain(name)), slot ? ` ${slot}` : null, source.length ? [relation(rel), valued(source, target)] : null);
}

function facts(title, found, note = null) {
  return found.length ? el("p", { class: "facts" }, el("small", {}, title), " ", found.flatMap((one) => [one, " "]), note ? el("small", {}, note) : null) : null;
}

function examples(found) {
  const names = Object.entries(found);
  if (!names.length) return null;
  return el("p", { class: "facts" }, el("small", {}, "examples"), " ", names.flatMap(([name, reasons]) => [
    el("span", { class: reasons.length ? "chip minus" : "chip plus", title: reasons.join("; ") || "kept" }, `${name} ${reasons.length ? "✗" : "✓"}`), " ",
    reasons.length ? el("small", { class: "no" }, reasons.join("; "), " ") : null]));
}
