"""Which settings to begin with on a dataset, and why: fixed rules over what its index tells."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mammo_core.architectures import ARCHITECTURES
from mammo_core.errors import BadConfiguration
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.wording import count

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset

FEW_OUTLINES = 20
"""Outlined lesions under which patches would repeat the same few spots."""
SMALL = 5_000
"""Training images up to which the smallest network is taken."""
WEIGHTS_AN_IMAGE = 1_000
"""Beyond that, how many weights of a network a training image may feed."""
LARGE = 20_000
"""Training images from which slight augmentation is enough."""
EVEN = 0.75
"""A class is rare below this share of what an even split would give it."""
STEPS = 2_000
"""Optimizer steps that a small network needs to learn from whole images alone."""
FEWEST = 10
"""Images of a class below which what is learnt or measured of it is mostly chance."""


@dataclass(frozen=True)
class Suggestion:
    """Settings for a dataset.

    Attributes:
        values: Values of `TrainingConfiguration`, by key; other keys keep their default.
        reasons: A sentence for each of these keys that has a reason in the data.
        obstacles: What in the data makes any training impossible, a sentence each.
        warnings: What in the data will limit any training, a sentence each.
    """

    values: dict[str, Any]
    reasons: dict[str, str]
    obstacles: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """What the rules look at.

    Attributes:
        classes: Mildest first.
        train, val: Images of each class in these splits.
        n_outlined: Training images of a lesion class with a lesion mask.
        n_lesions: Training images of a lesion class.
        n_rows: Median rows of the training images, None where unknown.
        has_calcifications: Whether any lesion is a calcification.
    """

    classes: tuple[str, ...]
    train: dict[str, int]
    val: dict[str, int]
    n_outlined: int
    n_lesions: int
    n_rows: int | None
    has_calcifications: bool

    @property
    def n_train(self) -> int:
        """How many labeled training images there are."""
        return sum(self.train.values())


def suggest_settings(dataset: "Dataset") -> Suggestion:
    """The settings to begin with, whatever the dataset lacks."""
    facts = gather_facts(dataset)
    values, reasons = _choose(facts)
    usual = TrainingConfiguration()
    changed = {key: value for key, value in values.items() if value != getattr(usual, key)}
    kept = {key: value for key, value in values.items() if key in changed or key in reasons}
    obstacles = tuple(_find_obstacles(facts))
    return Suggestion(kept, reasons, obstacles, () if obstacles else tuple(_warn(facts)))


def check_fit(facts: Facts, config: TrainingConfiguration) -> None:
    """Refuse settings that these data cannot serve.

    Raises:
        BadConfiguration: For patches where no lesion is outlined.
    """
    if config.recipe == "patch_to_image" and not facts.n_outlined:
        raise BadConfiguration(
            "Setting 'recipe' is patch_to_image, but no training image has a lesion mask; "
            "use recipe=whole_image"
        )


def gather_facts(dataset: "Dataset") -> Facts:
    """What the index tells of the images to train on."""
    index = dataset.index
    train = index[index["split"] == "train"]
    lesions = train[train["label"].isin(dataset.classes[1:])]
    rows = train["rows"].dropna().astype(float)
    kinds = train["lesion"].dropna().astype(str).str.lower()
    return Facts(
        classes=dataset.classes,
        train=_count(train["label"], dataset.classes),
        val=_count(index.loc[index["split"] == "val", "label"], dataset.classes),
        n_outlined=int(lesions["mask_path"].notna().sum()),
        n_lesions=len(lesions),
        n_rows=int(rows.median()) if len(rows) else None,
        has_calcifications=bool(kinds.str.contains("calc").any()),
    )


def _count(labels: Any, classes: tuple[str, ...]) -> dict[str, int]:
    counts = labels.value_counts()
    return {name: int(counts.get(name, 0)) for name in classes}


def _choose(facts: Facts) -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for rule in (_recipe, _architecture, _image_size, _batch_size, _imbalance, _augmentation):
        key, value, reason = rule(facts)
        values[key] = value
        reasons[key] = reason
    values["patch_size"] = min(TrainingConfiguration.patch_size, *values["image_size"])
    values["epochs"], reasons["epochs"] = _choose_epochs(facts, values)
    return values, reasons


def _recipe(facts: Facts) -> tuple[str, str, str]:
    n = facts.n_outlined
    if n >= FEW_OUTLINES:
        share = f"{n} of {count(facts.n_lesions, 'lesion image')} outlined"
        return "recipe", "patch_to_image", f"{share}: patches around lesions first"
    if n:
        found = count(n, "outlined lesion image")
        return "recipe", "whole_image", f"Only {found}: whole images"
    return "recipe", "whole_image", "No lesion masks: whole images"


def _architecture(facts: Facts) -> tuple[str, str, str]:
    """Of the networks that learn from nothing; the published ones want other weights and a GPU."""
    from_scratch = [
        name for name, one in ARCHITECTURES.items() if not one.views and one.imagenet is None
    ]
    by_size = sorted(from_scratch, key=lambda name: ARCHITECTURES[name].parameters)
    n = count(facts.n_train, "image")
    if not facts.n_train:
        return "architecture", by_size[0], "Without labeled training images: the smallest network"
    if facts.n_train < SMALL:
        return "architecture", by_size[0], f"{n}: a small network, which overfits less"
    most = facts.n_train * WEIGHTS_AN_IMAGE
    fitting = [name for name in by_size if ARCHITECTURES[name].parameters <= most]
    return "architecture", (fitting or by_size)[-1 if fitting else 0], f"{n} can feed this network"


def _image_size(facts: Facts) -> tuple[str, tuple[int, int], str]:
    """At most the usual size, at most the images' own rows; sides are multiples of 32."""
    rows, columns = TrainingConfiguration.image_size
    if facts.n_rows is not None and facts.n_rows < rows:
        rows = max(32, facts.n_rows // 32 * 32)
        columns = max(32, round(rows * 0.6 / 32) * 32)
        return "image_size", (rows, columns), f"The images have {facts.n_rows} rows: no more"
    more = "; calcifications want 640 rows" if facts.has_calcifications else ""
    return "image_size", (rows, columns), f"{rows} rows train in minutes{more}"


def _batch_size(facts: Facts) -> tuple[str, int, str]:
    usual = TrainingConfiguration.batch_size
    if facts.n_train >= 8 * usual:
        return "batch_size", usual, f"Batches of {usual}"
    return "batch_size", usual // 2, f"Batches of {usual // 2}, as there are few images"


def _imbalance(facts: Facts) -> tuple[str, str, str]:
    if not facts.n_train:
        return "imbalance", "class_weights", "Rare classes weigh more"
    rarest = min(reversed(facts.classes), key=lambda name: facts.train[name])
    share = facts.train[rarest] / facts.n_train
    told = f"{share:.0%} {rarest}" if share >= 0.01 else f"{share:.1%} {rarest}"
    if share >= EVEN / len(facts.classes):
        return "imbalance", "none", f"{told} at least: the classes are even enough"
    if share * TrainingConfiguration.batch_size < 0.5:
        return "imbalance", "balanced_sampling", f"{told}: most batches would hold none"
    return "imbalance", "class_weights", f"{told}: class weights on"


def _augmentation(facts: Facts) -> tuple[str, str, str]:
    if facts.n_train < LARGE:
        return "augmentation", "standard", "Varied images make up for few"
    return "augmentation", "light", f"{count(facts.n_train, 'image')} need little variation"


def _choose_epochs(facts: Facts, values: dict[str, Any]) -> tuple[int, str]:
    if values["recipe"] == "patch_to_image":
        usual = TrainingConfiguration.epochs
        return usual, f"{usual} epochs, as patches have taught most by then"
    steps = max(1, facts.n_train // values["batch_size"])
    epochs = min(60, max(5, round(STEPS / steps)))
    n_steps = count(steps, "step")
    return epochs, f"{epochs} epochs of {n_steps}; it ends early when nothing improves"


def _find_obstacles(facts: Facts) -> Iterator[str]:
    if len(facts.classes) < 2:
        found = f"only the label {facts.classes[0]}" if facts.classes else "no labels"
        yield f"This dataset has {found}, so that there is nothing to tell apart."
        return
    absent = [name for name, n in facts.train.items() if not n]
    if absent and facts.n_train:
        yield (
            f"No training image is labeled {' or '.join(absent)}; add such images or leave the "
            "class out of the dataset's classes."
        )
    for title, n in (("training", facts.n_train), ("validation", sum(facts.val.values()))):
        if not n:
            yield f"No {title} image is labeled; index the data with --shares 60,20,20."
    n_val, n_positive = sum(facts.val.values()), facts.val[facts.classes[-1]]
    if n_val and n_positive in (0, n_val):
        yield (
            f"Of {count(n_val, 'validation image')} {n_positive} are labeled {facts.classes[-1]}, "
            "so that the AUROC which chooses the epoch is undefined; index the data with other "
            "--shares or another --seed."
        )


def _warn(facts: Facts) -> Iterator[str]:
    few = _name_few(facts.train)
    if few:
        yield (
            f"Only {few} among the training images: what is learnt of so few is mostly chance. "
            "Add images or merge classes."
        )
    few = _name_few({facts.classes[-1]: facts.val[facts.classes[-1]]})
    if few:
        yield (
            f"Only {few} among the validation images: the best epoch is chosen mostly by chance. "
            "Cross-validation uses the images better."
        )


def _name_few(counts: dict[str, int]) -> str:
    return " and ".join(f"{n} {name}" for name, n in counts.items() if n < FEWEST)
