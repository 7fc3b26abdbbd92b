"""How unsure a model is of a case, and what follows: whom to refer, which classes to leave open."""

from mammo_core.uncertainty import measures
from mammo_core.uncertainty.measure import Measure
from mammo_core.uncertainty.pass_method import PassMethod, start_augmented, start_dropout

__all__ = ["MEASURES", "PASS_MEASURES", "PASS_METHODS", "Measure", "PassMethod"]

MEASURES: dict[str, Measure] = {
    "entropy": Measure(
        title="Entropy",
        says="High where the probability is spread over all classes.",
        highest=1.0,
        reference="Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x",
        compute=measures.compute_entropy,
    ),
    "margin": Measure(
        title="Small margin",
        says="High where the second class is nearly as probable as the first.",
        highest=1.0,
        reference="Scheffer et al. 2001, doi:10.1007/3-540-44816-0_31",
        compute=measures.compute_closeness,
    ),
    "least_confidence": Measure(
        title="Least confidence",
        says="High where even the most probable class is not probable.",
        highest=1.0,
        reference="Lewis and Gale 1994, arXiv:cmp-lg/9407020",
        compute=measures.compute_lack_of_confidence,
    ),
}
"""Of one row of probabilities."""

PASS_MEASURES: dict[str, Measure] = {
    "entropy": Measure(
        title="Entropy of the mean",
        says="High where the passes together spread the probability over all classes.",
        highest=1.0,
        reference="Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x",
        compute=lambda passes: measures.compute_entropy(passes.mean(axis=0)),
    ),
    "mutual_information": Measure(
        title="Mutual information",
        says="High where passes contradict each other, though each may be sure of itself.",
        highest=1.0,
        reference="Houlsby et al. 2011, arXiv:1112.5745",
        compute=measures.compute_mutual_information,
    ),
    "std": Measure(
        title="Standard deviation",
        says="High where the last class's probability changes from pass to pass.",
        highest=0.5,
        reference="Leibig et al. 2017, doi:10.1038/s41598-017-17876-z",
        compute=measures.compute_deviation,
    ),
}
"""Of several passes over the same row."""

PASS_METHODS: dict[str, PassMethod] = {
    "tta": PassMethod(
        title="Test-time augmentation",
        does="Each pass sees the image after a small change that leaves its label as it is.",
        reference="Wang et al. 2019, doi:10.1016/j.neucom.2019.01.103",
        start=start_augmented,
    ),
    "mc_dropout": PassMethod(
        title="Monte Carlo dropout",
        does="Each pass drops other units, as the training did; only for models with dropout.",
        reference="Gal and Ghahramani 2016, arXiv:1506.02142",
        start=start_dropout,
    ),
}
"""Ways to have several passes of one model."""
