// A grid of lazily loaded thumbnails; a click tells the server which one was picked.

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const grid = parentElement.querySelector(".gallery");
  grid.style.setProperty("--columns", data.columns || `repeat(auto-fill, minmax(${data.width}px, 1fr))`);
  const key = JSON.stringify(data.items);
  if (grid.dataset.key === key) return;
  grid.dataset.key = key;
  grid.replaceChildren(...data.items.map((item) => buildTile(item, setTriggerValue)));
}

function buildTile(item, setTriggerValue) {
  const tile = document.createElement("a");
  tile.className = `tile ${item.mark}${item.current ? " current" : ""}`;
  tile.href = item.href;
  tile.dataset.id = item.id;
  tile.setAttribute("role", "listitem");
  if (item.current) tile.setAttribute("aria-current", "true");
  tile.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // opens a tab of its own
    event.preventDefault();
    setTriggerValue("picked", item.id);
  };
  if (item.source) tile.append(buildPicture(item));
  tile.append(...item.lines.map(buildLine));
  return tile;
}

function buildPicture(item) {
  const image = new Image();
  Object.assign(image, { loading: "lazy", decoding: "async", alt: item.alt, src: item.source });
  image.onerror = () => image.classList.add("absent");
  return image;
}

function buildLine({ text, color, strong }) {
  const line = document.createElement("span");
  line.className = strong ? "strong" : "";
  if (color) {
    const dot = document.createElement("i");
    dot.style.background = color;
    line.append(dot);
  }
  line.append(text);
  return line;
}
