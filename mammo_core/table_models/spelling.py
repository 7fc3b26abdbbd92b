"""How tables from elsewhere spell what a prediction table calls otherwise, put into its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from mammo_core.errors import BadConfiguration, BadTable
from mammo_core.predictions import ON_THE_PAGE
from mammo_core.table_files import spell_alike, to_numbers

SCORES = ("score", "p", "prob", "probability", "p_1", "y_score", "y_prob")
"""Columns that are taken for the probability of the second of two classes."""
TRUTHS = {"false": "0", "true": "1"}
SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """What its user knows of a table from elsewhere.

    Attributes:
        rename: Our column for each of theirs that has another name.
        classes: Names, mildest first, where the table counts them 0, 1, ... or has the probability
            of the second of two alone; empty where its columns p_<class> say all.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.classes and (len(set(self.classes)) < max(2, len(self.classes))):
            raise BadConfiguration(
                "--classes must be two or more different names, mildest first, such as "
                f"benign,malignant, got '{','.join(self.classes)}'"
            )

    def narrow(self, names: Sequence[str]) -> "Spelling":
        """The spelling as far as a table has the columns."""
        there = {theirs: ours for theirs, ours in self.rename.items() if theirs in names}
        return replace(self, rename=there)


def read_spelling(rename: Sequence[str] | None, classes: str | None) -> Spelling:
    """What the options --rename and --classes say.

    Raises:
        BadConfiguration: For a text of another form.
    """
    return Spelling(rename=read_renaming(rename or ()), classes=read_classes(classes or ""))


def read_renaming(pairs: Sequence[str]) -> dict[str, str]:
    """{"theirs": "ours"} of texts "theirs=ours".

    Raises:
        BadConfiguration: For a text of another form, or a column that is renamed twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        theirs, sign, ours = (part.strip() for part in pair.rpartition("="))
        if not (theirs and sign and ours) or theirs in found:
            raise BadConfiguration(
                f"--rename ({ON_THE_PAGE}) must be THEIRS=OURS, each column once, such as "
                f"image=image_id, got '{pair}'"
            )
        found[theirs] = ours
    return found


def read_classes(text: str) -> tuple[str, ...]:
    """The names in a text "a,b,c", none in an empty one."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def translate(table: pa.Table, spelling: Spelling, source: str) -> pa.Table:
    """The columns of a file under our names: p_<class> as float64, all others as texts.

    Args:
        table: As `table_files.read_file` gives it.
        spelling: What its user knows of it.
        source: The file's name for messages.

    Raises:
        BadTable: Where it lacks a renamed column or the probability of a class.
    """
    columns = spell_alike(_rename(table, spelling.rename, source))
    if not spelling.classes:
        return columns
    return _name_labels(_name_probabilities(columns, spelling.classes, source), spelling.classes)


def _rename(table: pa.Table, renaming: Mapping[str, str], source: str) -> pa.Table:
    absent = [name for name in renaming if name not in table.column_names]
    if absent:
        raise BadTable(
            f"Expected the column '{absent[0]}' that is renamed in {source}, found "
            f"{list_names(table.column_names)}"
        )
    return table.rename_columns([renaming.get(name, name) for name in table.column_names])


def _name_probabilities(columns: pa.Table, classes: Sequence[str], source: str) -> pa.Table:
    """The table with a column p_<class> for each class, in the order of the classes."""
    ours = [f"p_{name}" for name in classes]
    counted = [f"p_{k}" for k in range(len(classes))]
    there = [name for name in columns.column_names if name.startswith("p_")]
    for theirs in (ours, counted):
        if set(there) == set(theirs):
            probabilities = [columns.column(name) for name in theirs]
            return _put(columns.drop_columns(there), ours, probabilities)
    scores = [name for name in (*SCORES, ours[-1]) if name in columns.column_names]
    if len(classes) == 2 and len(scores) == 1 and set(there) <= set(scores):
        score = to_numbers(scores[0], columns.column(scores[0]))
        return _put(columns.drop_columns(scores), ours, [pc.subtract(1.0, score), score])
    raise BadTable(_tell_missing(columns, classes, source))


def _tell_missing(columns: pa.Table, classes: Sequence[str], source: str) -> str:
    ours = ", ".join(f"p_{name}" for name in classes)
    counted = f"p_0 to p_{len(classes) - 1}"
    one = f", or one column {SCORES[0]} of {classes[-1]}'s" if len(classes) == 2 else ""
    return (
        f"Expected the probabilities of each class in {source} as {ours}, or as {counted}{one}, "
        f"found {list_names(columns.column_names)}; name them by --rename THEIRS=OURS "
        f"({ON_THE_PAGE})"
    )


def _put(columns: pa.Table, names: Sequence[str], values: Sequence[pa.ChunkedArray]) -> pa.Table:
    for name, value in zip(names, values, strict=True):
        columns = columns.append_column(name, value)
    return columns


def _name_labels(columns: pa.Table, classes: Sequence[str]) -> pa.Table:
    """The table with labels 0, 1, ... (for two classes false and true as well) as class names."""
    if "label" not in columns.column_names:
        return columns
    text = columns.column("label")
    if len(classes) == 2:
        for word, digit in TRUTHS.items():
            text = pc.if_else(pc.equal(pc.utf8_lower(text), word), digit, text)
    counted, known = pa.array([str(k) for k in range(len(classes))]), pc.drop_null(text)
    if not pc.all(pc.is_in(known, counted)).as_py():
        return columns  # names already, or none at all
    named = pc.take(pa.array(list(classes)), pc.index_in(text, counted))
    return columns.set_column(columns.column_names.index("label"), "label", named)


def list_names(names: Sequence[str]) -> str:
    """The first names with commas between them, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (", ".join(name[:40] for name in names[:SHOWN]) or "none") + more
