// Shows one image several times side by side, each with its own map, moved in step. Opacity,
// threshold, colors, window, level, zoom, pan and blinking change styles, canvases and one SVG
// filter: the server is not asked. The other scripts of the viewer stand before this text.

const START = { zoom: 1, x: 0, y: 0, opacity: 0.65, threshold: 0.1, window: 1, level: 0.5 };
const CHOICES = { outline: true, colors: "", blink: "" };

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".viewer");
  root.view ??= { ...START, ...CHOICES };
  root.shares ??= new Map();
  const key = JSON.stringify(data);
  if (root.dataset.key !== key) {
    const isOtherImage = root.dataset.image !== data.panels[0]?.base;
    root.dataset.key = key;
    root.dataset.image = data.panels[0]?.base ?? "";
    if (isOtherImage) Object.assign(root.view, { zoom: 1, x: 0, y: 0 });
    build(root, data);
  }
  apply(root);
  return listenToKeys(root);
}

function build(root, data) {
  const panels = make("div", "panels");
  panels.style.setProperty("--aspect", data.aspect);
  root.colors = data.colors;
  root.aspect = data.aspect;
  root.layers = [];
  root.rivals = new Map(data.panels.filter((panel) => panel.map).map((p) => [p.title, p.map]));
  keepBlinking(root);
  panels.append(...data.panels.map((panel) => buildPanel(root, panel, data.outline)));
  root.replaceChildren(buildFilter(), buildTools(root, data), make("p", "one-sided hint", ONE_SIDED), panels);
  root.drawn = "";
  forgetOthers(root);
  listen(root, panels);
  watchSize(root);
}

function forgetOthers(root) {
  const known = new Set([...root.rivals.values()].map((map) => map.address));
  for (const address of root.shares.keys()) if (!known.has(address)) root.shares.delete(address);
}

function buildPanel(root, panel, outline) {
  const figure = make("figure");
  const port = make("div", "port");
  const stage = make("div", "stage");
  stage.append(buildBase(root, panel));
  if (panel.map) stage.append(...buildLayers(root, panel.map));
  if (outline) stage.append(buildImage(outline, "outline", ""));
  port.append(make("p", "waiting", "loading …"), stage);
  if (panel.is_waiting) port.append(make("p", "waiting on-top", "computing …"));
  if (panel.message) port.append(make("p", "waiting on-top", panel.message));
  figure.append(buildCaption(panel), port);
  if (panel.map) figure.append(buildScale(root, panel.map));
  if (panel.chips.length) figure.append(buildChips(panel.chips));
  figure.append(buildNote(panel));
  return figure;
}

function buildCaption({ title, badge }) {
  const caption = make("figcaption", "", title);
  if (badge) caption.append(buildChip(badge, "span", "badge"));
  return caption;
}

function buildChips(chips) {
  const list = make("ul", "chips");
  list.append(...chips.map((chip) => buildChip(chip, "li", "chip")));
  return list;
}

function buildChip({ text, standing, help }, tag, kind) {
  const chip = make(tag, `${kind} ${standing}`, text);
  chip.title = help;
  return chip;
}

// The map itself, and above it the one that it may blink with.
function buildLayers(root, map) {
  const overlay = buildLayer(map, "overlay");
  const rival = buildLayer(map, "rival");
  root.layers.push({ map, overlay, rival });
  return [overlay, rival];
}

function buildScale(root, map) {
  const bar = make("div", "scale");
  bar.append(make("span"), make("i"), make("span"));
  root.layers.find((layer) => layer.map === map).bar = bar;
  return bar;
}

function buildNote(panel) {
  const note = make("p", panel.help ? "note explained" : "note", panel.note);
  note.title = [panel.note, panel.help].filter(Boolean).join("\n\n");
  return note;
}

function buildBase(root, { base, alt }) {
  const image = buildImage(base, "base", alt);
  image.onload = () => apply(root);
  return image;
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

// Draws the view within the next frame, however often it changed since the last one.
function apply(root) {
  root.applying ||= requestAnimationFrame(() => draw(root));
}

function draw(root) {
  root.applying = 0;
  const { zoom, x, y, opacity, window: width, level, outline } = root.view;
  root.style.setProperty("--opacity", opacity);
  root.style.setProperty("--move", `translate(${inPixels(root, x, y)}) scale(${zoom})`);
  root.dataset.zoom = zoom.toFixed(2);
  root.classList.toggle("windowed", width !== 1 || level !== 0.5);
  root.classList.toggle("outlined", outline);
  for (const part of root.querySelectorAll(".filter svg filter > * > *")) {
    part.setAttribute("slope", 1 / width);
    part.setAttribute("intercept", 0.5 - level / width);
  }
  showChoices(root);
  beat(root);
  root.querySelectorAll("img.base").forEach((image) => showOwnPixels(root, image));
  const { threshold, colors, blink } = root.view;
  const drawn = [threshold, colors, blink, listFactors(root)].join();
  if (root.drawn === drawn) return;
  root.drawn = drawn;
  paintAll(root);
}

// A percent of each panel's own sides would move them apart by fractions of a pixel.
function inPixels({ shown = 0, aspect }, x, y) {
  return `${(x * shown) / 100}px, ${(y * shown) / aspect / 100}px`;
}

// Enlarged beyond its own pixels an image shows them.
function showOwnPixels(root, image) {
  const shown = root.shown * root.view.zoom * devicePixelRatio;
  image.classList.toggle("enlarged", image.naturalWidth > 0 && shown > image.naturalWidth);
}

// How wide a picture is on the screen: measured when it changes, for asking costs a layout.
function watchSize(root) {
  root.watch?.disconnect();
  root.watch = new ResizeObserver(([{ contentRect }]) => {
    root.shown = contentRect.width;
    apply(root);
  });
  const port = root.querySelector(".port");
  if (port) root.watch.observe(port);
}
