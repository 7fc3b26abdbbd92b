"""Random changes that leave a mammogram a plausible mammogram with the same label.

Only the table and its text form live here, so that a page can read them; `change.py` draws and
makes the changes of one image, `mixing.py` those of a batch.
"""

from collections.abc import Mapping

from mammo_core.augmentation.step import Step
from mammo_core.errors import BadConfiguration
from mammo_core.wording import tell_nearest

__all__ = ["AUGMENTATIONS", "STEPS", "Step", "Strengths", "read_augmentation", "tell_augmentation"]

Strengths = Mapping[str, float]
"""Strength by name of a step, in the order of `STEPS`; steps that do nothing are left out."""

STEPS: dict[str, Step] = {
    "flip": Step(
        title="Vertical flip",
        does="Turns a share s of the images upside down, never left to right, so that the chest "
        "wall stays on its side; patches also turn by quarters.",
        unit="share of images",
        default=0.5,
        highest=1.0,
        moves=True,
    ),
    "rotate": Step(
        title="Rotation",
        does="Turns by up to s degrees either way around the middle of the chest wall.",
        unit="degrees",
        default=8.0,
        highest=45.0,
        moves=True,
        in_patches=False,
    ),
    "scale": Step(
        title="Scale",
        does="Enlarges or shrinks by up to a share s.",
        unit="share of the size",
        default=0.1,
        highest=0.5,
        moves=True,
        in_patches=False,
    ),
    "shift": Step(
        title="Shift",
        does="Moves by up to a share s of the height, down or up and to either side.",
        unit="share of the height",
        default=0.04,
        highest=0.25,
        moves=True,
        in_patches=False,
    ),
    "elastic": Step(
        title="Elastic deformation",
        does="Bends smoothly, a point by s of the height as standard deviation; what lies at the "
        "chest wall stays at it.",
        unit="share of the height",
        default=0.01,
        highest=0.05,
        moves=True,
        in_patches=False,
        reference="Simard et al. 2003, doi:10.1109/ICDAR.2003.1227801",
    ),
    "intensity": Step(
        title="Intensity",
        does="Multiplies by 1 - s to 1 + s; what becomes brighter than white is white.",
        unit="share of the gain",
        default=0.12,
        highest=0.5,
    ),
    "gamma": Step(
        title="Gamma",
        does="Raises to a power from 1 - s to 1 + s; black and white stay as they are.",
        unit="share of the exponent",
        default=0.15,
        highest=0.5,
    ),
    "noise": Step(
        title="Noise",
        does="Adds Gaussian noise with a standard deviation of up to s where there is tissue.",
        unit="share of the range",
        default=0.01,
        highest=0.2,
    ),
    "cutout": Step(
        title="Cutout",
        does="Blackens a rectangle of a share s of the area, which may hide a lesion.",
        unit="share of the area",
        default=0.05,
        highest=0.5,
        in_patches=False,
        reference="DeVries and Taylor 2017, arXiv:1708.04552",
    ),
    "mixup": Step(
        title="Mixup",
        does="Blends each image and its label with another of the batch, in shares drawn from "
        "Beta(s, s).",
        unit="alpha",
        default=0.2,
        highest=2.0,
        in_patches=False,
        reference="Zhang et al. 2018, arXiv:1710.09412",
    ),
}

AUGMENTATIONS: dict[str, str] = {
    "none": "",
    "light": "flip,intensity,gamma",
    "standard": "flip,rotate,scale,shift,intensity,gamma,noise",
    "strong": "flip,rotate:15,scale:0.2,shift:0.08,elastic,intensity:0.2,gamma:0.25,noise:0.02,"
    "cutout,mixup",
}
"""Presets: their names stand for these steps."""


def read_augmentation(text: str) -> Strengths:
    """The steps that a text such as "flip,rotate:8,mixup:0.2" or "standard,cutout" stands for.

    A step without a number has its default strength, a preset's name stands for its steps, and
    what comes later counts.

    Raises:
        BadConfiguration: For an unknown name or a strength that is no number or not allowed.
    """
    strengths: dict[str, float] = {}
    for item in filter(None, map(str.strip, text.split(","))):
        if item in AUGMENTATIONS:
            strengths |= read_augmentation(AUGMENTATIONS[item])
        else:
            name, strength = _read_step(item)
            strengths[name] = strength
    return {name: strengths[name] for name in STEPS if strengths.get(name)}


def tell_augmentation(strengths: Strengths) -> str:
    """The text of these strengths, "none" where there is no step."""
    return ",".join(f"{name}:{strength:g}" for name, strength in strengths.items()) or "none"


def _read_step(item: str) -> tuple[str, float]:
    """(name, strength) of one step's text."""
    name, colon, number = item.partition(":")
    if name not in STEPS:
        raise BadConfiguration(
            f"Setting 'augmentation' must be one of {', '.join(AUGMENTATIONS)} or a list of steps "
            f"such as rotate:8, of {', '.join(STEPS)}; got '{item}'"
            f"{tell_nearest(name, [*AUGMENTATIONS, *STEPS])}"
        )
    step = STEPS[name]
    try:
        strength = float(number) if colon else step.default
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= step.highest:
        raise BadConfiguration(
            f"Setting 'augmentation' must have {name} from 0 to {step.highest:g} ({step.unit}), "
            f"got '{item}'"
        )
    return name, strength
