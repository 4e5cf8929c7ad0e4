// The figures. Each chart has a table with the same numbers and the links to its rows.
const charts = [];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const labelColour = (n) => css(`--k${n % COLOURS}`);

function chart(place, { title, note, height = 240, option, click, data }) {
  const box = el("div", { class: "chart", style: `height:${height}px`, role: "img", "aria-label": title });
  place.append(el("figure", {}, el("figcaption", {}, el("b", {}, title), note ? el("small", {}, note) : null), box,
    data ? el("details", {}, el("summary", {}, "as a table"), data) : null));
  charts.push({ box, option, click, made: null });
}

function drawCharts() {
  for (const one of charts) {
    one.made?.dispose();
    one.made = echarts.init(one.box, null, { renderer: "svg" });
    one.made.setOption({
      animation: false, textStyle: { fontFamily: "inherit", color: css("--ink") },
      tooltip: { confine: true, backgroundColor: css("--card"), borderColor: css("--line"), textStyle: { color: css("--ink"), fontSize: 13 } },
      ...one.option(),
    });
    if (one.click) one.made.on("click", (event) => { const to = one.click(event); if (to) showRows(to); });
  }
}

const axis = (more = {}) => ({
  axisLine: { lineStyle: { color: css("--line") } }, axisTick: { show: false },
  axisLabel: { color: css("--soft"), hideOverlap: true }, splitLine: { lineStyle: { color: css("--line") } }, ...more,
});

function sankey(place, { title, note, links, colour, click, height, data }) {
  const names = [...new Set(links.flatMap((one) => [one.source, one.target]))];
  chart(place, {
    title, note, height, data,
    click: (event) => (event.dataType === "edge" ? click(event.data.source, event.data.target) : click(event.name)),
    option: () => ({
      tooltip: { trigger: "item", confine: true, backgroundColor: css("--card"), borderColor: css("--line"), textStyle: { color: css("--ink") },
        formatter: (one) => (one.dataType === "edge" ? `${esc(one.data.source)} → ${esc(one.data.target)}: ${count(one.data.value)}` : `${esc(one.name)}: ${count(one.value)}`) },
      series: [{
        type: "sankey", left: 4, right: innerWidth < 600 ? 104 : 150, top: 8, bottom: 8, nodeGap: 18, nodeWidth: 14, layoutIterations: 24,
        emphasis: { focus: "adjacency" }, lineStyle: { color: "gradient", opacity: 0.3 },
        label: { color: css("--ink"), fontSize: 13, formatter: (one) => `${one.name.replace(/^. /, "")}  ${count(one.value)}` },
        data: names.map((name) => ({ name, itemStyle: { color: colour(name), borderWidth: 0 } })), links,
      }],
    }),
  });
}

const esc = (text) => String(text).replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

function overview(place) {
  const ends = new Map();
  for (const [, end, n] of run.flow) ends.set(end, (ends.get(end) ?? 0) + n);
  const links = run.flow.map(([status, end, value]) => ({ source: `◦ ${status}`, target: end === "kept" ? "kept" : `✕ ${end}`, value }));
  const statuses = new Set(run.flow.map((one) => one[0]));
  const toEnd = (name) => (name === "kept" ? { verdict: "kept" } : { verdict: "rejected", reason: name.slice(2) });
  const pick = (from, to) => {
    if (to) return { status: from.slice(2), ...toEnd(to) };
    return from.startsWith("◦") && statuses.has(from.slice(2)) ? { status: from.slice(2) } : toEnd(from);
  };
  place.append(el("dl", { class: "tiles" },
    tile("sentences", count(run.units), null, {}),
    tile("kept", count(run.kept), `${share(run.kept, run.units)} %`, { verdict: "kept" }),
    tile("rejected", count(run.units - run.kept), `${share(run.units - run.kept, run.units)} %`, { verdict: "rejected" }),
    tile("spans projected", count(run.placed), `of ${count(run.spans)}`, { span: "placed" }),
    tile("spans without a place", count(run.spans - run.placed), `${share(run.spans - run.placed, run.spans)} %`, { span: "missing" }),
  ));
  if (!run.units) { place.append(el("p", { class: "note" }, "There are no sentences.")); return; }
  const duo = el("div", { class: "duo" });
  place.append(duo);
  sankey(duo, {
    title: "Sentences: what became of them", note: "by the first filter against each; a click shows the rows",
    links, click: pick, height: Math.max(220, 38 * ends.size + 40),
    colour: (name) => (name === "kept" ? css("--good") : name.startsWith("✕") ? css("--bad") : css("--soft")),
    data: table([
      { title: "translation", cell: (one) => one[0] }, { title: "became", cell: (one) => (one[1] === "kept" ? "kept" : `rejected by ${one[1]}`) },
      { title: "sentences", number: true, cell: (one) => toRows({ status: one[0], ...(one[1] === "kept" ? { verdict: "kept" } : { verdict: "rejected", reason: one[1] }) }, count(one[2])) },
    ], run.flow),
  });
  const order = run.labels.map((one) => one.label).slice(0, 20);
  const shown = (label) => (order.includes(label) ? `◦ ${label}` : "◦ other labels");
  const spans = new Map();
  const add = (source, target, value) => { const key = `${source}\n${target}`; spans.set(key, { source, target, value: (spans.get(key)?.value ?? 0) + value }); };
  for (const [label, what, end, value] of run.span_flow) {
    add(shown(label), what === "placed" ? "placed" : `✕ ${what}`, value);
    if (what === "placed") add("placed", end === "kept" ? "in kept" : "in rejected", value);
  }
  if (spans.size) sankey(duo, {
    title: "Spans: which found a place", note: "by label; a click shows the rows", links: [...spans.values()],
    height: Math.max(220, 34 * Math.max(order.length, 4) + 40),
    colour: (name) => (name.startsWith("◦") ? labelColour(run.names.indexOf(name.slice(2))) : name.startsWith("✕") || name === "in rejected" ? css("--bad") : css("--good")),
    click: (from, to) => {
      const one = (name) => (name.startsWith("◦") ? { label: order.includes(name.slice(2)) ? name.slice(2) : "" } : name === "placed" ? { span: "placed" }
        : name.startsWith("in ") ? { span: "placed", verdict: name === "in rejected" ? "rejected" : "kept" }
          : { span: name.slice(2) === "not projected" ? "missing" : name.slice(2) });
      return to ? { ...one(from), ...one(to) } : one(from);
    },
    data: table([
      { title: "label", cell: (one) => one[0] }, { title: "place", cell: (one) => one[1] }, { title: "sentence", cell: (one) => one[2] },
      { title: "spans", number: true, cell: (one) => toRows({ label: one[0], span: one[1] === "not projected" ? "missing" : one[1], verdict: one[2] }, count(one[3])) },
    ], run.span_flow),
  });
  place.append(el("h3", {}, "What the filters reject"), el("p", { class: "note" }, "A sentence can be rejected by several filters; alone counts those that no other rejects."), table([
    { title: "filter", cell: (one) => plain(one.name) }, { title: "threshold", cell: (one) => one.threshold },
    { title: "rejects", number: true, cell: (one) => (one.rejected ? toRows({ verdict: "rejected", reason: one.name }, count(one.rejected)) : "0") },
    { title: "alone", number: true, cell: (one) => count(one.only) },
    { title: "% of all", number: true, cell: (one) => share(one.rejected, run.units) },
  ], run.filters));
  place.append(el("h3", {}, "Stage by stage"), table([
    { title: "stage", cell: (one) => one.name }, { title: "counted", cell: (one) => one.what },
    { title: "in", number: true, cell: (one) => count(one.in) }, { title: "out", number: true, cell: (one) => count(one.out) },
    { title: "%", number: true, cell: (one) => share(one.out, one.in) },
  ], run.stages));
}

function tile(name, value, small, wanted) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, toRows(wanted, value), small ? el("small", {}, ` ${small}`) : null));
}

function labels(place) {
  if (!run.labels.length) { place.append(el("p", { class: "note" }, "There are no spans.")); return; }
  const shown = run.labels.slice(0, 40);
  const parts = [["in kept sentences", (one) => one.kept, "--good"], ["in rejected ones", (one) => one.placed - one.kept, "--bad"], ["without a place", (one) => one.spans - one.placed, "--back2"]];
  chart(place, {
    title: "Spans of each label", height: 60 + 26 * shown.length,
    note: run.labels.length > shown.length ? `the ${shown.length} most frequent of ${run.labels.length}` : "a click shows the rows",
    click: (event) => ({ label: event.name, ...[{ span: "placed", verdict: "kept" }, { span: "placed", verdict: "rejected" }, { span: "missing" }][event.seriesIndex] }),
    option: () => ({
      grid: { left: 8, right: 16, top: 28, bottom: 4, containLabel: true }, legend: { top: 0, left: 0, textStyle: { color: css("--soft") } },
      xAxis: axis({ type: "value" }), yAxis: axis({ type: "category", inverse: true, data: shown.map((one) => one.label), splitLine: { show: false }, axisLabel: { color: css("--ink") } }),
      series: parts.map(([name, value, colour]) => ({ name, type: "bar", stack: "all", barMaxWidth: 16, itemStyle: { color: css(colour) }, data: shown.map(value) })),
    }),
    data: table([
      { title: "label", cell: (one) => toRows({ label: one.label }, one.label) },
      { title: "spans", number: true, cell: (one) => count(one.spans) }, { title: "placed", number: true, cell: (one) => count(one.placed) },
      { title: "placed %", number: true, cell: (one) => share(one.placed, one.spans) },
      { title: "in kept sentences %", number: true, cell: (one) => share(one.kept, one.spans) },
    ], run.labels),
  });
}

function spread(place) {
  const grid = el("div", { class: "charts" });
  place.append(el("p", { class: "note" }, "Kept below, rejected on top; the line is the filter's threshold. A click on a bar shows its rows."), grid);
  for (const one of run.histograms) {
    const n = one.kept.length;
    const width = (one.high - one.low) / n;
    const at = (index) => one.low + index * width;
    const range = (index) => ({ by: one.name, min: index === 0 ? "" : short6(at(index)), max: index === n - 1 ? "" : short6(at(index + 1)) });
    chart(grid, {
      title: plain(one.name), height: 170,
      note: [one.note, one.threshold === null ? "no threshold" : `threshold ${short(one.threshold)}`, one.zeros ? `${count(one.zeros)} are 0 and not drawn` : ""].filter(Boolean).join("; "),
      click: (event) => (event.componentType === "series" ? { ...range(event.dataIndex), verdict: event.seriesIndex ? "rejected" : "kept" } : null),
      option: () => ({
        grid: { left: 4, right: 10, top: 14, bottom: 2, containLabel: true },
        tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, confine: true, backgroundColor: css("--card"), borderColor: css("--line"), textStyle: { color: css("--ink") },
          formatter: ([first, second]) => `${short(at(first.dataIndex))} to ${short(at(first.dataIndex + 1))}: ${count(first.value)} kept, ${count(second.value)} rejected` },
        xAxis: [
          axis({ type: "category", data: one.kept.map((_, index) => short(at(index))), axisLabel: { show: false }, splitLine: { show: false } }),
          axis({ type: "value", min: one.low, max: one.high, position: "bottom", splitNumber: 4, splitLine: { show: false } }),
        ],
        yAxis: axis({ type: "value", splitNumber: 3, minInterval: 1 }),
        series: [
          { type: "bar", stack: "all", barCategoryGap: "6%", itemStyle: { color: css("--good") }, data: one.kept },
          { type: "bar", stack: "all", barCategoryGap: "6%", itemStyle: { color: css("--bad") }, data: one.rejected },
          { type: "line", xAxisIndex: 1, data: [], markLine: one.threshold === null ? undefined : {
            symbol: "none", silent: true, lineStyle: { color: css("--ink"), type: "dashed", width: 1.5 }, label: { show: false }, data: [{ xAxis: one.threshold }] } },
        ],
      }),
      data: table([
        { title: "from", number: true, cell: (index) => short(at(index)) }, { title: "to", number: true, cell: (index) => short(at(index + 1)) },
        { title: "kept", number: true, cell: (index) => count(one.kept[index]) }, { title: "rejected", number: true, cell: (index) => count(one.rejected[index]) },
        { title: "", cell: (index) => toRows(range(index), "rows") },
      ], one.kept.map((_, index) => index).filter((index) => one.kept[index] + one.rejected[index])),
    });
  }
}

const short6 = (value) => Number(value.toPrecision(6)).toString();

function methods(place) {
  const compared = run.projection.filter((one) => one.f1 !== null && one.f1 !== undefined);
  const known = [...new Set(run.projection.flatMap((one) => Object.keys(one.per_label)))].sort();
  const timed = run.projection.some((one) => one.ms_per_unit !== null && one.ms_per_unit !== undefined);
  if (run.projection.length) {
    place.append(el("p", { class: "note" }, "Against spans that people marked (percent).", compared.length > 1 && run.used ? [" The method used is ", el("b", {}, run.used), "."] : ""), table([
      { title: "method", cell: (one) => one.name }, { title: "F1", number: true, cell: (one) => fixed(one.f1) },
      { title: "precision", number: true, cell: (one) => fixed(one.precision) }, { title: "recall", number: true, cell: (one) => fixed(one.recall) },
      { title: "overlap F1", number: true, cell: (one) => fixed(one.overlap_f1) },
      ...known.map((label) => ({ title: label, number: true, cell: (one) => fixed(one.per_label[label]) })),
      { title: "gold spans", number: true, cell: (one) => (one.support ? count(one.support) : "–") },
      ...(timed ? [{ title: "ms a sentence", number: true, cell: (one) => fixed(one.ms_per_unit) }, { title: "learning, s", number: true, cell: (one) => fixed(one.learning) }] : []),
    ], run.projection));
    const grid = el("div", { class: "duo" });
    place.append(grid);
    if (compared.length > 1) methodBars(grid, compared, known);
    calibrationLines(grid, run.projection.filter((one) => one.calibration.length));
  } else place.append(el("p", { class: "note" }, "The projection was not measured on gold data."));
  whereMethodsDiffer(place);
  if (run.methods.length) place.append(el("h3", {}, "In this job"), table([
    { title: "method", cell: (one) => one.method }, { title: "label", cell: (one) => one.label },
    { title: "placed spans", number: true, cell: (one) => toRows({ method: one.method, label: one.label, span: "placed" }, count(one.spans)) },
    { title: "mean score", number: true, cell: (one) => short(one.score) },
  ], run.methods));
}

const methodColour = (n) => (n ? css(`--k${[1, 0, 4, 3, 9, 8, 5, 7][(n - 1) % 8]}`) : css("--good"));

function methodBars(grid, compared, known) {
  const groups = ["all", ...known];
  const value = (one, group) => (group === "all" ? one.f1 : one.per_label[group]) ?? null;
  chart(grid, {
    title: "Methods compared", note: "span F1 on gold data, all labels and each", height: 60 + groups.length * (14 + 15 * compared.length),
    option: () => ({
      grid: { left: 8, right: 40, top: 12 + 22 * compared.length, bottom: 4, containLabel: true }, xAxis: axis({ type: "value", min: 0, max: 100 }),
      legend: { top: 0, left: 0, orient: "vertical", itemGap: 4, textStyle: { color: css("--soft") } },
      yAxis: axis({ type: "category", inverse: true, data: groups, axisLabel: { color: css("--ink") }, splitLine: { show: false } }),
      series: compared.map((one, n) => ({ name: one.name, type: "bar", barMaxWidth: 13, barGap: "12%", itemStyle: { color: methodColour(n) }, data: groups.map((group) => value(one, group)),
        label: { show: true, position: "right", color: css("--ink"), fontSize: 11, formatter: (bar) => fixed(bar.value) } })),
    }),
  });
}

function calibrationLines(grid, drawn) {
  if (!drawn.length) return;
  chart(grid, {
    title: "Do the scores mean what they say?", note: "share that was right among spans of like score; on the diagonal is perfect; a click shows the job's rows with such scores", height: 280 + 22 * drawn.length,
    click: (event) => (event.componentType === "series" ? { by: "span score", min: short6(Math.floor(event.value[0] * 10) / 10), max: short6(Math.floor(event.value[0] * 10) / 10 + 0.1) } : null),
    option: () => ({
      grid: { left: 8, right: 16, top: drawn.length > 1 ? 12 + 22 * drawn.length : 12, bottom: 22, containLabel: true },
      legend: { show: drawn.length > 1, top: 0, left: 0, orient: "vertical", itemGap: 4, data: drawn.map((one) => one.name), textStyle: { color: css("--soft") } },
      tooltip: { trigger: "item", confine: true, backgroundColor: css("--card"), borderColor: css("--line"), textStyle: { color: css("--ink") },
        formatter: (one) => (one.value?.[2] ? `${esc(one.seriesName)}: score ${short(one.value[0])}, right ${share(one.value[1], 1)} % of ${count(one.value[2])}` : "") },
      xAxis: axis({ type: "value", min: 0, max: 1, name: "score", nameLocation: "middle", nameGap: 24, nameTextStyle: { color: css("--soft") } }),
      yAxis: axis({ type: "value", min: 0, max: 1 }),
      series: [
        { type: "line", silent: true, symbol: "none", data: [[0, 0], [1, 1]], lineStyle: { color: css("--soft"), type: "dashed", width: 1 } },
        ...drawn.map((one, n) => ({ name: one.name, type: "line", symbol: "circle", showAllSymbol: true, itemStyle: { color: methodColour(n) }, lineStyle: { color: methodColour(n), width: 1.5 },
          symbolSize: (value) => 6 + 5 * Math.log10(1 + value[2]), data: one.calibration.map((bin) => [bin.score, bin.right, bin.number]) })),
      ],
    }),
    data: table([
      { title: "method", cell: (one) => one.name }, { title: "score", number: true, cell: (one) => short(one.score) },
      { title: "right %", number: true, cell: (one) => share(one.right, 1) }, { title: "spans", number: true, cell: (one) => count(one.number) },
    ], drawn.flatMap((one) => one.calibration.map((bin) => ({ name: one.name, ...bin })))),
  });
}

// Texts on which the methods do not say the same: which have all spans right, and examples.
function whereMethodsDiffer(place) {
  if (!run.patterns.length) return;
  const texts = run.patterns.reduce((sum, one) => sum + one.texts, 0);
  place.append(el("h3", {}, "Where the methods differ"), table([
    { title: "all spans right with", cell: (one) => one.right.join(", ") || "none of them" },
    { title: "sentences", number: true, cell: (one) => count(one.texts) }, { title: "%", number: true, cell: (one) => share(one.texts, texts) },
  ], run.patterns));
  const shown = run.examples.map(differing);
  place.append(...shown.slice(0, 4));
  if (shown.length > 4) place.append(el("details", {}, el("summary", {}, `${shown.length - 4} more`), shown.slice(4)));
}

function differing(example) {
  const numbered = (spans) => spans.map((one, id) => ({ ...one, id }));
  const line = (title, note, language, text, spans) => el("div", { class: "answer" },
    el("div", {}, title, note ? el("small", {}, note) : null), el("div", { lang: language.code, dir: language.dir }, marked(text, spans)));
  const missed = (one) => one.missing.map((span) => `no place for ${span.label}: ${span.reason}`).join("; ");
  return el("article", { class: "differing" },
    line(el("code", {}, example.id), null, run.src, example.src_text, numbered(example.src_spans)),
    line("gold", null, run.tgt, example.tgt_text, numbered(example.gold)),
    example.answers.map((one) => line([el("span", { class: one.right ? "yes" : "no" }, one.right ? "✓ " : "✕ "), one.methods.join(", ")], missed(one), run.tgt, example.tgt_text,
      numbered(one.spans).map((span) => ({ ...span, wrong: !span.right })))));
}

function trained(place) {
  if (!run.systems.length) { place.append(el("p", { class: "note" }, "No model was scored.")); return; }
  const known = [...new Set(run.systems.flatMap((one) => Object.keys(one.per_label ?? {})))].sort();
  const of = (one, label) => { const own = (one.per_label ?? {})[label]; return own === null || typeof own !== "object" ? own : own?.f1; };
  chart(place, {
    title: `Span F1 on gold ${run.tgt.name}`, note: "percent; the line is the confidence interval", height: 50 + 34 * run.systems.length,
    option: () => ({
      grid: { left: 8, right: 44, top: 8, bottom: 4, containLabel: true }, xAxis: axis({ type: "value", min: 0, max: 100 }),
      yAxis: axis({ type: "category", inverse: true, data: run.systems.map((one) => one.name), axisLabel: { color: css("--ink") }, splitLine: { show: false } }),
      series: [
        { type: "bar", barMaxWidth: 18, data: run.systems.map((one) => ({ value: one.f1 ?? 0, itemStyle: { color: one.name === "projected" ? css("--good") : css("--soft") } })) },
        { type: "custom", silent: true, z: 10, data: run.systems.map((one, n) => [n, one.f1_low, one.f1_high]), encode: { x: [1, 2], y: 0 },
          renderItem: (params, api) => {
            const [low, high] = [api.coord([api.value(1), api.value(0)]), api.coord([api.value(2), api.value(0)])];
            if (!Number.isFinite(low[0]) || !Number.isFinite(high[0])) return null;
            const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: css("--ink"), lineWidth: 1.5 } });
            return { type: "group", children: [line(low[0], low[1], high[0], high[1]), line(low[0], low[1] - 5, low[0], low[1] + 5), line(high[0], high[1] - 5, high[0], high[1] + 5)] };
          } },
      ],
    }),
  });
  place.append(table([
    { title: "trained on", cell: (one) => one.name }, { title: "F1", number: true, cell: (one) => fixed(one.f1) },
    { title: "interval", number: true, cell: (one) => (one.f1_low === undefined ? "–" : `${fixed(one.f1_low)}–${fixed(one.f1_high)}`) },
    { title: "precision", number: true, cell: (one) => fixed(one.precision) }, { title: "recall", number: true, cell: (one) => fixed(one.recall) },
    ...known.map((label) => ({ title: toRows({ label }, label), number: true, cell: (one) => fixed(of(one, label)) })),
  ], run.systems));
  const grid = el("div", { class: "duo" });
  place.append(grid);
  for (const [key, what] of [["per_length", "span"], ["per_text_length", "text"]]) {
    const parts = [...new Set(run.systems.flatMap((one) => Object.keys(one[key] ?? {})))].sort();
    if (parts.length) grid.append(el("div", {}, el("h3", {}, `F1 by length of the ${what}`), table([
      { title: "words", cell: (part) => part },
      { title: "gold spans", number: true, cell: (part) => count(Math.max(...run.systems.map((one) => one[key]?.[part]?.spans ?? 0))) },
      ...run.systems.map((one) => ({ title: one.name, number: true, cell: (part) => fixed(one[key]?.[part]?.f1) })),
    ], parts)));
  }
  const signed = (value) => `${value > 0 ? "+" : ""}${fixed(value)}`;
  for (const [name, one] of Object.entries(run.differences)) {
    place.append(el("p", {}, `${name.replace(" - ", " − ")}: `, el("b", {}, signed(one.f1)), one.f1_low === undefined ? "" : ` (${signed(one.f1_low)} to ${signed(one.f1_high)})`, one.p === undefined ? "" : `, p = ${one.p}`));
  }
  for (const [name, own] of Object.entries(run.unseen)) {
    if (own.length) place.append(el("p", { class: "note" }, `${name} was never taught ${own.join(", ")}, which the test data have.`));
  }
}

function people(place) {
  const said = run.review;
  if (!said.answers) { place.append(el("p", { class: "note" }, "Nobody has reviewed a row of this job.")); return; }
  place.append(el("p", {}, `${count(said.answers)} answers on ${count(said.units)} sentences: ${count(said.status.accept)} accepted, ${count(said.status.edit)} edited, ${count(said.status.reject)} rejected.`),
    table([
      { title: "method", cell: (one) => one.method }, { title: "label", cell: (one) => one.label },
      { title: "spans shown", number: true, cell: (one) => toRows({ method: one.method, label: one.label }, count(one.shown)) },
      { title: "accepted %", number: true, cell: (one) => fixed(one.accept) }, { title: "edited %", number: true, cell: (one) => fixed(one.edit) },
      { title: "rejected %", number: true, cell: (one) => fixed(one.reject) }, { title: "null, found", number: true, cell: (one) => count(one.found) },
    ], said.spans));
  if (said.agreement.length) place.append(el("h3", {}, "Agreement"), table([
    { title: "people", cell: (one) => one.annotators.join(" / ") }, { title: "sentences", number: true, cell: (one) => count(one.units) },
    { title: "span F1", number: true, cell: (one) => fixed(one.f1) }, { title: "overlap F1", number: true, cell: (one) => fixed(one.overlap_f1) },
    { title: "same verdict %", number: true, cell: (one) => fixed(one.verdict) }, { title: "kappa", number: true, cell: (one) => fixed(one.kappa, 2) },
  ], said.agreement));
}

function made(place) {
  place.append(el("p", {}, run.versions.map(([name, version]) => [el("span", { class: "chip" }, `${name} ${version}`), " "])));
  for (const [stage, one] of Object.entries(run.made_by)) {
    place.append(el("details", {}, el("summary", {}, el("b", {}, stage), " ", el("code", {}, one.signature ?? "")), el("pre", {}, JSON.stringify(one.params ?? {}, null, 2))));
  }
}
