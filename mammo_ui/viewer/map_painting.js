// Paints all maps of a viewer again; their numbers are fetched once. map_layer.js gives the rest.

function paintAll(root) {
  root.painting = 0;
  const tables = new Map();
  for (const { map, overlay, rival, bar } of root.layers) {
    const other = root.rivals.get(root.view.blink);
    if (bar) showScale(bar, map, chooseColors(root, map));
    paint(root, overlay, map, tables);
    if (other) paint(root, rival, other, tables);
  }
}

function paint(root, canvas, map, tables) {
  const shares = root.shares.get(map.address);
  if (!shares) return fetchShares(root, map);
  const colors = chooseColors(root, map);
  if (!tables.has(colors)) tables.set(colors, buildTable(colors, root.view.threshold));
  paintLayer(canvas, shares, tables.get(colors));
}

function chooseColors(root, map) {
  const name = root.view.colors || (map.signed ? "diverging" : "inferno");
  return root.colors.find((colors) => colors.name === name);
}

function fetchShares(root, map) {
  if (root.shares.has(map.address)) return;
  root.shares.set(map.address, null); // on its way
  loadShares(map)
    .then((shares) => root.shares.set(map.address, shares))
    .then(() => (root.painting ||= requestAnimationFrame(() => paintAll(root))))
    .catch(() => root.shares.delete(map.address));
}
