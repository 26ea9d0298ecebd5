"use strict";
/* The page's controls: what they say is the state, and the address keeps whatever is not as at first. */
const byId = (id) => document.getElementById(id);
const form = byId("controls"), canvas = byId("pictures");
const context = canvas.getContext("2d", {willReadFrequently: true});
const NEAR = 0.999; // truncation's slider at its end: none
const WORDS = {
  t: (value) => `${Math.round(100 * value)} %`,
  share: (value) => `${Math.round(100 * value)} %`,
  truncation: (value) => value < form.elements.truncation.max * NEAR ? value.toFixed(1) : "none",
};

/* Pictures come from a worker, so that the page answers while they are computed; where there is none, from the page. */
const WORKER = `
const generators = [];
onmessage = async ({data: {index, text, z, code}}) => {
  if (text) return void (generators[index] = Generator.read(text));
  const generator = await generators[index], start = performance.now(), pixels = generator.pixels(z, code);
  postMessage({pixels, milliseconds: performance.now() - start});
};`;

class Painter {
  constructor(done) {
    this.done = done;
    this.waiting = [];
    this.sent = new Map();
    try {
      this.worker = new Worker(URL.createObjectURL(new Blob([byId("engine").textContent, WORKER], {type: "text/javascript"})));
      this.worker.onmessage = ({data}) => this.answer(data);
      this.worker.onerror = (event) => { event.preventDefault(); this.worker = null; this.again(); };
    } catch { this.worker = null; }
  }
  /* One picture at a time; `done` gets what was asked and its pixels. */
  ask(job) {
    this.job = job;
    if (!this.sent.has(job.index)) {
      const text = JSON.parse(byId(`generator-${job.index}`).textContent);
      this.sent.set(job.index, this.worker ? true : Generator.read(text));
      this.worker?.postMessage({index: job.index, text});
    }
    if (this.worker) this.worker.postMessage({index: job.index, z: job.z, code: job.code});
    else setTimeout(() => this.compute(job));
  }
  async compute(job) {
    const generator = await this.sent.get(job.index), start = performance.now(), pixels = generator.pixels(job.z, job.code);
    this.answer({pixels, milliseconds: performance.now() - start});
  }
  again() {
    this.sent.clear();
    if (this.job) this.ask(this.job);
  }
  answer(made) {
    const job = this.job;
    this.job = null;
    this.done(job, made);
  }
}

const about = JSON.parse(byId("about-generators").textContent);
const times = [];
let dirty = [], cursor = 0, asked = false, playing = false, painter;

const value = (name) => Number(form.elements[name].value);
const chosen = () => form.elements.generator.selectedIndex;
const checked = (name) => Number(form.querySelector(`[name=${name}]:checked`)?.value ?? 0);
const limit = () => value("truncation") < form.elements.truncation.max * NEAR ? value("truncation") : Infinity;

function field(parent, name, text, attributes) {
  const label = parent.appendChild(document.createElement("label")), input = document.createElement("input");
  for (const [key, setting] of Object.entries({name, ...attributes})) input.setAttribute(key, setting);
  label.append(...(input.type === "range" ? [text, input, document.createElement("output")] : [input, text]));
  if (input.type === "range") label.className = "slide";
}

/* The controls that the chosen generator has: its classes, its directions. */
function arrange() {
  const {classes, directions, writeup, trained} = about[chosen()];
  byId("about").textContent = `${writeup}. Trained for ${trained}.`;
  byId("conditional").hidden = !classes.length;
  byId("classes").replaceChildren(byId("classes").querySelector("legend"));
  [...classes, "all in turn"].forEach((name, label) => field(byId("classes"), "class", name, {type: "radio", value: label, ...(label === classes.length ? {checked: ""} : {})}));
  form.elements.with.replaceChildren(...classes.map((name, label) => new Option(name, label, label === 1, label === 1)));
  byId("directions").replaceChildren(byId("directions").querySelector("legend"));
  directions.forEach((_, i) => field(byId("directions"), `d${i + 1}`, `direction ${i + 1}`, {type: "range", min: -6, max: 6, step: 0.1, value: 0}));
  times.length = 0;
}

function labelOf(picture) {
  const count = about[chosen()].classes.length, label = checked("class");
  return label < count ? label : picture % count;
}

/* z and the class code of a picture, as the controls have it now. */
function inputs(picture) {
  const {latent_dim, classes, directions} = about[chosen()], seed = value("seed"), t = value("t");
  let z = latent(seed, picture, latent_dim, limit());
  if (t) z = slerp(z, latent(seed + 1, picture, latent_dim, limit()), t);
  directions.forEach((direction, i) => { const far = value(`d${i + 1}`); if (far) z = z.map((x, j) => x + far * direction[j]); });
  return {z, code: classCode(classes.length, labelOf(picture), value("with"), value("share"))};
}

/* All pictures are to be made again; the one that waits longest comes first, so that none waits for ever. */
function redraw() {
  const count = checked("count"), [height, width] = about[chosen()].image, across = Math.sqrt(count);
  const size = [across * (width + 1) - 1, across * (height + 1) - 1];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  dirty = Array(count).fill(true);
  for (const output of form.querySelectorAll(".slide output")) {
    const input = output.parentElement.querySelector("input"), number = Number(input.value);
    output.value = WORDS[input.name]?.(number) ?? number.toFixed(1);
    input.setAttribute("aria-valuetext", output.value);
  }
  describe();
  next();
}

function describe() {
  const {name, classes} = about[chosen()], count = checked("count"), label = checked("class");
  const of = classes.length ? `, class: ${classes[label] ?? "all in turn"}` : "";
  canvas.setAttribute("aria-label", `${count} ${count === 1 ? "picture" : "pictures"} of ${name}${of}, seed ${value("seed")}`);
}

function next() {
  if (asked) return;
  const step = dirty.findIndex((_, i) => dirty[(cursor + i) % dirty.length]);
  if (step < 0) return;
  const picture = (cursor + step) % dirty.length;
  cursor = picture + 1;
  dirty[picture] = false;
  asked = true;
  painter.ask({index: chosen(), picture, across: Math.sqrt(dirty.length), ...inputs(picture)});
}

function paint({index, picture, across}, {pixels, milliseconds}) {
  const [height, width] = about[index].image, row = Math.floor(picture / across);
  asked = false;
  if (index === chosen() && across ** 2 === dirty.length)
    context.putImageData(new ImageData(pixels, width, height), (picture % across) * (width + 1), row * (height + 1));
  times.push(milliseconds);
  if (times.length > 31) times.shift();
  byId("state").textContent = `${[...times].sort((a, b) => a - b)[times.length >> 1].toFixed(0)} ms a picture`;
  form.dataset.painted = String(dirty.filter((waits) => !waits).length);
  next();
}

/* From this seed's latents to the next one's, and on. */
function play() {
  if (!playing) return;
  if (!asked && !dirty.includes(true)) {
    const t = value("t") + 0.03;
    form.elements.t.value = t < 1 ? t : 0;
    if (t >= 1) form.elements.seed.value = (value("seed") + 1) % 1e6;
    redraw();
  }
  setTimeout(() => requestAnimationFrame(play), 40);
}

function setPlaying(on) {
  playing = on;
  byId("play").textContent = on ? "pause" : "play";
  byId("play").setAttribute("aria-pressed", on);
  if (on) play(); else keep();
}

/* The address: the fields that are not as at first. */
function stated() {
  const changed = [...new FormData(form)].filter(([name, text]) => text !== defaults.get(name));
  return new URLSearchParams(changed).toString();
}

let defaults, later;
function keep() {
  clearTimeout(later);
  later = setTimeout(() => { try { history.replaceState(null, "", `#${stated()}`); } catch { /* some viewers forbid it */ } }, 250);
}

function restore() {
  const given = new URLSearchParams(location.hash.slice(1));
  const names = about.map(({name}) => name);
  form.reset();
  form.elements.generator.selectedIndex = Math.max(0, names.indexOf(given.get("generator")));
  arrange();
  defaults = new Map([...new FormData(form)]);
  defaults.set("generator", names[0]);
  for (const [name, text] of given) {
    const fields = [...form.elements].filter((input) => input.name === name && name !== "generator");
    for (const input of fields) {
      if (input.type === "radio") input.checked = input.value === text || input.checked && !fields.some((other) => other.value === text);
      else if (input.type !== "select-one" || [...input.options].some((option) => option.value === text)) input.value = text;
    }
  }
  mend();
  redraw();
}

/* A seed that is no whole number within its bounds becomes the nearest that is. */
function mend() {
  const {min, max} = form.elements.seed, seed = Math.round(value("seed")) || 0;
  form.elements.seed.value = Math.min(max, Math.max(min, seed));
}

form.addEventListener("input", (event) => {
  if (event.target.name === "generator") {
    const others = stated();
    history.replaceState(null, "", `#${others}`);
    return restore();
  }
  if (event.target.name === "class" && event.target.value === form.elements.with.value) form.elements.with.value = (Number(event.target.value) + 1) % about[chosen()].classes.length;
  redraw();
  keep();
});
form.addEventListener("change", () => { mend(); keep(); });
form.addEventListener("submit", (event) => event.preventDefault());
byId("play").addEventListener("click", () => setPlaying(!playing));
byId("another").addEventListener("click", () => { form.elements.seed.value = Math.floor(1e6 * Math.random()); redraw(); keep(); });
byId("zero").addEventListener("click", () => { for (const input of byId("directions").querySelectorAll("input")) input.value = 0; redraw(); keep(); });
byId("copy").addEventListener("click", async () => {
  const link = `${location.href.split("#")[0]}#${stated()}`;
  try { await navigator.clipboard.writeText(link); byId("said").value = "copied"; } catch { byId("said").value = link; }
});
byId("save").addEventListener("click", () => canvas.toBlob((blob) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${about[chosen()].name.replace("/", "-")}-${value("seed")}.png`;
  link.click();
  URL.revokeObjectURL(link.href);
}));
addEventListener("hashchange", restore);
painter = new Painter(paint);
restore();
