// Events: triggers and arguments marked in both texts, joined by edges.
const SVG = "http://www.w3.org/2000/svg";

function eventsOf(one) {
  const texts = one.texts.map((text, side) => {
    const spans = one.events.flatMap((event, number) => {
      const [trigger, roles] = event.sides[side];
      const heads = trigger.map(([start, end]) => ({ start, end, label: number, name: event.type, id: `e${number}`, kind: "trigger" }));
      const tails = roles.flatMap(([role, places], n) => places.map(([start, end]) => ({ start, end, label: number, name: role, id: `e${number}a${n}` })));
      return [...heads, ...tails];
    });
    return el("div", { class: "graph", "data-side": side }, marked(text, spans));
  });
  const lost = one.events.filter((event) => event.lost).map((event) => [event.type, "", event.lost]);
  const list = [...lost, ...one.gone];
  return [
    sides(texts[0], one.texts[1].trim() ? texts[1] : gone("no translation")),
    list.length ? el("ul", { class: "reasons" }, list.map(([name, surface, reason]) =>
      el("li", {}, name ? el("b", {}, name) : null, " ", surface ? el("q", { lang: run.src.code, dir: run.src.dir }, surface) : null, ` ${reason}`))) : null,
  ];
}

// Draw the edges of an article where its marks stand now.
function connect(article) {
  for (const graph of article.querySelectorAll(".graph")) {
    graph.querySelector("svg")?.remove();
    const box = graph.getBoundingClientRect();
    const firsts = new Map();
    for (const mark of graph.querySelectorAll("mark")) {
      for (const id of mark.dataset.s.split(" ")) if (!firsts.has(id)) firsts.set(id, mark);
    }
    // Between lines an edge leaves and arrives on the sides that face each other; on a line, above it.
    const place = (mark) => {
      const rect = mark.getClientRects()[0];
      return { x: rect.left + rect.width / 2 - box.left, top: rect.top - box.top, bottom: rect.bottom - box.top };
    };
    const drawing = document.createElementNS(SVG, "svg");
    for (const [name, value] of Object.entries({ width: box.width, height: box.height, "aria-hidden": "true" })) drawing.setAttribute(name, value);
    for (const [id, mark] of firsts) {
      const event = id.split("a")[0];
      const head = firsts.get(event);
      if (id === event || !head) continue;
      const [from, to] = [place(head), place(mark)];
      const down = to.top > from.bottom;
      const up = to.bottom < from.top;
      const [y0, y1] = [down ? from.bottom : from.top, up ? to.bottom : to.top];
      const bend = down || up ? (y1 - y0) / 2 : -Math.min(20, 8 + Math.abs(to.x - from.x) / 14);
      const into = up ? 1 : -1;
      const edge = document.createElementNS(SVG, "path");
      const colour = `var(--k${Number(event.slice(1)) % COLOURS})`;
      edge.setAttribute("d", `M${from.x} ${y0} C${from.x} ${y0 + bend} ${to.x} ${down || up ? y1 - bend : y1 + bend} ${to.x} ${y1 + 2 * into}`);
      edge.setAttribute("style", `stroke: ${colour}`);
      const tip = document.createElementNS(SVG, "path");
      tip.setAttribute("d", `M${to.x - 3.5} ${y1 + 6 * into} L${to.x} ${y1} L${to.x + 3.5} ${y1 + 6 * into} Z`);
      tip.setAttribute("style", `fill: ${colour}; stroke: none`);
      drawing.append(edge, tip);
    }
    graph.append(drawing);
  }
}
