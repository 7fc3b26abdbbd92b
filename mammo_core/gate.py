"""Whether a file is a mammogram: header and picture evidence, three answers with reasons."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mammo_core.breast import Breast, find_breast
from mammo_core.dicom import read_header, read_mammogram
from mammo_core.errors import UnreadableFile
from mammo_core.gate_points import Answer, GateNumbers, read_numbers
from mammo_core.header_evidence import is_other_kind, judge_header
from mammo_core.picture_features import (
    PictureFeatures,
    measure_frame,
    measure_frame_floor,
    measure_picture,
)
from mammo_core.second_looks import (
    measure_brightened,
    measure_straightened,
    measure_turned,
)
from mammo_core.types import Laterality, Mammogram, Verdict

ROUNDING = 1e-6
"""By so much the averages of equal pixels may differ."""

MIN_TURNED_RISE = 0.0
"""A picture counts as a turned mammogram only where it does not brighten towards its skin line."""

STRAIGHT_WALL = 0.7
"""Of a film that lies straight, no smaller share of the breast's rows ends on the wall's line."""

TURNED = "The picture looks like a mammogram that was turned by 90 degrees"
ASKEW = "The picture looks like a mammogram that lies askew"
DARKENED = "The picture looks like a mammogram that was darkened: a hard window or gamma?"
CROPPED = "The picture looks like tissue without a breast's outline: a crop or a magnification?"
INVERTED = "The picture was inverted: its background was bright"


def check(path: str | Path) -> Verdict:
    """The gate's answer about one file, whatever it holds.

    Headers that name another kind of image refuse together with doubtful pixels; alone, against
    pixels that look like a mammogram, they ask.
    """
    try:
        mammogram = read_mammogram(path)
    except UnreadableFile as error:
        return _refuse_unread(path, error)
    return judge(mammogram, find_breast(mammogram.pixels))


def judge(mammogram: Mammogram, breast: Breast) -> Verdict:
    """The gate's answer about a mammogram as read, by its header and its pixels."""
    answer, seen = judge_picture(mammogram, breast)
    header = mammogram.header or {}
    objections, doubts = judge_header(header)
    told_first = (*seen, *doubts) if answer == "refuse" else (*doubts, *seen)
    reasons = (*objections, *told_first)
    if is_other_kind(header, objections) or (objections and answer != "accept"):
        answer = "refuse"
    elif (objections or doubts) and answer == "accept":
        answer = "ask"
    side, told = _read_side(mammogram, breast) if answer != "refuse" else (mammogram.laterality, ())
    return Verdict(
        answer, (*reasons, *told), side, mammogram.view, mammogram.rows, mammogram.columns
    )


def judge_picture(mammogram: Mammogram, breast: Breast) -> tuple[Answer, tuple[str, ...]]:
    """(answer, reasons) by the pixels alone."""
    if np.ptp(breast.preview) <= ROUNDING:
        return "refuse", ("The picture is blank",)
    numbers = read_numbers()
    features = measure_picture(breast)
    answer, reasons = numbers.judge(features)
    doubt = _reconsider(breast, features, numbers) if answer == "refuse" else None
    if doubt is not None:
        return "ask", (doubt,)
    if answer == "accept" and _was_inverted(mammogram):
        return "ask", (INVERTED,)
    return answer, reasons


def _reconsider(breast: Breast, features: PictureFeatures, numbers: GateNumbers) -> str | None:
    """As what a picture that would be refused may yet be a mammogram; None for a stranger."""
    if is_turned(measure_turned(breast), numbers):
        return TURNED
    if _is_filled(breast, numbers):
        return CROPPED
    if is_askew(features, measure_straightened(breast), numbers):
        return ASKEW
    return DARKENED if is_brightened(measure_brightened(breast), numbers) else None


def is_turned(features: PictureFeatures, numbers: GateNumbers) -> bool:
    """Whether a picture that was refused is a mammogram by its features after a quarter turn."""
    return features.skin_rise > MIN_TURNED_RISE and numbers.judge(features)[0] == "accept"


def is_askew(
    features: PictureFeatures, looks: Iterable[PictureFeatures], numbers: GateNumbers
) -> bool:
    """Whether a picture that was refused, its wall not straight, is a mammogram after some turn."""
    return features.wall < STRAIGHT_WALL and any(
        numbers.judge(look)[0] == "accept" for look in looks
    )


def is_brightened(features: PictureFeatures, numbers: GateNumbers) -> bool:
    """Whether a picture that was refused is a mammogram by its features under a milder gamma."""
    return numbers.judge(features)[0] == "accept"


def _is_filled(breast: Breast, numbers: GateNumbers) -> bool:
    """Whether tissue fills the picture; one with a black background is found out at once."""
    low, high = numbers.frame.get("floor", (-np.inf, np.inf))
    return low <= measure_frame_floor(breast) <= high and numbers.is_filled_with_tissue(
        measure_frame(breast)
    )


def _was_inverted(mammogram: Mammogram) -> bool:
    """Whether a picture without a header that could tell had a bright border."""
    is_picture = (mammogram.header or {}).get("kind") != "DICOM"
    return is_picture and any(step.name == "Invert" for step in mammogram.steps)


def _read_side(mammogram: Mammogram, breast: Breast) -> tuple[Laterality | None, tuple[str, ...]]:
    """(side, how it is known or what contradicts it): the header's, else the chest wall's."""
    seen: Laterality = "L" if breast.chest_wall == "left" else "R"
    if mammogram.laterality is None:
        return seen, (f"Side {seen} read from the picture: chest wall on the {breast.chest_wall}",)
    if mammogram.laterality != seen:
        told = f"The header says side {mammogram.laterality}, the chest wall lies as on side {seen}"
        return mammogram.laterality, (told,)
    return mammogram.laterality, ()


def _refuse_unread(path: str | Path, error: UnreadableFile) -> Verdict:
    """A refusal with what the header still tells."""
    try:
        header = read_header(path)
    except UnreadableFile:
        return Verdict("refuse", (str(error),))
    objections, _ = judge_header(header)
    return Verdict(
        "refuse",
        (*objections, str(error)),
        header.get("laterality"),
        header.get("view"),
        header.get("rows"),
        header.get("columns"),
    )
