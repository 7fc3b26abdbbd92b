"""Many perturbed images through a model in full batches."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mammo_core.batch_size import batch_size_of
from mammo_core.types import Classifier


@dataclass(frozen=True, eq=False)
class Probe:
    """A perturbed image that the model is asked about.

    Attributes:
        draw: Gives its pixels, (H, W, C) float32, at once or never.
        shared: Its name where it follows from the image alone, so that all maps and measures share
            one answer; None for a map's own.
    """

    draw: Callable[[], NDArray[np.float32]]
    shared: Hashable = None


class LogitStream:
    """Collects probes and asks the model whenever a batch of them is full.

    Only logits are kept: memory is bounded by one batch of the model's, however many images are
    asked about.
    """

    def __init__(self, model: Classifier) -> None:
        self._model = model
        self._batch = np.empty((batch_size_of(model), *model.input_shape), dtype=np.float32)
        self._n_waiting = 0
        self._answers: list[NDArray[np.float32]] = []
        self._shared: dict[Hashable, int] = {}

    def begin_image(self) -> None:
        """Forget which probes have names: another image's are others."""
        self._shared = {}

    def ask(self, probe: Probe) -> int:
        """The number under which the probe's answer is read later."""
        if probe.shared in self._shared:
            return self._shared[probe.shared]
        ticket = len(self._answers) + self._n_waiting
        if probe.shared is not None:
            self._shared[probe.shared] = ticket
        self._batch[self._n_waiting] = probe.draw()
        self._n_waiting += 1
        if self._n_waiting == len(self._batch):
            self.flush()
        return ticket

    @property
    def n_answered(self) -> int:
        """How many tickets can be read; they are answered in their order."""
        return len(self._answers)

    def read(self, tickets: Sequence[int]) -> NDArray[np.float32]:
        """(tickets, classes) logits of what was answered."""
        found = [self._answers[ticket] for ticket in tickets]
        return np.array(found, dtype=np.float32).reshape(len(found), len(self._model.classes))

    def flush(self) -> None:
        """Ask about what waits for its batch to be full."""
        if self._n_waiting:
            self._answers.extend(self._model.logits(self._batch[: self._n_waiting]))
            self._n_waiting = 0
