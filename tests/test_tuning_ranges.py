"""A range is read as written, restricts a sweep, and is refused with its reason."""

import pytest

from mammo_core.config import read_settings
from mammo_core.errors import BadConfiguration
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.tuning.ranges import RANGES, Between, Choice, choose_ranges, read_range
from mammo_core.tuning.sampling import to_distribution


@pytest.mark.parametrize("key", RANGES)
def test_every_end_of_the_table_can_be_trained(key):
    for value in RANGES[key].ends:
        read_settings(TrainingConfiguration, {key: value})


@pytest.mark.parametrize("key", RANGES)
def test_a_range_is_written_as_it_is_read(key):
    assert read_range(f"{key}={RANGES[key]}") == (key, RANGES[key])


@pytest.mark.parametrize(
    ("word", "range_"),
    [
        ("dropout=0..0.4", Between(0.0, 0.4)),
        ("learning_rate=1e-5..1e-3:log", Between(1e-5, 1e-3, log=True)),
        ("batch_size=4..32", Between(4, 32, whole=True)),
        ("architecture=compact_cnn", Choice(("compact_cnn",))),
        ("image_size=256x160, 320x192,256x160", Choice(("256x160", "320x192"))),
    ],
)
def test_a_range_is_read(word, range_):
    assert read_range(word)[1] == range_


def test_without_a_word_the_whole_table_varies_but_for_what_is_fixed():
    assert choose_ranges([], {}) == RANGES
    assert set(choose_ranges([], {"dropout": "0.2"})) == set(RANGES) - {"dropout"}


def test_with_words_nothing_else_varies():
    chosen = choose_ranges(["dropout", "epochs=2..5"], {})
    assert chosen == {"dropout": RANGES["dropout"], "epochs": Between(2, 5, whole=True)}


@pytest.mark.parametrize(
    ("words", "fixed", "told"),
    [
        (["nosuch=1..2"], {}, "Cannot vary 'nosuch'; a sweep can vary: recipe, architecture"),
        (["seed=1..2"], {}, "Cannot vary 'seed'"),
        (["dropout=0.5..0.1"], {}, "the lower one first"),
        (["dropout=0..x"], {}, r"must be LOW\.\.HIGH"),
        (["dropout=0..1e999"], {}, r"must be LOW\.\.HIGH"),
        (["dropout=0..0.5:lin"], {}, r"LOW\.\.HIGH:log"),
        (["dropout=0..0.5:log"], {}, "must begin above 0"),
        (["batch_size=1.5..3"], {}, "with whole numbers"),
        (["dropout=0..1.5"], {}, r"Range 'dropout=0\.\.1\.5' does not work: .*\[0, 1\)"),
        (["architecture=compact_cnn,nosuch"], {}, "'architecture' must be one of"),
        (["augmentation=wild"], {}, "'augmentation' must be"),
        (["epochs"], {}, "needs values, such as"),
        (["dropout="], {}, "needs values"),
        (["dropout"], {"dropout": "0.1"}, "both a value and a range"),
        ([], dict.fromkeys(RANGES), "at least one setting to vary"),
    ],
)
def test_a_range_that_cannot_be_used_is_refused_with_its_reason(words, fixed, told):
    with pytest.raises(BadConfiguration, match=told):
        choose_ranges(words, fixed)


@pytest.mark.parametrize("range_", [*RANGES.values(), Between(4, 32, log=True, whole=True)])
def test_all_that_can_be_drawn_lies_within_the_range(range_):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = [study.ask({"x": to_distribution(range_)}).params["x"] for _ in range(30)]
    if isinstance(range_, Choice):
        assert set(drawn) == set(range_.values)
    else:
        assert all(range_.low <= value <= range_.high for value in drawn)
        assert all(isinstance(value, int) for value in drawn) == range_.whole
