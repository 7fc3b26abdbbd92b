// The viewer's tool bar. viewer.js gives START, CHOICES and apply().

const SLIDERS = [
  { name: "opacity", title: "Overlay", min: 0, max: 1, help: "Opacity of the colored maps" },
  { name: "threshold", title: "Threshold", min: 0, max: 0.99, help: "Hide what is below this share of the color bar's end" },
  { name: "window", title: "Window", min: 0.05, max: 2, help: "Width of the gray values shown" },
  { name: "level", title: "Level", min: 0, max: 1, help: "Middle of the gray values shown" },
];
const OF_MAPS = ["opacity", "threshold"];

function buildTools(root, data) {
  const tools = make("div", "tools");
  const hasMaps = data.panels.some((panel) => panel.map || panel.is_waiting);
  const sliders = SLIDERS.filter((slider) => hasMaps || !OF_MAPS.includes(slider.name));
  tools.append(...sliders.map((slider) => buildSlider(root, slider)));
  if (hasMaps) tools.append(buildChoice(root, "colors", "Colors", listColors(data)));
  if (hasMaps) tools.append(buildChoice(root, "blink", "Blink", listRivals(root)));
  if (data.outline) tools.append(buildOutlineSwitch(root));
  const reset = make("button", "reset", "Reset");
  reset.onclick = () => {
    Object.assign(root.view, START, CHOICES);
    apply(root);
  };
  const keys = hasMaps ? ", B blinks" : "";
  tools.append(reset, make("span", "hint", `Wheel zooms, drag moves, double click resets the zoom${keys}`));
  return tools;
}

function listColors({ colors }) {
  return [["", "as usual"], ...colors.map(({ name, title }) => [name, title])];
}

function listRivals(root) {
  const others = [...root.rivals.keys()].map((title) => [title, `with ${title}`]);
  return [["", "off"], ["image", "with the image"], ...others];
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
  giveBackArrows(input);
  label.append(input);
  return label;
}

function buildChoice(root, name, title, options) {
  const label = make("label", "", title);
  const select = make("select", name);
  select.append(...options.map(([value, text]) => new Option(text, value)));
  select.onchange = () => {
    root.view[name] = select.value;
    apply(root);
  };
  giveBackArrows(select);
  label.append(select);
  return label;
}

// The arrow keys turn the page, but not while somebody who came by the keyboard sets a tool with
// them; who used the mouse has them back at once.
function giveBackArrows(tool) {
  tool.onkeydown = (event) => {
    if (event.key.startsWith("Arrow")) event.stopPropagation(); // to return false would stop Tab
  };
  tool.onpointerdown = () => (tool.isPointed = true);
  tool.onchange = chain(tool.onchange, () => {
    if (tool.isPointed) tool.blur();
    tool.isPointed = false;
  });
}

function chain(first, second) {
  return (event) => {
    first?.call(event.target, event);
    second();
  };
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

function showChoices(root) {
  for (const name of [...SLIDERS.map((slider) => slider.name), "colors", "blink"]) {
    const input = root.querySelector(`input.${name}, select.${name}`);
    if (input) input.value = root.view[name];
  }
  const box = root.querySelector(".outline-switch");
  if (box) box.checked = root.view.outline;
}
