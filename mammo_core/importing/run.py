"""From a foreign file to a folder of models/, whole or not at all."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mammo_core.config import read_settings
from mammo_core.errors import BadConfiguration
from mammo_core.importing.archive import ForeignFile, open_foreign
from mammo_core.importing.cleaning import Entry, clean_config
from mammo_core.importing.facts import Import, list_warnings, write_facts
from mammo_core.importing.input_ranges import find_input_range
from mammo_core.importing.sizes import check_declared_sizes, fix_input
from mammo_core.model_card import write_card
from mammo_core.model_folders import adding, check_new_name
from mammo_core.model_store import file_sha256, read_model
from mammo_core.paths import models_folder, write_json
from mammo_core.preprocess import Preprocess
from mammo_core.types import Progress, no_progress

STAGES = ("Reading the file", "Checking the network", "Building it", "Trying it")
Shape = tuple[int, int, int]


def import_model(asked: Import, name: str, *, progress: Progress = no_progress) -> dict[str, Any]:
    """Take a foreign Keras model into models/ under a name; no code of the file is ever run.

    Returns:
        The verb's answer: model, input_shape, classes, layers, head, parameters, warnings.

    Raises:
        BadModel: For a file that is hostile, damaged, or no classifier of single images.
        BadConfiguration: For a name, classes or settings that do not go with the model.
        MammoError: Where models/ cannot be written.
    """
    check_new_name(name)
    _check_class_names(asked.classes)
    with tempfile.TemporaryDirectory(prefix="mammo-import-") as scratch:
        _tell(progress, 0)
        file = open_foreign(asked.file, Path(scratch))
        entry = clean_config(file.config)
        check_declared_sizes(entry, file.arrays)
        shape = fix_input(entry, asked.size)
        find_input_range(asked.input_range, shape[2])
        preprocess = _fit_preprocess(asked.preprocess, shape)
        return _take_in(asked, name, file, entry, shape, preprocess, progress)


def _take_in(
    asked: Import,
    name: str,
    file: ForeignFile,
    entry: Entry,
    shape: Shape,
    preprocess: Preprocess,
    progress: Progress,
) -> dict[str, Any]:
    """Build the checked network and write its folder."""
    _tell(progress, 1)
    from mammo_core.tensorflow_start import start_tensorflow

    start_tensorflow()
    from mammo_core.importing import foreign_network as networks

    networks.check_network(entry, shape, file.arrays)
    _tell(progress, 2)
    model = networks.build_network(entry, file)
    model = networks.put_in_front(model, find_input_range(asked.input_range, shape[2]), shape)
    _tell(progress, 3)
    classifier = networks.classify(model, asked.classes)
    head = classifier.head.title
    with adding(name) as place:
        networks.save_network(model, place / "model.keras")
        card = write_facts(
            asked,
            preprocess,
            file_format=file.format,
            input_shape=shape,
            head=head,
            parameters=model.count_params(),
            sha256=file_sha256(place / "model.keras"),
        )
        write_json(place / "model.json", card)
        write_card(read_model(place))
        _tell(progress, 4)
    return {
        "model": str(models_folder() / name),
        "input_shape": list(shape),
        "classes": list(asked.classes),
        "layers": list(classifier.layers),
        "head": head,
        "parameters": card["training"]["parameters"],
        "warnings": list_warnings(asked, entry, file.arrays, head),
    }


def _tell(progress: Progress, stage: int) -> None:
    progress(stage, len(STAGES), STAGES[min(stage, len(STAGES) - 1)])


def _check_class_names(classes: tuple[str, ...]) -> None:
    if len(classes) < 2 or len(set(classes)) < len(classes) or not all(classes):
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
