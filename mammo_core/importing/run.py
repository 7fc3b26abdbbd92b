"""From a foreign file to a folder of models/, whole or not at all."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mammo_core.config import read_settings
from mammo_core.errors import BadConfiguration, BadDataset, BadModel
from mammo_core.importing.archive import ForeignFile, open_foreign
from mammo_core.importing.cleaning import Entry, clean_config
from mammo_core.importing.facts import Import, list_warnings, write_facts
from mammo_core.importing.input_ranges import InputRange, find_input_range
from mammo_core.importing.saved_model import is_packed, open_packed, open_saved_model
from mammo_core.importing.sizes import check_declared_sizes, fix_input
from mammo_core.model_card import write_card
from mammo_core.model_folders import adding, check_new_name
from mammo_core.model_store import file_sha256, read_model
from mammo_core.paths import models_folder, write_json
from mammo_core.preprocess import Preprocess
from mammo_core.types import Progress, no_progress

if TYPE_CHECKING:
    from mammo_core.datasets import Dataset
    from mammo_core.keras_classifier import KerasClassifier

STAGES = ("Reading the file", "Checking the network", "Building it", "Trying it")
Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class CheckedFile:
    """A foreign file that may be built, and what goes with it.

    Attributes:
        file: Its parts.
        entry: The cleaned configuration, its input's size known.
        shape: (rows, columns, channels) of the input.
        input_range: What the network wants for values.
        preprocess: What is done to a mammogram before.
    """

    file: ForeignFile
    entry: Entry
    shape: Shape
    input_range: InputRange
    preprocess: Preprocess


def import_model(
    asked: Import,
    name: str,
    *,
    reference: "Dataset | None" = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Take a foreign Keras model into models/ under a name; no code of the file is ever run.

    Args:
        asked: The file and what its user knows of it.
        name: The new model's.
        reference: Labeled images on which the order of the classes is checked.
        progress: Told every stage.

    Returns:
        The verb's answer: model, input_shape, classes, layers, head, parameters, warnings, and
        plausibility where there is a reference.

    Raises:
        BadModel: For a file that is hostile, damaged, or no classifier of single images.
        BadConfiguration: For a name, classes or settings that do not go with the model.
        MammoError: Where models/ cannot be written.
    """
    check_new_name(name)
    _check_class_names(asked.classes)
    with tempfile.TemporaryDirectory(prefix="mammo-import-", ignore_cleanup_errors=True) as scratch:
        _tell(progress, 0)
        checked = check_file(asked, Path(scratch))
        _tell(progress, 1)
        classifier = _build(checked, asked.classes, progress)
    with adding(name) as place:
        _write_folder(place, classifier, asked, checked)
        told = _check_on(reference, place, progress)
        write_card(read_model(place))
        _tell(progress, 4)
    answer = _answer(name, classifier, asked, checked)
    warnings = [*answer["warnings"], *told.pop("warnings", ())]
    return answer | told | {"warnings": warnings}


def check_file(asked: Import, scratch: Path) -> CheckedFile:
    """Read a foreign file and see by its words alone whether it may be built.

    Args:
        asked: The file and what its user knows of it.
        scratch: A folder for a copy.

    Raises:
        BadModel: For a file that is hostile, damaged, or no classifier of single images.
        BadConfiguration: For settings that do not go with the model.
    """
    file = _open(asked.file, scratch)
    entry = clean_config(file.config)
    check_declared_sizes(entry, file.arrays)
    shape = fix_input(entry, asked.size)
    input_range = find_input_range(asked.input_range, shape[2])
    return CheckedFile(file, entry, shape, input_range, _fit_preprocess(asked.preprocess, shape))


def _open(path: Path, scratch: Path) -> ForeignFile:
    if path.is_dir():
        return open_saved_model(path, scratch)
    return (open_packed if is_packed(path) else open_foreign)(path, scratch)


def _build(checked: CheckedFile, classes: tuple[str, ...], progress: Progress) -> "KerasClassifier":
    """The network with the file's weights, tried on a few images."""
    from mammo_core.tensorflow_start import start_tensorflow

    start_tensorflow()
    from mammo_core.importing import foreign_network as networks

    networks.check_network(checked.entry, checked.shape, checked.file.arrays)
    _tell(progress, 2)
    model = networks.build_network(checked.entry, checked.file)
    _tell(progress, 3)
    return networks.classify(
        networks.put_in_front(model, checked.input_range, checked.shape), classes
    )


def _write_folder(
    place: Path, classifier: "KerasClassifier", asked: Import, checked: CheckedFile
) -> None:
    """The network, then its card: a folder with a card is a whole model."""
    classifier.model.save(place / "model.keras")
    card = write_facts(
        asked,
        checked.preprocess,
        file_format=checked.file.format,
        input_shape=checked.shape,
        head=classifier.head.title,
        parameters=classifier.model.count_params(),
        sha256=file_sha256(place / "model.keras"),
    )
    write_json(place / "model.json", card)


def _check_on(reference: "Dataset | None", place: Path, progress: Progress) -> dict[str, Any]:
    """{"plausibility": what labeled images tell}, empty where there are none.

    A reference that cannot be used does not undo the import: {"warnings": [why]}.
    """
    if reference is None:
        return {}
    from mammo_core.plausibility import check_plausibility

    try:
        answer = check_plausibility(read_model(place), reference, progress=progress)
    except (BadDataset, BadModel) as error:
        return {"warnings": [f"The order of its classes was not checked: {error}"]}
    return {"plausibility": asdict(answer)}


def _answer(
    name: str, classifier: "KerasClassifier", asked: Import, checked: CheckedFile
) -> dict[str, Any]:
    from mammo_core.importing import foreign_network as networks

    head = classifier.head.title
    return {
        "model": str(models_folder() / name),
        "input_shape": list(checked.shape),
        "classes": list(asked.classes),
        "layers": list(classifier.layers),
        "head": head,
        "parameters": classifier.model.count_params(),
        "warnings": list_warnings(
            asked, checked.entry, checked.file.arrays, head, networks.count_broken(classifier.model)
        ),
    }


def _tell(progress: Progress, stage: int) -> None:
    progress(stage, len(STAGES), STAGES[min(stage, len(STAGES) - 1)])


def _check_class_names(classes: tuple[str, ...]) -> None:
    is_plain = all(name and name.isprintable() and len(name) <= 64 for name in classes)
    if len(classes) < 2 or len(set(classes)) < len(classes) or not is_plain:
        raise BadConfiguration(
            "--classes must be two or more different names, mildest first, such as "
            f"normal,benign,malignant, got '{','.join(classes)}'"
        )


def _fit_preprocess(given: Mapping[str, Any] | None, shape: Shape) -> Preprocess:
    """The preprocessing, at the model's size."""
    preprocess = read_settings(Preprocess, {"size": shape[:2], **(given or {})})
    if preprocess.size != shape[:2]:
        raise BadConfiguration(
            f"Setting 'size' of --preprocess must be the model's, {shape[0]}x{shape[1]}, got "
            f"{preprocess.size[0]}x{preprocess.size[1]}"
        )
    return preprocess
