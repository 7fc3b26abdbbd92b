"""What DICOM's Basic Application Level Confidentiality Profile does with each attribute.

The table is PS3.15 E.1-1 as the package dicom-anonymizer keeps it. What an image needs decides
where the table leaves a choice: type 2 attributes are emptied, type 3 ones removed.
"""

from enum import Enum
from functools import cache

EDITION = "2026c"
"""Of DICOM PS3.15, whose table E.1-1 is applied."""


class Action(Enum):
    """What becomes of an element; the letters are those of table E.1-1a."""

    REMOVE = "X"
    EMPTY = "Z"
    DUMMY = "D"
    HIDE_UID = "U"
    HIDE_OWN_UID = "U unless the standard defines it"
    KEEP = "K"


CHOICES = {
    "X_TAGS": Action.REMOVE,
    "X_D_TAGS": Action.REMOVE,
    "X_Z_D_TAGS": Action.REMOVE,
    "X_Z_TAGS": Action.EMPTY,
    "Z_TAGS": Action.EMPTY,
    "Z_D_TAGS": Action.EMPTY,
    "D_TAGS": Action.DUMMY,
    "U_TAGS": Action.HIDE_UID,
    "X_Z_U_STAR_TAGS": Action.KEEP,
}
"""The table's lists and what is done here.

"U*" are sequences that refer to other images: they stay, and the UIDs in them are replaced. The
others that leave a choice are of type 3 in the images that pass here, save
AcquisitionContextSequence, which X/Z empties.
"""

OWN = {
    "PatientSex": Action.KEEP,
    "PatientAge": Action.KEEP,
    "PixelSpacingCalibrationDescription": Action.DUMMY,
}
"""Where this program departs from the table.

The Retain Patient Characteristics Option allows sex and age, which is made coarse (see
`mammo_core.reading.patient_age`). The description is free text that must not be empty (PS3.3
10.7.1.3).
"""

IMAGE_TEXTS = (
    *("Manufacturer", "ManufacturerModelName", "SoftwareVersions"),
    "AcquisitionDeviceProcessingCode",
)
"""Texts about the device."""

IMAGE_ONLY = (*IMAGE_TEXTS, *OWN)
"""What stays with the image itself, not in the items of a sequence."""

CODE_TEXTS = ("CodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning")
"""What an item of a code sequence consists of."""

UNIT_TEXTS = ("RescaleType", "ModalityLUTType")
"""What rescaled values are; anything but a defined term becomes "US", unspecified."""
UNITS = frozenset({"OD", "HU", "US", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"})
"""The defined terms (DICOM PS3.3 C.11.1.1.2)."""

KEPT_TEXTS = frozenset({*IMAGE_TEXTS, *CODE_TEXTS, *UNIT_TEXTS})
"""All texts that stay, as far as they do; all others go, named by the table or not."""

KEPT_BYTES = frozenset({"LUTData"})
"""Binary elements that change how an image looks; all others but the pixels go."""

KEPT_VRS = frozenset({"CS", "DS", "IS", "US", "SS", "UL", "SL", "FL", "FD", "AT", "UV", "SV", "SQ"})
"""Kinds of values that stay where the table is silent: numbers, code words and sequences."""

TEXT_VRS = frozenset({"LO", "SH"})
BYTE_VRS = frozenset({"OB", "OW", "OF", "OD", "OL", "OV"})

CODING_SCHEMES = frozenset(
    {"SCT", "SRT", "SNM3", "99SDM", "DCM", "UCUM", "BI", "LN", "RADLEX", "FMA", "UMLS", "NCIt"}
)
"""Published coding schemes; an item of a hospital's own may mean anything, a name among it."""


def action_for(tag: int, keyword: str, vr: str) -> Action:
    """What becomes of an element with a public tag."""
    if keyword in OWN:
        return OWN[keyword]
    listed = _table().get(tag)
    return listed if listed else _action_for_kind(keyword, vr)


def _action_for_kind(keyword: str, vr: str) -> Action:
    """What becomes of an element that the table doesn't name; what might be text or a date goes."""
    if vr == "UI":
        return Action.KEEP if keyword == "SOPClassUID" else Action.HIDE_OWN_UID
    if vr in TEXT_VRS:
        return Action.KEEP if keyword in KEPT_TEXTS else Action.REMOVE
    if vr in BYTE_VRS:
        return Action.KEEP if keyword in KEPT_BYTES else Action.REMOVE
    return Action.KEEP if vr in KEPT_VRS else Action.REMOVE


@cache
def _table() -> dict[int, Action]:
    """The action for each tag that stands in the table by itself."""
    from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as edition

    return {
        group << 16 | element: action
        for name, action in CHOICES.items()
        for group, element in (tag for tag in getattr(edition, name) if len(tag) == 2)
    }
