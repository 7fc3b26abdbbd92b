"""Laws of the command line's text: nothing too wide, nothing lost, sentences and tables apart."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mammo_core.plain_text import MOST_NUMBERS, WIDTH, format_estimate, tabulate, to_lines
from mammo_ui import frame

ESTIMATE = {"value": 0.912, "low": 0.861, "high": 0.953}
WORDS = st.text("abcdefghij_", min_size=1, max_size=12)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-9999, 9999), st.floats(0, 1), WORDS)
ANSWERS = st.dictionaries(
    WORDS,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
        max_leaves=12,
    ),
    max_size=5,
)


@settings(max_examples=80, deadline=None)
@given(ANSWERS)
def test_any_answer_is_told_in_lines_that_fit(answer):
    lines = to_lines(answer).splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert all(any(line.lstrip("- ").startswith(key) for line in lines) for key in answer)


def test_an_estimate_reads_with_its_interval():
    assert to_lines({"auroc": ESTIMATE}) == "auroc: 0.91 [0.86 to 0.95]"
    assert to_lines({"auroc": {**ESTIMATE, "low": None}}) == "auroc: 0.91"
    assert to_lines({"auroc": dict.fromkeys(ESTIMATE)}) == "auroc: undefined"


@pytest.mark.parametrize("tell", [format_estimate, frame.estimate_text])
def test_what_rounds_to_zero_has_no_sign(tell):
    assert tell({"value": -0.001, "low": -0.004, "high": -0.0}) == "0.00 [0.00 to 0.00]"
    assert tell({"value": -0.01, "low": None, "high": None}) == "-0.01"


def test_unknown_and_long_numbers_are_shown_for_a_person():
    answer = {"laterality": None, "loss": 0.123456789, "reasons": ("It is one", "It is two")}
    expected = "laterality: -\nloss: 0.1235\nreasons:\n  - It is one\n  - It is two"
    assert to_lines(answer) == expected


def test_flat_mappings_are_a_table_whose_cells_begin_below_their_heading():
    runs = [{"id": "a", "auroc": ESTIMATE, "epochs": 5}, {"id": "longer", "auroc": ESTIMATE}]
    _, heading, first, second = to_lines({"runs": runs}).splitlines()
    assert heading.index("auroc") == first.index("0.91") == second.index("0.91")
    assert first.endswith("5")
    assert second.endswith("-")


def test_a_sentence_in_a_cell_is_told_to_its_end_below_its_heading():
    reason = " ".join(f"word{n}" for n in range(40))
    rows = [{"method": "a", "reason": reason}, {"method": "b", "reason": "short"}]
    lines = to_lines({"refused": rows}).splitlines()
    start = lines[1].index("reason")
    told = lines[2 : next(n for n, line in enumerate(lines) if line.lstrip().startswith("b "))]
    assert " ".join(line[start:].strip() for line in told) == reason


def test_mappings_with_the_same_keys_are_a_table_by_name():
    lines = to_lines({"per_class": {"benign": {"n": 3, "f1": ESTIMATE}, "malignant": {"n": 14,
                      "f1": ESTIMATE}}}).splitlines()  # fmt: skip
    assert [line.split()[0] for line in lines[2:]] == ["benign", "malignant"]


@pytest.mark.parametrize("n_columns", [2, 8, 30])
def test_a_wide_table_loses_no_column_and_names_its_rows_again(n_columns):
    rows = [{"name": f"row{k}", **{f"column{n}": ESTIMATE for n in range(n_columns)}} for k in "ab"]
    lines = tabulate(rows)
    text = "\n".join(lines)
    assert all(f"column{n}" in text for n in range(n_columns))
    assert text.count("0.91") == 2 * n_columns
    assert text.count("rowa") == text.count("rowb") == math.ceil(len(lines) / 3)


def test_long_lists_of_numbers_are_shortened_with_their_count():
    rates = [k / 1000 for k in range(100)]
    assert to_lines({"rates": rates}) == "rates: 0, 0.001, 0.002, 0.003 ... 0.099 (100 numbers)"
    assert to_lines({"few": list(range(MOST_NUMBERS))}) == "few: 0, 1, 2, 3, 4, 5, 6, 7"


def test_reasons_stand_in_a_line_each():
    reasons = {"epochs": "60 epochs of 1 step", "recipe": "No lesion masks: whole images"}
    lines = ["reasons:", "  epochs: 60 epochs of 1 step", "  recipe: No lesion masks: whole images"]
    assert to_lines({"reasons": reasons}).splitlines() == lines


def test_a_long_sentence_is_wrapped_and_a_path_stays_whole():
    path = "/" + "folder/" * 30
    lines = to_lines({"note": "It is far too long. " * 12, "path": path}).splitlines()
    assert all(len(line) <= WIDTH for line in lines[:-1])
    assert path in lines[-1]
