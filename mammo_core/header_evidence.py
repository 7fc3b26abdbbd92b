"""What a header says for or against a mammogram, as sentences for a radiographer."""

from typing import Any

OTHER_MODALITIES = (
    *("CT", "MR", "US", "NM", "PT", "XA", "RF", "ES", "SM", "XC", "ECG", "OP", "OPT", "IO", "PX"),
    *("GM", "IVUS", "BI", "RTSTRUCT", "RTPLAN", "RTDOSE", "RTIMAGE", "SEG", "SR", "PR", "DOC"),
    *("REG", "KO"),
)
"""Values of Modality (DICOM PS3.3 C.7.3.1.1.1) that no mammogram carries."""


def judge_header(header: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what speaks against a mammogram, what a person should look at) in a file's header."""
    modality, body = header.get("modality"), header.get("body_part")
    objections = []
    if modality in OTHER_MODALITIES:
        objections.append(f"The header names modality {modality}, not mammography")
    if body and body != "BREAST":
        objections.append(f"The header names the body part {body}, not the breast")
    doubts = [f"The header names a {name} view" for name in header.get("view_modifiers", ())]
    if header.get("intent") == "FOR PROCESSING":
        doubts.append("The image is FOR PROCESSING: raw detector values, not for display")
    return tuple(objections), tuple(doubts)
