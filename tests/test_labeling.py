"""Laws of the label schemes: which fact makes the class, and what has none."""

from pathlib import Path

import pytest

from mammo_core.datasets.labeling import Labeling, missing_reason, parse_birads_classes
from mammo_core.datasets.rows import ImageRow
from mammo_core.errors import BadConfiguration, BadDataset


def row(**facts: object) -> ImageRow:
    return ImageRow(file=Path("a.dcm"), image_id="a", patient_id="p", **facts)


@pytest.mark.parametrize(
    ("birads", "label"),
    [("1", "normal"), ("2", "benign"), ("3", "benign"), ("4", "malignant"), ("4b", "malignant")],
)
def test_a_birads_assessment_has_its_class(birads: str, label: str) -> None:
    for spelled in (birads, birads.upper(), f"BI-RADS {birads}", f"BIRADS{birads}"):
        assert Labeling().classify(row(birads=spelled), "birads") == label


@pytest.mark.parametrize("birads", ["0", "", None, "seven"])
def test_an_incomplete_assessment_has_no_class(birads: str | None) -> None:
    assert Labeling().classify(row(birads=birads), "birads") is None


def test_a_subcategory_goes_before_its_category() -> None:
    labeling = Labeling(birads=parse_birads_classes("4a:benign,4:malignant"))
    assert labeling.classify(row(birads="4A"), "birads") == "benign"
    assert labeling.classify(row(birads="4C"), "birads") == "malignant"
    assert labeling.classify(row(birads="1"), "birads") is None


@pytest.mark.parametrize("text", ["", "1", "1:", "7:benign", "5a:malignant", "normal:1"])
def test_a_mapping_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadConfiguration, match="1:normal"):
        parse_birads_classes(text)


@pytest.mark.parametrize(
    ("cancer", "label"), [(True, "cancer"), (False, "no_cancer"), (None, None)]
)
def test_cancer_is_yes_no_or_unknown(cancer: bool | None, label: str | None) -> None:
    assert Labeling().classify(row(cancer=cancer), "cancer") == label


def test_each_scheme_reads_its_own_fact() -> None:
    image = row(label="spiculated", pathology="benign", birads="5", cancer=True)
    labels = [
        Labeling().classify(image, name) for name in ("given", "pathology", "birads", "cancer")
    ]
    assert labels == ["spiculated", "benign", "malignant", "cancer"]


def test_a_layout_gives_its_first_scheme_and_no_other_than_it_offers() -> None:
    assert Labeling().resolve("x", ("pathology", "birads")) == "pathology"
    assert Labeling("birads").resolve("x", ("pathology", "birads")) == "birads"
    assert Labeling("none").resolve("x", ("pathology",)) == "none"
    with pytest.raises(BadDataset, match="pathology, none"):
        Labeling("cancer").resolve("x", ("pathology",))


def test_the_reason_names_the_missing_fact() -> None:
    assert "BI-RADS 0" in missing_reason(row(birads="0"), "birads")
    assert "cancer" in missing_reason(row(), "cancer")
    assert "--labels birads" in missing_reason(row(birads="2"), "pathology")
    assert "--labels birads" not in missing_reason(row(), "pathology")
