"""The verb `predict`."""

from pathlib import Path
from typing import Annotated, Any

import typer


def predict(
    model: Annotated[str, typer.Argument(help="A model's folder or id.")],
    images: Annotated[
        list[str],
        typer.Argument(
            help="A dataset's folder or name; or image files and zip archives of them.",
            metavar="DATASET | FILE...",
        ),
    ],
    split: Annotated[
        str | None, typer.Option(help="Of a dataset: train, val or test; all without it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Of files: a CSV file for the table, too.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option(help="Of files: ask the model about those the gate refuses, too.")
    ] = False,
    refer: Annotated[
        float,
        typer.Option(help="Of files: refer those less sure than all but this share of validation."),
    ] = 0.1,
) -> dict[str, Any]:
    """Write the model's prediction table for a dataset, or say what it makes of single files.

    Files pass the gate first: what it does not accept never reaches the model, unless you say
    --anyway, which is written beside each such answer. Those that the model is less sure of than
    of most validation cases are to be referred; the classes left open hold the true one in 90 %.

    Example: python -m mammo_core predict demo sample_data --split test

    Example: python -m mammo_core predict demo film.dcm more.zip --out answers.csv
    """
    if len(images) == 1 and not Path(images[0]).is_file():
        _refuse_options({"--out": out is not None, "--anyway": anyway}, "files, not with a dataset")
        _refuse_absent_file(Path(images[0]))
        return _predict_dataset(model, images[0], split)
    _refuse_options({"--split": split is not None}, "a dataset, not with files")
    return _predict_files(model, [Path(image) for image in images], out, refer, anyway=anyway)


def _refuse_options(given: dict[str, bool], where: str) -> None:
    from mammo_core.errors import BadConfiguration

    for option, is_given in given.items():
        if is_given:
            raise BadConfiguration(f"The option {option} goes with {where}; leave it out")


def _refuse_absent_file(path: Path) -> None:
    """Say so where a word looks like a file and is none, rather than speak of datasets."""
    from mammo_core.datasets.naming import IMAGE_SUFFIXES
    from mammo_core.errors import UnreadableFile

    if path.suffix.lower() in {".zip", *IMAGE_SUFFIXES} - {""} and not path.exists():
        raise UnreadableFile(f"Expected a file or a zip archive, found none at {path}")


def _predict_dataset(model: str, dataset: str, split: str | None) -> dict[str, Any]:
    import time

    from pyarrow.parquet import read_metadata

    from mammo_core.datasets import load_dataset
    from mammo_core.model_store import find_model
    from mammo_core.prediction import predict_dataset
    from mammo_core.progress import current_progress
    from mammo_core.synthetic_only import warn_of_asked

    start = time.monotonic()
    stored, data = find_model(model), load_dataset(dataset)
    path = predict_dataset(stored, data, split=split, progress=current_progress())
    seconds = time.monotonic() - start
    rows = read_metadata(path).num_rows
    return {
        "warnings": warn_of_asked(stored, (), data),
        "rows": rows,
        "seconds": round(seconds, 2),
        "images_per_second": round(rows / seconds, 1),
        "table": str(path),
    }


def _predict_files(
    model: str, paths: list[Path], out: Path | None, refer: float, *, anyway: bool
) -> dict[str, Any]:
    import time
    from collections import Counter

    from mammo_core.csv_text import to_csv
    from mammo_core.file_prediction import answer_files, tabulate
    from mammo_core.file_sources import opening
    from mammo_core.model_store import find_model
    from mammo_core.paths import write_text
    from mammo_core.progress import current_progress
    from mammo_core.uncertainty.case_rule import find_rule

    start = time.monotonic()
    stored, progress = find_model(model), current_progress()
    rule = find_rule(stored, refer)
    with opening(paths, progress=progress) as opened:
        answers = answer_files(
            opened.files, stored, _loader(stored), anyway=anyway, progress=progress
        )
        told = [*(answer.judged_by(rule) for answer in answers), *opened.left_out]
    if out is not None:
        write_text(out, to_csv(tabulate(told, stored.classes, stored.threshold)))
    verdicts = Counter(answer.verdict.verdict for answer in told)
    said = {
        "files": [answer.to_json() for answer in told],
        **{verdict: verdicts[verdict] for verdict in ("accept", "ask", "refuse")},
        "rows": len(told),
        "predicted": sum(answer.probabilities is not None for answer in told),
        "overrides": sum(answer.is_override for answer in told),
        "refer_limit": rule and rule.limit,
        "referred": sum(bool(answer.doubt and answer.doubt.refer) for answer in told),
        "seconds": round(time.monotonic() - start, 2),
        "table": None if out is None else str(out.resolve()),
        "missing": opened.missing,
    }
    opened.complain(said)
    return said


def _loader(stored: Any) -> Any:
    """What loads the model on the first file that needs it; TensorFlow takes seconds to start."""
    from functools import cache

    @cache
    def load() -> Any:
        from mammo_core.tensorflow_start import start_tensorflow

        start_tensorflow()
        from mammo_core.keras_classifier import load_classifier

        return load_classifier(stored)

    return load
