"""What `evaluate` and `compare` come to, in the lines before their tables."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prediction_rows import make_predictions

from mammo_core.cli import main
from mammo_core.headlines import tell_headline
from mammo_core.plain_text import WIDTH, format_estimate

ESTIMATE = {"value": 0.912, "low": 0.861, "high": 0.953}


def make_comparison(value, p, positive="malignant"):
    difference = {"value": value, "low": value - 0.1, "high": value + 0.2}
    return {
        "n": 96, "patients": 24, "split": "test", "level": "image", "positive": positive,
        "auroc_a": ESTIMATE, "auroc_b": ESTIMATE, "difference": difference, "delong_p": p,
    }  # fmt: skip


def run(capsys, *words):
    with pytest.raises(SystemExit):
        main([*map(str, words), "--bootstrap", "20"])
    return capsys.readouterr().out


@pytest.fixture
def tables(tmp_path):
    for seed in (0, 1):
        make_predictions(30, seed).to_csv(tmp_path / f"{seed}.csv", index=False)
    return tmp_path / "0.csv", tmp_path / "1.csv"


def test_the_headline_has_the_figures_of_the_answer(capsys, tables):
    words = ("evaluate", "--predictions", tables[0], "--level", "breast")
    answer = json.loads(run(capsys, *words, "--json"))
    first, second, blank, *rest = run(capsys, *words).splitlines()
    auroc, accuracy = answer["per_class"]["malignant"]["auroc"], answer["balanced_accuracy"]
    assert format_estimate(auroc) in first
    assert first.endswith(f"balanced accuracy {format_estimate(accuracy)}")
    assert second == "60 breasts of 30 patients, breast level, split test"
    assert (blank, rest[0]) == ("", "n: 60")


def test_a_comparison_begins_with_its_verdict(capsys, tables):
    words = ("compare", *tables, "--level", "patient")
    answer = json.loads(run(capsys, *words, "--json"))
    first, second, blank, *_ = run(capsys, *words).splitlines()
    assert first.endswith("(clustered DeLong test)")
    assert format_estimate(answer["auroc_b"]) in second
    assert second.endswith("30 patients, patient level, split test")
    assert not blank


def test_a_table_against_itself_shows_no_difference(capsys, tables):
    first = run(capsys, "compare", tables[0], tables[0]).splitlines()[0]
    assert first.startswith("No difference can be tested, both rank alike")


@pytest.mark.parametrize("p", [0.05, 0.4, 1.0, None])
def test_without_a_small_p_neither_is_called_better(p):
    (first, *_) = tell_headline("compare", make_comparison(0.3, p))
    assert "better" not in first
    assert "A minus B 0.30 [0.20 to 0.50]" in first


def test_a_small_p_alone_makes_neither_better():
    (first, *_) = tell_headline("compare", make_comparison(0.05, 0.04))
    assert first.startswith("Not settled, p = 0.04 but the interval reaches 0: A minus B 0.05")


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.3, "A is better by 0.30 [0.20 to 0.50]"), (-0.3, "B is better by 0.30 [0.10 to 0.40]")],
)
def test_the_better_one_is_better_by_a_positive_difference(value, verdict):
    assert verdict in tell_headline("compare", make_comparison(value, 0.01))[0]


def test_a_tiny_p_is_not_told_as_zero():
    assert "p < 0.001" in tell_headline("compare", make_comparison(0.3, 1e-9))[0]


@settings(max_examples=30, deadline=None)
@given(st.text("abcdefghij ", max_size=200))
def test_no_line_is_too_wide(positive):
    lines = tell_headline("compare", make_comparison(0.3, 0.01, positive))
    assert all(len(line) <= WIDTH for line in lines if " " in line)


def test_other_verbs_begin_with_their_answer():
    assert tell_headline("models", {"models": []}) == []
