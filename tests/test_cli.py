"""The command line's manners: JSON on stdout, one line on stderr, exit codes."""

import json

import pytest

from mammo_core import cli
from mammo_core.errors import Cancelled, Incomplete, MammoError


def run(capsys, monkeypatch, verb, *words):
    monkeypatch.setattr(cli, "VERBS", {"do": verb})
    with pytest.raises(SystemExit) as end:
        cli.main(["do", *words])
    out, err = capsys.readouterr()
    return end.value.code, out, err


def test_json_is_one_object_on_stdout(capsys, monkeypatch):
    code, out, err = run(capsys, monkeypatch, lambda: {"n": 1, "low": None}, "--json")
    assert (code, json.loads(out), err) == (0, {"n": 1, "low": None}, "")


def test_a_person_reads_lines(capsys, monkeypatch):
    estimate = {"value": 0.5, "low": 0.25, "high": 0.75}
    code, out, _ = run(capsys, monkeypatch, lambda: {"auroc": estimate, "epochs": 1})
    assert code == 0
    assert out == "auroc: 0.50 [0.25 to 0.75]\nepochs: 1\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["evaluate", "--nope"], "No such option: --nope. See 'python -m mammo_core evaluate -"),
        (["evaluate", "--level"], "requires an argument. See 'python -m mammo_core evaluate --"),
        (["evaluat"], "Did you mean 'evaluate'? See 'python -m mammo_core --help'"),
    ],
)
def test_wrong_words_name_the_verb_whose_help_has_the_right_ones(capsys, words, told):
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    err = capsys.readouterr().err
    assert end.value.code == 2
    assert told in err
    assert "VERB" not in err
    assert ".." not in err


def test_reasons_stand_in_a_line_each(capsys, monkeypatch):
    reasons = {"It is blank, all of it": 2, "It is torn": 1}
    answer = {"reasons": reasons, "splits": {"test": 1, "val": 2}}
    _, out, _ = run(capsys, monkeypatch, lambda: answer)
    lines = ["reasons:", "  It is blank, all of it: 2", "  It is torn: 1", "splits: test 1, val 2"]
    assert out.splitlines() == lines


def test_an_answer_is_printed_before_the_fault_that_it_lacks_a_part_by(capsys, monkeypatch):
    def verb():
        raise Incomplete("Found no b", {"a": 1})

    told = run(capsys, monkeypatch, verb, "--json")
    assert told == (2, '{"a": 1}\n', "Found no b\n")


def test_a_fault_is_one_line_and_exit_2(capsys, monkeypatch):
    def verb():
        raise MammoError("Expected this,\ngot that")

    assert run(capsys, monkeypatch, verb) == (2, "", "Expected this, got that\n")


def test_a_stop_is_exit_130(capsys, monkeypatch):
    def stopped():
        raise Cancelled("Stopped by the user")

    def interrupted():
        raise KeyboardInterrupt

    assert run(capsys, monkeypatch, stopped)[0] == 130
    assert run(capsys, monkeypatch, interrupted)[0] == 130


def test_wrong_words_are_one_line_and_exit_2(capsys, monkeypatch):
    code, out, err = run(capsys, monkeypatch, lambda: {}, "--no-such-option")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "--no-such-option" in err


def test_nan_never_reaches_stdout(capsys, monkeypatch):
    monkeypatch.setattr(cli, "VERBS", {"do": lambda: {"bad": float("nan")}})
    with pytest.raises(ValueError, match="JSON"):
        cli.main(["do", "--json"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", list(cli.VERBS))
def test_every_verb_has_help_with_an_example(name, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    assert f"python -m mammo_core {name}" in capsys.readouterr().out


def test_the_help_of_train_names_every_setting():
    from dataclasses import fields

    from mammo_core.training.configuration import TrainingConfiguration
    from mammo_core.verbs.train import SETTINGS

    assert not [f.name for f in fields(TrainingConfiguration) if f.name not in SETTINGS]
