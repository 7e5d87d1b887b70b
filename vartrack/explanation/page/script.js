"use strict";
const byId = (id) => document.getElementById(id);
const values = [...document.querySelectorAll(".value")];
values.forEach((value, place) => { value.place = place; });

// the look: what the system asks for, until somebody chooses
byId("look").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.look
    ? root.dataset.look === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.look = dark ? "light" : "dark";
});

// which values are shown: those that match, and what stands above them
function choose() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const visitor = byId("visitor").value;
  const mine = byId("mine").checked;
  const inputs = byId("inputs").checked;
  let shown = 0;
  for (let place = values.length - 1; place >= 0; place -= 1) {
    const value = values[place];
    const data = value.dataset;
    const takes = words.every((word) => data.name.includes(word))
      && (!visitor || data.visitor === visitor)
      && (!mine || data.mine)
      && (!inputs || data.input);
    const below = value.below === true;
    value.below = false;
    value.hidden = !(takes || below);
    if (takes) shown += 1;
    if (!value.hidden) {
      const above = value.parentElement.closest(".value");
      if (above) above.below = true;
    }
  }
  byId("shown").textContent = `${shown} of ${values.length} values`;
}

function sort() {
  const by = byId("sort").value;
  const order = {
    "": (a, b) => a.place - b.place,
    time: (a, b) => b.dataset.time - a.dataset.time,
    guards: (a, b) => b.dataset.guards - a.dataset.guards,
    source: (a, b) => a.dataset.source.localeCompare(b.dataset.source),
  }[by];
  for (const list of document.querySelectorAll(".tree, .tree ul")) {
    list.append(...[...list.children].sort(order));
  }
}

function open(state) {
  for (const part of document.querySelectorAll(".tree details")) part.open = state;
}

function chooseGuards() {
  const words = byId("guard-search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...document.querySelectorAll(".guards li")];
  let shown = 0;
  for (const row of rows) {
    row.hidden = !words.every((word) => row.dataset.name.includes(word));
    if (!row.hidden) shown += 1;
  }
  byId("guards-shown").textContent = `${shown} of ${rows.length} guards`;
}

// a link to a value shows it, whatever was filtered or folded
function reveal() {
  const value = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!value || !value.classList.contains("value")) return;
  if (value.hidden) {
    byId("search").value = "";
    byId("visitor").value = "";
    byId("mine").checked = byId("inputs").checked = false;
    choose();
  }
  for (let part = value.parentElement; part; part = part.parentElement) {
    if (part.tagName === "DETAILS") part.open = true;
  }
  value.scrollIntoView({ block: "center" });
  const head = value.querySelector("summary");
  if (head) head.focus({ preventScroll: true });
}

for (const id of ["search", "visitor", "mine", "inputs"]) byId(id).addEventListener("input", choose);
byId("sort").addEventListener("input", sort);
byId("fold").addEventListener("click", () => open(false));
byId("unfold").addEventListener("click", () => open(true));
byId("guard-search").addEventListener("input", chooseGuards);
addEventListener("hashchange", reveal);
addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.matches("input, select, textarea")) {
    event.preventDefault();
    byId("search").focus();
  }
});
choose();
chooseGuards();
reveal();
