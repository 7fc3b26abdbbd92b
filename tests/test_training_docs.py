"""docs/training.md says what the settings are."""

from dataclasses import fields
from pathlib import Path

from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.training.diagnosis import ADVICE

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "training.md").read_text(encoding="utf-8")


def read_table(section):
    """The cells of the first table of a section, without its heading."""
    lines = TEXT.split(f"\n## {section}\n")[1].split("\n## ")[0].splitlines()
    rows = [line for line in lines if line.startswith("|")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def spell(value):
    """A default as one would write it on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_every_setting_is_listed_with_its_default():
    usual = TrainingConfiguration()
    told = {row[0].strip("`"): row[1] for row in read_table("Settings")}
    assert told == {f.name: spell(getattr(usual, f.name)) for f in fields(TrainingConfiguration)}


def test_every_setting_has_a_meaning():
    assert all(len(row) == 3 and row[2] for row in read_table("Settings"))


def test_every_verdict_is_explained():
    assert [row[0].replace(" ", "_") for row in read_table("Diagnosis")] == list(ADVICE)
