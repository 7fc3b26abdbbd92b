"""Whether a file is a mammogram: header and picture evidence, three answers with reasons."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from mammo_core.breast import Breast, find_breast
from mammo_core.dicom import read_header, read_mammogram
from mammo_core.errors import UnreadableFile
from mammo_core.header_evidence import judge_header
from mammo_core.picture_features import PictureFeatures, measure_picture
from mammo_core.types import Laterality, Mammogram, Verdict

Answer = Literal["accept", "ask", "refuse"]


@dataclass(frozen=True)
class Rule:
    """A bound on one feature: a lower one where `refuse` lies below `ask`, else an upper one.

    Attributes:
        feature: A field of PictureFeatures.
        ask: From here on a person should look.
        refuse: From here on it is no mammogram.
        reason: What a value out of bounds means, for a radiographer.
    """

    feature: str
    ask: float
    refuse: float
    reason: str

    def answer(self, features: PictureFeatures) -> Answer:
        """Accept, ask or refuse by this feature alone."""
        sign = 1 if self.refuse < self.ask else -1
        value = sign * getattr(features, self.feature)
        if value < sign * self.refuse:
            return "refuse"
        return "ask" if value < sign * self.ask else "accept"


RULES = (
    Rule("texture", 0.007, 0.004, "The breast region has no tissue texture"),
    Rule("texture", 0.1, 0.14, "The texture is harsher than tissue's"),
    Rule("slope", -0.9, -0.7, "The texture is that of noise or of a drawing"),
    Rule("slope", -4.2, -4.7, "The region is a smooth shade without tissue"),
    Rule("residual", 0.65, 0.8, "The texture follows a pattern that tissue has not"),
    Rule("gradient_ratio", 2.6, 2.52, "The texture is as uniform as generated noise"),
    Rule("gradient_ratio", 60, 150, "Sharp edges on plain ground, as in a drawing or text"),
    Rule("wall", 0.7, 0.5, "No side of the bright region is a straight chest wall"),
    Rule("opposite", 0.6, 0.93, "The bright region has no curved skin line"),
    Rule("box_ratio", 0.93, 0.7, "The bright region is wider than a breast is"),
    Rule("box_ratio", 4.5, 7, "The bright region is narrower than a breast is"),
    Rule("compactness", 42, 60, "The outline is too ragged for a breast"),
    Rule("roughness", 0.05, 0.08, "The skin line is not smooth"),
    Rule("area", 0.06, 0.02, "The bright region is too small for a breast"),
    Rule("area", 0.93, 0.985, "The bright region fills the picture: no air around a breast"),
    Rule("taper", 0.15, 0.08, "The bright region is a block: it doesn't taper like a breast"),
    Rule("even_outside", 0.7, 0.5, "The surroundings of the breast are not plain air"),
    Rule("air_texture", 0.3, 0.5, "There is as much detail outside the breast as inside"),
    Rule("bright_outside", 0.25, 0.45, "Much outside the breast region is bright"),
    Rule("symmetry", 0.68, 0.75, "Left and right half mirror each other"),
    Rule("core_rise", -0.2, -0.3, "The middle of the region is darker than its rim"),
)
"""Bounds set on 157 films of mini-MIAS, 16 digital mammograms and one DICOM film, with margin to
the nearest of them, against noise, photographs, chest films, CT, MR, ultrasound and text pages."""

MAX_DOUBTS = 2
"""More doubtful features than this make a refusal."""

MIN_TURNED_RISE = 0.1
"""A picture counts as a turned mammogram only where it darkens so much towards its skin line."""


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
    answer, reasons = judge_picture(mammogram, breast)
    objections, doubts = judge_header(mammogram.header or {})
    if objections and (answer != "accept" or len(objections) > 1):
        answer = "refuse"
    elif (objections or doubts) and answer == "accept":
        answer = "ask"
    reasons = (*objections, *doubts, *reasons)
    side, told = _read_side(mammogram, breast) if answer != "refuse" else (mammogram.laterality, ())
    return Verdict(
        answer, (*reasons, *told), side, mammogram.view, mammogram.rows, mammogram.columns
    )


def judge_picture(mammogram: Mammogram, breast: Breast) -> tuple[Answer, tuple[str, ...]]:
    """(answer, reasons) by the pixels alone."""
    if breast.preview.min() == breast.preview.max():
        return "refuse", ("The picture is blank",)
    answer, reasons = _apply_rules(measure_picture(breast))
    if answer == "refuse" and _looks_right_when_turned(breast):
        return "ask", ("The picture looks like a mammogram that was turned by 90 degrees",)
    inverted = any(step.name == "Invert" for step in mammogram.steps)
    is_picture = (mammogram.header or {}).get("kind") != "DICOM"
    if answer == "accept" and inverted and is_picture:
        return "ask", ("The picture was inverted: its background was bright",)
    return answer, reasons


def _apply_rules(features: PictureFeatures) -> tuple[Answer, tuple[str, ...]]:
    answers = {rule: rule.answer(features) for rule in RULES}
    reasons = tuple(
        f"{rule.reason} ({rule.feature} {getattr(features, rule.feature):.2f})"
        for rule, answer in answers.items()
        if answer != "accept"
    )
    if "refuse" in answers.values() or len(reasons) > MAX_DOUBTS:
        return "refuse", reasons
    return ("ask" if reasons else "accept"), reasons


def _looks_right_when_turned(breast: Breast) -> bool:
    turned = np.ascontiguousarray(np.rot90(breast.preview))
    features = measure_picture(find_breast(turned))
    return features.skin_rise > MIN_TURNED_RISE and _apply_rules(features)[0] == "accept"


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
