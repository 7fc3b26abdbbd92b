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
NEAR = "Something bright near the skin stays"
LEFT = "Pixels left as they were"


def record_method(clean: "Dataset", *, is_blanked: bool, is_clear: bool) -> None:
    """Write into a cleaned data set what was done.

    Args:
        clean: The data set.
        is_blanked: Whether everything away from the breast was blanked.
        is_clear: Whether nothing bright is left beside the breast then; else no option is claimed.
    """
    codes = [BASIC, KEEP_CHARACTERISTICS] + [CLEAN_PIXELS] * is_clear
    clean.PatientIdentityRemoved = "YES"
    clean.DeidentificationMethod = _say(is_blanked, is_clear)
    clean.DeidentificationMethodCodeSequence = [_code(*code) for code in codes]
    clean.LongitudinalTemporalInformationModified = "REMOVED"
    if is_clear:
        clean.BurnedInAnnotation = "NO"
    elif is_blanked and "BurnedInAnnotation" in clean:
        del clean.BurnedInAnnotation


def is_own_copy(ds: "Dataset") -> bool:
    """Whether a data set says that this program cleaned it, by whatever edition of the profile."""
    told = ds.get("DeidentificationMethod") or ()
    words = [told] if isinstance(told, str) else [str(one) for one in told]
    return ds.get("PatientIdentityRemoved") == "YES" and set(WORDS[1:]) <= set(words)


def _say(is_blanked: bool, is_clear: bool) -> list[str]:
    if not is_blanked:
        return [*WORDS, LEFT]
    return [*WORDS, BLANKED] + [NEAR] * (not is_clear)


def _code(value: str, meaning: str) -> "Dataset":
    from pydicom.dataset import Dataset

    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code
