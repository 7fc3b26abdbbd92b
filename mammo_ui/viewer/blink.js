// Two pictures in turn at one place: the eye sees what differs.

const BEAT_MS = 250; // two rounds a second
const WRITING = "textarea, select, [contenteditable], input:not([type=range], [type=checkbox])";

// All panels change at once: with the image alone, or with one map laid over each of them.
function beat(root) {
  const isOn = Boolean(root.view.blink);
  root.lastBlink = root.view.blink || root.lastBlink || "image";
  root.classList.toggle("rivaled", root.rivals.has(root.view.blink));
  if (isOn) {
    root.beating ||= setInterval(() => root.classList.toggle("beat"), BEAT_MS);
    return;
  }
  clearInterval(root.beating);
  root.beating = 0;
  root.classList.remove("beat");
}

function listenToKeys(root) {
  const onKey = (event) => {
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
    const isWriting = event.composedPath()[0].matches?.(WRITING);
    if (event.key.toLowerCase() !== "b" || !isPlain || isWriting || !root.rivals.size) return;
    root.view.blink = root.view.blink ? "" : root.lastBlink;
    apply(root);
  };
  document.removeEventListener("keydown", root.onKey);
  document.addEventListener("keydown", (root.onKey = onKey));
  return () => {
    document.removeEventListener("keydown", onKey);
    clearInterval(root.beating);
    root.beating = 0;
  };
}

// What is blinked with may be gone when other maps are shown.
function keepBlinking(root) {
  const isKnown = (name) => name === "image" || root.rivals.has(name);
  if (!isKnown(root.view.blink)) root.view.blink = "";
  if (!isKnown(root.lastBlink)) root.lastBlink = "image";
}
