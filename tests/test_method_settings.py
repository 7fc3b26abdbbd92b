import pytest

from mammo_core.attribution import METHODS, choose_methods
from mammo_core.attribution.method_settings import parse_method_settings
from mammo_core.attribution.setting_fields import list_settings
from mammo_core.config import to_text
from mammo_core.errors import BadConfiguration


def choose(*words, names=("integrated_gradients", "smooth_grad"), layers=()):
    return choose_methods(names, layers, parse_method_settings(words))


def test_settings_reach_their_method_alone():
    chosen = choose("smooth_grad.noise=0.2", "smooth_grad.seed=3")
    assert (chosen["smooth_grad"].noise, chosen["smooth_grad"].seed) == (0.2, 3)
    assert chosen["integrated_gradients"] == choose()["integrated_gradients"]


@pytest.mark.parametrize(("word", "baseline"), [("0.5", 0.5), ("0", 0.0), ("blurred", "blurred")])
def test_a_baseline_is_a_gray_or_a_word(word, baseline):
    chosen = choose(f"integrated_gradients.baseline={word}")
    assert chosen["integrated_gradients"].baseline == baseline


def test_a_layer_and_settings_go_together():
    chosen = choose("score_cam.fill=mean", names=["score_cam"], layers=["conv"])["score_cam"]
    assert (chosen.layer, chosen.fill) == ("conv", "mean")


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("noise=0.2", "Expected METHOD.SETTING=VALUE"),
        ("smooth_grad.nose=0.2", "smooth_grad: Unknown setting 'nose'; known are: samples, noise"),
        ("smooth_grad.noise=-1", "smooth_grad: Expected .*noise >= 0"),
        ("integrated_gradients.steps=100000", "steps must be at most 1,000, got 100,000"),
        ("integrated_gradients.random_baselines=100000", "must be at most 100, .* got 100,000"),
        ("smooth_grad.noise=inf", "smooth_grad: noise must be a finite number, got inf"),
        ("integrated_gradients.baseline=nan", "baseline must be a finite number, got nan"),
        ("integrated_gradients.baseline=white", "float, got 'white'; it may also be mean, blurred"),
        ("smooth_grad.seed=-1", "smooth_grad: Expected a seed of 0 or more, got -1"),
        ("smooth_grad.samples=1000000", "Expected samples of at most 100,000, got 1,000,000"),
        ("rise.masks=9", "'rise', which was not asked for"),
    ],
)
def test_settings_that_cannot_be_are_refused(word, complaint):
    with pytest.raises(BadConfiguration, match=complaint):
        choose(word)


def test_a_method_without_settings_names_none():
    with pytest.raises(BadConfiguration, match="saliency: Unknown setting 'steps'; there are none"):
        choose("saliency.steps=3", names=["saliency"])


@pytest.mark.parametrize("name", METHODS)
def test_a_form_knows_every_setting_but_the_layer_and_what_it_may_be(name):
    known = list_settings(METHODS[name])
    assert {one.name for one in known} == set(vars(METHODS[name]())) - {"layer"}
    for one in known:
        assert one.about
        assert one.default in one.words or isinstance(one.default, one.kind)
        for value in (one.default, *one.words):
            chosen = choose(f"{name}.{one.name}={to_text(value)}", names=[name])[name]
            assert getattr(chosen, one.name) == value
