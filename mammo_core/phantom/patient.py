"""Who is examined and what is to be found, drawn from (seed, number) without rendering anything."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from mammo_core.types import Laterality

Label = Literal["normal", "benign", "malignant"]
View = Literal["CC", "MLO"]
Item = TypeVar("Item")

LATERALITIES: tuple[Laterality, ...] = ("R", "L")
VIEWS: tuple[View, ...] = ("CC", "MLO")
LABELS: tuple[Label, ...] = ("normal", "benign", "malignant")

# One block of patients holds each label in these shares, in a shuffled order.
LABEL_BLOCK: tuple[Label, ...] = ("normal", "normal", "benign", "malignant")


@dataclass(frozen=True)
class LesionKind:
    """What one kind of lesion means and how large it is.

    Attributes:
        label: The pathology it stands for.
        radius_mm: Smallest and largest radius of what is drawn.
        share: How many of a block of lesions of this label are of this kind.
    """

    label: Label
    radius_mm: tuple[float, float]
    share: int


LESION_KINDS: dict[str, LesionKind] = {
    "circumscribed_mass": LesionKind("benign", (5.0, 10.0), share=3),
    "coarse_calcifications": LesionKind("benign", (2.5, 5.0), share=2),
    "vascular_calcifications": LesionKind("benign", (12.0, 20.0), share=1),
    "spiculated_mass": LesionKind("malignant", (4.5, 9.0), share=3),
    "indistinct_mass": LesionKind("malignant", (5.5, 10.5), share=2),
    "pleomorphic_calcifications": LesionKind("malignant", (5.0, 9.0), share=2),
    "architectural_distortion": LesionKind("malignant", (9.0, 13.0), share=1),
}


@dataclass(frozen=True)
class Lesion:
    """A labelled lesion in a breast, told so that both views can place it.

    Attributes:
        kind: A key of `LESION_KINDS`.
        laterality: The breast that holds it.
        depth_mm: Distance behind the nipple, toward the chest wall; the same in both views.
        lateral: Place between the inner (-1) and the outer (1) edge, seen in CC.
        superior: Place between the lower (-1) and the upper (1) edge, seen in MLO.
        radius_mm: Radius of what is drawn.
        contrast: Factor on how much brighter than its surroundings it is; 1 is ordinary.
        seed: Start of the random stream for its shape.
    """

    kind: str
    laterality: Laterality
    depth_mm: float
    lateral: float
    superior: float
    radius_mm: float
    contrast: float
    seed: int

    @property
    def label(self) -> Label:
        """The pathology that the lesion stands for."""
        return LESION_KINDS[self.kind].label


@dataclass(frozen=True)
class Streams:
    """Two random streams of one view.

    Attributes:
        shared: What both breasts have in common, so that they resemble each other.
        own: What is this breast's alone.
    """

    shared: np.random.Generator
    own: np.random.Generator


@dataclass(frozen=True)
class Patient:
    """A woman with two breasts, at most one of them with a lesion.

    Attributes:
        seed: The set's seed.
        number: Her number within the set, from 0.
        age: Years, independent of the label.
        density: BI-RADS density "a" to "d", depending on age and on nothing else.
        scanner: Key of `scanner.SCANNERS`.
        depth_mm: From the chest wall to the nipple.
        half_width_mm: Half of what the chest wall cuts in CC.
        thickness_mm: Of the compressed breast.
        pectoral: How much of the muscle an MLO view shows, 0.5 to 1.
        lesion: What the label stands for, None in a normal patient.
    """

    seed: int
    number: int
    age: int
    density: str
    scanner: str
    depth_mm: float
    half_width_mm: float
    thickness_mm: float
    pectoral: float
    lesion: Lesion | None

    @property
    def patient_id(self) -> str:
        """For instance S00017."""
        return f"S{self.number:05d}"

    @property
    def label(self) -> Label:
        """The worse breast's label."""
        return self.lesion.label if self.lesion else "normal"

    def lesion_in(self, laterality: Laterality) -> Lesion | None:
        """The lesion of one breast."""
        return self.lesion if self.lesion and self.lesion.laterality == laterality else None

    def label_of(self, laterality: Laterality) -> Label:
        """One breast's label."""
        lesion = self.lesion_in(laterality)
        return lesion.label if lesion else "normal"

    def generator(self, *stream: int | str) -> np.random.Generator:
        """A random stream of this patient's own, the same for the same words."""
        return stream_of(self.seed, self.number, *stream)

    def streams(self, part: str, view: View, laterality: Laterality) -> Streams:
        """The streams for one part of one view."""
        return Streams(self.generator(part, view), self.generator(part, view, laterality))


def stream_of(*words: int | str) -> np.random.Generator:
    """A random generator that depends on all words and on nothing else."""
    entropy = [
        word if isinstance(word, int) else int.from_bytes(word.encode(), "big") for word in words
    ]
    return np.random.default_rng(entropy)


def draw_patient(seed: int, number: int, difficulty: float = 0.5) -> Patient:
    """Patient `number` of the set with this seed, whatever the set's size.

    Args:
        seed: The set's seed, not negative.
        number: Her number within the set, from 0.
        difficulty: 0 (lesions leap to the eye) to 1 (many hide).

    Raises:
        ValueError: For a difficulty outside [0, 1].
    """
    if not 0 <= difficulty <= 1:
        raise ValueError(f"Difficulty must lie in [0, 1], got {difficulty}")
    rng = stream_of(seed, number, "patient")
    age = int(np.clip(round(rng.normal(57, 9.5)), 40, 84))
    density = draw_density(rng, age)
    scanner = str(rng.choice(["selene", "phantomix", "lumigraph"], p=[0.45, 0.35, 0.20]))
    depth_mm = float(np.clip(rng.normal(92, 15), 64, 126))
    return Patient(
        seed=seed,
        number=number,
        age=age,
        density=density,
        scanner=scanner,
        depth_mm=depth_mm,
        half_width_mm=float(np.clip(rng.normal(0.98 * depth_mm, 8), 66, 106)),
        thickness_mm=float(np.clip(rng.normal(30 + 0.27 * depth_mm, 7), 30, 80)),
        pectoral=float(rng.uniform(0.5, 1.0)),
        lesion=draw_lesion(seed, number, depth_mm, difficulty),
    )


def draw_density(rng: np.random.Generator, age: int) -> str:
    """BI-RADS density: denser in the young, about 11, 38, 37 and 14 percent over all."""
    tendency = (57 - age) / 14 + rng.normal()
    return "abcd"[int(np.digitize(tendency, [-1.5, 0.0, 1.35]))]


def draw_lesion(seed: int, number: int, depth_mm: float, difficulty: float) -> Lesion | None:
    """What the patient's label stands for, None for a normal one."""
    label = draw_label(seed, number)
    if label == "normal":
        return None
    kind = draw_kind(seed, number // len(LABEL_BLOCK), label)
    rng = stream_of(seed, number, "lesion")
    contrast, scale = conspicuity(difficulty)
    return Lesion(
        kind=kind,
        laterality="LR"[int(rng.integers(2))],  # type: ignore[arg-type]
        depth_mm=float(depth_mm * rng.uniform(0.24, 0.62)),
        lateral=float(rng.uniform(-0.55, 0.8)),
        superior=float(rng.uniform(-0.5, 0.75)),
        radius_mm=float(rng.uniform(*LESION_KINDS[kind].radius_mm) * scale),
        contrast=float(contrast * math.exp(rng.normal(0, 0.28))),
        seed=int(rng.integers(2**31)),
    )


def conspicuity(difficulty: float) -> tuple[float, float]:
    """(typical contrast, factor on the radius) of lesions: the one place where difficulty acts.

    At 0 lesions are 2.1 times as bright as ordinary ones and 1.15 times as large, at 1 they are
    0.6 times as bright and 0.85 times as large.
    """
    return 2.1 - 1.5 * difficulty, 1.15 - 0.3 * difficulty


def draw_label(seed: int, number: int) -> Label:
    """Half of the patients are normal, a quarter benign, a quarter malignant, in each block."""
    block, place = divmod(number, len(LABEL_BLOCK))
    return _shuffled(LABEL_BLOCK, seed, block, "label")[place]


def draw_kind(seed: int, ordinal: int, label: Label) -> str:
    """The kind of the `ordinal`-th lesion of a label, so that kinds come in their shares."""
    kinds = [
        name
        for name, kind in LESION_KINDS.items()
        if kind.label == label
        for _ in range(kind.share)
    ]
    block, place = divmod(ordinal, len(kinds))
    return _shuffled(kinds, seed, block, label)[place]


def _shuffled(items: Sequence[Item], *stream: int | str) -> list[Item]:
    order = stream_of(*stream).permutation(len(items))
    return [items[index] for index in order]
