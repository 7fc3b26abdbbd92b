// Zoom and pan of everything in a viewer, in step. The viewer's own text follows and defines
// apply(root), which draws root.view.

function listen(root, panels) {
  let drag = null;
  panels.onwheel = (event) => {
    const port = event.target.closest(".port");
    if (!port) return;
    event.preventDefault();
    zoomAt(root, place(event, port), event.deltaY < 0 ? 1.2 : 1 / 1.2);
  };
  panels.onpointerdown = (event) => {
    const port = event.target.closest(".port");
    if (!port || event.button !== 0) return;
    drag = { port, from: place(event, port), x: root.view.x, y: root.view.y };
    panels.setPointerCapture(event.pointerId);
  };
  panels.onpointermove = (event) => {
    if (!drag) return;
    const [px, py] = place(event, drag.port);
    move(root, drag.x + px - drag.from[0], drag.y + py - drag.from[1]);
  };
  panels.onpointerup = panels.onpointercancel = () => (drag = null);
  panels.ondblclick = () => {
    Object.assign(root.view, { zoom: 1, x: 0, y: 0 });
    apply(root);
  };
}

// Where an event is inside a port, in percent of its sides.
function place(event, port) {
  const box = port.getBoundingClientRect();
  return [
    ((event.clientX - box.left) / box.width) * 100,
    ((event.clientY - box.top) / box.height) * 100,
  ];
}

function zoomAt(root, [px, py], factor) {
  const view = root.view;
  const zoom = Math.min(16, Math.max(1, view.zoom * factor));
  const x = px - ((px - view.x) * zoom) / view.zoom;
  const y = py - ((py - view.y) * zoom) / view.zoom;
  view.zoom = zoom;
  move(root, x, y);
}

function move(root, x, y) {
  const slack = 100 * (1 - root.view.zoom);
  root.view.x = Math.min(0, Math.max(slack, x));
  root.view.y = Math.min(0, Math.max(slack, y));
  apply(root);
}

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}
