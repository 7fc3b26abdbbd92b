"""Several measures of several methods' maps at the price of one stream of perturbed images."""

from collections.abc import Iterable, Mapping

from mammo_core.errors import BadConfiguration
from mammo_core.evidence.base import Images, MapMetric, Maps, Masks, Scores
from mammo_core.evidence.perturbing import Perturbing, perturb_together
from mammo_core.types import Classifier, Progress, Target, no_progress
from mammo_core.wording import tell_nearest


def choose_metrics(names: Iterable[str]) -> dict[str, MapMetric]:
    """The named measures of maps with their default settings.

    Raises:
        BadConfiguration: For an unknown name; tells the closest and all known ones.
    """
    from mammo_core.evidence import METRICS  # the family's table imports this module

    chosen = {}
    for name in names:
        if name not in METRICS:
            near = tell_nearest(name, METRICS)
            raise BadConfiguration(
                f"Unknown measure '{name}' of maps; known are: {', '.join(METRICS)}{near}"
            )
        chosen[name] = METRICS[name]()
    return chosen


def apply_metrics(
    model: Classifier,
    images: Images,
    maps: Mapping[str, Maps],
    target: Target,
    metrics: Mapping[str, MapMetric],
    masks: Masks | None = None,
    progress: Progress = no_progress,
) -> dict[str, dict[str, Scores]]:
    """{method: {metric: (N,)}} for measures with settings of their own; see `measure_together`."""
    asking = {name: m for name, m in metrics.items() if isinstance(m, Perturbing)}
    answers = perturb_together(model, images, maps, target, asking, progress)
    for method, of_method in maps.items():
        for name in metrics.keys() - asking.keys():
            answers[method][name] = metrics[name].measure(model, images, of_method, target, masks)
    return {method: {name: found[name] for name in metrics} for method, found in answers.items()}


def measure_together(
    model: Classifier,
    images: Images,
    maps: Mapping[str, Maps],
    target: Target,
    names: Iterable[str],
    masks: Masks | None = None,
    progress: Progress = no_progress,
) -> dict[str, dict[str, Scores]]:
    """{method: {metric: (N,)}}, as each measure gives them alone, NaN where undefined.

    Perturbed images of all methods, measures and images go through the model in full batches; what
    follows from the image alone is asked once. Probabilities are the softmax of the logits.

    Args:
        model: The classifier that was explained.
        images: (N, H, W, C) float32 in [0, 1].
        maps: {method: (N, H, W)} on the images' grid.
        target: What they explain: a class, a contrast of two, or one for each image.
        names: Keys of `METRICS`.
        masks: (N, H, W), True on the lesion; None leaves what needs one undefined.
        progress: Told before each perturbed image; may end the work.

    Raises:
        BadConfiguration: For an unknown measure.
        ValueError: For an unknown class, or maps or masks of another shape.
    """
    return apply_metrics(model, images, maps, target, choose_metrics(names), masks, progress)
