// Shows one image several times side by side, each with its own overlay, moved in step.
// Opacity, window, level, zoom and pan change CSS variables and one SVG filter: the server is
// not asked. pan_zoom.js stands before this text.

const START = { zoom: 1, x: 0, y: 0, opacity: 0.55, window: 1, level: 0.5, outline: true };
const SLIDERS = [
  { name: "opacity", title: "Overlay", min: 0, max: 1, help: "Opacity of the colored maps" },
  { name: "window", title: "Window", min: 0.05, max: 2, help: "Width of the gray values shown" },
  { name: "level", title: "Level", min: 0, max: 1, help: "Middle of the gray values shown" },
];

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".viewer");
  root.view ??= { ...START };
  const key = JSON.stringify(data);
  if (root.dataset.key !== key) {
    const isOtherImage = root.dataset.image !== data.panels[0]?.base;
    root.dataset.key = key;
    root.dataset.image = data.panels[0]?.base ?? "";
    if (isOtherImage) Object.assign(root.view, { zoom: 1, x: 0, y: 0 });
    build(root, data);
  }
  apply(root);
}

function build(root, data) {
  const panels = make("div", "panels");
  panels.style.setProperty("--aspect", data.aspect);
  panels.append(...data.panels.map((panel) => buildPanel(panel, data.outline)));
  root.replaceChildren(buildFilter(), buildTools(root, data), panels);
  listen(root, panels);
}

function buildTools(root, data) {
  const tools = make("div", "tools");
  const hasOverlay = data.panels.some((panel) => panel.overlay || panel.is_waiting);
  const sliders = SLIDERS.filter((slider) => hasOverlay || slider.name !== "opacity");
  tools.append(...sliders.map((slider) => buildSlider(root, slider)));
  if (data.outline) tools.append(buildOutlineSwitch(root));
  const reset = make("button", "reset", "Reset");
  reset.onclick = () => {
    Object.assign(root.view, START);
    apply(root);
  };
  tools.append(reset, make("span", "hint", "Wheel zooms, drag moves, double click resets the zoom"));
  return tools;
}

function buildSlider(root, { name, title, min, max, help }) {
  const label = make("label", "", title);
  const input = make("input", name);
  Object.assign(input, { type: "range", min, max, step: 0.01, title: help });
  input.setAttribute("aria-label", help);
  input.oninput = () => {
    root.view[name] = Number(input.value);
    apply(root);
  };
  label.append(input);
  return label;
}

function buildOutlineSwitch(root) {
  const label = make("label", "", "Lesion outline");
  const input = make("input", "outline-switch");
  input.type = "checkbox";
  input.onchange = () => {
    root.view.outline = input.checked;
    apply(root);
  };
  label.prepend(input);
  return label;
}

function buildPanel(panel, outline) {
  const figure = make("figure");
  const port = make("div", "port");
  const stage = make("div", "stage");
  stage.append(buildImage(panel.base, "base", panel.alt));
  if (panel.overlay) stage.append(buildImage(panel.overlay, "overlay", ""));
  if (outline) stage.append(buildImage(outline, "outline", ""));
  port.append(make("p", "waiting", "loading …"), stage);
  if (panel.is_waiting) port.append(make("p", "waiting on-top", "computing …"));
  figure.append(make("figcaption", "", panel.title), port, buildNote(panel));
  return figure;
}

function buildNote(panel) {
  const note = make("p", panel.help ? "note explained" : "note", panel.note);
  note.title = panel.help;
  return note;
}

function buildImage(source, kind, alt) {
  const image = new Image();
  Object.assign(image, { src: source, className: kind, alt, draggable: false, decoding: "async" });
  return image;
}

// An exact window and level: out = in / window + (0.5 - level / window).
function buildFilter() {
  const holder = make("div", "filter");
  holder.innerHTML =
    '<svg width="0" height="0" aria-hidden="true"><filter id="gray" ' +
    'color-interpolation-filters="sRGB"><feComponentTransfer><feFuncR type="linear"/>' +
    '<feFuncG type="linear"/><feFuncB type="linear"/></feComponentTransfer></filter></svg>';
  return holder;
}

function apply(root) {
  const { zoom, x, y, opacity, window: width, level, outline } = root.view;
  root.style.setProperty("--opacity", opacity);
  root.style.setProperty("--move", `translate(${x}%, ${y}%) scale(${zoom})`);
  root.dataset.zoom = zoom.toFixed(2);
  root.classList.toggle("windowed", width !== 1 || level !== 0.5);
  root.classList.toggle("outlined", outline);
  for (const part of root.querySelectorAll(".filter svg filter > * > *")) {
    part.setAttribute("slope", 1 / width);
    part.setAttribute("intercept", 0.5 - level / width);
  }
  for (const { name } of SLIDERS) {
    const slider = root.querySelector(`input.${name}`);
    if (slider) slider.value = root.view[name];
  }
  const box = root.querySelector(".outline-switch");
  if (box) box.checked = outline;
}
