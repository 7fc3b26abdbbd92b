"""How Optuna draws the settings of a trial, and when it ends one early."""

from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.pruners import MedianPruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial

from mammo_core.tuning.ranges import Choice, Range

RANDOM_TRIALS = 10
"""So many trials are drawn at random before their results say where to look."""
UNPRUNED_TRIALS = 5
"""So many trials must be complete before any is ended early."""


class NumberedSampler(BaseSampler):
    """The tree-structured Parzen estimator, whose chance depends on seed and trial number alone.

    So no two workers draw the same, an interrupted sweep goes on as if it had not been, and one
    worker repeats itself. The settings are drawn together (multivariate), because learning rate,
    size and architecture depend on each other.

    Reference: Bergstra et al. 2011 (NeurIPS 24); Falkner et al. 2018, arXiv:1807.01774
    (multivariate).
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._samplers: dict[int, TPESampler] = {}

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """What the trial's own sampler draws together."""
        return self._sampler_of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Values for what is drawn together."""
        return self._sampler_of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """A value for what is drawn alone."""
        sampler = self._sampler_of(trial)
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def _sampler_of(self, trial: FrozenTrial) -> TPESampler:
        if trial.number not in self._samplers:
            seed = int(np.random.SeedSequence([self._seed, trial.number]).generate_state(1)[0])
            sampler = TPESampler(n_startup_trials=RANDOM_TRIALS, seed=seed, multivariate=True)
            self._samplers = {trial.number: sampler}
        return self._samplers[trial.number]


def make_pruner(epochs: int) -> MedianPruner:
    """End a trial whose best epoch so far is worse than the median of the others' same epoch.

    The median needs neither a largest budget nor many trials. Hyperband would split twenty trials
    over brackets of a few each, and would compare short trainings with long ones, though a cosine
    schedule makes half a training no smaller copy of a whole one. A third of the epochs is warm-up.
    """
    return MedianPruner(
        n_startup_trials=UNPRUNED_TRIALS, n_warmup_steps=max(1, epochs // 3), n_min_trials=3
    )


def to_distribution(range_: Range) -> BaseDistribution:
    """A range in Optuna's words."""
    if isinstance(range_, Choice):
        return CategoricalDistribution(range_.values)
    if range_.whole:
        return IntDistribution(int(range_.low), int(range_.high), log=range_.log)
    return FloatDistribution(range_.low, range_.high, log=range_.log)
