"""What maps can be exported as."""

from dataclasses import dataclass
from typing import Literal

FormatName = Literal["png", "npz", "dicom-pm", "dicom-sc"]


@dataclass(frozen=True)
class ExportFormat:
    """A format of files.

    Attributes:
        title: What a page calls it.
        ending: Of a file's name.
        about: What is in it.
    """

    title: str
    ending: str
    about: str


FORMATS: dict[FormatName, ExportFormat] = {
    "png": ExportFormat("PNG", ".png", "The overlay on the image's own grid"),
    "npz": ExportFormat(
        "NumPy",
        ".npz",
        "The numbers: at the method's resolution, on the model's grid, on the image's",
    ),
    "dicom-pm": ExportFormat(
        "DICOM parametric map", ".pm.dcm", "The numbers on the image's grid, referring to the image"
    ),
    "dicom-sc": ExportFormat(
        "DICOM secondary capture", ".sc.dcm", "The overlay as a picture for any viewer"
    ),
}
