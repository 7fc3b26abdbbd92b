// Paints all maps of a viewer again; their numbers are fetched once. map_layer.js gives the rest.

const ONE_SIDED =
  "In these colors signed maps show only what speaks for the class, not what speaks against it.";
const WAITS_MS = [300, 1000, 3000, 10000]; // before each further try to fetch a map
const CELL = 2; // pixels of the screen along a side of the smallest cell that is seen as a color

function paintAll(root) {
  const tables = new Map();
  for (const { map, overlay, rival, bar } of root.layers) {
    const other = root.rivals.get(root.view.blink);
    if (bar) showScale(bar, map, chooseColors(root, map));
    paint(root, overlay, map, tables);
    if (other) paint(root, rival, other, tables);
  }
  const isOneSided = ({ map }) => map.signed && !chooseColors(root, map).diverging;
  root.classList.toggle("one-sided", root.layers.some(isOneSided));
}

function paint(root, canvas, map, tables) {
  const shares = root.shares.get(map.address);
  if (!shares) return fetchShares(root, map);
  const colors = chooseColors(root, map);
  if (!tables.has(colors)) tables.set(colors, buildTable(colors, root.view.threshold));
  const factor = chooseFactor(root, map, shares);
  canvas.classList.toggle("enlarged", factor === 1 && shares.isOwn);
  paintLayer(canvas, poolOnce(shares, factor, colors.diverging), tables.get(colors));
}

// How many of a map's cells along a side are drawn as one.
function chooseFactor(root, map, shares) {
  const shown = (root.shown || shares.columns) * map.box[3] * root.view.zoom * devicePixelRatio;
  return Math.max(1, Math.floor((shares.columns * CELL) / shown));
}

// The factors of all maps, by which a change of zoom asks for another painting or does not.
function listFactors(root) {
  const known = [...root.rivals.values()].map((map) => [map, root.shares.get(map.address)]);
  return known.map(([map, shares]) => (shares ? chooseFactor(root, map, shares) : 0)).join();
}

function poolOnce(shares, factor, isSigned) {
  const name = `${factor}/${isSigned}`;
  shares.pooled ??= new Map();
  if (!shares.pooled.has(name)) shares.pooled.set(name, pool(shares, factor, isSigned));
  return shares.pooled.get(name);
}

function chooseColors(root, map) {
  const name = root.view.colors || (map.signed ? "diverging" : "inferno");
  return root.colors.find((colors) => colors.name === name);
}

// A server that is busy, or a connection that was lost, is asked again; then the panel says so.
function fetchShares(root, map, tries = 0) {
  if (tries === 0 && root.shares.has(map.address)) return;
  root.shares.set(map.address, null); // on its way
  portOf(root, map)?.querySelector(".missing")?.remove();
  loadShares(map)
    .then((shares) => root.shares.set(map.address, shares))
    .then(() => apply(root)) // with its numbers it has a factor, so that all is painted
    .catch(() => {
      if (!root.shares.has(map.address)) return; // another image is shown by now
      if (tries === WAITS_MS.length) return tellMissing(root, map);
      setTimeout(() => fetchShares(root, map, tries + 1), WAITS_MS[tries]);
    });
}

function tellMissing(root, map) {
  root.shares.delete(map.address);
  portOf(root, map)?.append(make("p", "waiting on-top missing", "the map could not be loaded"));
}

function portOf(root, map) {
  const layer = root.layers.find((one) => one.map.address === map.address);
  return layer?.overlay.closest(".port");
}
