"""What measuring explanations costs, in forward passes, and how far it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mammo_core.attribution.base import QUICK, Attribution
from mammo_core.attribution.together import group_by_passes
from mammo_core.types import Progress


class Work(NamedTuple):
    """A measure of a method for which it explains again.

    Attributes:
        method: Its name.
        metric: A key of `METHOD_METRICS`.
        rounds: How often it explains.
        passes: What that takes, its share of passes that others take part in.
    """

    method: str
    metric: str
    rounds: int
    passes: float


def count_passes(methods: Mapping[str, Attribution], metrics: Sequence[str]) -> int:
    """Forward passes that measuring takes, about; those that methods share count once."""
    from mammo_core.evidence import METRICS  # the family's tables import nothing from here

    of_maps = sum(METRICS[name].cost for name in metrics if name in METRICS)
    works = plan_works(methods, dict.fromkeys(methods, metrics))
    return len(methods) * of_maps + round(sum(work.passes for work in works))


def plan_works(methods: Mapping[str, Attribution], todo: Mapping[str, Sequence[str]]) -> list[Work]:
    """What methods are to explain again for, what takes least first.

    Args:
        methods: By name.
        todo: {method: measures}, of which those of maps and those that the own map answers are
            left out.
    """
    return list(_plan(methods, todo))


def _plan(methods: Mapping[str, Attribution], todo: Mapping[str, Sequence[str]]) -> Iterator[Work]:
    from mammo_core.evidence import METHOD_METRICS

    shares, begun = _share_costs(methods), set()
    for metric in sorted(METHOD_METRICS, key=lambda name: METHOD_METRICS[name].explanations):
        again = METHOD_METRICS[metric].explanations - 1
        for name in sorted(methods, key=lambda name: _place(methods[name])):
            if again and metric in todo[name]:
                rounds = again + (name not in begun)
                begun.add(name)
                yield Work(name, metric, rounds, rounds * shares[name])


def _share_costs(methods: Mapping[str, Attribution]) -> dict[str, float]:
    """{method: passes of one explanation}; what methods take together is split among them."""
    groups = group_by_passes(methods)
    return {
        name: max(method.cost for method in group.values()) / len(group)
        for group in groups
        for name in group
    }


def _place(method: Attribution) -> tuple[bool, bool, int]:
    """Quick ones first, of them those of a layer, whose pass gives the others their gradient."""
    return method.cost > QUICK, "layer" not in method.needs, method.cost


class Tally:
    """Progress of several works, told in forward passes of all.

    Args:
        progress: Told; may end the work.
        total: Passes of all works.
    """

    def __init__(self, progress: Progress, total: float) -> None:
        self._progress, self._total = progress, max(1, round(total))
        self._done = 0.0

    def begin(self, passes: float, doing: str, rounds: int = 1) -> Progress:
        """Progress of the next work, which goes through its passes in several rounds.

        Args:
            passes: Of the work.
            doing: What is told of it, whatever it says itself.
            rounds: How often it begins from the start.
        """
        before, self._done = self._done, self._done + passes
        work = _Rounds(rounds)

        def tell(done: int, total: int, _doing: str) -> None:
            share = work.note(done / max(total, 1))
            self._progress(round(before + share * passes), self._total, doing)

        tell(0, 1, "")
        return tell

    def end(self, doing: str) -> None:
        """Tell that all is done."""
        self._progress(self._total, self._total, doing)


class _Rounds:
    """How far a work is that begins anew several times; what goes back is the next round."""

    def __init__(self, n_rounds: int) -> None:
        self._n_rounds, self._number, self._last = n_rounds, 0, 0.0

    def note(self, share: float) -> float:
        """The share of all rounds, up to 1, from that of the one under way."""
        self._number += share < self._last
        self._last = share
        return min(1.0, (self._number + share) / self._n_rounds)
