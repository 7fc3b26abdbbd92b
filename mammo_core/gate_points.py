"""Points against a picture: what each feature objects, and from where on the sum asks or refuses.

The numbers are fitted by `python -m gate_fitting` and ship as `gate_numbers.json`; the words stand
here. A feature can only object: within its zone it has nothing to say, and the further out it
lies, the more points it gives. The sum is a log-odds scale, so that 0.7 points double the odds.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mammo_core.paths import read_json
from mammo_core.picture_features import PictureFeatures

Answer = Literal["accept", "ask", "refuse"]
Side = Literal["low", "high"]

NUMBERS_FILE = Path(__file__).with_name("gate_numbers.json")

MIN_TOLD = 0.3
"""An objection of fewer points is told only where there is no greater one."""

LOGARITHMIC = frozenset(
    (
        *("box_ratio", "compactness", "roughness", "air_texture", "bright_outside"),
        *("texture", "gradient_ratio", "residual", "rim_texture"),
    )
)
"""Features whose ratios count, not their differences."""

OFFSET = 1e-3
"""Added before a logarithm is taken."""

FRAME_FEATURES = (
    *("slope", "residual", "anisotropy", "texture", "gradient_ratio", "symmetry", "floor"),
)
"""What tells tissue without an outline: a crop or a magnification that fills the picture."""

REASONS: dict[tuple[str, Side], str] = {
    ("contrast", "low"): "The bright region hardly stands out from its surroundings",
    ("area", "low"): "The bright region is too small for a breast",
    ("area", "high"): "The bright region fills the picture: no air around a breast",
    ("wall", "low"): "No side of the bright region is a straight chest wall",
    ("opposite", "high"): "The bright region has no curved skin line",
    ("box_ratio", "low"): "The bright region is wider than a breast is",
    ("box_ratio", "high"): "The bright region is narrower than a breast is",
    ("compactness", "low"): "The outline is rounder than a breast's",
    ("compactness", "high"): "The outline is too ragged for a breast",
    ("solidity", "low"): "The outline has notches that a breast has not",
    ("roughness", "high"): "The skin line is not smooth",
    ("taper", "low"): "The bright region is a block: it doesn't taper like a breast",
    ("even_outside", "low"): "The surroundings of the breast are not plain air",
    ("bright_outside", "high"): "Much outside the breast region is bright",
    ("air_texture", "high"): "There is as much detail outside the breast as inside",
    ("symmetry", "high"): "Left and right half mirror each other",
    ("slope", "low"): "The region is a smooth shade without tissue",
    ("slope", "high"): "The texture is that of noise or of a drawing",
    ("residual", "low"): "The texture follows a formula, as generated noise does",
    ("residual", "high"): "The texture follows a pattern that tissue has not",
    ("anisotropy", "low"): "The texture has no direction, tissue points to the nipple",
    ("anisotropy", "high"): "The texture runs in one direction, as stripes do",
    ("texture", "low"): "The breast region has no tissue texture",
    ("texture", "high"): "The texture is harsher than tissue's",
    ("gradient_ratio", "low"): "The texture is as uniform as generated noise",
    ("rim_texture", "high"): "The texture lies at the rim, not within",
    ("skin_level", "high"): "The region is as bright at the skin as within",
    ("skin_rise", "low"): "The region is brightest at the skin, as fat is in MR",
    ("skin_rise", "high"): "The region fades towards its rim as no breast does",
    ("core_rise", "low"): "The middle of the region is darker than its rim",
    ("core_rise", "high"): "The region brightens towards its middle as no breast does",
}
"""What a value below or above a feature's zone means, for a radiographer.

Only these sides object. The others are left out because no picture that is none of a breast would
lie there, or because looks differ there: the smoother a film, the higher its gradient ratio.
"""


@dataclass(frozen=True)
class Objection:
    """What one feature says on one side of its zone.

    Attributes:
        feature: A field of PictureFeatures.
        side: Whether values below or above the zone object.
        at: Values in the direction of the side; the first is the zone's end.
        points: Points at those values, rising from 0; the last holds for all beyond.
    """

    feature: str
    side: Side
    at: tuple[float, ...]
    points: tuple[float, ...]

    def weigh(self, features: PictureFeatures) -> float:
        """Points against a mammogram, 0 within the zone."""
        sign = 1 if self.side == "high" else -1
        at = sign * scale_feature(self.feature, np.array(self.at))
        value = sign * scale_feature(self.feature, getattr(features, self.feature))
        return float(np.interp(value, at, self.points))

    def tell(self, features: PictureFeatures) -> str:
        """The objection as a sentence with the value and the zone's end."""
        bound = "at least" if self.side == "low" else "at most"
        value = getattr(features, self.feature)
        name = self.feature.replace("_", " ")
        reason = REASONS[self.feature, self.side]
        return f"{reason} ({name} {value:.2g}, expected {bound} {self.at[0]:.2g})"


@dataclass(frozen=True, eq=False)
class GateNumbers:
    """All that was fitted.

    Attributes:
        objections: At most two for each feature.
        ask_above: More points than this ask.
        refuse_above: More points than this refuse.
        frame: (lowest, highest) value of some features on a picture that tissue fills.
    """

    objections: tuple[Objection, ...]
    ask_above: float
    refuse_above: float
    frame: dict[str, tuple[float, float]]

    def answer(self, points: float) -> Answer:
        """The answer to a sum of points."""
        if points > self.refuse_above:
            return "refuse"
        return "ask" if points > self.ask_above else "accept"

    def judge(self, features: PictureFeatures) -> tuple[Answer, tuple[str, ...]]:
        """(answer, the objections that made it, greatest first); none where it accepts."""
        weighed = [(o.weigh(features), o) for o in self.objections]
        answer = self.answer(sum(points for points, _ in weighed))
        if answer == "accept":
            return answer, ()
        ordered = sorted(weighed, key=lambda item: -item[0])
        told = [o for points, o in ordered if points >= MIN_TOLD] or [ordered[0][1]]
        return answer, tuple(objection.tell(features) for objection in told)

    def is_filled_with_tissue(self, features: PictureFeatures) -> bool:
        """Whether a whole picture's features are those of tissue without air around it."""
        return all(low <= getattr(features, f) <= high for f, (low, high) in self.frame.items())

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "GateNumbers":
        """The numbers as `gate_numbers.json` holds them."""
        objections = tuple(
            Objection(feature, side, tuple(curve["at"]), tuple(curve["points"]))
            for feature, sides in content["points"].items()
            for side, curve in sides.items()
        )
        frame = {feature: (low, high) for feature, (low, high) in content["frame"].items()}
        return cls(objections, content["ask_above"], content["refuse_above"], frame)


def scale_feature(feature: str, value: Any) -> Any:
    """A feature's value, or an array of them, on the scale on which it is weighed."""
    return np.log(np.maximum(value, 0) + OFFSET) if feature in LOGARITHMIC else value


@cache
def read_numbers() -> GateNumbers:
    """The numbers that ship."""
    return GateNumbers.from_json(read_json(NUMBERS_FILE))
