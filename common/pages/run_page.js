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
