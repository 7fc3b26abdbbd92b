// A grid of lazily loaded thumbnails; a click tells the server which one was picked.

export default function (component) {
  const { data, parentElement } = component;
  const grid = parentElement.querySelector(".gallery");
  grid.style.setProperty("--columns", data.columns || `repeat(auto-fill, minmax(${data.width}px, 1fr))`);
  const key = JSON.stringify(data.items);
  if (grid.dataset.key === key) return;
  grid.dataset.key = key;
  const marked = new Set(data.marked);
  grid.replaceChildren(...data.items.map((item) => buildTile(item, data.marking && marked, component)));
}

// `marked`: the ids that are marked; false where tiles cannot be.
function buildTile(item, marked, { setTriggerValue, setStateValue }) {
  const tile = document.createElement("a");
  tile.className = `tile ${item.mark}${item.current ? " current" : ""}`;
  tile.href = item.href;
  tile.dataset.id = item.id;
  tile.setAttribute("role", "listitem");
  if (item.current) tile.setAttribute("aria-current", "true");
  const mark = () => {
    marked.has(item.id) ? marked.delete(item.id) : marked.add(item.id);
    showMark(tile, marked.has(item.id));
    setStateValue("marked", [...marked]);
  };
  tile.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || (event.shiftKey && !marked)) return; // a tab of its own
    event.preventDefault();
    event.shiftKey ? mark() : setTriggerValue("picked", item.id);
  };
  if (marked) {
    tile.onkeydown = (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      mark();
    };
    tile.onmousedown = (event) => event.shiftKey && event.preventDefault(); // would select text
    showMark(tile, marked.has(item.id));
  }
  tile.append(buildPicture(item), ...item.lines.map(buildLine));
  return tile;
}

function showMark(tile, isMarked) {
  tile.classList.toggle("marked", isMarked);
  tile.setAttribute("aria-selected", String(isMarked));
}

function buildPicture(item) {
  const frame = document.createElement("div");
  frame.className = "picture";
  if (item.source) frame.append(buildImage(item.source, item.alt)); // a mere table has no pictures
  if (item.overlay) frame.onpointerenter = () => addOverlay(frame, item.overlay);
  return frame;
}

// Loaded when the pointer first comes, for most tiles are never pointed at.
function addOverlay(frame, source) {
  if (frame.querySelector(".overlay")) return;
  const image = buildImage(source, "");
  image.classList.add("overlay");
  frame.append(image);
}

function buildImage(source, alt) {
  const image = new Image();
  Object.assign(image, { loading: "lazy", decoding: "async", alt, src: source });
  image.onerror = () => image.classList.add("absent");
  return image;
}

function buildLine({ text, color, strong, title }) {
  const line = document.createElement("span");
  if (title) line.title = title;
  line.className = strong ? "strong" : "";
  if (color) {
    const dot = document.createElement("i");
    dot.style.background = color;
    line.append(dot);
  }
  line.append(text);
  return line;
}
