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
