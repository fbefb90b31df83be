(() => {
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const TICKS = 100000;

const byId = (id) => document.getElementById(id);
const make = (name, attributes = {}, text = "") => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
};
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const figures = (seconds) => {
  if (seconds >= 100) return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`;
  if (seconds >= 9.995) return `${seconds.toFixed(1)} s`;
  if (seconds >= 0.9995) return `${seconds.toFixed(2)} s`;
  if (seconds >= 0.00995) return `${(seconds * 1e3).toFixed(0)} ms`;
  return `${(seconds * 1e3).toFixed(1)} ms`;
};
const percent = (share) => share < 0.001 ? "< 0.1%" : `${(share * 100).toFixed(share < 0.095 ? 1 : 0)}%`;

document.querySelectorAll("[data-script]").forEach((node) => { node.hidden = false; });

if (byId("plot")) timeline();
if (byId("flames")) flames();

function timeline() {
  const plot = byId("plot");
  const strips = byId("strips");
  const names = [...document.querySelectorAll(".names li")];
  const readout = byId("readout");
  const selection = byId("selection");
  const cursor = byId("cursor");
  const rows = data.stretches.map(unpack);
  const LEAST = Math.max(20, data.ticks / 200000);
  let from = 0;
  let to = data.ticks;
  let row = 0;
  let at = -1;

  // Three numbers a stretch: since the one before, how long, which state.
  function unpack(flat) {
    const starts = [], ends = [], states = [];
    let now = 0;
    for (let i = 0; i < flat.length; i += 3) {
      starts.push(now + flat[i]);
      now += flat[i] + flat[i + 1];
      ends.push(now);
      states.push(flat[i + 2]);
    }
    return { starts, ends, states };
  }

  function stretchAt(number, tick) {
    const { starts, ends } = rows[number];
    let low = 0, high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= tick) low = middle + 1; else high = middle;
    }
    return low > 0 && ends[low - 1] > tick ? low - 1 : -1;
  }

  function show(first, last) {
    const span = clamp(last - first, LEAST, data.ticks);
    from = clamp(first, 0, data.ticks - span);
    to = from + span;
    strips.setAttribute("viewBox", `${from} 0 ${span} ${rows.length}`);
    drawAxis();
    drawHandovers();
    document.querySelector("[data-do=out]").disabled = span >= data.ticks;
    document.querySelector("[data-do=whole]").disabled = span >= data.ticks;
    document.querySelector("[data-do=left]").disabled = from <= 0;
    document.querySelector("[data-do=right]").disabled = to >= data.ticks;
  }

  function drawAxis() {
    const axis = byId("axis"), grid = byId("grid");
    const width = axis.clientWidth || 600;
    const wanted = (to - from) / Math.max(2, Math.floor(width / 110));
    const power = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 5, 10].map((of) => of * power).find((of) => of >= wanted);
    const digits = Math.max(0, -Math.floor(Math.log10(step / TICKS) + 1e-9));
    const inMs = digits > 2;
    axis.replaceChildren();
    let lines = "";
    for (let tick = Math.ceil(from / step) * step; tick < to; tick += step) {
      lines += `M${tick} 0V${rows.length}`;
      if ((tick - from) / (to - from) * width > width - 56) continue;
      const label = document.createElement("span");
      label.style.left = `${100 * (tick - from) / (to - from)}%`;
      label.textContent = inMs ? `${(tick / TICKS * 1e3).toFixed(Math.max(0, digits - 3))} ms` : `${(tick / TICKS).toFixed(digits)} s`;
      axis.append(label);
    }
    grid.replaceChildren(make("path", { d: lines }));
  }

  function drawHandovers() {
    const lines = byId("handover-lines"), dots = byId("handover-dots");
    const flat = data.handovers;
    let line = "", dot = "", count = 0;
    if (byId("show-handovers").checked) {
      for (let i = 0; i < flat.length; i += 3) {
        const [tick, giver, taker] = [flat[i], flat[i + 1], flat[i + 2]];
        if (tick < from || tick > to) continue;
        count += 1;
        const foot = taker + 0.88;
        line += `M${tick} ${giver + 0.88}V${foot}`;
        dot += `M${tick} ${foot}h0`;
      }
    }
    const room = plot.clientWidth / Math.max(1, count);
    lines.setAttribute("d", line);
    // Where they would be closer than a finger's width the dots would hide the states.
    dots.setAttribute("d", room >= 9 ? dot : "");
    lines.style.opacity = clamp(room / 24, 0.16, 0.75);
  }

  function describe(number, index) {
    const { starts, ends, states } = rows[number];
    const start = starts[index] / TICKS, end = ends[index] / TICKS;
    return `${data.threads[data.rows[number]]} ${data.states[states[index]][1]} for ${figures(end - start)}, from ${start.toFixed(3)} s to ${end.toFixed(3)} s`;
  }

  function choose(number, index) {
    row = number;
    at = index;
    names.forEach((name, place) => name.classList.toggle("on", place === row));
    byId("cursor-row").style.setProperty("--i", row);
    const { starts, ends } = rows[row];
    if (at < 0) {
      cursor.setAttribute("width", 0);
      return;
    }
    cursor.setAttribute("x", starts[at]);
    cursor.setAttribute("width", ends[at] - starts[at]);
    readout.textContent = describe(row, at);
    if (starts[at] < from || ends[at] > to) {
      const span = Math.max(to - from, (ends[at] - starts[at]) * 1.2);
      const middle = (starts[at] + ends[at]) / 2;
      show(middle - span / 2, middle + span / 2);
    }
    names[row].scrollIntoView({ block: "nearest" });
  }

  const zoom = (factor, around = (from + to) / 2) => show(around - (around - from) * factor, around + (to - around) * factor);
  const pan = (share) => show(from + (to - from) * share, to + (to - from) * share);
  const actions = { in: () => zoom(0.5), out: () => zoom(2), left: () => pan(-0.4), right: () => pan(0.4), whole: () => show(0, data.ticks) };
  document.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", () => actions[button.dataset.do]()));
  byId("show-handovers").addEventListener("change", drawHandovers);

  // A row may be empty where one is looked for; the nearest that is not is taken.
  function step(by) {
    const middle = at >= 0 ? (rows[row].starts[at] + rows[row].ends[at]) / 2 : (from + to) / 2;
    for (let next = row + by; next >= 0 && next < rows.length; next += by) {
      if (!rows[next].starts.length) continue;
      choose(next, nearest(next, middle));
      return;
    }
  }
  function nearest(number, tick) {
    const found = stretchAt(number, tick);
    if (found >= 0) return found;
    const { starts, ends } = rows[number];
    let best = 0;
    const away = (i) => Math.min(Math.abs(starts[i] - tick), Math.abs(ends[i] - tick));
    for (let i = 1; i < starts.length; i += 1) if (away(i) < away(best)) best = i;
    return best;
  }
  function along(by) {
    const count = rows[row].starts.length;
    if (count) choose(row, at < 0 ? nearest(row, from) : clamp(at + by, 0, count - 1));
  }
  const keys = {
    ArrowRight: (event) => event.shiftKey ? pan(0.2) : along(1),
    ArrowLeft: (event) => event.shiftKey ? pan(-0.2) : along(-1),
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Home: () => rows[row].starts.length && choose(row, 0),
    End: () => rows[row].starts.length && choose(row, rows[row].starts.length - 1),
    Enter: () => {
      if (at < 0) return along(1);
      const { starts, ends } = rows[row];
      const room = (ends[at] - starts[at]) * 1.5;
      return show(starts[at] - room, ends[at] + room);
    },
    Escape: () => show(0, data.ticks),
    "+": () => zoom(0.5, at >= 0 ? (rows[row].starts[at] + rows[row].ends[at]) / 2 : undefined),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
  };
  plot.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action(event);
  });

  const tickAt = (x) => {
    const box = plot.getBoundingClientRect();
    return from + clamp((x - box.left) / box.width, 0, 1) * (to - from);
  };
  const rowAt = (y) => {
    const box = strips.getBoundingClientRect();
    return clamp(Math.floor((y - box.top) / box.height * rows.length), 0, rows.length - 1);
  };
  const pointers = new Map();
  let drag = null;
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, event.clientX);
    plot.setPointerCapture(event.pointerId);
    const moves = event.shiftKey || event.pointerType === "touch";
    drag = { x: event.clientX, from, to, moves, pinch: null };
    if (pointers.size === 2) {
      const [one, other] = [...pointers.values()];
      drag.pinch = { apart: Math.max(10, Math.abs(one - other)), around: tickAt((one + other) / 2), from, to };
    }
  });
  plot.addEventListener("pointermove", (event) => {
    if (!drag) {
      const number = rowAt(event.clientY);
      const index = stretchAt(number, tickAt(event.clientX));
      if (index >= 0) readout.textContent = describe(number, index);
      return;
    }
    pointers.set(event.pointerId, event.clientX);
    if (drag.pinch && pointers.size === 2) {
      const [one, other] = [...pointers.values()];
      const factor = drag.pinch.apart / Math.max(10, Math.abs(one - other));
      const { around } = drag.pinch;
      show(around - (around - drag.pinch.from) * factor, around + (drag.pinch.to - around) * factor);
    } else if (drag.moves) {
      const by = (drag.x - event.clientX) / plot.clientWidth * (drag.to - drag.from);
      show(drag.from + by, drag.to + by);
    } else {
      const box = plot.getBoundingClientRect();
      const [left, right] = [drag.x, event.clientX].map((x) => clamp(x - box.left, 0, box.width)).sort((a, b) => a - b);
      selection.hidden = right - left < 4;
      selection.style.left = `${left}px`;
      selection.style.width = `${right - left}px`;
    }
  });
  function letGo(event) {
    pointers.delete(event.pointerId);
    if (!drag) return;
    const { x, moves } = drag;
    selection.hidden = true;
    if (pointers.size === 0) drag = null;
    if (event.type === "pointercancel") return;
    if (Math.abs(event.clientX - x) < 4) {
      const number = rowAt(event.clientY);
      const index = stretchAt(number, tickAt(event.clientX));
      if (index >= 0) choose(number, index);
    } else if (!moves) {
      const ends = [tickAt(x), tickAt(event.clientX)].sort((a, b) => a - b);
      show(ends[0], ends[1]);
    }
  }
  plot.addEventListener("pointerup", letGo);
  plot.addEventListener("pointercancel", letGo);
  plot.addEventListener("wheel", (event) => {
    if (event.ctrlKey) {
      event.preventDefault();
      zoom(Math.exp(clamp(event.deltaY, -50, 50) / 100), tickAt(event.clientX));
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && to - from < data.ticks) {
      event.preventDefault();
      pan(event.deltaX / plot.clientWidth);
    }
  }, { passive: false });

  document.querySelectorAll(".pick").forEach((button) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
    const chosen = new Set([...document.querySelectorAll(".pick[aria-pressed=true]")].map((of) => `s-${of.dataset.state}`));
    strips.classList.toggle("alone", chosen.size > 0);
    strips.querySelectorAll(".strip path").forEach((path) => path.classList.toggle("chosen", chosen.has(path.getAttribute("class").split(" ")[0])));
  }));
  new ResizeObserver(() => show(from, to)).observe(plot);
  show(0, data.ticks);
}

function flames() {
  const PITCH = 22;
  // What is narrower says nothing, and its callees would make the drawing tall; widening a caller brings it back.
  const NARROWEST = 4;
  const svg = byId("flames");
  const readout = byId("flame-readout");
  const select = byId("flame-thread");
  const reset = byId("flame-reset");
  const search = byId("flame-search");
  const found = byId("flame-found");
  let state = -1;
  let root = null;
  let top = null;
  let boxes = [];

  const seen = new Set(data.stacks.map((stack) => stack[0]));
  data.threads.forEach((name, number) => {
    if (!seen.has(number)) return;
    const option = document.createElement("option");
    option.value = number;
    option.textContent = name;
    select.append(option);
  });

  function build() {
    const thread = select.value === "" ? -1 : Number(select.value);
    root = { name: thread < 0 ? "all threads" : data.threads[thread], path: "", states: new Map(), below: new Map(), parent: null, depth: 0 };
    for (const [of, frames, times] of data.stacks) {
      if (thread >= 0 && of !== thread) continue;
      let node = root;
      add(node, times);
      for (const frame of frames) {
        if (!node.below.has(frame)) {
          const [name, path] = data.frames[frame];
          node.below.set(frame, { name, path, states: new Map(), below: new Map(), parent: node, depth: node.depth + 1 });
        }
        node = node.below.get(frame);
        add(node, times);
      }
    }
    top = root;
    draw();
  }

  function add(node, times) {
    for (let i = 0; i < times.length; i += 2) node.states.set(times[i], (node.states.get(times[i]) || 0) + times[i + 1]);
  }
  const total = (node) => [...node.states.values()].reduce((sum, of) => sum + of, 0);
  const weight = (node) => state < 0 ? total(node) : node.states.get(state) || 0;

  function draw(focus = false) {
    const width = svg.clientWidth || 600;
    boxes = [];
    const callers = [];
    for (let node = top.parent; node; node = node.parent) callers.unshift(node);
    callers.forEach((node, depth) => boxes.push({ node, x: 0, width, depth, above: true }));
    place(top, 0, width, callers.length);
    const depth = boxes.reduce((most, box) => Math.max(most, box.depth), 0) + 1;
    svg.setAttribute("viewBox", `0 0 ${width} ${depth * PITCH}`);
    svg.style.height = `${depth * PITCH}px`;
    svg.replaceChildren(...boxes.map((box, number) => group(box, number)));
    reset.disabled = top === root;
    mark();
    if (!weight(root)) readout.textContent = "No stack was seen in this state.";
    roam(Math.max(0, boxes.findIndex((box) => box.node === top)), focus);
  }

  // What is searched for is marked, and its time told: a call inside another that fits is not counted twice.
  const sought = () => search.value.trim().toLowerCase();
  const fits = (node) => node !== root && `${node.name} ${node.path}`.toLowerCase().includes(sought());
  function mark() {
    const on = sought() !== "";
    svg.classList.toggle("searched", on);
    boxes.forEach((box, number) => svg.children[number].classList.toggle("found", on && fits(box.node)));
    found.textContent = on ? told() : "";
  }
  function told() {
    let time = 0;
    const names = new Set();
    const look = (node, inside) => {
      const hit = weight(node) > 0 && fits(node);
      if (hit) names.add(`${node.name} ${node.path}`);
      if (hit && !inside) time += weight(node);
      node.below.forEach((child) => look(child, inside || hit));
    };
    look(root, false);
    if (!names.size) return "nothing found";
    const whole = weight(root);
    return `${names.size} function${names.size === 1 ? "" : "s"}: ${figures(time / 1e3)}, ${percent(time / whole)}`;
  }

  function place(node, x, width, depth) {
    if (weight(node) <= 0) return;
    boxes.push({ node, x, width, depth, above: false });
    const below = [...node.below.values()].sort((one, other) => total(other) - total(one));
    for (const child of below) {
      const wide = width * weight(child) / weight(node);
      if (wide >= NARROWEST) place(child, x, wide, depth + 1);
      x += wide;
    }
  }

  function group(box, number) {
    const { node, x, width, depth, above } = box;
    const y = depth * PITCH;
    const g = make("g", { role: "treeitem", tabindex: -1, "aria-level": depth + 1, "aria-label": describe(node), "data-box": number });
    if (above) g.classList.add("above");
    g.append(make("rect", { class: "box", x, y, width, height: PITCH }));
    if (state >= 0) {
      g.append(make("rect", { class: `tint s-${data.states[state][0]}`, x, y, width, height: PITCH - 1 }));
      g.append(make("rect", { class: `s-${data.states[state][0]}`, x, y: y + PITCH - 4, width: Math.max(0, width - 1), height: 3 }));
    } else {
      g.append(...strip(node, x, y + PITCH - 4, Math.max(0, width - 1)));
    }
    const letters = Math.floor((width - 8) / 7.25);
    if (letters >= 3) {
      const name = node.name.length <= letters ? node.name : `${node.name.slice(0, letters - 1)}…`;
      g.append(make("text", { x: x + 4, y: y + 13 }, name));
    }
    return g;
  }

  function strip(node, x, y, width) {
    const all = total(node);
    return data.states.flatMap(([name], number) => {
      const of = node.states.get(number);
      if (!of) return [];
      const part = make("rect", { class: `s-${name}`, x, y, width: width * of / all, height: 3 });
      x += width * of / all;
      return [part];
    });
  }

  function describe(node) {
    const time = weight(node);
    const whole = weight(root);
    const what = state < 0 ? "" : `${data.states[state][1]} for `;
    const share = `${percent(whole ? time / whole : 0)} of ${state < 0 ? "all" : "such"} time`;
    const said = [`${node.name}${node.path ? ` (${node.path})` : ""}: ${what}${figures(time / 1e3)}, ${share}`];
    if (state < 0) {
      const most = [...node.states].sort((one, other) => other[1] - one[1]).slice(0, 3);
      said.push(most.map(([number, of]) => `${data.states[number][1]} ${percent(of / time)}`).join(", "));
    }
    return said.join("; ");
  }

  // One box at a time takes part in tabbing; arrows go from box to box.
  let roving = 0;
  function roam(number, focus = true) {
    const before = svg.children[roving];
    if (before) before.setAttribute("tabindex", -1);
    roving = number;
    const now = svg.children[number];
    if (!now) return;
    now.setAttribute("tabindex", 0);
    if (focus) now.focus();
  }
  function widen(node) {
    top = node;
    draw(true);
    readout.textContent = describe(top);
  }
  const beside = (by) => {
    const same = boxes.map((box, number) => [box, number]).filter(([box]) => box.depth === boxes[roving].depth).sort((one, other) => one[0].x - other[0].x);
    const place = same.findIndex(([, number]) => number === roving);
    return same[clamp(place + by, 0, same.length - 1)][1];
  };
  const keys = {
    ArrowDown: () => {
      const child = boxes.findIndex((box) => box.node.parent === boxes[roving].node);
      if (child >= 0) roam(child);
    },
    ArrowUp: () => {
      const parent = boxes.findIndex((box) => box.node === boxes[roving].node.parent);
      if (parent >= 0) roam(parent);
    },
    ArrowRight: () => roam(beside(1)),
    ArrowLeft: () => roam(beside(-1)),
    Home: () => roam(0),
    Enter: () => widen(boxes[roving].node),
    " ": () => widen(boxes[roving].node),
    Escape: () => widen(root),
  };
  svg.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || !boxes.length) return;
    event.preventDefault();
    action();
  });
  const boxOf = (event) => {
    const g = event.target.closest("[data-box]");
    return g ? boxes[Number(g.dataset.box)] : null;
  };
  svg.addEventListener("click", (event) => {
    const box = boxOf(event);
    if (box) widen(box.node === top && top.parent ? top.parent : box.node);
  });
  const tell = (event) => {
    const box = boxOf(event);
    if (box) readout.textContent = describe(box.node);
  };
  // Not on the drawing itself: Chromium lets the keyboard stop at one that listens for focus.
  svg.parentElement.addEventListener("pointerover", tell);
  svg.parentElement.addEventListener("focusin", tell);
  search.addEventListener("input", mark);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      const first = boxes.findIndex((box) => !box.above && fits(box.node));
      if (sought() && first >= 0) roam(first);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select")) return;
    event.preventDefault();
    search.focus();
    search.scrollIntoView({ block: "nearest" });
  });
  reset.addEventListener("click", () => widen(root));
  select.addEventListener("change", build);
  document.querySelectorAll("input[name=state]").forEach((input) => input.addEventListener("change", () => {
    state = data.states.findIndex(([name]) => name === input.value);
    draw();
    readout.textContent = weight(top) ? describe(top) : "No stack was seen in this state.";
  }));
  let wide = 0;
  new ResizeObserver(() => {
    if (svg.clientWidth === wide) return;
    wide = svg.clientWidth;
    draw();
  }).observe(svg.parentElement);
  build();
}
})();
