"""An audit's images folded together as they come, so that no record of one stays in memory."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

from mammo_core.audit.agreeing import MeanAgreement
from mammo_core.audit.figures import Figures, Look, look_at

Record = dict[str, Any]


class Gathering:
    """What a summary needs of all images.

    Attributes:
        looks: All images, those that were only blanked among them.
        explained: Those that methods were asked about.
        agreement: Of the explained ones' maps.
        again: What explaining again gave, of the few images where it was done.
        refusals: How many images each method refused.
        reasons: {method: why it refused the first of them}.
    """

    def __init__(self, methods: Sequence[str], metrics: Sequence[str]) -> None:
        self._methods, self._metrics = tuple(methods), tuple(metrics)
        self.looks: list[Look] = []
        self.explained: list[Look] = []
        self.agreement = MeanAgreement(methods)
        self.again: list[Record] = []
        self.refusals: Counter[str] = Counter()
        self.reasons: dict[str, str] = {}

    @classmethod
    def of(cls, records: Iterable[Record], methods: Sequence[str], metrics: Sequence[str]) -> Self:
        """All records, each dropped once it is counted in."""
        found = cls(methods, metrics)
        for record in records:
            found.add(record)
        return found

    def add(self, record: Record) -> None:
        """Count in what `measure_case` gave of an image, with `explain_again`'s under `again`."""
        is_explained = bool(record["methods"] or record["refused"])
        look = look_at(record, self._methods if is_explained else (), self._metrics)
        self.looks.append(look)
        if is_explained:
            self.explained.append(look)
            self.agreement.add(record)
        if record["again"]["methods"] or record["again"]["refused"]:
            self.again.append(record["again"])
        self.refusals.update(record["refused"].keys())
        self.reasons = {**record["refused"], **self.reasons}

    def to_figures(self) -> Figures:
        """The figures of the methods that gave a map of any image."""
        return Figures(self.explained, self._methods, self._metrics).of_methods_with_maps()

    def count_patients(self) -> int:
        """Patients of all images, blanked ones too."""
        return Figures(self.looks, (), ()).n_patients

    def list_facts(self) -> list[Record]:
        """What is known of each image besides its maps."""
        return [look.facts for look in self.looks]

    def list_refused(self) -> Record:
        """{method: {"n": images, "reason": of the first}} of those that refused."""
        return {name: {"n": n, "reason": self.reasons[name]} for name, n in self.refusals.items()}

    def list_refused_again(self) -> Record:
        """{method: {measure: reason}} of what could not be measured by explaining again."""
        found: Record = {}
        for again in self.again:
            for method, reasons in again["refused"].items():
                found.setdefault(method, {}).update(reasons)
        return found
