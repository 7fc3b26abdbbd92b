"""Several methods on the same images at the price of one pass."""

from collections.abc import Iterable, Mapping

from mammo_core.attribution.base import Attributed, Attribution, Images, Maps, Question
from mammo_core.attribution.resolution import upsample
from mammo_core.errors import BadConfiguration
from mammo_core.types import Classifier, Progress, Target, no_progress
from mammo_core.wording import tell_nearest


def choose_methods(names: Iterable[str]) -> dict[str, Attribution]:
    """The named methods with their default settings.

    Raises:
        BadConfiguration: For an unknown name; tells the closest and all known ones.
    """
    from mammo_core.attribution import METHODS  # the family's table imports this module

    chosen = {}
    for name in names:
        if name not in METHODS:
            near = tell_nearest(name, METHODS)
            raise BadConfiguration(
                f"Unknown method '{name}'; known are: {', '.join(METHODS)}{near}"
            )
        chosen[name] = METHODS[name]()
    return chosen


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
