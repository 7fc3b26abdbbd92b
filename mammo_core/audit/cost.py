"""How much work an audit is, in forward passes, so that the time left can be told."""

from collections.abc import Mapping, Sequence

from mammo_core.attribution import Attribution
from mammo_core.audit.sampling import Work
from mammo_core.audit.storage import AGAIN, MAPS
from mammo_core.evidence import METHOD_METRICS, METRICS, MethodMetric
from mammo_core.types import Progress

FLIPS = 22
"""Forward passes that a measure of faithfulness takes for a map, about; the others take none."""
LOOKED_AT = 5
"""And what reading an image and asking about its blanked versions comes to."""


def count_again(method: Attribution, measure: MethodMetric) -> int:
    """Passes that a measure takes to explain an image again; the first map is shared by all."""
    return (method.cost + 1) * max(1, measure.explanations - 1)


def _name_places(works: Sequence[Work]) -> dict[str, str]:
    """{image: which one of how many}: of those explained, or of all where it is only blanked."""
    n_explained = sum(bool(work.explaining) for work in works)
    return {
        work.image_id: f"Image {k} of {n_explained}"
        if work.explaining
        else f"Blanking image {k} of {len(works)}"
        for k, work in enumerate(works, 1)
    }


class Ledger:
    """Tells how many of all forward passes are done.

    Attributes:
        total: Forward passes of the whole audit, about.
    """

    def __init__(
        self,
        works: Sequence[Work],
        methods: Mapping[str, Attribution],
        map_metrics: Sequence[str],
        method_metrics: Sequence[str],
        progress: Progress,
    ) -> None:
        self._methods = methods
        self._flips = FLIPS * sum(METRICS[n].family == "faithfulness" for n in map_metrics)
        self._measures = [METHOD_METRICS[name]() for name in method_metrics]
        self._progress = progress
        self._places = _name_places(works)
        self._done = 0
        self.total = sum(self._cost(work, kind) for work in works for kind in (MAPS, AGAIN))

    def within(self, work: Work, kind: str) -> Progress:
        """Progress within one work on an image, told in forward passes; may raise Cancelled."""
        place = self._places[work.image_id]
        what = place if kind == MAPS else f"{place}, explained again"

        def tell(done: int, total: int, doing: str) -> None:
            told = f"{what}: {doing}" if doing else what
            self._progress(self._done + min(done, self._cost(work, kind)), self.total, told)

        tell(0, 1, "")
        return tell

    def finish(self, work: Work, kind: str) -> None:
        """Note that a work is done, now or in an earlier run."""
        self._done += self._cost(work, kind)
        if self._done >= self.total:
            self._progress(self.total, self.total, "Auditing")

    def _cost(self, work: Work, kind: str) -> int:
        if kind == AGAIN:
            asked = [self._methods[name] for name in work.explaining_again]
            return sum(count_again(method, one) for method in asked for one in self._measures)
        passes = sum(self._methods[name].cost + self._flips for name in work.explaining)
        return LOOKED_AT + passes
