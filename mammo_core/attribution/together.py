"""Several methods on the same images at the price of one pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from mammo_core.attribution.averaged_layers import AveragedLayers
from mammo_core.attribution.base import (
    QUICK,
    Attributed,
    Attribution,
    Images,
    Maps,
    Question,
)
from mammo_core.attribution.method_settings import MethodSettings, configure, refuse_unused
from mammo_core.attribution.noisy_copies import NOISY_COPIES
from mammo_core.attribution.resolution import upsample
from mammo_core.errors import BadConfiguration
from mammo_core.types import Classifier, Progress, Target, no_progress
from mammo_core.wording import tell_nearest

SINGLE_PASS = "a single pass"


def choose_methods(
    names: Iterable[str],
    layers: Sequence[str] = (),
    settings: MethodSettings = MappingProxyType({}),
) -> dict[str, Attribution]:
    """The named methods, with their default settings where no others are given.

    Args:
        names: Keys of `METHODS`.
        layers: Paths of the layers they look into; of several, each map is averaged over them.
            None leaves the choice to the model.
        settings: By method, as `parse_method_settings` reads them.

    Raises:
        BadConfiguration: For an unknown name (tells the closest and all known ones), for a method
            that looks into no layer where one is given, for a layer that is given twice, and for
            settings that the method does not know or that are of no method asked for.
    """
    from mammo_core.attribution import METHODS  # the family's table imports this module

    chosen = {}
    for name in names:
        if name not in METHODS:
            near = tell_nearest(name, METHODS)
            raise BadConfiguration(
                f"Unknown method '{name}'; known are: {', '.join(METHODS)}{near}"
            )
        method = configure(METHODS[name], name, settings)
        chosen[name] = _look_into(METHODS, name, method, layers) if layers else method
    refuse_unused(settings, chosen)
    return chosen


def list_layered(methods: Mapping[str, type[Attribution]]) -> list[str]:
    """The names of those that look into a layer, which can be chosen."""
    return [name for name, method in methods.items() if method.access == "layer"]


def _look_into(
    methods: Mapping[str, type[Attribution]],
    name: str,
    method: Attribution,
    layers: Sequence[str],
) -> Attribution:
    if name not in list_layered(methods):
        raise BadConfiguration(
            f"{name} looks into no layer, so none can be chosen for it; "
            f"those that do are {', '.join(list_layered(methods))}"
        )
    if len(set(layers)) < len(layers):
        raise BadConfiguration(f"Expected different layers to average, got {', '.join(layers)}")
    if len(layers) > 1:
        return AveragedLayers(method=method, layers=tuple(layers))
    looking: dict[str, Any] = {"layer": layers[0]}
    return replace(method, **looking)


def group_by_passes(methods: Mapping[str, Attribution]) -> list[dict[str, Attribution]]:
    """The methods that share passes together, each other one by itself.

    First the quick ones that look at a single pass; those of the same noisy copies are another
    group. `attribute_together` takes each.
    """
    groups: dict[str, dict[str, Attribution]] = {SINGLE_PASS: {}}
    for name, method in methods.items():
        groups.setdefault(_name_group(name, method), {})[name] = method
    return [group for group in groups.values() if group]


def _name_group(name: str, method: Attribution) -> str:
    if "noisy_gradients" in method.needs:
        return NOISY_COPIES
    return SINGLE_PASS if method.needs and method.cost <= QUICK else name


def attribute_together(
    model: Classifier,
    images: Images,
    target: Target,
    methods: Mapping[str, Attribution],
    progress: Progress = no_progress,
) -> dict[str, Attributed]:
    """What each method answers, those that look at one pass sharing it.

    The class activation maps come first, so that the pass they need also gives the gradient.
    `progress` is told of each batch of a dear method, so that it can be stopped on its way.
    """
    needs = [need for method in methods.values() for need in method.needs]
    question = Question(model, images, target, needs, progress)
    ordered = sorted(methods, key=lambda name: "layer" not in methods[name].needs)
    answers = {name: methods[name].attribute(question) for name in ordered}
    return {name: answers[name] for name in methods}


def explain_together(
    model: Classifier, images: Images, target: Target, names: Iterable[str]
) -> dict[str, Maps]:
    """{method: (N, H, W) float32 maps on the images' grid}, as each method gives them alone.

    Args:
        model: The classifier.
        images: (N, H, W, C) float32 in [0, 1].
        target: A class index or name, or one for each image.
        names: Keys of `METHODS`.

    Raises:
        BadConfiguration: For an unknown method.
        ValueError: For an unknown class or images of another size.
        BadModel: Where the model has nothing that a method could use.
    """
    answers = attribute_together(model, images, target, choose_methods(names))
    return {name: upsample(a.maps, images.shape[1:3]) for name, a in answers.items()}
