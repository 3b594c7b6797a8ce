"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const NS = "http://www.w3.org/2000/svg", DASH = "–";
  const at = (id) => document.getElementById(id);
  const make = (tag, attributes, parent, text) => {
    const node = document.createElementNS(NS, tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    if (parent) parent.append(node);
    return node;
  };
  const html = (tag, parent, text, name) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (name) node.className = name;
    if (parent) parent.append(node);
    return node;
  };
  const known = (value) => typeof value === "number" && Number.isFinite(value);

  // How numbers are written, as in the report.
  const fixed = (value, digits) => {
    const text = value.toFixed(digits).replace("-", "−");
    return /^−0\.?0*$/.test(text) ? text.slice(1) : text;
  };
  const significant = (value) => {
    if (!known(value)) return DASH;
    const size = Math.abs(value);
    if (size < 1e-12) return "0";
    const text = size >= 1e-4 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
    return text.replace(/-/g, "−");
  };
  const STYLES = {
    percent: (v) => fixed(100 * v, 1) + " %", "fine percent": (v) => fixed(100 * v, 2) + " %",
    count: (v) => Math.round(v).toLocaleString("en"), times: (v) => fixed(v, 1) + " x",
    "two decimals": (v) => fixed(v, 2), "three decimals": (v) => fixed(v, 3),
  };
  const write = (value, style) => (known(value) ? (STYLES[style] || significant)(value) : DASH);

  // Columns: what every trial has a value of.
  const objective = data.figures.find((each) => each.name === data.objectives[0]);
  const direction = objective ? objective.better : 1;
  const SPANS = { valid: "validation", test: "test", backtest: "portfolio" };
  const figures = data.figures.map((each) => ({
    ...each, title: `${each.label}, ${SPANS[each.span] || each.span}`, numeric: true, held: each.span !== "valid",
    of: (trial) => trial.figures[each.name], show: (value) => write(value, each.style),
  }));
  const parameters = data.parameters.map((each) => ({
    ...each, title: each.name, held: false,
    of: (trial) => {
      const text = trial.parameters[each.name];
      return text === undefined ? undefined : each.numeric ? Number(text) : text;
    },
    show: (value) => (value === undefined ? DASH : each.numeric ? significant(value) : value),
  }));
  const plain = (name, title, numeric, of, show) => ({ name, title, numeric, held: false, of, show: show || ((v) => (v === undefined || v === null ? DASH : String(v))) });
  const number = (trial) => Number(trial.trial.replace(/^\D+/, ""));
  const columns = [
    plain("trial", "Trial", false, (t) => t.trial),
    plain("level", "Level", false, (t) => t.level),
    ...figures.filter((each) => data.objectives.includes(each.name)), ...parameters,
    ...figures.filter((each) => !data.objectives.includes(each.name)),
    plain("seconds", "Seconds", true, (t) => t.seconds, (v) => (known(v) ? fixed(v, 1) : DASH)),
  ];
  const ended = data.trials.filter((trial) => trial.state === "finished");
  if (!ended.length || !objective) return;
  const chosen = ended.find((trial) => trial.trial === data.chosen);
  const front = new Set(data.front);
  const score = (trial) => trial.figures[objective.name];
  const ranked = [...ended].sort((a, b) => direction * ((score(b) ?? -direction * Infinity) - (score(a) ?? -direction * Infinity)));
  const place = new Map(ranked.map((trial, rank) => [trial, ranked.length > 1 ? rank / (ranked.length - 1) : 0]));

  // What is kept by the filter and by the axes of the parallel coordinates.
  const kept = { words: () => true, axes: new Map() };
  const within = (trial) => kept.words(trial) && [...kept.axes.values()].every((test) => test(trial));
  const marks = new Map(data.trials.map((trial) => [trial, []]));
  const forget = (owner) => marks.forEach((list, trial) => marks.set(trial, list.filter((mark) => mark.owner !== owner)));
  const mark = (owner, trial, node) => {
    marks.get(trial).push({ owner, node });
    node.addEventListener("pointerenter", (event) => { light(trial, true); tip(trial, event); });
    node.addEventListener("pointerleave", () => { light(trial, false); at("tip").hidden = true; });
  };
  const light = (trial, on) => marks.get(trial).forEach(({ node }) => node.classList.toggle("lit", on));
  const tip = (trial, event) => {
    const box = at("tip");
    const shown = columns.filter((each) => each.name !== "trial").map((each) => [each.title, each.show(each.of(trial))]);
    box.textContent = [`Trial ${trial.trial}${trial === chosen ? ", chosen by validation" : ""}`,
      ...shown.filter(([, text]) => text !== DASH).slice(0, 14).map(([title, text]) => `${title}: ${text}`)].join("\n");
    box.hidden = false;
    box.style.left = `${Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8)}px`;
    box.style.top = `${Math.max(8, Math.min(event.clientY + 14, innerHeight - box.offsetHeight - 8))}px`;
  };
  const refresh = () => {
    let count = 0;
    for (const trial of data.trials) {
      const inside = within(trial);
      if (inside && trial.state === "finished") count += 1;
      for (const { node, owner } of marks.get(trial)) {
        if (owner === "table") node.hidden = !inside;
        else node.classList.toggle("mark-out", !inside);
      }
    }
    at("count").textContent = `${count.toLocaleString("en")} of ${ended.length.toLocaleString("en")} finished trials`;
  };

  // The table.
  const order = { column: columns.find((each) => each.name === objective.name), down: direction > 0 };
  const compare = (a, b) => {
    const [x, y] = [order.column.of(a), order.column.of(b)];
    const [noX, noY] = [x === undefined || x === null, y === undefined || y === null];
    if (noX || noY) return noX - noY;
    const by = order.column.name === "trial" ? number(a) - number(b) : order.column.numeric ? x - y : String(x).localeCompare(String(y));
    return order.down ? -by : by;
  };
  const rows = new Map();
  const table = at("table"), heads = html("tr", html("thead", table)), body = html("tbody", table);
  columns.forEach((column) => {
    const head = html("th", heads, undefined, [column.numeric ? "figure" : "", column.held ? "held" : ""].join(" ").trim());
    head.scope = "col";
    const button = html("button", head, column.title);
    button.type = "button";
    button.title = column.name;
    button.addEventListener("click", () => {
      order.down = order.column === column ? !order.down : column.numeric && column.better !== -1;
      order.column = column;
      sort();
    });
    column.head = head;
  });
  const row = (trial) => {
    const line = html("tr", undefined, undefined, trial === chosen ? "chosen" : "");
    columns.forEach((column, index) => {
      const value = column.of(trial);
      let text = column.show(value);
      if (!index) text += trial === chosen ? " ●" : front.has(trial.trial) ? " ◇" : "";
      const cell = html(index ? "td" : "th", line, text, [column.numeric ? "figure" : "text", column.held ? "held" : ""].join(" ").trim());
      if (!index) cell.scope = "row";
      if (!column.numeric && text.length > 24) cell.title = text;
    });
    mark("table", trial, line);
    return line;
  };
  const sort = () => {
    for (const trial of [...ended].sort(compare)) {
      if (!rows.has(trial)) rows.set(trial, row(trial));
      body.append(rows.get(trial));
    }
    columns.forEach((column) => {
      const own = column === order.column;
      column.head.setAttribute("aria-sort", own ? (order.down ? "descending" : "ascending") : "none");
      column.head.firstChild.textContent = column.title + (own ? (order.down ? " ↓" : " ↑") : "");
    });
    at("warning").hidden = !order.column.held;
    at("warning").textContent = "Sorted by what the test spans show. To choose by it is to spend them: what is best here is the luckiest as well, and its figures no longer mean what they say.";
  };
  const CONDITION = /^([^=!<>\s]+?)(>=|<=|!=|=|>|<)(.+)$/;
  const test = (word) => {
    const match = CONDITION.exec(word);
    const column = match && columns.concat([plain("state", "State", false, (t) => t.state)])
      .find((each) => each.name === match[1] || each.name.endsWith(`/${match[1]}`) || each.name.endsWith(`.${match[1]}`));
    if (!column) {
      const low = word.toLowerCase();
      return (trial) => [trial.trial, trial.state, trial.level, ...Object.entries(trial.parameters).map((pair) => pair.join("="))]
        .some((text) => String(text).toLowerCase().includes(low));
    }
    const [, , sign, value] = match, limit = Number(value);
    return (trial) => {
      const own = column.of(trial);
      if (sign === "=" || sign === "!=") {
        const same = own !== undefined && (String(own) === value || (column.numeric && own === limit));
        return same === (sign === "=");
      }
      return known(own) && (sign === ">" ? own > limit : sign === "<" ? own < limit : sign === ">=" ? own >= limit : own <= limit);
    };
  };
  at("filter").addEventListener("input", () => {
    const tests = at("filter").value.split(/\s+/).filter(Boolean).map(test);
    kept.words = (trial) => tests.every((each) => each(trial));
    refresh();
  });
  at("clear").addEventListener("click", () => {
    at("filter").value = "";
    kept.words = () => true;
    kept.axes.clear();
    if (data.parameters.length) parallel();
    refresh();
  });

  // Charts.
  const canvas = (id, width, height, label) => {
    forget(id);
    at(id).replaceChildren();
    const style = `min-width:${Math.round(0.66 * width)}px;max-width:${Math.round(1.2 * width)}px`;
    return make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, style }, at(id));
  };
  const extent = (values, log) => {
    const usable = values.filter((value) => known(value) && (!log || value > 0));
    if (!usable.length) return [0, 1];
    let [low, high] = [Math.min(...usable), Math.max(...usable)];
    if (log) return low < high ? [low * (low / high) ** 0.03, high * (high / low) ** 0.03] : [low / 2, high * 2];
    if (low === high) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
    const room = 0.04 * (high - low);
    return [low - room, high + room];
  };
  const scale = ([low, high], from, to, log) => {
    const to01 = log ? (v) => Math.log(v / low) / Math.log(high / low) : (v) => (v - low) / (high - low);
    return (value) => from + to01(value) * (to - from);
  };
  const ticks = ([low, high], log, most = 5) => {
    if (log) {
      for (const steps of [[1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
        const all = [];
        for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
          for (const step of steps) all.push(Number((step * 10 ** power).toPrecision(3)));
        }
        const inside = all.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
        if (inside.length > 1 && inside.length <= most + 1) return inside;
        if (steps.length === 1 && inside.length > 1) return inside.filter((_, index) => index % Math.ceil(inside.length / most) === 0);
      }
      return [low, high].map((tick) => Number(tick.toPrecision(2)));
    }
    const raw = (high - low) / most, size = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((each) => each * size).find((each) => each >= raw);
    const found = [];
    for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) found.push(Number(tick.toPrecision(12)));
    return found;
  };
  const FRAME = { left: 62, right: 14, top: 40, bottom: 40 };
  const frame = (svg, width, height, x, y) => {
    const [right, bottom] = [width - FRAME.right, height - FRAME.bottom];
    const place = {
      x: x.values ? (value) => FRAME.left + ((x.values.indexOf(value) + 0.5) / x.values.length) * (right - FRAME.left) : scale(x.range, FRAME.left, right, x.log),
      y: scale(y.range, bottom, FRAME.top, y.log),
    };
    for (const tick of ticks(y.range, y.log)) {
      make("line", { class: "grid", x1: FRAME.left, x2: right, y1: place.y(tick), y2: place.y(tick) }, svg);
      make("text", { x: FRAME.left - 7, y: place.y(tick) + 4, "text-anchor": "end" }, svg, y.show(tick));
    }
    const marksX = x.values ? x.values.filter((_, i) => i % Math.ceil(x.values.length / 8) === 0) : x.ticks || ticks(x.range, x.log, 6);
    for (const tick of marksX) {
      const text = x.values ? short(String(tick), 16) : x.show(tick);
      make("text", { x: place.x(tick), y: bottom + 18, "text-anchor": "middle" }, svg, text);
    }
    make("path", { class: "axis", d: `M${FRAME.left} ${bottom}H${right}` }, svg);
    make("text", { class: "strong", x: 2, y: 13 }, svg, y.title);
    make("text", { class: "strong", x: right, y: height - 4, "text-anchor": "end" }, svg, x.title);
    return place;
  };
  const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const shade = (trial) => `color-mix(in srgb, var(--model) ${Math.round(100 * (1 - place.get(trial)))}%, var(--far))`;
  const polyline = (points) => points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  const dot = (svg, owner, trial, x, y, special) => {
    const own = trial === chosen;
    const node = special === "best" && !own
      ? make("path", { class: "dot", d: `M${x} ${y - 7}l6.5 11h-13z` }, svg)
      : make("circle", { class: "dot", cx: x.toFixed(1), cy: y.toFixed(1), r: own ? 6.5 : ended.length > 300 ? 2.6 : 4 }, svg);
    node.setAttribute("style", own ? "fill:var(--model);stroke:var(--page);stroke-width:1.5" : special === "best" ? "fill:#b3471d" : front.has(trial.trial) ? "fill:var(--page);stroke:var(--model);stroke-width:2" : "fill:var(--outcome);fill-opacity:.75");
    mark(owner, trial, node);
  };
  const last = (trials) => [...trials].sort((a, b) => (a === chosen) - (b === chosen));

  function parallel() {
    const axes = [...parameters, columns.find((each) => each.name === objective.name)];
    const width = 1110, height = 360, top = 46, bottom = 300, none = 330;
    const svg = canvas("parallel", width, height, "Parallel coordinates of the parameters");
    const gap = axes.length > 1 ? (width - 130) / (axes.length - 1) : 0;
    const lines = make("g", { fill: "none" }, svg);
    axes.forEach((axis, index) => {
      axis.x = 60 + index * gap;
      if (axis.numeric) {
        axis.range = extent(ended.map(axis.of), axis.log);
        axis.y = scale(axis.range, bottom, top, axis.log);
      } else {
        axis.y = (value) => bottom - ((axis.values.indexOf(value) + 0.5) / axis.values.length) * (bottom - top);
      }
      make("path", { class: "axis", d: `M${axis.x} ${top}V${bottom}` }, svg);
      const few = axes.length > 9 ? 14 : 26;
      make("text", { class: "strong", x: axis.x, y: index % 2 && axes.length > 6 ? 14 : 30, "text-anchor": index === axes.length - 1 ? "end" : index ? "middle" : "start" }, svg, short(axis.title, few)).append(make("title", {}, null, axis.title));
      const labels = axis.numeric ? ticks(axis.range, axis.log, 4).map((tick) => [tick, axis.show(tick)]) : axis.values.filter((_, i) => i % Math.ceil(axis.values.length / 12) === 0).map((value) => [value, short(value, 18)]);
      for (const [tick, text] of labels) make("text", { x: axis.x + 6, y: axis.y(tick) + 4, style: "paint-order:stroke;stroke:var(--page);stroke-width:3px" }, svg, text);
      if (ended.some((trial) => axis.of(trial) === undefined)) make("text", { x: axis.x, y: none + 4, "text-anchor": "middle" }, svg, DASH);
      brush(svg, axis, top, bottom);
    });
    const strong = Math.max(0.12, Math.min(0.75, 60 / ended.length));
    for (const trial of last([...ranked].reverse())) {
      const points = axes.map((axis) => { const value = axis.of(trial); return [axis.x, value === undefined || value === null ? none : axis.y(value)]; });
      const style = trial === chosen ? "stroke:var(--model);stroke-width:3;opacity:1" : `stroke:${shade(trial)};stroke-width:1.3;opacity:${strong}`;
      mark("parallel", trial, make("path", { d: polyline(points), style }, lines));
    }
  }
  function brush(svg, axis, top, bottom) {
    const area = make("rect", { x: axis.x - 14, y: top, width: 28, height: bottom - top, fill: "transparent", style: "cursor:ns-resize" }, svg);
    let shown = null, from = null;
    const place = (event) => {
      const box = svg.getBoundingClientRect();
      return Math.max(top, Math.min(bottom, ((event.clientY - box.top) / box.height) * svg.viewBox.baseVal.height));
    };
    const keep = (low, high) => {
      if (shown) shown.remove();
      shown = null;
      kept.axes.delete(axis.name);
      if (high - low > 3) {
        shown = make("rect", { class: "brush", x: axis.x - 10, y: low, width: 20, height: high - low, "pointer-events": "none" }, svg);
        kept.axes.set(axis.name, (trial) => { const value = axis.of(trial); return value !== undefined && value !== null && axis.y(value) >= low && axis.y(value) <= high; });
      }
      refresh();
    };
    area.addEventListener("pointerdown", (event) => { from = place(event); area.setPointerCapture(event.pointerId); });
    area.addEventListener("pointermove", (event) => { if (from !== null) keep(Math.min(from, place(event)), Math.max(from, place(event))); });
    area.addEventListener("pointerup", (event) => { const to = place(event); if (from !== null) keep(Math.min(from, to), Math.max(from, to)); from = null; });
  }
  function against() {
    const y = figures[at("figure").value], x = parameters[at("parameter").value];
    const svg = canvas("against", 1110, 340, `${y.title} against ${x.title}`);
    const having = ended.filter((trial) => x.of(trial) !== undefined && known(y.of(trial)));
    const across = x.numeric ? { range: extent(having.map(x.of), x.log), log: x.log, show: significant, title: x.title } : { values: x.values, title: x.title };
    const put = frame(svg, 1110, 340, across, { range: extent(having.map(y.of)), show: y.show, title: y.title });
    for (const trial of last(having)) {
      // Trials of one value are spread by their number, so that none covers another.
      const spread = x.numeric ? 0 : (((number(trial) * 0.618034) % 1) - 0.5) * Math.min(60, 500 / x.values.length);
      dot(svg, "against", trial, put.x(x.of(trial)) + spread, put.y(y.of(trial)));
    }
    refresh();
  }
  function course() {
    const svg = canvas("best", 540, 320, "Best so far by trial"), having = ended.filter((trial) => known(score(trial)));
    const inOrder = [...having].sort((a, b) => data.trials.indexOf(a) - data.trials.indexOf(b));
    const x = new Map(inOrder.map((trial) => [trial, data.trials.indexOf(trial)]));
    const put = frame(svg, 540, 320, { range: extent([0, data.trials.length - 1]), show: significant, title: "Trial", ticks: ticks([0, Math.max(data.trials.length - 1, 1)], false, 6).filter(Number.isInteger) },
      { range: extent(having.map(score)), show: (v) => write(v, objective.style), title: `${objective.label}, validation` });
    let best = null;
    const steps = [];
    for (const trial of inOrder) {
      if (best === null || direction * (score(trial) - best) > 0) {
        if (best !== null) steps.push([put.x(x.get(trial)), put.y(best)]);
        best = score(trial);
        steps.push([put.x(x.get(trial)), put.y(best)]);
      }
    }
    if (best !== null) steps.push([put.x(data.trials.length - 1), put.y(best)]);
    make("path", { d: polyline(steps), fill: "none", style: "stroke:var(--model);stroke-width:2" }, svg);
    for (const trial of last(inOrder)) dot(svg, "best", trial, put.x(x.get(trial)), put.y(score(trial)));

    const lines = canvas("curves", 540, 320, "Scores fold by fold");
    const folds = data.folds, having2 = data.trials.filter((trial) => Object.keys(trial.valid_folds).length);
    const all = having2.flatMap((trial) => Object.values(trial.valid_folds)).sort((a, b) => a - b);
    const tail = (share) => all[Math.round(share * (all.length - 1))];
    const range = extent(all.length ? [tail(0.005), tail(0.995)] : []);
    const put2 = frame(lines, 540, 320, { values: folds, title: "Fold" }, { range, show: (v) => write(v, objective.style), title: `${objective.label} of each fold, validation` });
    const faint = Math.max(0.08, Math.min(0.45, 40 / having2.length));
    const clip = (value) => Math.max(range[0], Math.min(range[1], value));
    for (const trial of last(having2)) {
      const points = folds.filter((fold) => known(trial.valid_folds[fold])).map((fold) => [put2.x(fold), put2.y(clip(trial.valid_folds[fold]))]);
      const style = trial === chosen ? "stroke:var(--model);stroke-width:2.6" : `stroke:var(--outcome);opacity:${faint}${trial.state === "finished" ? "" : ";stroke-dasharray:3 3"}`;
      mark("curves", trial, make("path", { d: polyline(points), fill: "none", style }, lines));
    }
  }
  function regret() {
    const found = data.regret, show = (v) => write(v, objective.style);
    const svg = canvas("scatter", 540, 360, "Validation against test");
    const having = ended.filter((trial) => known(score(trial)) && known(trial.figures[found.test]));
    const put = frame(svg, 540, 360, { range: extent(having.map(score)), show, title: `${objective.label}, validation` }, { range: extent(having.map((t) => t.figures[found.test])), show, title: `${objective.label}, test` });
    for (const trial of last(having)) dot(svg, "scatter", trial, put.x(score(trial)), put.y(trial.figures[found.test]), trial.trial === found.best ? "best" : "");
    const { edges, counts } = found.bins, shown = Object.keys(counts);
    const bars = canvas("lost", 540, 360, "Distribution of what was lost");
    if (!shown.length) { make("text", { x: 20, y: 40 }, bars, "Too few trials and folds to draw them anew."); return; }
    const shares = Object.fromEntries(shown.map((name) => { const sum = counts[name].reduce((a, b) => a + b, 0) || 1; return [name, counts[name].map((each) => each / sum)]; }));
    const top = Math.max(...Object.values(shares).flat());
    const place = frame(bars, 540, 360, { range: [edges[0], edges[edges.length - 1]], show, title: "Lost on the test spans" }, { range: [0, top * 1.08], show: (v) => `${Math.round(100 * v)} %`, title: "Share of the draws" });
    const LOOKS = { blind: ["by lot, half the trials", "fill:var(--outcome);opacity:.45", "fill:var(--outcome)"], halves: ["chosen, half the trials", "fill:var(--model);opacity:.55", "fill:var(--model)"], folds: ["chosen, other folds", "fill:none;stroke:#d98200;stroke-width:2", "fill:#d98200"] };
    ["blind", "halves", "folds"].filter((name) => shares[name]).forEach((name, index) => {
      const [label, style, key] = LOOKS[name];
      const steps = shares[name].flatMap((share, bin) => [[place.x(edges[bin]), place.y(share)], [place.x(edges[bin + 1]), place.y(share)]]);
      make("path", { d: `M${place.x(edges[0])} ${place.y(0)}${polyline(steps).replace("M", "L")}L${place.x(edges[edges.length - 1])} ${place.y(0)}`, style }, bars);
      make("rect", { x: FRAME.left + 160 * index, y: 20, width: 10, height: 10, style: key }, bars);
      make("text", { x: FRAME.left + 15 + 160 * index, y: 29 }, bars, label);
    });
    make("path", { d: `M${place.x(found.lost)} ${place.y(0)}V${FRAME.top}`, style: "stroke:var(--ink);stroke-width:1.6;stroke-dasharray:5 4" }, bars);
    make("text", { class: "strong", x: Math.min(place.x(found.lost) + 6, 420), y: FRAME.top + 16 }, bars, `this choice ${show(found.lost)}`);
  }
  function worlds() {
    const { leading, nulls, real } = data.null_worlds[0];
    const known0 = nulls.filter(known).sort((a, b) => a - b), range = extent([...known0, real]);
    const bins = Math.max(6, Math.min(30, Math.round(Math.sqrt(known0.length) * 1.6))), counts = Array(bins).fill(0);
    for (const value of known0) counts[Math.min(bins - 1, Math.floor(((value - range[0]) / (range[1] - range[0])) * bins))] += 1;
    const svg = canvas("worlds", 1110, 300, "Best of each null world");
    const own = data.figures.find((each) => each.name === leading);
    const show = (v) => (own ? write(v, own.style) : significant(v));
    const put = frame(svg, 1110, 300, { range, show, title: own ? `${own.label} of the best, ${SPANS[own.span]}` : leading }, { range: [0, Math.max(...counts, 1) * 1.12], show: (v) => (Number.isInteger(v) ? String(v) : ""), title: "Null worlds" });
    const edge = (bin) => range[0] + (bin / bins) * (range[1] - range[0]);
    counts.forEach((count, bin) => make("rect", { x: put.x(edge(bin)) + 1, y: put.y(count), width: Math.max(1, put.x(edge(bin + 1)) - put.x(edge(bin)) - 2), height: put.y(0) - put.y(count), style: "fill:var(--outcome);opacity:.6" }, svg));
    make("path", { d: `M${put.x(real)} ${put.y(0)}V${FRAME.top}`, style: "stroke:var(--model);stroke-width:2.4" }, svg);
    make("text", { class: "strong", x: put.x(real) - 6, y: FRAME.top + 8, "text-anchor": "end" }, svg, `real ${show(real)}`);
  }
  function heat() {
    const pairs = data.stability.pairs.test, n = pairs.length, cell = Math.max(9, Math.min(44, 420 / n)), left = 40, top = 22;
    const svg = canvas("heat", left + n * cell + 8, top + n * cell + 8, "Rank agreement of pairs of folds");
    for (let i = 0; i < n; i += 1) {
      if (i % Math.ceil(n / 20) === 0) {
        make("text", { x: left - 6, y: top + (i + 0.5) * cell + 4, "text-anchor": "end" }, svg, data.stability.folds[i]);
        make("text", { x: left + (i + 0.5) * cell, y: top - 7, "text-anchor": "middle" }, svg, data.stability.folds[i]);
      }
      for (let j = 0; j < n; j += 1) {
        const value = pairs[i][j];
        const color = !known(value) ? "var(--line)" : value >= 0 ? `color-mix(in srgb, var(--model) ${Math.round(100 * value)}%, var(--page))` : `color-mix(in srgb, #b3471d ${Math.round(-100 * value)}%, var(--page))`;
        const box = make("rect", { x: left + j * cell, y: top + i * cell, width: cell - 1, height: cell - 1, style: `fill:${color}` }, svg);
        make("title", {}, box, `folds ${data.stability.folds[i]} and ${data.stability.folds[j]}: tau ${write(value, "two decimals")}`);
        if (cell >= 30 && known(value)) make("text", { x: left + (j + 0.5) * cell, y: top + (i + 0.5) * cell + 4, "text-anchor": "middle", style: `fill:${Math.abs(value) > 0.55 ? "var(--page)" : "var(--ink)"}` }, svg, fixed(value, 2));
      }
    }
  }
  function growth() {
    const { times, of, left_out: left } = data.equity, names = Object.keys(of);
    if (!names.length) { at("growth").replaceWith(html("p", undefined, "No returns of these trials are known.")); at("growthsays").remove(); return; }
    const by = new Map(data.trials.map((trial) => [trial.trial, trial]));
    const svg = canvas("growth", 1110, 380, "Growth of 1");
    const days = times.map((time) => Date.parse(time));
    const years = [];
    const first = new Date(days[0]).getUTCFullYear(), final = new Date(days[days.length - 1]).getUTCFullYear();
    for (let year = first + 1; year <= final; year += Math.ceil((final - first) / 9) || 1) years.push(Date.UTC(year, 0, 1));
    const put = frame(svg, 1110, 380, { range: [days[0], days[days.length - 1]], ticks: years, show: (v) => String(new Date(v).getUTCFullYear()), title: "" },
      { range: extent(Object.values(of).flat(), true), log: true, show: (v) => significant(v), title: "Growth of 1" });
    for (const trial of last(names.map((name) => by.get(name)))) {
      const points = of[trial.trial].map((value, index) => [put.x(days[index]), put.y(Math.max(value, 1e-6))]);
      const style = trial === chosen ? "stroke:var(--model);stroke-width:2.4" : "stroke:var(--outcome);opacity:.45";
      mark("growth", trial, make("path", { d: polyline(points), fill: "none", style }, svg));
    }
    if (left > 0) at("growthsays").append(` The ${names.length} best by validation; ${left.toLocaleString("en")} more are left out.`);
  }

  sort();
  if (parameters.length) {
    figures.forEach((each, index) => { html("option", at("figure"), each.title).value = index; });
    parameters.forEach((each, index) => { html("option", at("parameter"), each.title).value = index; });
    at("figure").value = String(figures.findIndex((each) => each.name === objective.name));
    at("figure").addEventListener("change", against);
    at("parameter").addEventListener("change", against);
    parallel();
    against();
  }
  course();
  if (data.regret) regret();
  if (data.stability) heat();
  if (data.null_worlds.length) worlds();
  growth();
  refresh();
})();
