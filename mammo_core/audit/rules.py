"""From which figure on an audit says what; one place for all of its thresholds.

None of them was fitted. They are round numbers, set before the two shipped models were audited and
not moved afterwards; these two are far from them on either side, which proves little of a model
that is near one. One rule was changed after a look at the rigged model: a fall of AUROC was judged
by its interval, which on two dozen images was too wide to tell a fall from 1.00 to 0.52; now by p.
Two were added after a look at the honest one, and neither makes anybody believed. Who is ahead of
the controls on average is not called no better than they, which a handful of patients cannot show.
And who loses to a control on as many measures as it beats both is not called faithful: at deletion
noise itself beat both.
"""

from collections.abc import Iterable

BEATEN = 0.5
"""Of the measures of a family, a method beats the controls on at least this share: then it counts
as faithful, or as lying on the lesion."""
WEIGHTLESS = 0.25
"""Model randomization below it: the map hardly depends on what the network learned."""
CLASSLESS = 0.1
"""Class sensitivity below it: the map of another class is the same."""
FICKLE = 0.8
"""Repeatability below it: another seed gives another map."""
GAP = 0.3
"""Completeness gap above it: the sum misses what the method promises by more than this share."""
SILENT = 0.5
"""More than this share of a method's maps is constant or not finite: it says nothing here."""
FEWEST_PATIENTS = 8
"""Below it no method and no model is called believable, nor a method no better than a control."""

FEWEST_COMPARED = 5
"""Patients below which a comparison with a control does not count."""

FALL = 0.1
"""AUROC falls by more than this when a part is blanked that has nothing to do with disease: the
model lives from that part, if it is no chance."""
ERROR_RATE = 0.05
"""It is none where DeLong's p of the fall, paired and clustered by patient, is below."""
CHANCE = 0.5
"""AUROC whose interval reaches this value: the model does not rank these images."""
FOREIGN = 1.5
"""A zone that is no breast holds more than this many times the evidence that its area would, in
the middle of the methods: worth a look."""


def beats_all(lows: Iterable[float | None]) -> bool:
    """Whether a method beats every control: each difference's interval lies above 0.

    Args:
        lows: The lower end of each difference that `leaderboard.compare_with` made; None where it
            has no interval.
    """
    return all(low is not None and low > 0 for low in lows)


def loses_to_any(highs: Iterable[float | None]) -> bool:
    """Whether some control beats the method: the interval of its difference lies below 0.

    Args:
        highs: The upper ends, as `beats_all` takes the lower ones.
    """
    return any(high is not None and high < 0 for high in highs)


def has_merit(beaten: float, lost: float) -> bool:
    """Whether a method counts as faithful, or as lying on the lesion.

    It beats the controls on half of a family's measures, and on more than it loses to one of them:
    scattered pixels win at deletion whoever scattered them, and lose at insertion by it.

    Args:
        beaten: Share of the family's measures on which it beats all controls.
        lost: Share on which some control beats it.
    """
    return beaten >= BEATEN and beaten > lost
