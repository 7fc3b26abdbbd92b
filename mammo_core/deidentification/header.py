"""A data set without what tells who the patient is, built anew from what may stay."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mammo_core.deidentification.profile import (
    CODE_TEXTS,
    CODING_SCHEMES,
    IMAGE_ONLY,
    UNIT_TEXTS,
    UNITS,
    Action,
    action_for,
)
from mammo_core.privacy import hide_uid
from mammo_core.reading.elements import read_text
from mammo_core.reading.patient_age import compute_age

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

DUMMIES = {
    "DA": "19000101",
    "DT": "19000101000000",
    "TM": "000000",
    "AS": "000Y",
    "CS": "REMOVED",
    "PN": "REMOVED",
    "AE": "REMOVED",
    "LO": "REMOVED",
    "SH": "REMOVED",
    "LT": "REMOVED",
    "ST": "REMOVED",
    "UT": "REMOVED",
    "UC": "REMOVED",
}
"""What stands in for a value that must not be empty; other kinds are removed."""

WHO = (
    *("PatientName", "PatientID", "OtherPatientNames", "PatientBirthName", "OtherPatientIDs"),
    *("PatientMotherBirthName", "PatientBirthDate", "PatientAddress", "AccessionNumber"),
    *("PatientTelephoneNumbers", "ReferringPhysicianName", "PerformingPhysicianName"),
    *("OperatorsName", "NameOfPhysiciansReadingStudy", "RequestingPhysician"),
)
"""Attributes whose words may appear in no text that stays."""
SHORTEST_WORD = 4
"""Shorter words occur in any text by chance."""

STANDARD_ROOT = "1.2.840.10008."
"""What the UIDs of DICOM's own classes, syntaxes and schemes begin with (PS3.6, A)."""
CODE_WORD = re.compile(r"[A-Z0-9_ ]{0,16}")
FIRST_GROUP = 0x0008
CHARACTER_SET = 0x00080005
"""Left out everywhere: what was read is text by now, and is written as UTF-8."""
CURVES, OVERLAYS, PIXELS = 0x5000, 0x6000, 0x7FE0
MOST_LEVELS = 16
"""How deep sequences may lie in one another; standard images need four."""


def clean_header(ds: "Dataset") -> "Dataset":
    """The data set after the profile, without pixels, overlays, private and unknown elements.

    Raises:
        ValueError: Where sequences lie too deep in one another.
        Exception: Any of `elements.DAMAGED`, where an element's bytes make no value.
    """
    clean = _clean(ds, find_words(ds), MOST_LEVELS)
    clean.SpecificCharacterSet = "ISO_IR 192"
    age = compute_age(
        *(read_text(ds, tag) for tag in ("PatientAge", "PatientBirthDate", "StudyDate"))
    )
    if "PatientAge" in clean:
        del clean.PatientAge
    if age is not None:
        clean.PatientAge = f"{age:03.0f}Y"
    return clean


def find_words(ds: "Dataset") -> frozenset[str]:
    """Words of four letters or more, in capitals, by which the header calls people and the exam."""
    texts = (str(ds.get(tag) or "") for tag in WHO)
    words = (word for text in texts for word in re.split(r"[\W_]+", text.upper()))
    return frozenset(word for word in words if len(word) >= SHORTEST_WORD)


def _clean(ds: "Dataset", words: frozenset[str], levels: int) -> "Dataset":
    from pydicom.dataset import Dataset

    if levels == 0:
        raise ValueError("Sequences lie too deep in one another")
    clean = Dataset()
    is_published = read_text(ds, "CodingSchemeDesignator") in CODING_SCHEMES
    is_image = levels == MOST_LEVELS
    out_of_place = (() if is_image else IMAGE_ONLY) + (() if is_published else CODE_TEXTS)
    for element in _public(ds):
        if element.keyword in out_of_place:
            continue
        kept = _clean_element(element, words, levels)
        if kept is not None:
            clean.add(kept)
    return clean


def _public(ds: "Dataset") -> Iterator["DataElement"]:
    """The elements that the standard knows and that are neither pixels nor drawn over them."""
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    for tag in ds.keys():  # noqa: SIM118 - a data set's own iterator converts every element
        if tag.is_private or tag.group < FIRST_GROUP or not dictionary_has_tag(tag):
            continue
        if tag.group & 0xFF00 in (CURVES, OVERLAYS) or tag.group == PIXELS or tag == CHARACTER_SET:
            continue
        element = ds[tag]
        if element.VR in dictionary_VR(tag).split(" or "):
            yield element


def _clean_element(
    element: "DataElement", words: frozenset[str], levels: int
) -> "DataElement | None":
    from pydicom.dataelem import DataElement, empty_value_for_VR

    action = action_for(element.tag, element.keyword, element.VR)
    value: Any
    if action is Action.KEEP:
        value = _kept_value(element, words, levels)
    elif action is Action.HIDE_UID:
        value = [hide_uid(uid) for uid in _values(element) if uid.strip()]
    elif action is Action.HIDE_OWN_UID:
        value = [_hide_own(uid) for uid in _values(element) if uid.strip()]
    elif action is Action.EMPTY:
        return DataElement(element.tag, element.VR, empty_value_for_VR(element.VR))
    else:
        value = DUMMIES.get(element.VR) if action is Action.DUMMY else None
    return None if value is None else DataElement(element.tag, element.VR, value)


def _hide_own(uid: str) -> str:
    """A UID that the standard defines as it is, any other one hidden."""
    return uid if uid.startswith(STANDARD_ROOT) else hide_uid(uid)


def _kept_value(element: "DataElement", words: frozenset[str], levels: int) -> Any:
    """The value as far as it may stay, None where nothing of it may."""
    if element.VR == "SQ":
        items = [_clean(item, words, levels - 1) for item in element.value or ()]
        left = [item for item in items if len(item)]
        return None if items and not left else left
    if element.VR in ("CS", "LO", "SH", "IS") and not _is_harmless(element, words):
        return None
    if element.keyword in UNIT_TEXTS:
        return element.value if element.value in UNITS else "US"
    return element.value


def _is_harmless(element: "DataElement", words: frozenset[str]) -> bool:
    texts = [str(value).upper() for value in _values(element)]
    if element.VR == "CS" and not all(CODE_WORD.fullmatch(text) for text in texts):
        return False
    said = {word for text in texts for word in re.split(r"[\W_]+", text)}
    return words.isdisjoint(said)


def _values(element: "DataElement") -> Iterable[Any]:
    if element.value is None:
        return ()
    return element.value if element.VM > 1 else (element.value,)
