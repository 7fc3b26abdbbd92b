"""Maps as DICOM: the numbers as a Parametric Map, the overlay as a Secondary Capture."""

import io
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.attribution import METHODS
from mammo_core.explanation_exports.exported_image import ExportedImage
from mammo_core.explanation_exports.pictures import draw
from mammo_core.explanations import Explanation

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MAKER, PROGRAM = "Mammo Workbench", "mammo_core"
SERIAL = "none"
SCHEME = "99MAMMO"
"""The private coding scheme of the methods' names; the standard has no codes for them."""
RESEARCH_ONLY = "Research only, not for diagnosis"
LONGEST = {"SH": 16, "LO": 64}
ANYWHERE = ("L", "F")
"""What the library is told, which asks for two plain directions: it refuses an oblique view's
"FL", and the standard lets them be unknown. The source's own are put in afterwards."""
PRIVACY = (
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "LongitudinalTemporalInformationModified",
)
"""What the cleaned source says of its cleaning, which holds for what is made of it."""
PM_SERIES, SC_SERIES = 9001, 9002


def write_parametric_map(image: ExportedImage, explanation: Explanation) -> bytes:
    """The map's numbers on the image's own grid, float32, unchanged (DICOM PS3.3 A.75).

    A projection has no place in the patient's space, but the library writes maps only in a frame
    of reference: the map lies in a plane of its own, whose pixels are the image's. What ties it to
    the image is the reference to it, with "spatial locations preserved".

    Raises:
        UnreadableFile: Where the source is no DICOM mammogram that can be cleaned.
    """
    from highdicom import VOILUTTransformation
    from highdicom.pm import ParametricMap

    attribution = image.to_image(explanation.upsample())
    center, width = _choose_window(attribution, signed=METHODS[explanation.method].signed)
    made = ParametricMap(
        [_place_in_plane(image)],
        attribution,
        image.name_uid("pm"),
        PM_SERIES,
        _name_instance(image, explanation, "pm"),
        _number(explanation),
        MAKER,
        PROGRAM,
        version("highdicom"),
        SERIAL,
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[_map_values(explanation, attribution)],
        voi_lut_transformations=[
            VOILUTTransformation(center, width, voi_lut_function="LINEAR_EXACT")
        ],
        content_label="MAP",
        content_description=_shorten(_describe(image, explanation), "LO"),
    )
    made.SeriesDescription = _shorten(f"Attribution maps of {image.model_id}", "LO")
    return _finish(made, image)


def write_secondary_capture(image: ExportedImage, explanation: Explanation) -> bytes:
    """The overlay as a color picture for any viewer, with what it is burned in below it.

    Raises:
        UnreadableFile: Where the source is no DICOM mammogram that can be cleaned.
    """
    from highdicom.sc import SCImage

    made = SCImage.from_ref_dataset(
        image.header,
        label(draw(image, explanation), [RESEARCH_ONLY, _describe(image, explanation)]),
        "RGB",
        8,
        "PATIENT",
        image.name_uid("sc"),
        SC_SERIES,
        _name_instance(image, explanation, "sc"),
        _number(explanation),
        MAKER,
        patient_orientation=ANYWHERE,
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )
    made.PatientOrientation = _read_orientation(image.header)
    made.SourceImageSequence = [_refer(image.header)]
    made.BurnedInAnnotation = image.header.get("BurnedInAnnotation", "YES")
    made.SeriesDescription = _shorten(f"Attribution overlays of {image.model_id}", "LO")
    made.DerivationDescription = f"{_describe(image, explanation)}. {RESEARCH_ONLY}."
    return _finish(made, image)


def label(picture: NDArray[np.uint8], lines: list[str]) -> NDArray[np.uint8]:
    """The picture with a black band below it, on which the lines stand in white.

    Args:
        picture: (rows, columns, 3).
        lines: Each as large as fits.
    """
    import cv2

    columns = picture.shape[1]
    height = max(16, columns // 24)
    bands = []
    for line in lines:
        band = np.zeros((height, columns, 3), dtype=np.uint8)
        face, margin = cv2.FONT_HERSHEY_SIMPLEX, max(2, columns // 100)
        (width, tall), _ = cv2.getTextSize(line, face, 1, 1)
        scale = min(0.6 * height / tall, (columns - 2 * margin) / width)
        where = margin, round(0.75 * height)
        cv2.putText(band, line, where, face, scale, (255, 255, 255), 1, cv2.LINE_AA)
        bands.append(band)
    return np.vstack([picture, *bands])


def _read_orientation(header: "Dataset") -> list[str]:
    """Where the image's rows and columns run; none where the source does not tell both."""
    told = header.get("PatientOrientation") or ()
    return [] if isinstance(told, str) or len(told) != 2 else [str(one) for one in told]


def _place_in_plane(image: ExportedImage) -> "Dataset":
    """The source's header with a plane for the map to lie in, its pixels those of the image."""
    from copy import deepcopy

    source = deepcopy(image.header)
    spacing = source.get("PixelSpacing") or source.get("ImagerPixelSpacing") or [1.0, 1.0]
    source.PixelSpacing = spacing
    source.FrameOfReferenceUID = image.name_uid("plane")
    source.PositionReferenceIndicator = ""
    source.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    source.ImagePositionPatient = [0, 0, 0]
    source.SliceThickness = 1
    return source


def _choose_window(attribution: NDArray[np.float32], *, signed: bool) -> tuple[float, float]:
    """(center, width) in which a viewer shows the map: what says nothing is black, or mid-gray.

    Of a signed map the middle is 0; of another one 0 is the lower end.
    """
    highest = float(np.abs(attribution).max()) or 1.0
    return (0.0, 2 * highest) if signed else (highest / 2, highest)


def _map_values(explanation: Explanation, attribution: NDArray[np.float32]) -> Any:
    """What a stored number means: itself, in the method's own scale, without a unit."""
    from highdicom.pm import RealWorldValueMapping
    from pydicom.sr.coding import Code

    title = METHODS[explanation.method].title
    return RealWorldValueMapping(
        lut_label=_shorten(explanation.method, "SH"),
        lut_explanation=_shorten(f"{title}, in the method's own scale", "LO"),
        unit=Code("1", "UCUM", "no units"),
        value_range=(float(attribution.min()), float(attribution.max())),
        slope=1.0,
        intercept=0.0,
        quantity_definition=Code(
            _shorten(explanation.method, "SH"), SCHEME, _shorten(f"Attribution by {title}", "LO")
        ),
    )


def _refer(header: "Dataset") -> "Dataset":
    from pydicom.dataset import Dataset

    reference = Dataset()
    reference.ReferencedSOPClassUID = header.SOPClassUID
    reference.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return reference


def _describe(image: ExportedImage, explanation: Explanation) -> str:
    title = METHODS[explanation.method].title
    return f"{title} for {explanation.target}, model {image.model_id}"


def _name_instance(image: ExportedImage, explanation: Explanation, kind: str) -> str:
    """One UID for one map: who exports it twice has the same object twice."""
    from mammo_core.config import fingerprint

    return image.name_uid(kind, fingerprint(explanation.key))


def _number(explanation: Explanation) -> int:
    """The map's place among those of its series."""
    return list(METHODS).index(explanation.method) + 1


def _shorten(text: str, kind: str) -> str:
    """ASCII and no longer than the value representation allows."""
    return text.encode("ascii", "replace").decode()[: LONGEST[kind]]


def _finish(made: "Dataset", image: ExportedImage) -> bytes:
    """The file, in which stand age and side as the source tells them, and how it was cleaned."""
    sides = (image.header.get(keyword) for keyword in ("ImageLaterality", "Laterality"))
    made.Laterality = next((side for side in sides if side in ("L", "R")), "")
    for keyword in PRIVACY:
        setattr(made, keyword, image.header[keyword].value)
    if "PatientAge" in image.header:
        made.PatientAge = image.header.PatientAge  # of a study's objects, all tell it or none
    stream = io.BytesIO()
    made.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
