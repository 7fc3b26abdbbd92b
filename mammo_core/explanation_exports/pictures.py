"""Maps as PNG and as NumPy arrays."""

import io
import json

import numpy as np

from mammo_core.attribution import METHODS
from mammo_core.explanation_exports.exported_image import ExportedImage
from mammo_core.explanations import Explanation
from mammo_core.overlays import Pixels, draw_overlay, encode_png

OPACITY = 0.6


def draw(image: ExportedImage, explanation: Explanation) -> Pixels:
    """(rows, columns, 3): the map over the blanked image, on the image's own grid.

    Raises:
        UnreadableFile: Where what lies beside the breast cannot be blanked.
    """
    attribution = image.to_image(explanation.upsample())
    signed = METHODS[explanation.method].signed
    return draw_overlay(image.picture, attribution, signed=signed, opacity=OPACITY)


def write_png(image: ExportedImage, explanation: Explanation) -> bytes:
    """The overlay.

    Raises:
        UnreadableFile: Where what lies beside the breast cannot be blanked.
    """
    return encode_png(draw(image, explanation))


def write_npz(image: ExportedImage, explanation: Explanation) -> bytes:
    """The map in the method's own scale on three grids, and what it was made of.

    The keys: `own` at the method's resolution, `attribution` on the grid of the model's input,
    `on_image` on the image's own, 0 where the model saw nothing; `facts` as JSON.
    """
    attribution = explanation.upsample()
    facts = {
        **explanation.key,
        "model": image.model_id,
        "completeness_gap": explanation.completeness_gap,
        "note": explanation.note,
        "placement": image.given.placement.to_numbers(),
    }
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        own=explanation.attribution,
        attribution=attribution,
        on_image=image.to_image(attribution),
        facts=np.array(json.dumps(facts)),
    )
    return stream.getvalue()
