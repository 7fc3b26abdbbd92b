// Shows a file's own gray values and lets the window be chosen. The values come once, as 16 bit
// numbers; window, level, zoom and pan ask the server for nothing.

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".viewer");
  if (root.dataset.address === data.address) return;
  root.dataset.address = data.address;
  root.replaceChildren(make("p", "hint", "Reading the file's own values …"));
  load(data.address)
    .then((film) => root.dataset.address === data.address && build(root, film, data.alt))
    .catch(() => root.replaceChildren(make("p", "hint", "The file's values cannot be read.")));
}

async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(answer.status);
  const facts = JSON.parse(answer.headers.get("x-gray-values"));
  return { ...facts, values: new Uint16Array(await answer.arrayBuffer()) };
}

function start(film) {
  const { center, width, is_inverse: inverse } = film;
  return { zoom: 1, x: 0, y: 0, center, width, inverse };
}

function build(root, film, alt) {
  root.film = film;
  root.view = start(film);
  const aspect = film.columns / film.rows;
  const panel = make("figure", "film");
  panel.style.setProperty("--aspect", aspect);
  const port = make("div", "port");
  const stage = make("div", "stage");
  const canvas = make("canvas");
  Object.assign(canvas, { width: film.columns, height: film.rows });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", alt);
  stage.append(canvas);
  port.append(stage);
  panel.append(port, make("p", "note"));
  root.replaceChildren(buildTools(root, film), panel);
  listen(root, panel);
  port.addEventListener("pointermove", (event) => tell(root, film, place(event, port)));
  apply(root);
}

function buildTools(root, film) {
  const tools = make("div", "tools");
  const range = Math.max(2, film.highest - film.lowest);
  tools.append(
    buildSlider(root, "width", "Window", 1, 2 * range, "How many gray values are shown"),
    buildSlider(root, "center", "Level", film.lowest, film.highest, "Middle of the values shown"),
    buildSwitch(root),
    buildButton("As the file asks", () => Object.assign(root.view, start(film)), root),
    buildButton("Whole range", () => Object.assign(root.view, wholeRange(film)), root),
    make("span", "hint", "Wheel zooms, drag moves, double click resets the zoom"),
  );
  return tools;
}

function wholeRange({ lowest, highest }) {
  return { center: (lowest + highest) / 2, width: Math.max(1, highest - lowest) };
}

function buildSlider(root, name, title, min, max, help) {
  const label = make("label", "", title);
  const input = make("input", name);
  Object.assign(input, { type: "range", min, max, step: "any", title: help });
  input.setAttribute("aria-label", help);
  input.oninput = () => {
    root.view[name] = Number(input.value);
    apply(root);
  };
  label.append(input, make("output", `${name}-number`));
  return label;
}

function buildSwitch(root) {
  const label = make("label", "", "Inverted");
  const input = make("input", "inverse-switch");
  input.type = "checkbox";
  input.onchange = () => {
    root.view.inverse = input.checked;
    apply(root);
  };
  label.prepend(input);
  return label;
}

function buildButton(title, change, root) {
  const button = make("button", "reset", title);
  button.onclick = () => {
    change();
    apply(root);
  };
  return button;
}

function apply(root) {
  const { zoom, x, y, center, width, inverse } = root.view;
  root.style.setProperty("--move", `translate(${x}%, ${y}%) scale(${zoom})`);
  root.dataset.zoom = zoom.toFixed(2);
  for (const name of ["center", "width"]) {
    root.querySelector(`input.${name}`).value = root.view[name];
    root.querySelector(`.${name}-number`).value = Math.round(root.view[name]);
  }
  root.querySelector(".inverse-switch").checked = inverse;
  const isEnlarged = root.querySelector(".port").clientWidth * zoom > root.film.columns;
  root.querySelector("canvas").classList.toggle("enlarged", isEnlarged);
  const window = [center, width, inverse].join();
  if (root.dataset.window === window) return;
  root.dataset.window = window;
  if (!root.painting) root.painting = requestAnimationFrame(() => paint(root));
}

// One look-up table of colors for all values, then one pass over the pixels.
function paint(root) {
  root.painting = 0;
  const { film, view } = root;
  const table = new Uint32Array(film.highest - film.lowest + 1);
  for (let value = 0; value < table.length; value++) {
    const share = (value + film.lowest - view.center) / view.width + 0.5;
    const gray = Math.round(255 * Math.min(1, Math.max(0, view.inverse ? 1 - share : share)));
    table[value] = 0xff000000 | (gray * 0x010101);
  }
  const context = root.querySelector("canvas").getContext("2d");
  const picture = context.createImageData(film.columns, film.rows);
  const colors = new Uint32Array(picture.data.buffer);
  for (let i = 0; i < colors.length; i++) colors[i] = table[film.values[i]];
  context.putImageData(picture, 0, 0);
}

function tell(root, film, [px, py]) {
  const { x, y, zoom } = root.view;
  const column = Math.floor((((px - x) / zoom) * film.columns) / 100);
  const row = Math.floor((((py - y) / zoom) * film.rows) / 100);
  const value = film.values[row * film.columns + column];
  if (value === undefined || column < 0 || column >= film.columns) return;
  const place = `row ${row * film.step}, column ${column * film.step}`;
  root.querySelector(".note").textContent = `${place}: stored value ${value + film.lowest}`;
}
