"""Blinded readings: cases in random order, the reader's verdict first, the model's after it.

A verdict that was given is never changed: whoever could change it after the model spoke would no
longer be blinded.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Row

from mammo_core.errors import BadConfiguration
from mammo_core.reviews.database import Database, open_database
from mammo_core.reviews.review import check_note
from mammo_core.reviews.schema import READINGS, VERDICTS

LONGEST_NAME = 40


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A set of cases that one reader judges.

    Attributes:
        id: Sixteen hexadecimal digits.
        dataset: Its name.
        model: The id of the model that it is compared with.
        split: Of the dataset.
        reader: Initials or a name, as the reader gave it.
        tells_truth: Whether the truth is told after each verdict, beside the model's.
        image_ids: In the order in which they are shown.
        begun: ISO 8601 in UTC.
    """

    id: str
    dataset: str
    model: str
    split: str
    reader: str
    tells_truth: bool
    image_ids: tuple[str, ...]
    begun: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the reader said of a case.

    Attributes:
        label: The class.
        suspicion: How likely the positive class seemed, 0 to 100.
        note: Free text, empty for none.
        seconds: How long it took.
    """

    label: str
    suspicion: int
    note: str = ""
    seconds: int = 0


def open_readings(url: str | None = None) -> "Readings":
    """The readings in the database of that URL, of MAMMO_DATABASE_URL, or of the home.

    Raises:
        BadDatabase: As `open_database`.
    """
    return Readings(open_database(url))


@dataclass(frozen=True)
class Readings:
    """All blinded readings; every call raises BadDatabase where the database fails."""

    database: Database

    def begin(
        self,
        *,
        dataset: str,
        model: str,
        split: str,
        reader: str,
        tells_truth: bool,
        image_ids: Sequence[str],
    ) -> Reading:
        """A new reading of these cases in this order.

        Raises:
            BadConfiguration: Where there is no case, or no name of at most 40 characters.
        """
        name = " ".join(reader.split())
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise BadConfiguration(
                f"Expected the reader's initials, 1 to {LONGEST_NAME} characters, got '{name[:60]}'"
            )
        if not image_ids:
            raise BadConfiguration("Expected at least one case to read, got none")
        reading = Reading(
            id=secrets.token_hex(8),
            dataset=dataset,
            model=model,
            split=split,
            reader=name,
            tells_truth=tells_truth,
            image_ids=tuple(image_ids),
            begun=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        row = asdict(reading) | {"image_ids": json.dumps(image_ids), "tells_truth": tells_truth}
        with self.database.writing() as connection:
            connection.execute(insert(READINGS).values(**row | {"tells_truth": int(tells_truth)}))
        return reading

    def list(self) -> list[Reading]:
        """All readings, the newest first."""
        with self.database.reading() as connection:
            rows = connection.execute(
                select(READINGS).order_by(READINGS.c.begun.desc(), READINGS.c.id)
            ).all()
        return [_to_reading(row) for row in rows]

    def find(self, reading_id: str) -> Reading | None:
        """The reading of that id, None where there is none."""
        with self.database.reading() as connection:
            row = connection.execute(
                select(READINGS).where(READINGS.c.id == reading_id)
            ).one_or_none()
        return None if row is None else _to_reading(row)

    def require(self, reading_id: str) -> Reading:
        """The reading of that id.

        Raises:
            BadConfiguration: Where there is none.
        """
        found = self.find(reading_id)
        if found is None:
            known = ", ".join(reading.id for reading in self.list()[:10]) or "none yet"
            raise BadConfiguration(f"No blinded reading '{reading_id}'; there are: {known}")
        return found

    def judge(self, reading: Reading, image_id: str, verdict: Verdict) -> None:
        """Write down a verdict for good.

        Raises:
            BadConfiguration: Where the case is not of this reading, was judged before, or the
                suspicion is not 0 to 100.
        """
        if image_id not in reading.image_ids:
            raise BadConfiguration("Expected a case of this reading, got another image")
        if not 0 <= verdict.suspicion <= 100:
            raise BadConfiguration(f"Expected a suspicion of 0 to 100, got {verdict.suspicion}")
        row = asdict(verdict) | {"note": check_note(verdict.note)}
        new = self.database.insert(VERDICTS).values(reading=reading.id, image_id=image_id, **row)
        with self.database.writing() as connection:
            if not connection.execute(new.on_conflict_do_nothing()).rowcount:
                raise BadConfiguration(
                    "This case was judged before; a verdict is not changed once it is given"
                )

    def verdicts(self, reading: Reading) -> dict[str, Verdict]:
        """What was said so far, by image id, in the order of the reading."""
        with self.database.reading() as connection:
            rows = connection.execute(
                select(VERDICTS).where(VERDICTS.c.reading == reading.id)
            ).mappings()
            found = {row["image_id"]: _to_verdict(row) for row in rows}
        return {name: found[name] for name in reading.image_ids if name in found}

    def remove(self, reading: Reading) -> None:
        """Delete a reading with its verdicts."""
        with self.database.writing() as connection:
            connection.execute(delete(VERDICTS).where(VERDICTS.c.reading == reading.id))
            connection.execute(delete(READINGS).where(READINGS.c.id == reading.id))


def _to_reading(row: Row[Any]) -> Reading:
    content = dict(row._mapping)
    content["image_ids"] = tuple(json.loads(content["image_ids"]))
    return Reading(**content | {"tells_truth": bool(content["tells_truth"])})


def _to_verdict(row: Mapping[Any, Any]) -> Verdict:
    return Verdict(**{name: row[name] for name in ("label", "suspicion", "note", "seconds")})
