"""What a cleaned image says was done to it (DICOM PS3.15 E.1, PS3.16 CID 7050)."""

from typing import TYPE_CHECKING

from mammo_core.deidentification.profile import EDITION

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

BASIC = ("113100", "Basic Application Confidentiality Profile")
CLEAN_PIXELS = ("113101", "Clean Pixel Data Option")
KEEP_CHARACTERISTICS = ("113108", "Retain Patient Characteristics Option")

WORDS = (
    f"DICOM PS3.15 Annex E Basic Profile, table of {EDITION}",
    "Kept of the patient: sex, age in years up to 90",
    "All dates removed, UIDs and ids replaced by keyed hashes",
)
BLANKED = "Pixels away from the breast blanked"
LEFT = "Pixels left as they were"


def record_method(clean: "Dataset", *, is_blanked: bool) -> None:
    """Write into a cleaned data set what was done."""
    codes = [BASIC, KEEP_CHARACTERISTICS] + [CLEAN_PIXELS] * is_blanked
    clean.PatientIdentityRemoved = "YES"
    clean.DeidentificationMethod = [*WORDS, BLANKED if is_blanked else LEFT]
    clean.DeidentificationMethodCodeSequence = [_code(*code) for code in codes]
    clean.LongitudinalTemporalInformationModified = "REMOVED"
    if is_blanked:
        clean.BurnedInAnnotation = "NO"


def _code(value: str, meaning: str) -> "Dataset":
    from pydicom.dataset import Dataset

    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code
