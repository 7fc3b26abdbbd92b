"""A region of one case erased, whichever way it was named: the lesion, a map's top, or drawn."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import choose_methods
from mammo_core.attribution.method_settings import MethodSettings
from mammo_core.erasing.erasure import Drop, Erasure, erase
from mammo_core.erasing.fills import BREAST, Fill
from mammo_core.erasing.regions import (
    Box,
    Lesion,
    Named,
    Outline,
    TopArea,
    draw_box,
    draw_polygon,
    take_top,
)
from mammo_core.errors import BadConfiguration, BadModel
from mammo_core.targets import VERSUS, predict_class, read_target
from mammo_core.types import Classifier, Progress, no_progress
from mammo_core.wording import count

if TYPE_CHECKING:
    from mammo_core.explanations import Explanation, Refusal
    from mammo_core.model_input import ModelInput
    from mammo_core.model_store import StoredModel

DECIMALS = 6
ENOUGH = 19
"""Random regions from which on p = (k + 1) / (n + 1) can reach .05."""
FEW = f"So few places cannot tell it from chance: with fewer than {ENOUGH} p is never below .05."


def erase_case(
    classifier: Classifier,
    stored: "StoredModel",
    given: "ModelInput",
    image_id: str,
    region: Named,
    *,
    lesion: NDArray[np.bool_] | None = None,
    target: str | None = None,
    layers: Sequence[str] = (),
    settings: MethodSettings = MappingProxyType({}),
    fill: Fill = "blurred",
    n_random: int = 20,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Erasure:
    """As `erase`, of a region by its name.

    Args:
        classifier: The loaded model.
        stored: Its folder.
        given: The model's input.
        image_id: The image's name.
        region: As `read_region` reads it.
        lesion: (rows, columns) the image's lesion mask on its own grid, None where there is none.
        target: A class, or two as `read_target` reads them; None is the predicted one.
        layers: What the method of a top area looks into, where it looks into one.
        settings: Other ones than that method's own, as `parse_method_settings` reads them.
        fill: A key of `FILLS`.
        n_random: How many random regions.
        seed: Of their places.
        progress: Told after each batch; may end the work.

    Raises:
        BadConfiguration: Where there is no such region, lesion or fill.
        BadModel: Where the method cannot explain this model, or it answers no numbers.
        ValueError: For an unknown class.
    """
    if target is None:
        target = predict_class(classifier, given.image)
    if isinstance(region, TopArea):
        from mammo_core.explanations import explain_each

        about = (classifier, stored, given.image, image_id, [region.method], target)
        answer = explain_each(*about, layers=layers, settings=settings, progress=progress)[0]
        mask = _find_top(answer, given, region)
    else:
        mask = given.to_input(_draw(region, given, lesion))
    return erase(
        classifier,
        given.image,
        mask,
        given.zones,
        read_target(target, classifier.classes),
        fill=fill,
        n_random=n_random,
        seed=seed,
        progress=progress,
    )


def check_map_options(region: Named, layers: Sequence[str], settings: MethodSettings) -> None:
    """See that layers and settings are those of the map whose top area is erased.

    Raises:
        BadConfiguration: Where they are not.
    """
    if isinstance(region, TopArea):
        choose_methods([region.method], layers, settings)
    elif layers or settings:
        raise BadConfiguration(
            "Expected layers and settings for a map only, got them for a region that is of none; "
            "name a map's top area as top:METHOD:SHARE"
        )


def to_answer(erasure: Erasure) -> dict[str, Any]:
    """The numbers of an erasure for JSON, with the sentence that says what they mean."""
    return {
        "target": erasure.target,
        "fill": erasure.fill,
        "pixels": erasure.n_pixels,
        "share_of_breast": round(erasure.share, DECIMALS),
        "share_inside": round(erasure.share_inside, DECIMALS),
        "random_regions": {"wanted": erasure.n_wanted, "found": erasure.n_random},
        "probabilities": {
            name: _tell_change(Drop(*(values.astype(np.float64) for values in numbers)))
            for name, *numbers in zip(
                erasure.classes, erasure.before, erasure.after, erasure.random.T, strict=True
            )
        },
        "probability": _tell_drop(erasure.probability),
        "logit": _tell_drop(erasure.logit),
        "meaning": tell_erasure(erasure),
    }


def tell_erasure(erasure: Erasure) -> str:
    """What an erasure says, in one or two sentences."""
    change, n = erasure.probability, erasure.n_random
    fact = _tell_fact(erasure)
    if not erasure.share_inside:
        fact += " (it lies beside the breast)"
    if not n:
        return (
            f"{fact}. Whether that is more than erasing anything would do is undefined: the "
            "breast has no room for another region of this size and shape."
        )
    places = f"of {count(n, 'random region')} of the same size elsewhere in the breast"
    if _write(change.before) == _write(change.after):
        return f"{fact}: by itself it hardly counts here. For comparison, {_tell_spread(change)}."
    moved = "raised" if change.drop < 0 else "lowered"
    meaning = ", so what was there spoke against it" if change.drop < 0 else ""
    told = f"{fact}{meaning}; {places} {_tell_share(change.n_as_far, n)} {moved} it as much."
    return f"{told} {FEW}" if n < ENOUGH else told


def _tell_fact(erasure: Erasure) -> str:
    before, after = map(_write, (erasure.probability.before, erasure.probability.after))
    of, versus, against = erasure.target.partition(VERSUS)
    what = f"the lead of {of} over {against}" if versus else of
    if before == after:
        return f"Erasing this region leaves {what} at {before}"
    verb = "lowers" if erasure.probability.drop > 0 else "raises"
    return f"Erasing this region {verb} {what} from {before} to {after}"


def _tell_spread(change: Drop) -> str:
    low, high = (_write(change.random.min()), _write(change.random.max()))
    n = count(len(change.random), "random region")
    return f"{n} of the same size left it between {low} and {high}"


def _tell_share(k: int, n: int) -> str:
    return {0: "none", n: "all"}.get(k, str(k))


def _write(probability: float) -> str:
    return f"{probability:z.2f}"


def _draw(
    region: Lesion | Box | Outline, given: "ModelInput", lesion: NDArray[np.bool_] | None
) -> NDArray[np.bool_]:
    """(rows, columns) on the image's own grid."""
    shape = given.placement.rows, given.placement.columns
    if isinstance(region, Box):
        return draw_box(region, shape)
    if isinstance(region, Outline):
        return draw_polygon(region, shape)
    if lesion is None or not lesion.any():
        raise BadConfiguration(
            "Expected an image with a lesion mask, this one has none; name a box, an outline or a "
            "map's top area instead"
        )
    return lesion


def _find_top(
    answer: "Explanation | Refusal", given: "ModelInput", area: TopArea
) -> NDArray[np.bool_]:
    """(H, W) the map's top area on the grid of the model's input.

    Raises:
        BadModel: Where the method refused to explain this model.
    """
    from mammo_core.explanations import Refusal

    if isinstance(answer, Refusal):
        raise BadModel(answer.reason)
    seen = given.zones > 0
    n_pixels = round(area.share * int((given.zones == BREAST).sum()))
    return take_top(np.where(seen, answer.upsample(), np.float32(0)), n_pixels)


def _tell_drop(drop: Drop) -> dict[str, Any]:
    return {
        **_tell_change(drop),
        "drop": _round(drop.drop),
        "as_large": drop.n_as_large,
        "p": _round(drop.p),
    }


def _tell_change(drop: Drop) -> dict[str, Any]:
    percentiles = {"low": 5, "median": 50, "high": 95}
    return {
        "before": _round(drop.before),
        "after": _round(drop.after),
        "random": {name: _round(drop.percentile(at)) for name, at in percentiles.items()},
    }


def _round(value: float | np.floating | None) -> float | None:
    return None if value is None else round(float(value), DECIMALS)
