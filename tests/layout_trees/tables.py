"""Tables of made archives: written from rows, and edited in place."""

import csv

import pandas as pd


def write_csv(path, columns, rows, separator=","):
    """A table of dictionaries; keys that are no columns are left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, delimiter=separator, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def edit_csv(path, change):
    """Rewrite a table after `change` has made another frame of its frame of texts."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False)
    return path
