
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const HEIGHT = 210, LEFT = 56, RIGHT = 14, TOP = 10, BOTTOM = 38;
const byId = (id) => document.getElementById(id);
const unit = () => document.querySelector("input[name=x]:checked").value;

const number = (value) => Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(4)));
const onAxis = (value) => Math.abs(value) >= 1e5
  ? value.toLocaleString("en", {notation: "compact", maximumFractionDigits: 2}) : number(value);

function add(parent, name, attributes, text = "") {
  const node = parent.appendChild(document.createElementNS(parent.namespaceURI, name));
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return node;
}

function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({length: last - first + 1}, (_, index) => (first + index) * step);
}

function extent(values, fromZero) {
  let low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
  if (fromZero) low = 0;
  if (!fromZero && low < high) [low, high] = [low - 0.05 * (high - low), high + 0.05 * (high - low)];
  if (low === high) [low, high] = fromZero ? [0, high || 1] : [low - Math.abs(low || 1) / 2, high + Math.abs(high || 1) / 2];
  return [low, high];
}

const nearest = (places, x) => places.reduce((best, place, index) =>
  Math.abs(place - x) < Math.abs(places[best] - x) ? index : best, 0);

/* A chart that is read with the pointer, or with the arrow keys. */
class Panel {
  constructor(figure) {
    this.figure = figure;
    this.panel = data.panels[figure.dataset.panel];
    this.output = figure.querySelector("output");
    this.svg = figure.querySelector("svg");
    this.last = this.panel.curves[0].value.length - 1;
    this.svg.addEventListener("pointermove", (event) => this.show(nearest(this.places(), this.unscale(event))));
    this.svg.addEventListener("pointerleave", () => this.show(this.last));
    this.svg.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(figure);
  }
  places(curve = this.panel.curves[0]) { return curve[unit()]; }
  scale(x) { return LEFT + (x - this.x[0]) / (this.x[1] - this.x[0]) * (this.width - LEFT - RIGHT); }
  rise(y) { return HEIGHT - BOTTOM - (y - this.y[0]) / (this.y[1] - this.y[0]) * (HEIGHT - TOP - BOTTOM); }
  unscale(event) {
    const at = event.clientX - this.svg.getBoundingClientRect().left;
    return this.x[0] + (at - LEFT) / (this.width - LEFT - RIGHT) * (this.x[1] - this.x[0]);
  }
  key(event) {
    const to = {ArrowLeft: this.index - 1, ArrowRight: this.index + 1, ArrowDown: this.index - 1, ArrowUp: this.index + 1,
                PageDown: this.index - 10, PageUp: this.index + 10, Home: 0, End: this.last}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.show(Math.max(0, Math.min(this.last, to)));
  }
  draw() {
    const curves = this.panel.curves;
    this.width = Math.max(240, this.svg.clientWidth);
    this.x = extent(curves.flatMap((curve) => this.places(curve)), true);
    this.y = extent(curves.flatMap((curve) => curve.value), false);
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    for (const y of ticks(...this.y, 4)) {
      add(this.svg, "line", {class: "rule", x1: LEFT, x2: this.width - RIGHT, y1: this.rise(y), y2: this.rise(y)});
      add(this.svg, "text", {x: LEFT - 6, y: this.rise(y) + 4, "text-anchor": "end"}, onAxis(y));
    }
    for (const x of ticks(...this.x, Math.min(8, this.width / 90))) {
      if (unit() !== "minutes" && !Number.isInteger(Number(x.toPrecision(9)))) continue;
      add(this.svg, "text", {x: this.scale(x), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle"}, onAxis(x));
    }
    add(this.svg, "text", {x: (LEFT + this.width - RIGHT) / 2, y: HEIGHT - 5, "text-anchor": "middle"}, unit());
    curves.forEach((curve, index) => this.line(curve, index));
    this.marks = add(this.svg, "g", {});
    this.show(Math.min(this.index ?? this.last, this.last));
  }
  line(curve, index) {
    const points = this.places(curve).map((x, i) => [this.scale(x).toFixed(1), this.rise(curve.value[i]).toFixed(1)]);
    add(this.svg, "polyline", {class: `curve c${index % 2}${curve.dashed ? " dashed" : ""}`, points: points.join(" ")});
    if (points.length <= 40) for (const [cx, cy] of points) add(this.svg, "circle", {class: `dot c${index % 2}`, cx, cy, r: 2.2});
  }
  show(index) {
    this.index = index;
    const x = this.places()[index], words = [];
    this.marks.replaceChildren();
    if (index < this.last || document.activeElement === this.svg)
      add(this.marks, "line", {class: "cursor", x1: this.scale(x), x2: this.scale(x), y1: TOP, y2: HEIGHT - BOTTOM});
    this.panel.curves.forEach((curve, i) => {
      const at = nearest(this.places(curve), x), value = curve.value[at];
      words.push(this.panel.curves.length > 1 ? `${curve.label} ${number(value)}` : number(value));
      add(this.marks, "circle", {class: `dot c${i % 2}`, cx: this.scale(this.places(curve)[at]), cy: this.rise(value), r: 4});
    });
    const text = `${unit()} ${number(x)}: ${words.join(", ")}`;
    this.output.textContent = text;
    for (const [key, value] of Object.entries({valuemin: 0, valuemax: this.last, valuenow: index, valuetext: text}))
      this.svg.setAttribute(`aria-${key}`, value);
  }
}

const panels = [...document.querySelectorAll("[data-panel]")].map((figure) => new Panel(figure));

/* What the reader has chosen outlives the page's refreshing itself, where the browser lets it. */
const memory = {
  read() { try { return JSON.parse(sessionStorage.getItem(location.pathname)) ?? {}; } catch { return {}; } },
  keep(changes) { try { sessionStorage.setItem(location.pathname, JSON.stringify({...this.read(), ...changes})); } catch { /* none */ } },
};
const before = memory.read();

for (const radio of document.querySelectorAll("input[name=x]")) {
  if (before.x === radio.value) radio.checked = true;
  radio.addEventListener("change", () => { memory.keep({x: radio.value}); panels.forEach((panel) => panel.draw()); });
}

document.querySelectorAll("details").forEach((details, index) => {
  if (before[`open${index}`] !== undefined) details.open = before[`open${index}`];
  details.addEventListener("toggle", () => memory.keep({[`open${index}`]: details.open}));
});

const slider = byId("grid");
if (slider) {
  const within = byId("picture").getAttribute("src"), last = data.grids.length - 1;
  const turn = () => {
    const file = data.grids[slider.value], epoch = Number.parseInt(file, 10);
    byId("picture").src = Number(slider.value) === last ? within : `grids/${encodeURIComponent(file)}`;
    byId("epoch").textContent = epoch;
    slider.setAttribute("aria-valuetext", `epoch ${epoch}`);
    memory.keep({grid: Number(slider.value) === last ? null : file});
  };
  if (data.grids.includes(before.grid)) slider.value = data.grids.indexOf(before.grid);
  slider.addEventListener("input", turn);
  turn();
}

/* A run that is not at its end: read the page again and again, but not under the reader's hands. */
if (data.alive) {
  const QUIET = 900 + 3 * data.epoch_seconds, EVERY = Math.min(60, Math.max(5, data.epoch_seconds / 2)), opened = Date.now();
  let touched = 0;
  byId("live").hidden = false;
  byId("refresh").checked = before.refresh ?? true;
  byId("refresh").addEventListener("change", (event) => memory.keep({refresh: event.target.checked}));
  for (const kind of ["pointermove", "pointerdown", "keydown", "wheel"]) addEventListener(kind, () => { touched = Date.now(); }, {passive: true});
  const ago = (seconds) => seconds < 120 ? `${Math.round(seconds)} s` : seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
  const look = () => {
    const age = Math.max(0, (Date.now() - Date.parse(document.lastModified)) / 1000);
    byId("written").textContent = `Written ${ago(age)} ago.` + (age > QUIET ? " The run has stopped, or is in a long measurement." : "");
    const wait = age > QUIET ? 60 : EVERY, now = Date.now();
    if (byId("refresh").checked && !document.hidden && now - touched > 5000 && now - opened > 1000 * wait && location.pathname.endsWith(".html"))
      location.reload();
  };
  look();
  setInterval(look, 1000);
}
