// A region drawn on an image. It is told as the command line takes it: "box:top,left,bottom,right"
// or "outline:row,column;row,column;..." in the image's own pixels. Zoom and pan are those of the
// viewers, whose script stands before this text.

const SIDES = ["top", "left", "bottom", "right"];
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const MODES = [["box", "Box"], ["outline", "Freehand"], ["move", "Move the image"]];
const ZOOMS = { "+": 1.2, "=": 1.2, "-": 1 / 1.2 };
const HINT =
  "Drag over the image to draw; the wheel, + and - zoom. With the keyboard: arrow keys move the " +
  "box, with Shift its lower right corner; or write its sides, in pixels.";
const FAULT = "Top must be less than bottom and left less than right, all within the image.";

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".eraser");
  root.tell = (text) => setStateValue("drawn", text);
  if (root.dataset.address === data.address) return;
  root.dataset.address = data.address;
  root.film = data;
  root.view = { zoom: 1, x: 0, y: 0 };
  root.past = [];
  root.corners = read(data.drawn);
  root.onkeydown = (event) => {
    if (event.key in STEPS) event.stopPropagation(); // else it turns the page
  };
  root.mode = data.drawn?.startsWith("outline") ? "outline" : "box";
  const fault = Object.assign(make("p", "fault", FAULT), { role: "alert" });
  const words = [fault, make("p", "hint", HINT)];
  root.replaceChildren(buildTools(root), buildPaper(root), buildSides(root), ...words);
  paint(root);
  apply(root);
}

function buildTools(root) {
  const tools = make("div", "tools");
  tools.append(
    ...MODES.map(([mode, title]) => buildMode(root, mode, title)),
    buildButton("Undo", "undo", () => undo(root)),
    buildButton("Clear", "clear", () => root.corners.length && settle(root, [])),
    buildButton("Whole image", "whole", () => showWhole(root)),
  );
  if (root.film.outline) tools.append(buildSwitch(root));
  return tools;
}

function buildMode(root, mode, title) {
  const label = make("label", "", title);
  const input = make("input");
  Object.assign(input, { type: "radio", name: "mode", value: mode, checked: root.mode === mode });
  input.onchange = () => {
    root.mode = mode;
    root.dataset.mode = mode;
  };
  label.prepend(input);
  return label;
}

function buildButton(title, name, press) {
  const button = make("button", name, title);
  button.onclick = press;
  return button;
}

function buildSwitch(root) {
  const label = make("label", "", "Lesion outline");
  const input = make("input", "outline-switch");
  input.type = "checkbox";
  input.onchange = () => root.classList.toggle("outlined", input.checked);
  label.prepend(input);
  return label;
}

function buildPaper(root) {
  const { address, alt, rows, columns, outline } = root.film;
  const paper = make("div", "paper");
  paper.style.setProperty("--aspect", columns / rows);
  Object.assign(paper, { tabIndex: 0, role: "application", ariaLabel: `${alt}: draw a region to erase` });
  const stage = make("div", "stage");
  stage.append(Object.assign(new Image(), { src: address, alt, draggable: false, className: "base" }));
  if (outline) stage.append(Object.assign(new Image(), { src: outline, alt: "", className: "outline" }));
  stage.append(buildDrawing(rows, columns));
  paper.append(stage);
  listenToHand(root, paper);
  return paper;
}

function buildDrawing(rows, columns) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "polygon"));
  return svg;
}

function listenToHand(root, paper) {
  let drag = null;
  paper.onpointerdown = (event) => {
    if (event.button !== 0) return;
    drag = { before: root.corners, from: place(event, paper), x: root.view.x, y: root.view.y };
    if (root.mode !== "move") root.corners = [pixelOf(event, root)];
    paper.setPointerCapture(event.pointerId);
  };
  paper.onpointermove = (event) => {
    if (!drag) return;
    const here = pixelOf(event, root);
    if (root.mode === "move") return pull(root, drag, place(event, paper));
    root.corners = root.mode === "box" ? span(drag.corner ??= root.corners[0], here) : lengthen(root, here);
    paint(root);
  };
  paper.onpointerup = paper.onpointercancel = () => {
    if (drag && root.mode !== "move") finish(root, drag.before);
    drag = null;
  };
  paper.onwheel = (event) => {
    event.preventDefault();
    zoomAt(root, place(event, paper), event.deltaY < 0 ? 1.2 : 1 / 1.2);
  };
  paper.onkeydown = (event) => press(root, event);
}

function pull(root, drag, [px, py]) {
  move(root, drag.x + px - drag.from[0], drag.y + py - drag.from[1]);
}

// A stroke has ended; a mere click, or one without an area, leaves what was drawn before.
function finish(root, before) {
  const drawn = root.corners;
  root.corners = before;
  if (drawn.length > 2 && !isFlat(drawn)) settle(root, drawn);
  else paint(root);
}

function isFlat(corners) {
  const [top, left, bottom, right] = sidesOf(corners);
  return bottom <= top || right <= left;
}

function showWhole(root) {
  Object.assign(root.view, { zoom: 1, x: 0, y: 0 });
  apply(root);
}

function apply(root) {
  const { zoom, x, y } = root.view;
  root.style.setProperty("--move", `translate(${x}%, ${y}%) scale(${zoom})`);
  root.style.setProperty("--stroke", `${2 / zoom}px`);
  root.dataset.zoom = zoom.toFixed(2);
  const shown = root.querySelector(".paper").clientWidth * zoom * devicePixelRatio;
  root.querySelector("img.base").classList.toggle("enlarged", shown > root.film.columns);
}

// An event's pixel in the image's own grid, within it.
function pixelOf(event, root) {
  const [px, py] = place(event, root.querySelector(".paper"));
  const { zoom, x, y } = root.view;
  const { rows, columns } = root.film;
  const [row, column] = [(((py - y) / zoom) * rows) / 100, (((px - x) / zoom) * columns) / 100];
  return [clip(row, rows), clip(column, columns)];
}

// The outline with one more corner, unless that is hardly anywhere else.
function lengthen(root, here) {
  const last = root.corners[root.corners.length - 1];
  const step = Math.hypot(here[0] - last[0], here[1] - last[1]);
  return step < root.film.columns / 150 / root.view.zoom ? root.corners : [...root.corners, here];
}

function press(root, event) {
  if (event.key in ZOOMS) return zoomAt(root, [50, 50], ZOOMS[event.key]);
  if (event.key === "z" && (event.ctrlKey || event.metaKey)) return undo(root);
  const step = STEPS[event.key];
  if (!step || event.target.tagName === "INPUT") return;
  event.preventDefault();
  const { rows, columns } = root.film;
  const size = Math.max(1, Math.round(rows / 50));
  const box = sidesOf(root.corners) || [rows * 0.4, columns * 0.4, rows * 0.6, columns * 0.6];
  const moved = box.map((side, i) => (event.shiftKey && i < 2 ? side : side + size * step[i % 2]));
  const fits = moved.every((side, i) => side >= 0 && side <= (i % 2 ? columns : rows));
  const [top, left, bottom, right] = fits ? moved : box;
  if (bottom > top && right > left) settle(root, span([top, left], [bottom, right]));
}

function buildSides(root) {
  const sides = make("div", "sides");
  sides.append(
    ...SIDES.map((side, i) => {
      const label = make("label", "", side[0].toUpperCase() + side.slice(1));
      const input = make("input", side);
      const max = i % 2 ? root.film.columns : root.film.rows;
      Object.assign(input, { type: "number", min: 0, max, step: 1 });
      input.onchange = () => takeSides(root);
      label.append(input);
      return label;
    }),
  );
  return sides;
}

function takeSides(root) {
  const inputs = SIDES.map((side) => root.querySelector(`input.${side}`));
  const isWhole = inputs.every((input) => input.value !== "" && input.checkValidity());
  const [top, left, bottom, right] = inputs.map((input) => Number(input.value));
  if (isWhole && bottom > top && right > left) settle(root, span([top, left], [bottom, right]));
  else refuse(root, inputs.every((input) => input.value !== ""));
}

// Sides that make no box stay as written, to be mended; nothing is drawn until they do.
function refuse(root, isFaulty) {
  if (root.corners.length) root.past.push(root.corners);
  root.corners = [];
  root.querySelector("polygon").setAttribute("points", "");
  root.querySelector("button.undo").disabled = !root.past.length;
  root.classList.toggle("faulty", isFaulty);
  root.tell(null);
}

// What is drawn is done: the server hears of it.
function settle(root, corners) {
  root.past.push(root.corners);
  show(root, corners);
}

function undo(root) {
  if (root.past.length) show(root, root.past.pop());
}

function show(root, corners) {
  root.corners = corners;
  paint(root);
  root.tell(write(corners));
}

function paint(root) {
  const points = root.corners.map(([row, column]) => `${column},${row}`).join(" ");
  root.querySelector("polygon").setAttribute("points", points);
  const box = sidesOf(root.corners);
  root.classList.remove("faulty");
  SIDES.forEach((side, i) => (root.querySelector(`input.${side}`).value = box ? box[i] : ""));
  root.querySelector("button.undo").disabled = !root.past.length;
  root.querySelector("button.clear").disabled = !box;
}

function write(corners) {
  if (!corners.length) return null;
  if (isBox(corners)) return `box:${sidesOf(corners).join()}`;
  return `outline:${corners.map(([row, column]) => `${row.toFixed(1)},${column.toFixed(1)}`).join(";")}`;
}

function read(text) {
  if (!text) return [];
  const [kind, rest] = text.split(":");
  if (kind === "outline") return rest.split(";").map((corner) => corner.split(",").map(Number));
  const [top, left, bottom, right] = rest.split(",").map(Number);
  return span([top, left], [bottom, right]);
}

// The corners of the box between two of them.
function span([top, left], [bottom, right]) {
  return [[top, left], [top, right], [bottom, right], [bottom, left]];
}

function isBox(corners) {
  if (corners.length !== 4) return false;
  const [[a, b], [c, d], [e, f], [g, h]] = corners;
  return a === c && d === f && e === g && b === h;
}

// [top, left, bottom, right] in whole pixels, null where nothing is drawn.
function sidesOf(corners) {
  if (!corners.length) return null;
  const [rows, columns] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  return [Math.min(...rows), Math.min(...columns), Math.max(...rows), Math.max(...columns)].map(Math.round);
}

function clip(value, end) {
  return Math.min(end, Math.max(0, value));
}
