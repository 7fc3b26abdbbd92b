"""The Evaluate page: every number follows the threshold, every cell and bar opens its cases."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from page_runs import asked, cards, open_app, words
from streamlit.testing.v1 import AppTest

from mammo_core.predictions import read_predictions
from mammo_ui import score_histograms
from mammo_ui.confusion import Look, draw_matrix, tabulate
from mammo_ui.evaluate_tabs import TABS

ROOT = Path(__file__).resolve().parents[1]
CARDS = ("Sensitivity", "Specificity", "PPV", "Recall rate", "F1")


@pytest.fixture
def table(standin):
    return read_predictions(table_path(standin))


def table_path(home):
    return home / "models" / "demo" / "predictions" / "exams.parquet"


def open_page(page="evaluate", **query):
    return open_app(page, **query)


def select(at, key, name, **values):
    at.session_state[key] = {"selection": {name: [values]}}
    return at.run()


def rest(table):
    """(scores, is malignant)."""
    return table.probabilities[:, -1], table.labels == 2


def test_all_five_cards_follow_the_threshold(standin, table):
    scores, positive = rest(table)
    low, high = 0.1, 0.7
    before, after = (cards(open_page(threshold=str(at))) for at in (low, high))
    assert tuple(before) == tuple(after) == CARDS
    assert all(before[name] != after[name] for name in CARDS)
    called = scores >= high
    assert after["F1"] == f"{2 * (called & positive).sum() / (called.sum() + positive.sum()):.2f}"


def test_a_prevalence_of_its_own_moves_ppv_by_bayes_and_leaves_sensitivity(standin):
    of_data, at_half = (cards(open_page(threshold="0.3", **asked)) for asked in (
        {}, {"prevalence": "50"}))  # fmt: skip
    sensitivity, specificity = (float(of_data[name]) for name in ("Sensitivity", "Specificity"))
    assert at_half["Sensitivity"] == of_data["Sensitivity"]
    expected = sensitivity / (sensitivity + 1 - specificity)
    assert float(at_half["PPV at 50 %"]) == pytest.approx(expected, abs=0.03)


def test_a_small_predictive_value_keeps_two_digits_that_count(standin):
    shown = next(c for c in open_page(prevalence="0.6").metric if c.label == "PPV at 0.6 %")
    assert 0 < float(shown.value) < 0.1
    digits = shown.value.removeprefix("0.").lstrip("0")
    assert len(digits) == 2
    low = shown.delta.removeprefix("[").split(" to ")[0]
    assert len(low) == len(shown.value)


def test_the_precision_recall_curve_tells_at_which_share_it_holds(standin):
    assert "Curve and AP hold at that share" in words(open_page(prevalence="0.6"))


@pytest.mark.parametrize(
    ("query", "is_told"),
    [({}, False), ({"level": "breast"}, True), ({"level": "breast", "threshold": "0.6"}, False)],
)
def test_a_threshold_of_single_images_is_not_taken_for_one_of_breasts(standin, query, is_told):
    told = words(open_page(**query))
    assert ("threshold was chosen on single images" in told) is is_told


def test_the_headline_tells_auroc_cases_patients_and_positives(standin):
    said = words(open_page(level="breast"))
    assert "AUROC, malignant: **" in said
    assert "**24 breasts of 12 patients**" in said
    assert "**4** malignant, 20 not" in said


def test_patients_are_not_counted_of_patients(standin):
    said = words(open_page(level="patient"))
    assert "**12 patients**" in said
    assert "patients of" not in said


def test_the_matrix_at_the_threshold_opens_its_outcome(standin):
    at = open_page(threshold="0.3")
    select(at, "evaluate_outcomes", "cell", true="malignant", predicted="malignant")
    assert at.title[0].value == "Cases"
    assert asked(at, "outcome") == "TP"


def test_the_matrix_of_the_most_probable_class_opens_truth_and_prediction(standin):
    at = open_page(matrix="Most probable class")
    select(at, "evaluate_matrix", "cell", true="malignant", predicted="malignant")
    assert at.title[0].value == "Cases"
    assert "outcome" not in at.query_params
    assert asked(at, "predicted") == asked(at, "true") == "malignant"


def test_a_bar_of_the_scores_opens_exactly_its_images(standin, table):
    scores, positive = rest(table)
    lower = np.floor(scores[positive].max() * 40) / 40
    n = int((positive & (scores >= lower) & (scores < lower + 1 / 40)).sum())
    at = open_page(evaluate_tab="Scores")
    select(at, "score_histogram", "bar", **{"class": "malignant", "from": lower})
    assert at.title[0].value == "Cases"
    assert f"**{n} image" in words(at)


@pytest.mark.parametrize(("picked", "moved"), [([{"threshold": 0.625}], 0.625), ([], 0.5)])
def test_a_click_on_a_curve_moves_the_threshold_to_its_point(picked, moved):
    at = AppTest.from_string(
        "import streamlit as st\nfrom mammo_ui import curve_charts\n"
        f"st.session_state['roc'] = {{'selection': {{'point': {picked}}}}}\n"
        "curve_charts.take_threshold('roc')"
    )
    at.session_state["threshold"] = 0.5
    assert at.run().session_state["threshold"] == moved


@pytest.mark.parametrize(
    "asked",
    [
        {"prevalence": "abc"},
        {"prevalence": "-5"},
        {"prevalence": "200"},
        {"prevalence": "nan"},
        {"cost": "0"},
        {"cost": "inf"},
        {"matrix": "nope", "cells": "nope", "mistakes": "nope"},
        {"evaluate_tab": "nope"},
    ],
)
def test_nonsense_in_the_address_leaves_the_page_as_it_is_without_it(standin, asked):
    assert words(open_page(**asked)) == words(open_page())


@pytest.mark.parametrize("title", TABS)
def test_each_tab_draws_itself(standin, title):
    at = open_page(evaluate_tab=title)
    assert not at.error


@pytest.mark.parametrize(
    ("level", "rule", "told"),
    [
        ("image", "mean", "by image"),
        ("breast", "maximum", "by breast, maximum of its images"),
        ("exam", "noisy-or", "by exam, noisy-or of its images"),
    ],
)
@pytest.mark.parametrize("page", ["overview", "evaluate", "cases"])
def test_each_page_says_what_a_case_is_and_how_images_join(standin, page, level, rule, told):
    asked = {"level": level} if level == "image" else {"level": level, "rule": rule}
    assert told in words(open_page(page, **asked))


def test_another_rule_of_joining_changes_the_numbers(standin):
    mean, most = (
        cards(open_page(level="breast", rule=rule, threshold="0.4")) for rule in ("mean", "maximum")
    )
    assert float(most["Recall rate"]) > float(mean["Recall rate"])


@pytest.mark.parametrize("label", ["malignant", "normal"])
def test_a_table_of_one_class_shows_dashes_and_says_why(standin, label):
    change_table(standin, lambda frame: frame.assign(label=label))
    at = open_page()
    assert "\N{EN DASH}" in cards(at).values()
    assert "There is no such curve" in words(at)
    for title in TABS:
        open_page(evaluate_tab=title)


def test_a_single_patient_has_numbers_without_intervals(standin):
    change_table(standin, lambda frame: frame[frame["patient_id"] == frame["patient_id"].iloc[-1]])
    at = open_page()
    assert set(cards(at)) == set(CARDS)
    assert all("no interval" in card.delta or "1 patient" in card.delta for card in at.metric)


def change_table(home, change):
    path = table_path(home)
    change(pd.read_parquet(path)).to_parquet(path)


def test_shares_of_rows_and_of_columns_sum_to_one():
    rows = tabulate([[6, 2], [1, 3]], ["benign", "malignant"])
    for side, share in (("true", "of_row"), ("predicted", "of_column")):
        for name in ("benign", "malignant"):
            assert sum(row[share] for row in rows if row[side] == name) == pytest.approx(1)


def test_an_empty_row_of_the_matrix_has_no_share():
    assert [row["of_row"] for row in tabulate([[0, 0], [1, 3]], ["a", "b"])] == [0, 0, 0.25, 0.75]


def test_without_its_diagonal_the_largest_mistake_is_the_darkest():
    rows = tabulate([[96, 4], [1, 99]], ["benign", "malignant"])
    spec = draw_matrix(rows, ["benign", "malignant"], "Predicted", Look(hides_diagonal=True))
    cells = spec["layer"][0]
    assert cells["encoding"]["color"]["scale"]["domain"] == [0, 0.04]
    assert cells["transform"] == [{"filter": "datum.true !== datum.predicted"}]


def test_the_prevalence_of_the_cards_is_told_with_its_limits(standin, table):
    positive = rest(table)[1]
    assert f"at a prevalence of {100 * positive.mean():.3g} %, that of these data" in words(
        open_page()
    )
    told = words(open_page(prevalence="0.6"))
    assert "at a prevalence of 0.6 %" in told
    assert "between 0.01 % and 99.99 %" in told


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_bars_of_a_bin_stand_side_by_side_within_it(n):
    parts = score_histograms.part_bin(n)
    assert len(parts) == n
    assert parts[0][0] > 0
    assert parts[-1][1] < 1
    assert all(start < end for start, end in parts)
    assert all(one[1] == pytest.approx(following[0]) for one, following in pairwise(parts))
