"""Differences between runs: all that differ, and nothing else."""

from itertools import permutations

import pytest
import run_folders
from typer.testing import CliRunner

from mammo_core.cli import build_app
from mammo_core.paths import read_json, write_json
from mammo_core.run import GROUPS
from mammo_core.run_differences import diff_runs
from mammo_core.runs import find_runs


@pytest.fixture
def runs(home):
    models = home / "models"
    run_folders.write_run(models / "a", epochs=3, seed=1)
    run_folders.write_run(models / "b", epochs=4, seed=1, dropout=0.3)
    run_folders.write_run(models / "c", epochs=3, seed=2, recipe="patch_to_image", patch_size=32)
    run_folders.write_import(models / "d")
    run_folders.write_unfinished(models / "e", epochs=5)
    return find_runs(list("abcde"))


def table(runs):
    return {(row.group, row.key): row.values for row in diff_runs(runs)}


def test_a_run_differs_in_nothing_from_itself(runs):
    assert all(diff_runs([run, run]) == [] for run in runs)


def test_exactly_the_settings_that_differ_are_told(runs):
    assert table(runs[:2]) == {("training", "epochs"): (3, 4), ("training", "dropout"): (0.1, 0.3)}


def test_the_order_of_the_runs_is_that_of_the_values(runs):
    whole = table(runs)
    for order in permutations(range(len(runs))):
        turned = table([runs[place] for place in order])
        expected = {key: tuple(values[i] for i in order) for key, values in whole.items()}
        assert turned == expected


def test_the_groups_come_in_their_order_whatever_a_run_lacks(runs):
    for some in permutations(runs, 3):
        places = [GROUPS.index(row.group) for row in diff_runs(some)]
        assert places == sorted(places)


def test_another_run_takes_no_difference_away(runs):
    for n in range(2, len(runs)):
        assert set(table(runs[:n])) <= set(table(runs[: n + 1]))


def test_every_row_has_two_known_values(runs):
    for values in table(runs).values():
        assert len({str(value) for value in values if value is not None}) > 1


def test_settings_of_another_recipe_play_no_part(runs):
    assert ("training", "patch_size") not in table([runs[0], runs[2]])
    assert table([runs[0], runs[2]])["training", "recipe"] == ("whole_image", "patch_to_image")


def test_a_setting_that_came_later_had_its_default(home, runs):
    path = home / "models" / "a" / "model.json"
    card = read_json(path)
    del card["training"]["configuration"]["pooling"]
    write_json(path, card)
    assert ("training", "pooling") not in table(find_runs(["a", "b"]))


def test_how_an_imported_model_was_trained_is_no_difference_but_its_network_is(runs):
    found = table([runs[0], runs[3]])
    assert not [key for group, key in found if group == "training"]
    assert found["model", "architecture"] == ("compact_cnn", "imported")


def test_the_verb_tells_the_same_rows(runs):
    result = CliRunner().invoke(build_app(), ["diff", "a", "b", "--json"])
    assert result.exit_code == 0
    assert '"key": "epochs", "values": [3, 4]' in result.stdout
