"""Reading prediction tables: one meaning from any file, one clear line for what cannot be used."""

import numpy as np
import pandas as pd
import pytest
from prediction_rows import CLASSES, make_predictions

from mammo_core.errors import BadConfiguration, BadTable, UnreadableFile
from mammo_core.metrics.selection import EvaluationOptions, select
from mammo_core.predictions import (
    Provenance,
    read_predictions,
    read_provenance,
    write_predictions,
)


@pytest.fixture
def frame():
    return make_predictions(6)


def read(frame, tmp_path, name="table.csv", **options):
    path = tmp_path / name
    if name.endswith(".parquet"):
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False, **options)
    return read_predictions(path)


def same(a, b):
    pd.testing.assert_frame_equal(a.frame, b.frame)
    return a.classes == b.classes


def test_csv_and_parquet_read_the_same_to_the_last_bit(frame, tmp_path):
    assert same(read(frame, tmp_path), read(frame, tmp_path, "table.parquet"))


def test_row_order_does_not_matter(frame, tmp_path):
    shuffled = frame.sample(frac=1, random_state=1)
    assert same(read(frame, tmp_path), read(shuffled, tmp_path, "other.csv"))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_separator_and_encoding_are_found_out(frame, tmp_path, separator, encoding):
    frame["manufacturer"] = "Röntgen & Söhne"
    table = read(frame, tmp_path, sep=separator, encoding=encoding)
    assert set(table.frame["manufacturer"]) == {"Röntgen & Söhne"}
    assert table.classes == CLASSES


def test_a_decimal_comma_is_understood(frame, tmp_path):
    assert same(read(frame, tmp_path), read(frame, tmp_path, "eu.csv", sep=";", decimal=","))


def test_ids_keep_their_leading_zeros(frame, tmp_path):
    frame["patient_id"] = frame["patient_id"].str[1:]
    assert read(frame, tmp_path).frame["patient_id"].iloc[0] == "000"


def test_whole_numbers_in_ids_and_grades_read_alike(frame, tmp_path):
    frame["patient_id"] = frame["patient_id"].str[1:].astype(int)
    tables = read(frame, tmp_path), read(frame, tmp_path, "table.parquet")
    assert same(*tables)
    assert set(tables[0].frame["birads"].dropna()) == {"1", "2"}


def test_float32_probabilities_of_a_network_are_accepted(frame, tmp_path):
    columns = [f"p_{name}" for name in CLASSES]
    frame[columns] = frame[columns].astype(np.float32)
    table = read(frame, tmp_path, "table.parquet")
    np.testing.assert_allclose(table.probabilities.sum(axis=1), 1, atol=1e-6)


def test_classes_come_in_the_order_of_their_columns(frame, tmp_path):
    turned = frame[[*frame.columns[::-1]]]
    assert read(turned, tmp_path).classes == CLASSES[::-1]


def test_nested_columns_of_a_parquet_file_are_left_out(frame, tmp_path):
    frame["boxes"] = [[1, 2]] * len(frame)
    assert "boxes" not in read(frame, tmp_path, "table.parquet").frame


def test_labels_and_patients_are_numbered(frame, tmp_path):
    table = read(frame, tmp_path)
    assert [CLASSES[k] for k in table.labels] == table.frame["label"].tolist()
    assert table.n_patients == 6
    assert table.patients.tolist() == sorted(table.patients)


def test_a_missing_label_stays_missing(frame, tmp_path):
    frame.loc[3, "label"] = None
    table = read(frame, tmp_path)
    assert (table.labels == -1).sum() == 1


def test_an_unknown_class_is_refused_with_those_there_are(frame, tmp_path):
    with pytest.raises(BadConfiguration, match=r"normal, benign, malignant.*'cancer'"):
        read(frame, tmp_path).class_index("cancer")


def test_rows_know_their_images(frame, tmp_path):
    table = read(frame, tmp_path)
    assert table.image_ids(table.labels == 0) == (
        table.frame["image_id"][table.labels == 0].tolist()
    )


BROKEN = {
    "a column lacks": (lambda f: f.drop(columns="patient_id"), r"'patient_id' in .*found image_id"),
    "one class only": (lambda f: f.drop(columns=["p_normal", "p_benign"]), "at least two classes"),
    "sum": (lambda f: f.assign(p_normal=f.p_normal / 2), "image 'i0000' sum to"),
    "above one": (lambda f: f.assign(p_benign=7.5), "p_benign of image 'i0000' is 7.5"),
    "below zero": (lambda f: f.assign(p_benign=-0.5), "p_benign of image 'i0000' is -0.5"),
    "not a number": (
        lambda f: f.assign(p_benign=f.p_benign.where(f.index != 4)),
        "p_benign of image 'i0004' is missing",
    ),
    "infinite": (lambda f: f.assign(p_benign=np.inf), "p_benign of image 'i0000' is inf"),
    "text": (lambda f: f.assign(p_benign="high"), "column p_benign.*high"),
    "label": (lambda f: f.assign(label="maligant"), "image 'i0000' has the label 'maligant'"),
    "repeated": (lambda f: pd.concat([f, f.tail(1)]), "'i0023' is repeated"),
    "no id": (lambda f: f.assign(image_id=f.image_id.where(f.index != 4)), "image_id in every row"),
    "no patient": (
        lambda f: f.assign(patient_id=f.patient_id.where(f.index != 4)),
        "'i0004' has no patient_id",
    ),
    "no rows": (lambda f: f.head(0), "at least one row"),
}


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_predictions_without_labels_can_be_read_but_not_evaluated(frame, tmp_path, name):
    table = read(frame.assign(label=None), tmp_path, name)
    assert (table.labels == -1).all()
    assert table.probabilities.shape == (len(frame), len(CLASSES))
    with pytest.raises(BadTable, match="but not evaluated; index with labels"):
        select(table, EvaluationOptions(split="all"))


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_used_is_named(frame, tmp_path, case, name):
    spoil, message = BROKEN[case]
    with pytest.raises(BadTable, match=message):
        read(spoil(frame), tmp_path, name)


def test_a_repeated_column_is_named(frame, tmp_path):
    doubled = pd.concat([frame, frame[["age"]]], axis=1)
    with pytest.raises(BadTable, match="'age' comes repeatedly"):
        read(doubled, tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PAR1 but not for long", b"PK\3\4\0\0"]
)
def test_files_of_other_kinds_are_refused(tmp_path, content):
    (tmp_path / "odd").write_bytes(content)
    with pytest.raises((UnreadableFile, BadTable)):
        read_predictions(tmp_path / "odd")


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_called_empty(tmp_path, content):
    (tmp_path / "none.csv").write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"none\.csv is empty"):
        read_predictions(tmp_path / "none.csv")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match=r"nowhere\.csv"):
        read_predictions(tmp_path / "nowhere.csv")


def test_a_row_of_another_length_is_refused(frame, tmp_path):
    path = tmp_path / "ragged.csv"
    frame.to_csv(path, index=False)
    path.write_text(path.read_text() + "i9999,p1\n")
    with pytest.raises(UnreadableFile, match="columns"):
        read_predictions(path)


def test_a_million_columns_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{i}" for i in range(1_000_000)) + "\n")
    with pytest.raises(BadTable, match="at most 2000 columns"):
        read_predictions(path)


def test_a_written_table_reads_back_and_says_what_made_it(frame, tmp_path):
    path = tmp_path / "model" / "table.parquet"
    facts = {"model_sha256": "m", "dataset_fingerprint": "d", "split": "all"}
    write_predictions(path, frame, facts)
    assert read_provenance(path) == Provenance("m", "d", "all")
    assert same(read_predictions(path), read(frame, tmp_path))


def test_a_table_from_elsewhere_says_nothing_of_its_making(frame, tmp_path):
    read(frame, tmp_path)
    write_predictions(tmp_path / "bare.parquet", frame)
    for name in ("table.csv", "bare.parquet", "absent.parquet"):
        assert read_provenance(tmp_path / name) is None
