"""What the worker does for the cross-check; nothing here imports Keras before it is called."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mammo_core.errors import BadConfiguration, BadModel
from mammo_ui import model_tasks
from mammo_ui.cross_check_store import CrossCheck, read_cross_check, write_cross_check
from mammo_ui.map_numbers import write_values
from mammo_ui.map_tasks import draw_maps
from mammo_ui.overlay_store import Names, Subject, find_subject, layers_of, read_drawn

if TYPE_CHECKING:
    from mammo_core.library_maps import LibraryMap
    from mammo_core.model_input import ModelInput


def cross_check(names: Names, methods: Sequence[str], folder: Path) -> None:
    """Draw our map and tf-keras-vis's by each method, and note how near they are.

    Args:
        names: Of the `Subject`.
        methods: Keys of `LIBRARY_METHODS`; those that were checked before are left out.
        folder: Where progress is noted and a stop asked for.

    Raises:
        Cancelled: Once a stop was asked for; what was found before stays.
        MammoError: Where the model or the image cannot be read.
    """
    from mammo_core.attribution import METHODS
    from mammo_core.model_input import input_of_case
    from mammo_core.progress import JobProgress

    subject, progress = find_subject(names), JobProgress(folder)
    given = input_of_case(subject.model, subject.dataset, subject.image_id)
    for number, method in enumerate(methods):
        progress(number, len(methods), f"{METHODS[method].title} by both")
        if read_cross_check(subject, method) is None:
            _check(subject, given, method)


def _check(subject: Subject, given: "ModelInput", method: str) -> None:
    from mammo_core.cross_checks import ask_library
    from mammo_core.targets import read_target

    if read_drawn(subject, method) is None:
        draw_maps(subject.names(), [method])
    classifier = model_tasks.keep_loaded(subject.model)
    target = read_target(subject.target, classifier.classes)
    try:
        theirs = ask_library(classifier, given.image, target, method, layers_of(subject, method))
    except (BadModel, BadConfiguration) as error:
        write_cross_check(subject, CrossCheck(method, refusal=str(error)), b"")
        return
    _write(subject, given, theirs)


def _write(subject: Subject, given: "ModelInput", theirs: "LibraryMap") -> None:
    from math import isfinite

    grid = (theirs.map.shape[0], theirs.map.shape[1])
    numbers, frame = write_values(theirs.map, grid, given, signed=False) or (b"", None)
    correlation = theirs.rank_correlation if isfinite(theirs.rank_correlation) else None
    found = CrossCheck(theirs.method, correlation, theirs.note, frame)
    write_cross_check(subject, found, numbers)
