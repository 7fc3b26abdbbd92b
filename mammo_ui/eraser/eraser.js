// A region drawn on an image. It is told as the command line takes it: "box:top,left,bottom,right"
// or "outline:row,column;row,column;..." in the image's own pixels.

const SIDES = ["top", "left", "bottom", "right"];
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".eraser");
  root.tell = (text) => setStateValue("drawn", text);
  if (root.dataset.address === data.address) return;
  root.dataset.address = data.address;
  root.film = data;
  root.corners = read(data.drawn);
  root.onkeydown = (event) => event.key in STEPS && event.stopPropagation(); // else it turns the page
  root.mode = data.drawn?.startsWith("outline") ? "outline" : "box";
  root.replaceChildren(buildTools(root), buildPaper(root), buildSides(root), make("p", "hint", HINT));
  paint(root);
}

const HINT =
  "Drag over the image to draw. With the keyboard: arrow keys move the box, with Shift they move " +
  "its lower right corner; or write its sides, in pixels.";

function buildTools(root) {
  const tools = make("div", "tools");
  const modes = [["box", "Box"], ["outline", "Freehand"]];
  const clear = make("button", "", "Clear");
  clear.onclick = () => settle(root, []);
  tools.append(...modes.map(([mode, title]) => buildMode(root, mode, title)), clear);
  return tools;
}

function buildMode(root, mode, title) {
  const label = make("label", "", title);
  const input = make("input");
  Object.assign(input, { type: "radio", name: "mode", value: mode, checked: root.mode === mode });
  input.onchange = () => (root.mode = mode);
  label.prepend(input);
  return label;
}

function buildPaper(root) {
  const { address, alt, rows, columns } = root.film;
  const paper = make("div", "paper");
  paper.style.setProperty("--aspect", columns / rows);
  Object.assign(paper, { tabIndex: 0, role: "application", ariaLabel: `${alt}: draw a region to erase` });
  const image = Object.assign(new Image(), { src: address, alt, draggable: false });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${columns} ${rows}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "polygon"));
  paper.append(image, svg);
  listen(root, paper);
  return paper;
}

function listen(root, paper) {
  let start = null;
  paper.onpointerdown = (event) => {
    if (event.button !== 0) return;
    start = place(event, root);
    root.corners = [start];
    paper.setPointerCapture(event.pointerId);
  };
  paper.onpointermove = (event) => {
    if (!start) return;
    const here = place(event, root);
    root.corners = root.mode === "box" ? span(start, here) : lengthen(root, here);
    paint(root);
  };
  paper.onpointerup = paper.onpointercancel = () => {
    if (start) settle(root, root.corners.length > 2 ? root.corners : []);
    start = null;
  };
  paper.onkeydown = (event) => press(root, event);
}

// An event's pixel in the image's own grid, within it.
function place(event, root) {
  const box = root.querySelector(".paper").getBoundingClientRect();
  const row = ((event.clientY - box.top) / box.height) * root.film.rows;
  const column = ((event.clientX - box.left) / box.width) * root.film.columns;
  return [clip(row, root.film.rows), clip(column, root.film.columns)];
}

// The outline with one more corner, unless that is hardly anywhere else.
function lengthen(root, here) {
  const last = root.corners[root.corners.length - 1];
  const step = Math.hypot(here[0] - last[0], here[1] - last[1]);
  return step < root.film.columns / 150 ? root.corners : [...root.corners, here];
}

function press(root, event) {
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
  if (inputs.some((input) => input.value === "" || !input.checkValidity())) return;
  const [top, left, bottom, right] = inputs.map((input) => Number(input.value));
  if (bottom > top && right > left) settle(root, span([top, left], [bottom, right]));
}

// What is drawn is done: the server hears of it.
function settle(root, corners) {
  const box = isBox(corners) && sidesOf(corners);
  const isFlat = box && (box[2] <= box[0] || box[3] <= box[1]);
  root.corners = isFlat ? [] : corners;
  paint(root);
  root.tell(write(root.corners));
}

function paint(root) {
  const points = root.corners.map(([row, column]) => `${column},${row}`).join(" ");
  root.querySelector("polygon").setAttribute("points", points);
  const box = sidesOf(root.corners);
  SIDES.forEach((side, i) => (root.querySelector(`input.${side}`).value = box ? box[i] : ""));
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

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
