// Maps of numbers drawn as colors. pan_zoom.js stands before this text and gives make().

const LEVELS = 1023; // odd, so that one of them is 0
const [FAINTEST, SOLID] = [0.1, 0.5]; // as in overlays.py: where opacity begins and where it is full
const CLIPPED = "99.8th"; // as in overlays.py: the percentile of a map's sizes at the ends of its colors
const MOST_CELLS = 1024; // of a canvas, along its longer side; the browser enlarges the rest

// Shares of the color bar's end in [-1, 1], on the part of the model's grid that shows the image.
async function loadShares(map) {
  const answer = await fetch(map.address);
  if (!answer.ok) throw new Error(answer.status);
  const values = new Int16Array(await answer.arrayBuffer());
  const [top, left, height, width] = map.window;
  const shrink = Math.min(1, MOST_CELLS / Math.max(height, width));
  const rows = Math.max(1, Math.round(height * shrink));
  const columns = Math.max(1, Math.round(width * shrink));
  const down = placeBetween(top, height, rows, map.grid[0], map.rows);
  const across = placeBetween(left, width, columns, map.grid[1], map.columns);
  const isOwn = map.columns * width >= map.grid[1] * columns; // as many cells as the method gave
  return { rows, columns, isOwn, values: interpolate(values, map.columns, down, across) };
}

// The same on a coarser grid, each cell the value of the largest size within it, as in overlays.py:
// the mean would let single pixels fade. Colors that run from 0 show only what speaks for the class.
function pool(shares, factor, isSigned) {
  if (factor === 1) return shares;
  const rows = Math.max(1, Math.round(shares.rows / factor));
  const columns = Math.max(1, Math.round(shares.columns / factor));
  const values = new Float32Array(rows * columns);
  const across = Int32Array.from({ length: shares.columns }, (_, x) =>
    Math.floor((x * columns) / shares.columns),
  );
  for (let y = 0, i = 0; y < shares.rows; y++) {
    const start = Math.floor((y * rows) / shares.rows) * columns;
    for (let x = 0; x < shares.columns; x++, i++) {
      const [k, value] = [start + across[x], shares.values[i]];
      const isLarger = isSigned ? Math.abs(value) > Math.abs(values[k]) : value > values[k];
      if (isLarger) values[k] = value;
    }
  }
  return { rows, columns, values };
}

// For each of n places along one side: the two cells it lies between and the second one's weight.
// A cell's value stands at its center, and beyond the outer centers nothing changes.
function placeBetween(start, length, n, grid, cells) {
  return Array.from({ length: n }, (_, i) => {
    const at = start + ((i + 0.5) * length) / n;
    const place = Math.min(cells - 1, Math.max(0, (at * cells) / grid - 0.5));
    const first = Math.floor(place);
    return [first, Math.min(cells - 1, first + 1), place - first];
  });
}

function interpolate(values, columns, down, across) {
  const shares = new Float32Array(down.length * across.length);
  let k = 0;
  for (const [top, bottom, v] of down) {
    const upper = top * columns;
    const lower = bottom * columns;
    for (const [left, right, u] of across) {
      const above = values[upper + left] * (1 - u) + values[upper + right] * u;
      const below = values[lower + left] * (1 - u) + values[lower + right] * u;
      shares[k++] = (above * (1 - v) + below * v) / 32767;
    }
  }
  return shares;
}

function buildLayer(map, kind) {
  const canvas = make("canvas", kind);
  const [top, left, height, width] = map.box.map((share) => `${100 * share}%`);
  Object.assign(canvas.style, { top, left, width, height });
  if (map.is_mirrored) canvas.style.transform = "scaleX(-1)";
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}

function paintLayer(canvas, shares, table) {
  if (canvas.width !== shares.columns || canvas.height !== shares.rows) {
    Object.assign(canvas, { width: shares.columns, height: shares.rows });
  }
  const context = canvas.getContext("2d");
  const picture = context.createImageData(shares.columns, shares.rows);
  const colors = new Uint32Array(picture.data.buffer);
  const half = (LEVELS - 1) / 2;
  for (let i = 0; i < colors.length; i++) {
    colors[i] = table[Math.round((shares.values[i] + 1) * half)];
  }
  context.putImageData(picture, 0, 0);
  canvas.dataset.isPainted = "true"; // for who waits for it
}

// The color of each share from -1 to 1; one that runs from 0 shows what speaks for the class.
function buildTable({ stops, diverging }, threshold) {
  const table = new Uint32Array(LEVELS);
  const faintest = Math.min(threshold, FAINTEST);
  for (let k = 0; k < LEVELS; k++) {
    const share = (2 * k) / (LEVELS - 1) - 1;
    const size = Math.abs(share);
    if (size < threshold || (!diverging && share < 0)) continue;
    const [red, green, blue] = mix(stops, diverging ? (share + 1) / 2 : share);
    const opacity = Math.min(1, Math.max(0, (size - faintest) / (SOLID - faintest)));
    table[k] = (Math.round(255 * opacity) << 24) | (blue << 16) | (green << 8) | red;
  }
  return table;
}

function mix(stops, share) {
  const place = share * (stops.length - 1);
  const first = Math.min(stops.length - 2, Math.floor(place));
  const weight = place - first;
  return [0, 1, 2].map((c) =>
    Math.round(stops[first][c] * (1 - weight) + stops[first + 1][c] * weight),
  );
}

function showScale(bar, map, { stops, diverging }) {
  const colors = stops.map((stop) => `rgb(${stop.join(",")})`);
  const end = map.highest.toPrecision(2);
  bar.title =
    "The colors and the values at their ends, in the method's own scale. The ends are the " +
    `${CLIPPED} percentile of the map's sizes, beyond which all look alike; the largest is ` +
    `${map.largest.toPrecision(2)}. Shown smaller than it is, a map shows the strongest value of ` +
    "each place." +
    (map.signed && !diverging ? " Only what speaks for the class is shown." : "");
  bar.children[0].textContent = diverging ? `−${end}` : "0";
  bar.children[1].style.background = `linear-gradient(to right, ${colors.join(",")})`;
  bar.children[2].textContent = map.signed && !diverging ? `${end}, for it` : end;
}
