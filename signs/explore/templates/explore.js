// Draws the stages, the layers of a unit, and one layer with its maps. The part of the address after
// # says what is shown, #s=STAGE&u=UNIT&b=BOX, so a link or a bookmark leads there.
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const { ops, stages, sprites, picture, frame } = read("data"), words = read("words");
  const $ = (id) => document.getElementById(id);
  const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const full = (number) => number.toLocaleString("en");
  const few = (number, base, units) => {
    for (const [power, unit] of units) if (number >= base ** power) {
      const value = number / base ** power;
      return `${value.toFixed(value < 100 ? 2 : 1)} ${unit}`;
    }
    return String(number);
  };
  const bytes = (number) => few(number, 1000, [[3, "GB"], [2, "MB"], [1, "kB"], [0, "B"]]).replace(/\.00 B$/, " B").replace(/\.0 B$/, " B");
  const sides = (list) => list.join("×");
  const make = (tag, options = {}, ...inside) => {
    const node = Object.assign(document.createElement(tag), options);
    node.append(...inside);
    return node;
  };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Viridis at nine places: blue is low, yellow is high; also for eyes that see few colours.
  const STOPS = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141],
    [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];
  const SHADES = Array.from({ length: 256 }, (_, n) => {
    const place = n / 255 * (STOPS.length - 1), low = Math.min(Math.floor(place), STOPS.length - 2);
    return STOPS[low].map((value, c) => value + (STOPS[low + 1][c] - value) * (place - low));
  });

  const load = (base64) => new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = `data:image/webp;base64,${base64}`;
  });
  const sheets = new Map();
  // The maps of a layer in colour, on one canvas.
  const sheet = (number) => {
    if (!sheets.has(number)) sheets.set(number, load(sprites[number].u).then((image) => {
      const canvas = make("canvas", { width: image.width, height: image.height });
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      const pixels = context.getImageData(0, 0, image.width, image.height), data = pixels.data;
      for (let k = 0; k < data.length; k += 4) {
        const shade = SHADES[data[k]];
        data[k] = shade[0]; data[k + 1] = shade[1]; data[k + 2] = shade[2];
      }
      context.putImageData(pixels, 0, 0);
      return canvas;
    }));
    return sheets.get(number);
  };
  const tile = (context, source, one, n, x, y, w, h) => {
    context.imageSmoothingEnabled = one.w > w;
    context.drawImage(source, n % one.c * one.w, Math.floor(n / one.c) * one.h, one.w, one.h, x, y, w, h);
  };
  const seen = picture ? load(picture) : null;

  // ---- the stages
  const cards = [...document.querySelectorAll(".stage")];
  // A stack of maps: higher ones for larger maps, more of them for more channels.
  const stack = async (card, stage) => {
    const canvas = card.querySelector("canvas"), context = canvas.getContext("2d");
    const shape = ops[stage.last].sh, boxes = stage.units.flatMap((unit) => unit.boxes);
    const box = boxes.findLast((one) => one.o.includes(stage.last)), one = box && sprites[box.m];
    const source = one ? await sheet(box.m) : null;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = colour("--back");
    context.lineWidth = 2;
    if (shape.length < 3) {
      const count = Math.min(10, shape[0]), size = Math.min(24, 190 / count);
      context.fillStyle = colour("--dense");
      for (let n = 0; n < count; n++) {
        const place = [130 - size / 2, 100 + (n - count / 2) * size, size - 3, size - 3];
        if (source) tile(context, source, { ...one, w: 1, h: 1, c: one.w }, n, ...place);
        else context.fillRect(...place);
      }
      return;
    }
    const side = Math.min(140, 26 + 15 * Math.log2(Math.max(...shape.slice(0, 2))));
    const count = Math.min(one ? one.n : 8, Math.max(1, Math.round(Math.log2(shape[2] + 1))));
    const step = Math.min(14, (250 - side) / count, (190 - side) / Math.max(1, count - 1));
    const left = (canvas.width - side - step * (count - 1)) / 2, top = (canvas.height - side + step * (count - 1)) / 2;
    for (let n = count - 1; n >= 0; n--) {
      const x = left + n * step, y = top - n * step;
      if (source) tile(context, source, one, one.o[n], x, y, side, side);
      else { context.fillStyle = colour("--conv"); context.fillRect(x, y, side, side); }
      context.strokeRect(x, y, side, side);
    }
  };
  const now = { s: -1, u: 0, b: 0 };
  const keep = () => history.replaceState(null, "", `#s=${now.s + 1}&u=${now.u + 1}&b=${now.b + 1}`);
  const press = (buttons, chosen) =>
    buttons.forEach((button, n) => button.setAttribute("aria-pressed", String(n === chosen)));
  const along = (buttons) => (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = step && buttons[buttons.indexOf(document.activeElement) + step];
    if (next) { event.preventDefault(); next.focus(); }
  };
  const title = (n) => stages[n].kind === "side" ? words.side : say("stage", { number: n + 1 });

  const showStage = (n, unit = 0, box = 0) => {
    now.s = n;
    press(cards, n);
    const stage = stages[n];
    $("stage").hidden = false;
    $("stage-title").textContent = `${title(n)} · ${sides(ops[stage.last].sh)}`;
    const chips = stage.units.map((one, k) => make("button", { type: "button", textContent: one.n }));
    chips.forEach((chip, k) => {
      chip.title = say("unit", { number: k + 1, count: chips.length });
      chip.addEventListener("click", () => showUnit(k));
    });
    $("units").replaceChildren(...chips);
    $("units").onkeydown = along(chips);
    $("said").textContent = say("chosen", { what: $("stage-title").textContent });
    showUnit(Math.min(unit, stage.units.length - 1), box);
  };

  // ---- a unit
  const brief = (op) => {
    const s = op.s, window = s.kernel_size || s.pool_size;
    const parts = [op.c.replace(/2D$/, "").replace("BatchNormalization", "BN").replace("Pooling", "Pool")];
    if (window) parts.push(window);
    const step = s.strides && !/^1(×1)*$/.test(s.strides) ? `/${s.strides.split("×")[0]}` : "";
    return parts.join(" ") + step;
  };
  const short = (op) => op.c === "Activation" ? op.s.activation.replace("relu", "ReLU") : brief(op);
  const layerName = (box) => ops[box.l].n;
  const showUnit = (k, chosen = 0) => {
    now.u = k;
    const unit = stages[now.s].units[k], graph = $("graph");
    press([...$("units").children], k);
    $("unit-kind").textContent = unit.k;
    const W = 172, H = 84, boxW = W - 16, boxH = 56, topH = 34;
    const rows = Math.max(...unit.boxes.map((box) => box.y));
    const x = (column) => column * W + W / 2, y = (row) => row ? topH + (row - 1) * H + 18 + boxH / 2 : topH / 2;
    graph.style.width = `${unit.cols * W}px`;
    graph.style.height = `${topH + rows * H + 2}px`;
    const at = (node, column, row, w, h) => Object.assign(node.style, {
      left: `${x(column) - w / 2}px`, top: `${y(row) - h / 2}px`, width: `${w}px`, height: `${h}px` });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("aria-hidden", "true");
    for (const [from, to, columns] of unit.edges) {
      const last = unit.boxes[to].y, first = last - columns.length + 1;
      let line = "";
      columns.forEach((column, n) => {
        const row = first + n, half = (row ? boxH : topH) / 2, end = n === columns.length - 1;
        if (n === 0) { line = `M${x(column)} ${y(row) + half}`; return; }
        const before = first + n - 1, y0 = y(before) + (before ? boxH : topH) / 2, y1 = y(row) - boxH / 2, middle = (y0 + y1) / 2;
        line += ` C${x(columns[n - 1])} ${middle} ${x(column)} ${middle} ${x(column)} ${y1}`;
        if (!end) line += ` V${y(row) + boxH / 2}`;
      });
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", line);
      const target = ops[unit.boxes[to].l];
      if (columns.length > 2 && unit.boxes[to].k === "join" && !target.c.startsWith("Concat")) path.setAttribute("class", "short");
      svg.append(path);
    }
    const entries = unit.entries.map(([op, column]) => {
      const node = make("span", { className: "entry", textContent: ops[op].n });
      at(node, column, 0, boxW, topH);
      return node;
    });
    const boxes = unit.boxes.map((box, n) => {
      const op = ops[box.l], last = ops[box.o.at(-1)], followers = box.o.filter((i) => i > box.l).map((i) => short(ops[i]));
      if (op.s.activation && op.c !== "Activation") followers.unshift(op.s.activation.replace("relu", "ReLU"));
      const text = make("span", {}, make("b", { textContent: brief(op) }), make("span", { textContent: `→ ${sides(last.sh)}` }));
      if (followers.length) text.append(make("span", { textContent: followers.join(" · ") }));
      const button = make("button", { type: "button", className: `box ${box.k}`, title: op.n }, text);
      const from = box.o.length ? ops[box.o[0]].i.map((i) => ops[i].n).join(", ") : "";
      button.setAttribute("aria-label", `${op.n}: ${text.innerText || text.textContent}${from ? `; ${words.takes} ${from}` : ""}`);
      if (sprites[box.m]) {
        const canvas = make("canvas", { width: 72, height: 72 });
        sheet(box.m).then((source) => tile(canvas.getContext("2d"), source, sprites[box.m], sprites[box.m].o[0], 0, 0, 72, 72));
        button.prepend(canvas);
      }
      button.addEventListener("click", () => { showLayer(n); if (innerWidth < 960) $("layer").scrollIntoView({ block: "start" }); });
      at(button, box.x, box.y, boxW, boxH);
      return button;
    });
    graph.replaceChildren(svg, ...entries, ...boxes);
    graph.onkeydown = along(boxes);
    showLayer(Math.min(chosen, boxes.length - 1));
  };

  // ---- a layer
  const find = (op) => {
    for (const [s, stage] of stages.entries()) for (const [u, unit] of stage.units.entries()) {
      const b = unit.boxes.findIndex((box) => box.o.includes(op));
      if (b >= 0) return [s, u, b];
    }
    return null;
  };
  const links = (list) => {
    const parts = [];
    for (const i of list) {
      const where = find(i), button = make("button", { type: "button", textContent: ops[i].n });
      if (where) button.addEventListener("click", () => {
        showStage(...where);
        document.querySelector("#graph [aria-pressed=true]").focus();
      });
      parts.push(...(parts.length ? [", "] : []), where ? button : ops[i].n);
    }
    return parts.length ? parts : [words.none];
  };
  const described = (op) => [op.c, ...Object.entries(op.s).map(([key, value]) => `${words[key]} ${value}`)].join(" · ");
  const showLayer = (n) => {
    now.b = n;
    keep();
    const unit = stages[now.s].units[now.u], box = unit.boxes[n], op = ops[box.l], last = ops[box.o.at(-1)];
    press([...document.querySelectorAll("#graph .box")], n);
    const facts = make("dl", { className: "facts" });
    const fact = (what, ...value) => facts.append(make("dt", { textContent: what }), make("dd", {}, ...value));
    const small = (text) => make("small", { textContent: text });
    const users = ops.flatMap((one, i) => one.i.includes(box.o.at(-1)) ? [i] : []);
    const inShape = op.i.length ? `${op.i.map((i) => sides(ops[i].sh)).join(", ")} → ` : "";
    fact(words.shape, inShape + sides(last.sh));
    const weights = box.o.flatMap((i) => ops[i].w.map(([name, shape]) => (i === box.l ? "" : `${ops[i].c} `) + `${name} ${sides(shape)}`));
    fact(words.parameters, full(box.o.reduce((sum, i) => sum + ops[i].p, 0)), ...(weights.length ? [small(weights.join(" + "))] : []));
    const cost = box.o.reduce((sum, i) => sum + ops[i].m, 0);
    fact(words.multiplyAdds, box.o.some((i) => ops[i].u) ? words.unknown : full(cost), ...(op.f ? [small(`= ${op.f}`)] : []));
    fact(words.memory, bytes(box.o.reduce((sum, i) => sum + ops[i].b, 0)));
    if (last.r) fact(words.field, `${sides(last.r.map(Math.round))}`, small(`${words.strides} ${sides([...new Set(last.st)])}`));
    fact(words.takes, ...links(ops[box.o[0]].i));
    fact(words.gives, ...links(users));
    const parts = [make("h3", { id: "layer-title", textContent: op.n }), make("p", { textContent: described(op) })];
    const before = box.o.filter((i) => i < box.l), after = box.o.filter((i) => i > box.l);
    if (before.length) parts.push(make("p", { className: "note", textContent: `${words.before}: ${before.map((i) => described(ops[i])).join("; ")}` }));
    if (after.length) parts.push(make("p", { className: "note", textContent: `${words.then}: ${after.map((i) => described(ops[i])).join("; ")}` }));
    parts.push(sight(box, last));
    if (last.v) parts.push(answers(last));
    $("layer").replaceChildren(...parts, facts);
  };
  const answers = (op) => {
    const most = Math.max(...op.v.map(Math.abs)) || 1, list = make("ol", { className: "answers" });
    list.setAttribute("aria-label", words.answers);
    op.v.forEach((value, n) => {
      const bar = make("span", { className: "bar" });
      bar.style.width = `${Math.max(0, 100 * value / most)}%`;
      list.append(make("li", {}, make("span", { textContent: n }), bar, make("span", { textContent: value.toFixed(3) })));
    });
    return list;
  };

  // The image with a receptive field on it, and the maps with the position that has this field.
  const sight = (box, op) => {
    const area = make("div", { className: "sight" }), one = sprites[box.m];
    if (!one) { if (!picture) area.append(make("p", { className: "note", textContent: words.noMaps })); return area; }
    const map = op.sh.length === 3, [height, width] = map ? op.sh : [1, 1];
    const place = { row: Math.floor((height - 1) / 2), column: Math.floor((width - 1) / 2) };
    const image = make("canvas", { width: 440, height: Math.round(440 * frame[0] / frame[1]) });
    image.style.width = "220px";
    image.setAttribute("role", "img");
    const caption = make("figcaption", {});
    caption.setAttribute("aria-live", "polite");
    const drawImage = async () => {
      const context = image.getContext("2d"), scale = [image.height / frame[0], image.width / frame[1]];
      const loaded = await seen;
      context.imageSmoothingEnabled = true;
      context.globalAlpha = 1;
      context.drawImage(loaded, 0, 0, image.width, image.height);
      const whole = [0, 1].map((a) => [0, frame[a]]);
      const field = map ? [0, 1].map((a) => {
        const from = op.at[a] + (a ? place.column : place.row) * op.st[a];
        return [from, from + op.r[a]];
      }) : whole;
      const cut = field.map(([from, to], a) => [Math.max(0, from), Math.min(frame[a], to)]);
      const [y0, y1] = cut[0].map((v) => v * scale[0]), [x0, x1] = cut[1].map((v) => v * scale[1]);
      context.fillStyle = "rgb(0 0 0 / .5)";
      context.beginPath();
      context.rect(0, 0, image.width, image.height);
      context.rect(x0, y0, x1 - x0, y1 - y0);
      context.fill("evenodd");
      for (const [line, size] of [["#000", 7], ["#ffd60a", 4]]) {
        context.strokeStyle = line;
        context.lineWidth = size;
        context.strokeRect(x0 + 2, y0 + 2, Math.max(2, x1 - x0 - 4), Math.max(2, y1 - y0 - 4));
      }
      const beyond = field.some(([from, to], a) => from < 0 || to > frame[a]);
      caption.textContent = map ? say("sees", { row: place.row + 1, column: place.column + 1, height: Math.round(op.r[0]),
        width: Math.round(op.r[1]) }) + (beyond ? `, ${words.beyond}` : "") : words.whole;
      image.setAttribute("aria-label", `${words.picture}: ${caption.textContent}`);
    };
    const figure = make("figure", {}, image, caption);
    const across = map ? one.c : 1, down = Math.ceil(one.n / across), gap = map ? 4 : 0;
    const zoom = map ? Math.min(110, Math.max(44, Math.round(430 / across) - gap)) : Math.min(16, 420 / one.w) * one.w;
    const cellW = zoom, cellH = map ? Math.round(zoom * one.h / one.w) : zoom / one.w * one.h;
    const board = make("canvas", { width: across * (cellW + gap) * 2, height: Math.max(4, down * (cellH + gap) * 2) });
    board.style.width = `${board.width / 2}px`;
    board.setAttribute("role", "img");
    const many = say(map ? "maps" : "vector", { count: full(map ? one.n : Math.min(one.t, one.w * one.h)), total: full(one.t) });
    const range = say("range", { low: one.lo.toPrecision(3), high: one.hi.toPrecision(3) });
    board.setAttribute("aria-label", `${many}, ${range}`);
    const drawBoard = async () => {
      const source = await sheet(box.m), context = board.getContext("2d");
      context.clearRect(0, 0, board.width, board.height);
      for (let n = 0; n < one.n; n++) {
        const x = n % across * (cellW + gap) * 2, y = Math.floor(n / across) * (cellH + gap) * 2;
        tile(context, source, one, n, x, y, cellW * 2, cellH * 2);
        if (!map) continue;
        const w = cellW * 2 / width, h = cellH * 2 / height, size = [Math.max(w, 8), Math.max(h, 8)];
        context.lineWidth = 3;
        context.strokeStyle = "#ffd60a";
        context.strokeRect(x + (place.column + .5) * w - size[0] / 2, y + (place.row + .5) * h - size[1] / 2, ...size);
      }
    };
    const draw = () => { drawBoard(); if (seen) drawImage(); };
    const words2 = make("figcaption", { textContent: `${many}, ${range}${map ? `; ${words.flat}` : ""}` });
    const maps = make("figure", { className: "maps" }, board, words2);
    if (map && height * width > 1) {
      const inputs = [["row", height], ["column", width]].map(([what, length]) => {
        const input = make("input", { type: "range", min: 1, max: length, step: 1, value: place[what] + 1 });
        input.addEventListener("input", () => { place[what] = Number(input.value) - 1; draw(); });
        return [what, input];
      });
      figure.append(make("div", { className: "where" }, ...inputs.map(([what, input]) => make("label", {}, words[what], input))));
      const point = (event) => {
        const bounds = board.getBoundingClientRect();
        const inCell = (at, size, cell, space, length) => {
          const step = (cell + space) * size, place = at % step / (cell * size);
          return Math.min(length - 1, Math.max(0, Math.floor(place * length)));
        };
        const size = bounds.width / (board.width / 2);
        place.column = inCell(event.clientX - bounds.left, size, cellW, gap, width);
        place.row = inCell(event.clientY - bounds.top, size, cellH, gap, height);
        inputs.forEach(([what, input]) => { input.value = place[what] + 1; });
        draw();
      };
      board.addEventListener("pointermove", point);
      board.addEventListener("pointerdown", point);
    }
    draw();
    if (seen) area.append(figure);
    area.append(maps);
    return area;
  };

  cards.forEach((card, n) => card.addEventListener("click", () => showStage(n)));
  document.querySelector(".flow").addEventListener("keydown", along(cards));
  const photo = document.querySelector(".photo canvas");
  if (photo) seen.then((image) => {
    const side = Math.min(140, 26 + 15 * Math.log2(Math.max(...frame)));
    photo.getContext("2d").drawImage(image, (photo.width - side) / 2, (photo.height - side) / 2, side, side);
  });
  const stacks = () => cards.forEach((card, n) => stack(card, stages[n]));
  const obey = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const at = (key) => Math.max(0, (Number(asked.get(key)) || 1) - 1);
    showStage(Math.min(at("s"), stages.length - 1), at("u"), at("b"));
  };
  addEventListener("hashchange", obey);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", stacks);
  stacks();
  obey();
})();
