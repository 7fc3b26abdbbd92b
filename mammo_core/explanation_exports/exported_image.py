"""The image that maps are exported of: its picture and header without what tells whose it is."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mammo_core.model_input import ModelInput

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

LEVELS = 65535
NAMES = ("PatientID", "PatientName", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
"""What hides who it is, and where the image belongs."""


@dataclass(frozen=True, eq=False)
class ExportedImage:
    """One image, read and cleaned once for all its maps and formats.

    Attributes:
        image_id: Its name.
        path: Its file.
        given: What the model is given of it.
        model_id: The model that was explained.
        model_sha256: Of its weights.
    """

    image_id: str
    path: Path
    given: ModelInput
    model_id: str
    model_sha256: str

    @cached_property
    def picture(self) -> NDArray[np.float32]:
        """(rows, columns) in [0, 1]: the image with everything away from the breast as plain air.

        Raises:
            UnreadableFile: Where the breast fills the picture, so that text in it cannot be told
                from tissue.
        """
        from mammo_core.breast import find_breast
        from mammo_core.deidentification.pixels import blank_outside
        from mammo_core.dicom import read_mammogram

        pixels = read_mammogram(self.path).pixels
        values = np.rint(pixels * LEVELS).astype(np.int32)
        blanked = blank_outside(values, pixels, find_breast(pixels))
        return (blanked.values / np.float32(LEVELS)).astype(np.float32)

    @cached_property
    def header(self) -> "Dataset":
        """The source's header as `deidentify` cleans it, without pixels.

        A copy that was cleaned before keeps its names: to hide them again would be to refer to an
        image that is nowhere.

        Raises:
            UnreadableFile: Where the file is no DICOM mammogram that can be cleaned.
        """
        from mammo_core.deidentification.image import clean_image
        from mammo_core.deidentification.method import is_own_copy
        from mammo_core.errors import UnreadableFile
        from mammo_core.reading.dicom_file import is_dicom, load_header

        if not is_dicom(self.path):
            raise UnreadableFile(
                "A DICOM map refers to the DICOM image that it explains, and this image is no "
                "DICOM file; take png or npz"
            )
        header, source = clean_image(self.path), load_header(self.path)[0]
        del header.PixelData
        if is_own_copy(source):
            for keyword in NAMES:
                setattr(header, keyword, source[keyword].value)
        return header

    def to_image(self, attribution: NDArray[np.float32]) -> NDArray[np.float32]:
        """(rows, columns) float32: a map on the image's own grid, 0 where the model saw nothing."""
        return self.given.to_image(attribution).astype(np.float32)

    def name_uid(self, *parts: Any) -> str:
        """A UID for what is made of this image by these parts: the same whenever it is asked."""
        from mammo_core.privacy import hide_uid

        source = self.header.SOPInstanceUID
        return hide_uid("/".join(map(str, (source, self.model_sha256, *parts))))
