// Streamlit makes up to three entries of one step: the new page's parameters under the old path,
// the new path, and choices put back among the parameters. Nobody has seen those between. Whatever
// follows an entry at once and does no more than that takes its place, so that Back leads to where
// the user came from.
(() => {
  if (window.joinsHistorySteps) return;
  window.joinsHistorySteps = true;
  const LONGEST = 1500; // ms that a step takes
  const push = history.pushState.bind(history);
  const pairsOf = (place) => new Set([...new URLSearchParams(place.search)].map(String));
  const isWithin = (part, whole) => [...part].every((pair) => whole.has(pair));
  let before = new Set(); // the parameters that the step began with
  let begun = -Infinity;
  let isNewPage = false; // whether the step has come to its page: what it adds now, it remembers
  history.pushState = (state, title, url) => {
    const to = new URL(url, location.href);
    const [now, next] = [pairsOf(location), pairsOf(to)];
    const adds = performance.now() - begun < LONGEST && isWithin(now, next);
    const goesOn = adds && (isNewPage || isWithin(next, new Set([...now, ...before])));
    if (!goesOn) [before, begun, isNewPage] = [now, performance.now(), false];
    isNewPage ||= to.pathname !== location.pathname;
    goesOn ? history.replaceState(state, title, url) : push(state, title, url);
  };
})();
