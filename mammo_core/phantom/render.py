"""One view of a patient: from outline and tissue to stored values and the lesion's mask."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.phantom.curvilinear import draw_ducts, draw_strands, draw_vessels
from mammo_core.phantom.fields import Field, Frame, ramp, resize
from mammo_core.phantom.geometry import Shape, build_shape, muscle_share
from mammo_core.phantom.incidental import draw_findings
from mammo_core.phantom.lesions import DRAWINGS, lay_in, place_lesion
from mammo_core.phantom.markers import burn_marker
from mammo_core.phantom.muscle import muscle_texture
from mammo_core.phantom.parenchyma import AMOUNTS, Tissue, grow_tissue
from mammo_core.phantom.patient import Patient, Streams, View
from mammo_core.phantom.scanner import SCANNERS, Scanner, expose, quantize
from mammo_core.types import Laterality


@dataclass(frozen=True, eq=False)
class RenderedView:
    """One image as a scanner would store it.

    Attributes:
        pixels: (H, W) stored values of 12 bits, the chest wall where it belongs.
        gray: (H, W) float32 in [0, 1], bright is dense, the same orientation.
        mask: (H, W) bool of the labeled lesion; None where the breast has none.
        breast: (H, W) bool.
        frame: The pixel grid.
        has_tag: Whether the shortcut's tag is burned in.
        nipple: (x, y) in millimeters from the chest wall and the upper edge.
        lesion_center: The same for the labeled lesion, None where there is none.
    """

    pixels: NDArray[np.uint16]
    gray: Field
    mask: NDArray[np.bool_] | None
    breast: NDArray[np.bool_]
    frame: Frame
    has_tag: bool
    nipple: tuple[float, float]
    lesion_center: tuple[float, float] | None


def render_view(
    patient: Patient,
    laterality: Laterality,
    view: View,
    size: tuple[int, int] = (640, 512),
    has_tag: bool = False,
) -> RenderedView:
    """One view of a patient.

    Args:
        patient: Whose.
        laterality: "L" or "R".
        view: "CC" or "MLO".
        size: (rows, columns) that are asked for; each scanner has its own matrix around them.
        has_tag: Whether to burn in the shortcut's tag.
    """
    scanner = SCANNERS[patient.scanner]
    shape = build_shape(patient, laterality, view, scanner.frame(size))
    streams = patient.streams("tissue", view, laterality)
    own = streams.own
    tissue = fill_breast(patient, shape, view, streams)
    tissue = draw_findings(tissue, patient, shape, laterality, view)
    lesion, mask, center = patient.lesion_in(laterality), None, None
    if lesion:
        drawing = DRAWINGS[lesion.kind](lesion, shape.frame.spacing_mm, patient.thickness_mm)
        center = place_lesion(lesion, shape, view)
        tissue, mask = lay_in(tissue, drawing, center, shape)
    gray = present(patient, scanner, shape, tissue, own)
    is_right = laterality == "R"
    gray, breast = _turn(gray, is_right), _turn(shape.cover > 0.5, is_right)
    mask = mask if mask is None else _turn(mask, is_right)
    gray = burn_marker(gray, laterality + view, scanner.marker, has_tag, is_right, own)
    return RenderedView(
        quantize(gray, scanner), gray, mask, breast, shape.frame, has_tag, shape.nipple, center
    )


def _turn(array: NDArray[Any], mirrored: bool) -> NDArray[Any]:
    return np.ascontiguousarray(array[:, ::-1]) if mirrored else array


def fill_breast(patient: Patient, shape: Shape, view: View, streams: Streams) -> Field:
    """(H, W) attenuation above fat's of gland, strands, ducts, vessels and muscle."""
    tissue = grow_tissue(shape, patient.density, view, streams)
    soft = _soft_tissue(patient, shape, tissue, streams.own)
    share = muscle_share(shape)
    if not share.any():
        return soft
    return soft * (1 - 0.75 * share) + share * (
        muscle_texture(shape, streams.own) + 0.02 * tissue.grain
    )


def _soft_tissue(
    patient: Patient,
    shape: Shape,
    tissue: Tissue,
    own: np.random.Generator,
) -> Field:
    """(H, W) attenuation above fat's of all but muscle."""
    frame = shape.frame
    amount = AMOUNTS[patient.density]
    start = resize(shape.cover, tissue.flow.shape) * (
        0.25 + resize(tissue.envelope, tissue.flow.shape)
    )
    strands = draw_strands(tissue.flow, start, frame, amount.strands, own)
    ducts = draw_ducts(shape.nipple, shape.nipple[0], frame, own)
    vessels = draw_vessels(shape.nipple, frame, int(own.integers(2, 5)), own)
    fade = np.clip(0.7 + 0.45 * tissue.grain, 0.1, 1.5)
    under_skin = ramp(shape.skin_depth, 3, 16)
    return (
        0.62 * tissue.gland
        + 0.34 * strands * fade
        + 0.055 * tissue.fibers * fade * (0.3 + 0.7 * under_skin)
        + 0.04 * under_skin
        + 0.10 * tissue.septa * fade
        + 0.16 * ducts * (0.3 + 0.7 * tissue.envelope)
        + 0.15 * vessels * (1 - 0.6 * tissue.gland)
        + 0.018 * tissue.grain
    ).astype(np.float32)


def present(
    patient: Patient, scanner: Scanner, shape: Shape, tissue: Field, own: np.random.Generator
) -> Field:
    """(H, W) gray levels in [0, 1]."""
    radius = patient.thickness_mm / 2
    depth = np.clip(shape.skin_depth / radius, 0, 1)
    thickness = np.sqrt(1 - (1 - depth) ** 2)
    skin = 0.10 * np.exp(-(((shape.skin_depth - 0.8) / 0.7) ** 2))
    x, y = shape.frame.grid()
    nipple = np.hypot(x - shape.nipple[0] - 1, y - shape.nipple[1])
    skin = skin + 0.06 * ramp(nipple, 5.5, 2.5)
    return expose(
        scanner,
        tissue,
        thickness,
        skin.astype(np.float32),
        shape.cover,
        shape.frame.spacing_mm,
        own,
    )
