"""What a DICOM header tells: side, view, spacing, acquisition, and what speaks against it."""

import numpy as np
import pydicom
import pytest
from dicom_variants import data_set, save, sequence
from pydicom.dataset import Dataset

from mammo_core.header_evidence import ACQUISITIONS, OTHER_MODALITIES, judge_header
from mammo_core.reading import header_tags
from mammo_core.reading.elements import quiet
from mammo_core.reading.header import describe_header
from mammo_core.reading.views import MODIFIER_CODES, VIEW_CODES, parse_short_name

TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"

PARTS_OF_MAMMOGRAMS = (
    *("MAMO", "BORST", "BRYST", "PECHO", "PIERS", "PIERSI"),
    *("UNKNOWN", "OTHER", "MG", ""),
)
"""The breast in other languages, and what stands where nobody said a part."""


def code(value, *modifiers):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", "meaning"
    item.ViewModifierCodeSequence = [code(modifier) for modifier in modifiers]
    return item


def describe(tmp_path, **tags):
    """The facts as a file tells them: in memory and by the published tags alone the same.

    An index reads no other tags, so that none may matter.
    """
    with quiet():
        ds = data_set(**tags)
        path = save(ds, tmp_path / "image.dcm")
        facts, by_tags = (
            describe_header(pydicom.dcmread(path, stop_before_pixels=True, specific_tags=wanted))
            for wanted in (None, list(header_tags.TAGS))
        )
        assert facts == by_tags
        assert {**facts, "has_pixels": True} == describe_header(ds)
    return facts


def doubts(facts):
    return judge_header(facts)[1]


@pytest.mark.parametrize(
    ("tags", "side"),
    [
        ({}, None),
        ({"ImageLaterality": "R"}, "R"),
        ({"Laterality": "L"}, "L"),
        ({"FrameLaterality": "L"}, "L"),
        ({"ImageLaterality": "B"}, None),
        ({"ViewPosition": "RCC"}, "R"),
        ({"ViewPosition": "MLO", "PatientOrientation": ["P", "FL"]}, "R"),
        ({"ViewPosition": "MLO", "PatientOrientation": ["A", "FR"]}, "L"),
        ({"ViewPosition": "MLO", "PatientOrientation": ["P", "HL"]}, "L"),
        ({"ViewPosition": "CC", "PatientOrientation": ["P", "L"]}, None),
        ({"SeriesDescription": "Mammo R CC"}, "R"),
        ({"ProtocolName": "left MLO"}, "L"),
        ({"SeriesDescription": "LMLO, R CC"}, None),
        ({"SeriesDescription": "R2 checked, 3L"}, None),
        ({"SeriesDescription": "RCC", "ImageLaterality": "L"}, "L"),
    ],
)
def test_the_side_comes_from_the_first_source_that_tells(tmp_path, tags, side):
    facts = describe(tmp_path, **tags)
    assert (facts["laterality"], facts["conflicts"]) == (side, [])


def test_the_side_of_a_frame_lies_in_the_shared_groups(tmp_path):
    groups = sequence(FrameAnatomySequence=sequence(FrameLaterality="R"))
    assert describe(tmp_path, SharedFunctionalGroupsSequence=groups)["laterality"] == "R"


@pytest.mark.parametrize(
    ("tags", "view"),
    [
        ({}, None),
        ({"ViewPosition": "MLO"}, "MLO"),
        ({"ViewPosition": " cc "}, "CC"),
        ({"ViewPosition": "PA"}, None),
        ({"ViewCodeSequence": [code("399162004")]}, "CC"),
        ({"ViewCodeSequence": [code("R-10226")]}, "MLO"),
        ({"ViewCodeSequence": [code("unknown")], "ViewPosition": "ML"}, "ML"),
        ({"ViewCodeSequence": [code("399368009", "399011000")]}, "AT"),
        ({"ViewCodeSequence": [code("399162004", "R-102D2")]}, "CV"),
        ({"PatientOrientation": "MLO"}, "MLO"),
        ({"SeriesDescription": "R MLO"}, "MLO"),
        ({"SeriesDescription": "look AT it in ISO"}, None),
        ({"SeriesDescription": "CC and MLO"}, None),
    ],
)
def test_the_view_comes_from_the_first_source_that_tells(tmp_path, tags, view):
    facts = describe(tmp_path, **tags)
    assert (facts["view"], facts["conflicts"]) == (view, [])


@pytest.mark.parametrize("table", [VIEW_CODES, MODIFIER_CODES])
def test_every_term_has_a_snomed_ct_and_a_snomed_rt_code(table):
    for name in set(table.values()):
        values = [value for value, known in table.items() if known == name]
        assert sum(value.isdigit() for value in values) == 1
        assert any("-" in value for value in values)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("RMLO", ("R", "MLO", ())),
        ("LML", ("L", "ML", ())),
        ("MLO", ("", "MLO", ())),
        ("LMCC", ("L", "CC", ("magnification",))),
        ("SMLO", ("", "MLO", ("spot compression",))),
        ("RCCID", ("R", "CC", ("implant displaced",))),
        ("XCCL", ("", "XCCL", ())),
        ("Miller", ("", "", ())),
        ("", ("", "", ())),
    ],
)
def test_short_names_are_taken_apart(name, told):
    parsed = parse_short_name(name)
    assert (parsed.side, parsed.view, parsed.modifiers) == told


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (
            {"ImageLaterality": "L", "Laterality": "R"},
            "ImageLaterality says side L, Laterality says R",
        ),
        (
            {"ViewCodeSequence": [code("399162004")], "ViewPosition": "MLO"},
            "ViewCodeSequence says view CC, ViewPosition says MLO",
        ),
        (
            {
                "ImageLaterality": "L",
                "ViewPosition": "MLO",
                "PatientOrientation": ["P", "FL"],
            },
            "ImageLaterality says side L, PatientOrientation says R",
        ),
    ],
)
def test_sources_that_contradict_are_told_and_asked_about(tmp_path, tags, told):
    facts = describe(tmp_path, **tags)
    assert facts["conflicts"] == [told]
    assert told in doubts(facts)[0]


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({}, "standard"),
        ({"ImageType": ["DERIVED", "PRIMARY"]}, "standard"),
        ({"SeriesDescription": "R MLO Tomosynthesis combo"}, "standard"),
        ({"SeriesDescription": "Synthetic mammography 4 views"}, "standard"),
        ({"EstimatedRadiographicMagnificationFactor": "1.07"}, "standard"),
        ({"ContrastBolusAgent": "NONE"}, "standard"),
        ({"ImageType": ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"]}, "synthetic"),
        ({"ImageType": ["DERIVED", "PRIMARY", "TOMO_2D"]}, "synthetic"),
        ({"SeriesDescription": "L CC C-View"}, "synthetic"),
        ({"SeriesDescription": "S-view"}, "synthetic"),
        ({"ProtocolName": "Insight2D"}, "synthetic"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]}, "tomosynthesis"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "TOMO_PROJ"]}, "tomosynthesis"),
        ({"SOPClassUID": TOMOSYNTHESIS}, "tomosynthesis"),
        ({"NumberOfFrames": 60}, "tomosynthesis"),
        (
            {"SOPClassUID": TOMOSYNTHESIS, "ImageType": ["DERIVED", "PRIMARY", "", "GENERATED_2D"]},
            "synthetic",
        ),
        ({"ViewCodeSequence": [code("399162004", "399163009")]}, "magnification"),
        ({"ViewModifierCodeSequence": [code("R-102D6")]}, "magnification"),
        ({"EstimatedRadiographicMagnificationFactor": "1.8"}, "magnification"),
        ({"PaddleDescription": "10CM MAG"}, "magnification"),
        ({"ViewCodeSequence": [code("399368009", "399055006")]}, "spot"),
        ({"PaddleDescription": "SPOT CONTACT"}, "spot"),
        ({"ViewCodeSequence": [code("127457009")]}, "specimen"),
        ({"AnatomicRegionSequence": [code("G-8310")]}, "specimen"),
        ({"BodyPartExamined": "SPECIMEN"}, "specimen"),
        ({"SpecimenDescriptionSequence": sequence(SpecimenIdentifier="1")}, "specimen"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "POST_CONTRAST", "", "LOW_ENERGY"]}, "contrast"),
        ({"ContrastBolusAgent": "iodine"}, "contrast"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "STEREO_SCOUT"]}, "biopsy"),
    ],
)
def test_the_acquisition_is_told_from_all_evidence(tmp_path, tags, kind):
    facts = describe(tmp_path, **tags)
    assert facts["acquisition"] == kind
    objections, asked = judge_header(facts)
    assert bool(objections) == (kind == "tomosynthesis")
    assert bool(asked) == (kind not in ("standard", "tomosynthesis"))


def test_every_acquisition_has_a_sentence_of_its_own():
    told = {judge_header({"acquisition": kind}) for kind in ACQUISITIONS}
    assert len(told) == len(ACQUISITIONS)
    assert judge_header({"acquisition": "standard"}) == ((), ())


@pytest.mark.parametrize(
    ("tags", "implant"),
    [
        ({}, None),
        ({"BreastImplantPresent": "YES"}, True),
        ({"BreastImplantPresent": "NO"}, False),
        ({"ViewCodeSequence": [code("399162004", "399209000")]}, True),
        ({"ViewPosition": "LMLOID"}, True),
    ],
)
def test_an_implant_is_told_and_asked_about(tmp_path, tags, implant):
    facts = describe(tmp_path, **tags)
    assert facts["implant"] is implant
    assert bool(doubts(facts)) == bool(implant)


@pytest.mark.parametrize(
    ("tags", "spacing", "basis"),
    [
        ({}, None, None),
        ({"PixelSpacing": [0.07, 0.07]}, 0.07, "PixelSpacing"),
        ({"PixelSpacing": [0.07, 0.07], "ImagerPixelSpacing": [0.1, 0.1]}, 0.07, "PixelSpacing"),
        (
            {
                "PixelSpacing": [0.1, 0.1],
                "ImagerPixelSpacing": [0.1, 0.1],
                "PixelSpacingCalibrationType": "GEOMETRY",
                "EstimatedRadiographicMagnificationFactor": "1.25",
            },
            0.1,
            "PixelSpacing, calibrated by geometry",
        ),
        (
            {
                "PixelSpacing": [0.1, 0.1],
                "ImagerPixelSpacing": [0.1, 0.1],
                "EstimatedRadiographicMagnificationFactor": "1.25",
            },
            0.08,
            "ImagerPixelSpacing / magnification",
        ),
        ({"ImagerPixelSpacing": [0.1, 0.1]}, 0.1, "ImagerPixelSpacing, at the detector"),
        (
            {"ImagerPixelSpacing": [0.1, 0.1], "EstimatedRadiographicMagnificationFactor": "0"},
            0.1,
            "ImagerPixelSpacing, at the detector",
        ),
        (
            {"NominalScannedPixelSpacing": [0.05, 0.05]},
            0.05,
            "NominalScannedPixelSpacing, on the film",
        ),
        ({"PixelSpacing": [0, 0]}, None, None),
    ],
)
def test_the_spacing_is_told_with_its_basis(tmp_path, tags, spacing, basis):
    facts = describe(tmp_path, **tags)
    assert facts["pixel_spacing_mm"] == pytest.approx(spacing)
    assert facts["spacing_basis"] == basis


def test_the_spacing_of_a_frame_lies_in_the_shared_groups(tmp_path):
    groups = sequence(PixelMeasuresSequence=sequence(PixelSpacing=[0.1, 0.1]))
    facts = describe(tmp_path, SharedFunctionalGroupsSequence=groups)
    assert (facts["pixel_spacing_mm"], facts["spacing_basis"]) == (0.1, "PixelMeasuresSequence")


@pytest.mark.parametrize(("columns", "is_square"), [(0.07, True), (0.0704, True), (0.08, False)])
def test_pixels_that_are_not_square_are_asked_about(tmp_path, columns, is_square):
    facts = describe(tmp_path, PixelSpacing=[0.07, columns])
    assert facts["square_pixels"] is is_square
    assert bool(doubts(facts)) != is_square


@pytest.mark.parametrize(("ratio", "is_square"), [((1, 1), True), ((4, 3), False), ((0, 1), True)])
def test_the_aspect_of_pixels_is_told_where_their_size_is_not(tmp_path, ratio, is_square):
    facts = describe(tmp_path, PixelAspectRatio=list(ratio))
    assert (facts["square_pixels"], facts["pixel_spacing_mm"]) == (is_square, None)


@pytest.mark.parametrize(
    "tags",
    [
        {"PresentationIntentType": "FOR PROCESSING"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.2.1"},
    ],
)
def test_raw_detector_values_are_asked_about(tmp_path, tags):
    assert "FOR PROCESSING" in doubts(describe(tmp_path, **tags))[0]


def test_a_part_of_a_breast_is_asked_about(tmp_path):
    assert "partial" in doubts(describe(tmp_path, PartialView="YES"))[0]


@pytest.mark.parametrize("modality", OTHER_MODALITIES)
def test_other_modalities_are_objected_to_by_name(modality):
    assert modality in judge_header({"modality": modality})[0][0]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.2"}, "SOP class"),
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.6.1"}, "SOP class"),
        ({"body_part": "CHEST"}, "body part CHEST"),
        ({"body_part": "ANN MILLER"}, "another body part"),
    ],
)
def test_another_kind_of_image_is_objected_to_without_quoting_free_text(header, told):
    objections, _ = judge_header(header)
    assert told in objections[0]
    assert "MILLER" not in objections[0]


@pytest.mark.parametrize(
    "header",
    [
        {"modality": "MG", "body_part": "BREAST"},
        *({"modality": "MG", "body_part": part} for part in PARTS_OF_MAMMOGRAMS),
        {"modality": None, "sop_class_uid": "1.2.840.10008.5.1.4.1.1.1.1"},
        {"modality": "MG", "sop_class_uid": "1.2.3.4", "body_part": "LEFT BREAST"},
        {"modality": "OT", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.7", "body_part": "MAMMOGRAM"},
        {"modality": "DX", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.1.2"},
    ],
)
def test_what_archives_say_of_mammograms_raises_no_objection(header):
    assert judge_header(header) == ((), ())


def test_damaged_values_are_unknown_and_never_a_crash(tmp_path):
    path = save(
        data_set(
            ViewPosition="MLO",
            ImageLaterality="R",
            PixelSpacing=[0.1, 0.1],
            ViewCodeSequence=[code("399368009", "399163009")],
        ),
        tmp_path / "image.dcm",
    )
    ds = pydicom.dcmread(path, stop_before_pixels=True)
    rng = np.random.default_rng(0)
    for _ in range(300):
        for element in list(ds.values()):
            if isinstance(element, pydicom.dataelem.RawDataElement) and rng.random() < 0.2:
                junk = rng.integers(0, 256, rng.integers(0, 12), np.uint8).tobytes()
                ds[element.tag] = element._replace(value=junk, length=len(junk))
        with quiet():
            facts = describe_header(ds)
        assert judge_header(facts) is not None
        assert facts["laterality"] in ("L", "R", None)
        ds = pydicom.dcmread(path, stop_before_pixels=True)


def test_a_name_in_another_alphabet_is_read(tmp_path):
    facts = describe(tmp_path, SpecificCharacterSet="ISO_IR 192", Manufacturer="富士フイルム")
    assert facts["manufacturer"] == "富士フイルム"


def test_bytes_of_unknown_meaning_tell_nothing():
    ds = data_set()
    ds.add_new("Manufacturer", "UN", b"\xff\xfe\x01")
    assert describe_header(ds)["manufacturer"] is None


def test_big_endian_and_implicit_headers_tell_the_same(tmp_path):
    tags = {"ViewCodeSequence": [code("399162004", "399209000")], "ImageLaterality": "L"}
    told = [
        describe_header(pydicom.dcmread(save(data_set(**tags), tmp_path / "a.dcm", syntax)))
        for syntax in (
            pydicom.uid.ExplicitVRLittleEndian,
            pydicom.uid.ImplicitVRLittleEndian,
            pydicom.uid.ExplicitVRBigEndian,
        )
    ]
    for facts in told:
        assert {**facts, "transfer_syntax": None} == {**told[0], "transfer_syntax": None}
    assert told[0]["rows"] == 64
    assert told[0]["view_modifiers"] == ["implant displaced"]


@pytest.mark.parametrize("millimeters", [1000, 0.0001])
def test_a_spacing_that_no_mammogram_has_is_ignored_and_told(millimeters):
    ds = data_set(PixelSpacing=[millimeters, millimeters], ImagerPixelSpacing=[0.07, 0.07])
    facts = describe_header(ds)
    assert facts["pixel_spacing_mm"] == 0.07
    assert any("PixelSpacing" in doubt for doubt in judge_header(facts)[1])


@pytest.mark.parametrize("millimeters", [0.025, 0.1, 0.2])
def test_the_spacings_of_mammograms_are_taken_without_a_doubt(millimeters):
    facts = describe_header(data_set(PixelSpacing=[millimeters, millimeters]))
    assert facts["pixel_spacing_mm"] == millimeters
    assert judge_header(facts) == ((), ())
