"""A prediction table that is named where a model could be."""

from pathlib import Path

ENDINGS = (".csv", ".tsv", ".txt", ".parquet")


def is_table(name: str) -> bool:
    """Whether a word names the file of a table, there on the disk."""
    return Path(name).suffix.lower() in ENDINGS and Path(name).is_file()


def take_table(
    model: str | None, dataset: str | None, predictions: Path | None
) -> tuple[str | None, Path | None]:
    """The model and the table that are asked about: a table's bare path is no model.

    Args:
        model: The verb's first word.
        dataset: Its second one; a table needs none, and beside one nothing is changed.
        predictions: Of the option.
    """
    if model is not None and dataset is None and predictions is None and is_table(model):
        return None, Path(model)
    return model, predictions
