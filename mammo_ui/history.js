// Streamlit makes up to three entries of one step: the new page's parameters under the old path,
// the new path, and choices put back among the parameters. Nobody has seen those between. What
// follows an entry without another click or key, and does no more than that, takes its place, so
// that Back leads to where the user came from.
(() => {
  if (window.joinsHistorySteps) return;
  window.joinsHistorySteps = true;
  const push = history.pushState.bind(history);
  const pairsOf = (place) => new Set([...new URLSearchParams(place.search)].map(String));
  const isWithin = (part, whole) => [...part].every((pair) => whole.has(pair));
  let before = null; // the parameters that the step began with; null before it has an entry
  let isNewPage = false; // whether the step has come to its page: what it adds now, it remembers
  const endStep = () => { before = null; };
  for (const name of ["pointerdown", "keydown", "popstate"]) addEventListener(name, endStep, true);
  history.pushState = (state, title, url) => {
    const to = new URL(url, location.href);
    const [now, next] = [pairsOf(location), pairsOf(to)];
    const adds = before && isWithin(now, next);
    const goesOn = adds && (isNewPage || isWithin(next, new Set([...now, ...before])));
    if (!goesOn) [before, isNewPage] = [now, false];
    isNewPage ||= to.pathname !== location.pathname;
    goesOn ? history.replaceState(state, title, url) : push(state, title, url);
  };
})();
