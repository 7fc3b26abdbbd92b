"""Whether two models say the same, right or wrong."""

from mammo_core.metrics.bootstrap import PatientSums, resample, sum_by_patient
from mammo_core.metrics.classification import compute_accuracy, compute_cohen_kappa
from mammo_core.metrics.estimate import Estimate, percentile_estimate
from mammo_core.metrics.pairing import Pair
from mammo_core.metrics.rank_correlation import RankCorrelationReplicates, rank_correlation

SHARES = {"equal_predictions": compute_accuracy, "cohen_kappa": compute_cohen_kappa}
"""From the matrix of one model's calls by the other's; that of truths by calls gives accuracy."""


def measure_agreement(pair: Pair, *, replicates: int = 1000, seed: int = 0) -> dict[str, Estimate]:
    """`equal_predictions, cohen_kappa, rank_correlation`, with intervals over patients.

    The first two are of the most probable classes, the last, Spearman's, of the positive class's
    scores. Kappa is undefined where both models always call the same one class.

    Args:
        pair: Both models' rows.
        replicates: Of the bootstrap.
        seed: Of the draws.
    """
    n, n_patients = len(pair.a.classes), pair.a.n_patients
    cells = pair.a.predicted * n + pair.b.predicted
    sums = sum_by_patient(cells, pair.patients, n * n, n_patients)
    calls = PatientSums(sums.reshape(-1, n, n))
    ranks = RankCorrelationReplicates(*pair.scores, pair.patients, n_patients)
    drawn = resample(
        {"calls": calls, "ranks": ranks}, n_patients=n_patients, replicates=replicates, seed=seed
    )
    shares = {
        name: percentile_estimate(float(compute(calls.totals)), compute(drawn["calls"]))
        for name, compute in SHARES.items()
    }
    return shares | {
        "rank_correlation": percentile_estimate(rank_correlation(*pair.scores), drawn["ranks"])
    }
