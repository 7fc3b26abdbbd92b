"""Whether two models say the same, right or wrong."""

from mammo_core.metrics.bootstrap import PatientSums, resample, sum_by_patient
from mammo_core.metrics.classification import compute_accuracy, compute_cohen_kappa
from mammo_core.metrics.estimate import Estimate, number_estimate, share_estimate
from mammo_core.metrics.pairing import Pair
from mammo_core.metrics.rank_correlation import RankCorrelationReplicates, rank_correlation


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
    equal, kappa = (
        (float(compute(calls.totals)), compute(drawn["calls"]))
        for compute in (compute_accuracy, compute_cohen_kappa)
    )
    return {
        "equal_predictions": share_estimate(*equal, n_patients),
        "cohen_kappa": number_estimate(*kappa),
        "rank_correlation": number_estimate(rank_correlation(*pair.scores), drawn["ranks"]),
    }
