"""How a mammogram came about: a standard image, or one that must be kept apart from those."""

import re

from mammo_core.reading.elements import Elements
from mammo_core.reading.views import SPECIMEN_VIEW, Projection

STANDARD = "standard"

TOMOSYNTHESIS_CLASSES = frozenset(f"1.2.840.10008.5.1.4.1.1.13.1.{number}" for number in (3, 4, 5))
"""SOP classes of Breast Tomosynthesis and Breast Projection X-Ray images (PS3.4 B.5)."""
MAMMOGRAPHY_CLASSES = frozenset(
    ("1.2.840.10008.5.1.4.1.1.1.2", "1.2.840.10008.5.1.4.1.1.1.2.1", *TOMOSYNTHESIS_CLASSES)
)
SPECIMEN_CODES = frozenset({"127457009", "G-8310"})
"""Tissue specimen from breast, as an anatomic region (PS3.16, CID 4013)."""

IMAGE_TYPES = {
    "synthetic": frozenset(
        {
            *("GENERATED_2D", "TOMO_2D", "SYNTHETIC_2D", "SYNTHESIZED_2D", "INSIGHT2D"),
            *("C_VIEW", "C-VIEW", "CVIEW", "S_VIEW", "S-VIEW", "SVIEW", "V_PREVIEW", "V-PREVIEW"),
        }
    ),
    "tomosynthesis": frozenset(
        {"TOMO", "TOMOSYNTHESIS", "TOMO_PROJ", "TOMO_SCOUT", "VOLUME", "TOMO_SLICE"}
    ),
    "contrast": frozenset(
        {
            *("PRE_CONTRAST", "POST_CONTRAST", "ADDITION", "SUBTRACTION", "LOW_ENERGY"),
            *("HIGH_ENERGY", "RECOMBINED", "CESM", "CEDM"),
        }
    ),
    "biopsy": frozenset(
        {
            *("STEREO_SCOUT", "STEREO_MINUS", "STEREO_PLUS", "PREFIRE_MINUS", "PREFIRE_PLUS"),
            *("POSTFIRE_MINUS", "POSTFIRE_PLUS", "POSTBIOPSY", "POSTBIOPSY_MINUS", "PREFIRE"),
            *("POSTBIOPSY_PLUS", "POSTMARKER", "POSTMARKER_MINUS", "POSTMARKER_PLUS", "POSTFIRE"),
        }
    ),
    "specimen": frozenset({"SPECIMEN"}),
}
"""Values of ImageType (PS3.3 C.8.11.7.1.4 and C.8.21.6.1.1, and what vendors write), most telling
first: a synthetic image names its tomosynthesis too."""

WORDS = re.compile(
    r"(?P<specimen>\bSPECIMEN)"
    r"|(?P<synthetic>\b[CS][ -]?VIEW\b|\bV[ -]?PREVIEW\b"
    r"|\b(INSIGHT|INTELLIGENT|GENERATED|SYNTHETIC|SYNTHESI[SZ]ED) ?2 ?-?D\b)"
    r"|(?P<tomosynthesis>\bTOMO(SYNTHESIS)? ?(SLICE|SLAB|PROJ|RECON|VOLUME))"
    r"|(?P<contrast>\b(CESM|CEDM|CEM|CONTRAST ENHANCED)\b)"
    r"|(?P<magnification>\bMAG(N|NIF|NIFIED|NIFICATION)?\b)"
    r"|(?P<spot>\bSPOT)"
)
"""What descriptions and paddles call it. Plain "tomosynthesis" is no sign: the ordinary image of a
combined examination is described so as well."""

HINTS = (
    *("C-VIEW", "S-VIEW", "CVIEW", "SVIEW", "C VIEW", "S VIEW", "PREVIEW", "2D", "2 D", "2-D"),
    *("TOMO", "CESM", "CEDM", "CEM", "CONTRAST", "MAG", "SPOT", "SPECIMEN"),
)
"""One of them is in every text that WORDS finds something in; few texts have one."""

NO_AGENT = ("", "NO", "NONE", "N/A")
"""What stands for no contrast agent."""

MODIFIERS = {"magnification": "magnification", "spot compression": "spot"}
MIN_MAGNIFIED = 1.3
"""Contact views lie at 1.02 to 1.1, magnification views at 1.5 to 2."""

ORDER = ("specimen", "synthetic", "tomosynthesis", "contrast", "biopsy", "magnification", "spot")
"""Which of several kinds counts: what keeps an image further from a standard one comes first."""


def tell_acquisition(header: Elements, projection: Projection, frames: int) -> str:
    """One of ORDER or "standard", by all evidence in the header.

    Args:
        header: The data set.
        projection: Its view.
        frames: How many frames it declares.
    """
    types = {word.upper() for word in header.texts("ImageType")}
    told = {kind for kind, values in IMAGE_TYPES.items() if not values.isdisjoint(types)}
    told.update(MODIFIERS[name] for name in projection.modifiers if name in MODIFIERS)
    told.update(_read_words(header))
    if projection.view == SPECIMEN_VIEW or _is_specimen(header):
        told.add("specimen")
    if _is_volume(header, frames):
        told.add("tomosynthesis")
    if header.word("ContrastBolusAgent") not in NO_AGENT:
        told.add("contrast")
    if max(header.numbers("EstimatedRadiographicMagnificationFactor"), default=1) > MIN_MAGNIFIED:
        told.add("magnification")
    return next((kind for kind in ORDER if kind in told), STANDARD)


def tell_implant(header: Elements, projection: Projection) -> bool | None:
    """Whether the breast holds an implant, None where the header doesn't tell."""
    if "implant displaced" in projection.modifiers:
        return True
    return {"YES": True, "NO": False}.get(header.word("BreastImplantPresent"))


def _read_words(header: Elements) -> set[str]:
    texts = [header.text(tag) for tag in ("SeriesDescription", "ProtocolName", "PaddleDescription")]
    text = "|".join(texts).upper()
    if not any(hint in text for hint in HINTS):
        return set()
    return {match.lastgroup for match in WORDS.finditer(text) if match.lastgroup}


def _is_specimen(header: Elements) -> bool:
    return (
        any(code.value in SPECIMEN_CODES for code in header.codes("AnatomicRegionSequence"))
        or "SPECIMEN" in header.word("BodyPartExamined")
        or bool(header.codes("SpecimenDescriptionSequence"))
    )


def _is_volume(header: Elements, frames: int) -> bool:
    sop_class = header.text("SOPClassUID")
    if sop_class in TOMOSYNTHESIS_CLASSES:
        return True
    return frames > 1 and (sop_class in MAMMOGRAPHY_CLASSES or header.word("Modality") == "MG")
