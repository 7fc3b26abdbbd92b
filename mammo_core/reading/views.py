"""Side and view of a mammogram from every source in its header, and where they contradict."""

import re
from dataclasses import dataclass
from typing import Literal, cast

from mammo_core.reading.elements import Code, Elements
from mammo_core.types import Laterality

SPECIMEN_VIEW = "SPECIMEN"
VIEW_CODES = {
    **dict.fromkeys(("399260004", "R-10224"), "ML"),
    **dict.fromkeys(("399368009", "R-10226"), "MLO"),
    **dict.fromkeys(("399352003", "R-10228"), "LM"),
    **dict.fromkeys(("399099002", "R-10230"), "LMO"),
    **dict.fromkeys(("399162004", "R-10242"), "CC"),
    **dict.fromkeys(("399196006", "R-10244"), "FB"),
    **dict.fromkeys(("399188001", "R-102D0"), "SIO"),
    **dict.fromkeys(("441555000", "R-40AAA"), "ISO"),
    **dict.fromkeys(("399192008", "R-1024A", "Y-X1770"), "XCCL"),
    **dict.fromkeys(("399101009", "R-1024B", "Y-X1771"), "XCCM"),
    **dict.fromkeys(("127457009", "G-8310"), SPECIMEN_VIEW),
}
"""Codes of SNOMED CT (SCT) and of SNOMED RT (SRT, SNM3, 99SDM) for views (PS3.16, CID 4014)."""

MODIFIER_CODES = {
    **dict.fromkeys(("399161006", "R-102D2"), "cleavage"),
    **dict.fromkeys(("399011000", "R-102D1"), "axillary tail"),
    **dict.fromkeys(("399197002", "R-102D3"), "rolled lateral"),
    **dict.fromkeys(("399226006", "R-102D4"), "rolled medial"),
    **dict.fromkeys(("414493004", "R-102CA"), "rolled inferior"),
    **dict.fromkeys(("415670009", "R-102C9"), "rolled superior"),
    **dict.fromkeys(("399209000", "R-102D5"), "implant displaced"),
    **dict.fromkeys(("399163009", "R-102D6"), "magnification"),
    **dict.fromkeys(("399055006", "R-102D7"), "spot compression"),
    **dict.fromkeys(("399110001", "R-102C2"), "tangential"),
    **dict.fromkeys(("442581004", "R-40AB3"), "nipple in profile"),
    **dict.fromkeys(("441752004", "P2-00161"), "anterior compression"),
    **dict.fromkeys(("442593008", "R-40ABE"), "infra-mammary fold"),
    **dict.fromkeys(("442580003", "R-40AB2"), "axillary tissue"),
}
"""Codes for view modifiers (PS3.16, CID 4015)."""

REPLACED_VIEWS = {("MLO", "axillary tail"): "AT", ("CC", "cleavage"): "CV"}
"""Views with a modifier that have a name of their own (PS3.16, CID 4015)."""

VIEWS = (*dict.fromkeys(VIEW_CODES.values()), *REPLACED_VIEWS.values())

PREFIXES = {"M": "magnification", "S": "spot compression"}
SUFFIXES = {
    "RL": "rolled lateral",
    "RM": "rolled medial",
    "RI": "rolled inferior",
    "RS": "rolled superior",
    "ID": "implant displaced",
    "NP": "nipple in profile",
    "AC": "anterior compression",
    "IMF": "infra-mammary fold",
    "AX": "axillary tissue",
}
"""Modifiers in the short names that mammography uses, such as RMCC or LMLOID (ACR MQCM 1999)."""

SHORT_NAME = re.compile(rf"([LR]?)([MS]?)({'|'.join(VIEWS)})({'|'.join(SUFFIXES)}|)")
DESCRIBED_VIEWS = frozenset({"CC", "MLO", "ML", "LMO", "XCCL", "XCCM"})
"""Views that free text may name; AT, ISO and the like are words of their own there."""
SIDE_WORDS: dict[str, Laterality] = {
    **dict.fromkeys(("L", "LT", "LEFT"), cast(Laterality, "L")),
    **dict.fromkeys(("R", "RT", "RIGHT"), cast(Laterality, "R")),
}
OBLIQUE_VIEWS = ("MLO", "LMO")
MEDIAL_SIDES: dict[frozenset[str], Laterality] = {
    frozenset("FR"): "L",
    frozenset("HL"): "L",
    frozenset("FL"): "R",
    frozenset("HR"): "R",
}
"""In an oblique view the feet lie towards the midline, so that a column's direction tells the side
however the picture was turned or mirrored (PS3.3 C.7.6.1.1.1)."""

Fact = Literal["side", "view"]
Told = tuple[str, str]
"""(the source's name, what it says)."""


@dataclass(frozen=True)
class Projection:
    """How the breast was projected.

    Attributes:
        laterality: "L", "R", or None where no source tells.
        view: One of VIEWS, None where no source tells.
        modifiers: Names of the view modifiers, such as magnification.
        conflicts: Sentences about sources that contradict one another.
    """

    laterality: Laterality | None
    view: str | None
    modifiers: tuple[str, ...]
    conflicts: tuple[str, ...]


@dataclass(frozen=True)
class ShortName:
    """What a name such as LMLOID says; empty where it says nothing."""

    side: str = ""
    view: str = ""
    modifiers: tuple[str, ...] = ()


PLAIN_NAMES = {"": ShortName(), **{view: ShortName(view=view) for view in VIEWS}}


def read_projection(header: Elements, groups: Elements | None = None) -> Projection:
    """Side, view and modifiers; the first source that speaks is believed.

    Args:
        header: The data set.
        groups: The item of its SharedFunctionalGroupsSequence, where it has one.
    """
    codes = header.codes("ViewCodeSequence")
    modifiers = _read_modifiers(header, codes)
    position = parse_short_name(header.text("ViewPosition"))
    orientation = header.texts("PatientOrientation")
    views = _list_views(codes, modifiers, position, orientation)
    sides = _list_sides(header, groups, position)
    if views and views[0][1] in OBLIQUE_VIEWS and len(orientation) == 2:
        side = MEDIAL_SIDES.get(frozenset(orientation[1].upper()))
        sides += [("PatientOrientation", side)] if side else []
    conflicts = (*_find_conflicts("side", sides), *_find_conflicts("view", views))
    if not (sides and views):
        described = _read_descriptions(header)
        sides, views = sides or described[0], views or described[1]
    return Projection(
        laterality=cast(Laterality, sides[0][1]) if sides else None,
        view=views[0][1] if views else None,
        modifiers=tuple(dict.fromkeys((*modifiers, *position.modifiers))),
        conflicts=conflicts,
    )


def parse_short_name(text: str) -> ShortName:
    """Side, view and modifiers in a name such as MLO, RCC, LMLOID or MCC."""
    if text in PLAIN_NAMES:
        return PLAIN_NAMES[text]
    if not (match := SHORT_NAME.fullmatch(re.sub(r"[^A-Z]", "", text.upper()))):
        return ShortName()
    side, prefix, view, suffix = match.groups()
    names = (PREFIXES.get(prefix), SUFFIXES.get(suffix))
    return ShortName(side, view, tuple(name for name in names if name))


def _read_modifiers(header: Elements, codes: tuple[Code, ...]) -> tuple[str, ...]:
    """Of each view, and those that some devices write beside it."""
    values = [modifier for code in codes for modifier in code.modifiers]
    values += [code.value for code in header.codes("ViewModifierCodeSequence")]
    return tuple(MODIFIER_CODES[value] for value in values if value in MODIFIER_CODES)


def _list_views(
    codes: tuple[Code, ...],
    modifiers: tuple[str, ...],
    position: ShortName,
    orientation: list[str],
) -> list[Told]:
    """From the code, ViewPosition, then PatientOrientation, where CBIS-DDSM has it."""
    coded = [VIEW_CODES[code.value] for code in codes if code.value in VIEW_CODES]
    told = [("ViewCodeSequence", _replace_view(view, modifiers)) for view in coded]
    if position.view:
        told.append(("ViewPosition", _replace_view(position.view, modifiers)))
    if len(orientation) == 1 and (view := parse_short_name(orientation[0]).view):
        told.append(("PatientOrientation", view))
    return told


def _replace_view(view: str, modifiers: tuple[str, ...]) -> str:
    names = (REPLACED_VIEWS.get((view, modifier)) for modifier in modifiers)
    return next((name for name in names if name), view)


def _list_sides(header: Elements, groups: Elements | None, position: ShortName) -> list[Told]:
    tags = ("ImageLaterality", "Laterality", "FrameLaterality")
    told = [(tag, header.word(tag)) for tag in tags]
    anatomy = groups.items("FrameAnatomySequence") if groups else []
    told += [("FrameAnatomySequence", item.word("FrameLaterality")) for item in anatomy]
    told.append(("ViewPosition", position.side))
    return [(source, side[0]) for source, side in told if side[:1] in ("L", "R")]


def _find_conflicts(fact: Fact, told: list[Told]) -> tuple[str, ...]:
    """A sentence for each source that contradicts the first one."""
    if len({value for _, value in told}) < 2:
        return ()
    first, believed = told[0]
    others = dict.fromkeys(pair for pair in told if pair[1] != believed)
    return tuple(
        f"{first} says {fact} {believed}, {source} says {value}" for source, value in others
    )


def _read_descriptions(header: Elements) -> tuple[list[Told], list[Told]]:
    """(sides, views) that the free texts name without contradicting themselves."""
    sides, views = set(), set()
    for tag in ("SeriesDescription", "ProtocolName"):
        for word in re.findall(r"[A-Z0-9]+", header.word(tag)):
            name = parse_short_name(word) if word.isalpha() else ShortName()
            if name.view in DESCRIBED_VIEWS:
                views.add(name.view)
                sides.add(name.side)
            sides.add(SIDE_WORDS.get(word, ""))
    sides.discard("")
    return (
        [("SeriesDescription", side) for side in sides] if len(sides) == 1 else [],
        [("SeriesDescription", view) for view in views] if len(views) == 1 else [],
    )
