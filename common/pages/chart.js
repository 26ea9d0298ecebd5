"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const HEIGHT = 210, LEFT = 56, RIGHT = 14, TOP = 10, BOTTOM = 38, COLOURS = 8;
const byId = (id) => document.getElementById(id);

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

/* A chart that is read with the pointer, or with the arrow keys. Its curves are over its own unit, or the one chosen. */
class Panel {
  constructor(figure) {
    this.panel = data.panels[figure.dataset.panel];
    this.levels = this.panel.levels ?? [];
    this.output = figure.querySelector("output");
    this.svg = figure.querySelector("svg");
    this.svg.addEventListener("pointermove", (event) => this.show(nearest(this.stops, this.unscale(event))));
    this.svg.addEventListener("pointerleave", () => this.show(this.last));
    this.svg.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.svg);  // its size does not follow from what is drawn
  }
  get unit() { return this.panel.unit ?? document.querySelector("input[name=x]:checked").value; }
  get last() { return this.stops.length - 1; }
  places(curve) { return curve[this.unit]; }
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
    this.stops = [...new Set(curves.flatMap((curve) => this.places(curve)))].sort((a, b) => a - b);
    this.x = extent(this.stops, true);
    this.y = extent([...curves.flatMap((curve) => curve.value), ...this.levels.map((level) => level.value)], false);
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    for (const y of ticks(...this.y, 4)) {
      add(this.svg, "line", {class: "rule", x1: LEFT, x2: this.width - RIGHT, y1: this.rise(y), y2: this.rise(y)});
      add(this.svg, "text", {x: LEFT - 6, y: this.rise(y) + 4, "text-anchor": "end"}, onAxis(y));
    }
    for (const x of ticks(...this.x, Math.min(8, this.width / 90))) {
      if (this.unit !== "minutes" && !Number.isInteger(Number(x.toPrecision(9)))) continue;
      add(this.svg, "text", {x: this.scale(x), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle"}, onAxis(x));
    }
    add(this.svg, "text", {x: (LEFT + this.width - RIGHT) / 2, y: HEIGHT - 5, "text-anchor": "middle"}, this.unit);
    for (const {label, value} of this.levels) {
      const y = this.rise(value), above = y > TOP + 14;
      add(this.svg, "line", {class: "level", x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y});
      add(this.svg, "text", {x: LEFT + 4, y: above ? y - 4 : y + 13}, `${label} ${number(value)}`);
    }
    curves.forEach((curve, index) => this.line(curve, index));
    this.marks = add(this.svg, "g", {});
    this.show(Math.min(this.index ?? this.last, this.last));
  }
  colour(index) { return this.panel.curves[index].colour ?? index % COLOURS; }
  line(curve, index) {
    const points = this.places(curve).map((x, i) => [this.scale(x).toFixed(1), this.rise(curve.value[i]).toFixed(1)]);
    add(this.svg, "polyline", {class: `curve c${this.colour(index)}${curve.dashed ? " dashed" : ""}`, points: points.join(" ")});
    if (points.length <= 40)
      for (const [cx, cy] of points) add(this.svg, "circle", {class: `dot c${this.colour(index)}`, cx, cy, r: 2.2});
  }
  show(index) {
    this.index = index;
    const x = this.stops[index], words = [];
    this.marks.replaceChildren();
    if (index < this.last || document.activeElement === this.svg)
      add(this.marks, "line", {class: "cursor", x1: this.scale(x), x2: this.scale(x), y1: TOP, y2: HEIGHT - BOTTOM});
    this.panel.curves.forEach((curve, i) => {
      const places = this.places(curve), at = nearest(places, x), value = curve.value[at];
      if (x < places[0] || x > places[places.length - 1]) return;
      words.push(this.panel.curves.length > 1 ? `${curve.label} ${number(value)}` : number(value));
      add(this.marks, "circle", {class: `dot c${this.colour(i)}`, cx: this.scale(places[at]), cy: this.rise(value), r: 4});
    });
    const text = `${this.unit} ${number(x)}: ${words.join(", ")}`;
    this.output.textContent = text;
    for (const [key, value] of Object.entries({valuemin: 0, valuemax: this.last, valuenow: index, valuetext: text}))
      this.svg.setAttribute(`aria-${key}`, value);
  }
}

const panels = [...document.querySelectorAll("[data-panel]")].map((figure) => new Panel(figure));
