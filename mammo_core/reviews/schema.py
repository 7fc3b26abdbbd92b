"""The tables of the reviews' database.

A new table needs a definition here and nothing else: opening a database makes what it lacks. A
change of a table that exists needs a higher `VERSION`, and a way to it for databases that exist.
"""

from sqlalchemy import Column, Integer, MetaData, Table, Text

VERSION = 1

TABLES = MetaData()

SCHEMA = Table("review_schema", TABLES, Column("version", Integer, nullable=False))

CHANGES = Table(
    "review_changes",
    TABLES,
    Column("dataset", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
)
"""How often the reviews of a dataset were changed; what was read stays true until it is more."""

TAGS = Table(
    "review_tags",
    TABLES,
    Column("dataset", Text, primary_key=True),
    Column("image_id", Text, primary_key=True),
    Column("tag", Text, primary_key=True),
)

NOTES = Table(
    "review_notes",
    TABLES,
    Column("dataset", Text, primary_key=True),
    Column("image_id", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("updated", Text, nullable=False),
)
"""`updated` is ISO 8601 in UTC."""

STATUS = Table(
    "review_status",
    TABLES,
    Column("dataset", Text, primary_key=True),
    Column("image_id", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("updated", Text, nullable=False),
)
"""`status` is a key of `REVIEW_STATUSES`; an image without a row is open."""

READINGS = Table(
    "blinded_readings",
    TABLES,
    Column("id", Text, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("split", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Column("tells_truth", Integer, nullable=False),
    Column("image_ids", Text, nullable=False),
    Column("begun", Text, nullable=False),
)
"""`image_ids` is a JSON list in the order in which they are shown; `tells_truth` is 0 or 1."""

VERDICTS = Table(
    "blinded_verdicts",
    TABLES,
    Column("reading", Text, primary_key=True),
    Column("image_id", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("suspicion", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("seconds", Integer, nullable=False),
)
"""`suspicion` is of the positive class, 0 to 100."""
