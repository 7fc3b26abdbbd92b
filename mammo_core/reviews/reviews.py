"""Tags, notes and review states of the images of datasets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select

from mammo_core.reviews import OPEN
from mammo_core.reviews.database import Database, open_database
from mammo_core.reviews.review import Review, check_note, check_status, check_tag, count_reviews
from mammo_core.reviews.schema import CHANGES, NOTES, STATUS, TAGS


def open_reviews(url: str | None = None) -> "Reviews":
    """The reviews in the database of that URL, of MAMMO_DATABASE_URL, or of the home.

    Raises:
        BadDatabase: As `open_database`.
    """
    return Reviews(open_database(url))


@dataclass(frozen=True)
class Reviews:
    """The reviews of all datasets, each known by its name; made by `open_reviews`.

    Each call is one transaction: it is done whole or not at all. Every one raises BadDatabase
    where the database fails.
    """

    database: Database

    def tag(self, dataset: str, image_ids: Iterable[str], tag: str) -> int:
        """Give images a tag; those that have it keep it. How many images it was asked for.

        Raises:
            BadConfiguration: Where the text cannot be a tag.
        """
        rows = [row | {"tag": check_tag(tag)} for row in _rows(dataset, image_ids)]
        with self.database.writing() as connection:
            self._begin_change(connection, dataset)
            if rows:
                connection.execute(self.database.insert(TAGS).on_conflict_do_nothing(), rows)
        return len(rows)

    def untag(self, dataset: str, image_ids: Iterable[str], tag: str) -> int:
        """Take a tag from images; those without it stay so. How many images it was asked for."""
        rows = _rows(dataset, image_ids)
        with self.database.writing() as connection:
            self._begin_change(connection, dataset)
            _remove(connection, TAGS, [row | {"tag": " ".join(tag.split())} for row in rows])
        return len(rows)

    def write_note(self, dataset: str, image_ids: Iterable[str], text: str) -> int:
        """Write the note of images over what they had; an empty text removes it.

        Raises:
            BadConfiguration: Where the text is too long or holds control characters.
        """
        return self._write(NOTES, dataset, image_ids, {"text": check_note(text)}, empty="")

    def set_status(self, dataset: str, image_ids: Iterable[str], status: str) -> int:
        """Say how far the review of images is, and what came of it.

        Raises:
            BadConfiguration: For a status that there is not.
        """
        return self._write(STATUS, dataset, image_ids, {"status": check_status(status)}, empty=OPEN)

    def read(self, dataset: str, image_id: str) -> Review:
        """What has been said of one image."""
        return self._read(dataset, image_id).get(image_id, Review())

    def read_all(self, dataset: str) -> dict[str, Review]:
        """What has been said of a dataset's images; those of which nothing was are absent."""
        return self._read(dataset, None)

    def revision(self, dataset: str) -> int:
        """A number that grows with every change of a dataset's reviews."""
        with self.database.reading() as connection:
            found = select(CHANGES.c.revision).where(CHANGES.c.dataset == dataset)
            return connection.scalar(found) or 0

    def datasets(self) -> list[str]:
        """The names of the datasets of which anything was ever said."""
        with self.database.reading() as connection:
            return list(connection.scalars(select(CHANGES.c.dataset).order_by(CHANGES.c.dataset)))

    def counts(self, dataset: str) -> dict[str, Any]:
        """How many images have each tag, each status but open, and a note."""
        return count_reviews(self.read_all(dataset))

    def export(self, dataset: str) -> list[dict[str, Any]]:
        """A row an image of which anything was said, by image id."""
        found = self.read_all(dataset)
        return [
            {
                "dataset": dataset,
                "image_id": image_id,
                "tags": list(found[image_id].tags),
                "status": found[image_id].status,
                "note": found[image_id].note,
                "updated": found[image_id].updated,
            }
            for image_id in sorted(found)
        ]

    def _begin_change(self, connection: Connection, dataset: str) -> None:
        """Count the change first: whoever else changes this dataset then waits for our end."""
        first = self.database.insert(CHANGES).values(dataset=dataset, revision=1)
        grown = {"revision": CHANGES.c.revision + 1}
        connection.execute(first.on_conflict_do_update(index_elements=["dataset"], set_=grown))

    def _write(
        self,
        table: Table,
        dataset: str,
        image_ids: Iterable[str],
        values: Mapping[str, str],
        *,
        empty: str,
    ) -> int:
        """Write the same values for images; those that say nothing are no row."""
        keys = _rows(dataset, image_ids)
        written = {**values, "updated": datetime.now(UTC).isoformat(timespec="seconds")}
        with self.database.writing() as connection:
            self._begin_change(connection, dataset)
            if empty in values.values():
                _remove(connection, table, keys)
            elif keys:
                added = self.database.insert(table)
                new = {name: added.excluded[name] for name in written}
                added = added.on_conflict_do_update(
                    index_elements=["dataset", "image_id"], set_=new
                )
                connection.execute(added, [key | written for key in keys])
        return len(keys)

    def _read(self, dataset: str, image_id: str | None) -> dict[str, Review]:
        with self.database.reading() as connection:
            tags = _find(connection, TAGS, dataset, image_id)
            notes = _find(connection, NOTES, dataset, image_id)
            states = _find(connection, STATUS, dataset, image_id)
        found: dict[str, Review] = {}
        for name, tag in tags:
            review = found.get(name, Review())
            found[name] = replace(review, tags=(*review.tags, tag))
        for name, text, updated in notes:
            found[name] = replace(found.get(name, Review()), note=text, updated=updated)
        for name, status, updated in states:
            review = found.get(name, Review())
            found[name] = replace(review, status=status, updated=max(review.updated, updated))
        return found


def _rows(dataset: str, image_ids: Iterable[str]) -> list[dict[str, str]]:
    """The keys of images in a fixed order, each once."""
    return [{"dataset": dataset, "image_id": name} for name in sorted(set(image_ids))]


def _remove(connection: Connection, table: Table, keys: Sequence[Mapping[str, str]]) -> None:
    if keys:
        wanted = (table.c[name] == bindparam(f"its_{name}") for name in keys[0])
        rows = [{f"its_{name}": value for name, value in key.items()} for key in keys]
        connection.execute(delete(table).where(*wanted), rows)


def _find(
    connection: Connection, table: Table, dataset: str, image_id: str | None
) -> Sequence[Sequence[Any]]:
    """The rows of a dataset or of one of its images, without the dataset's name, in order."""
    columns = [column for column in table.c if column.name != "dataset"]
    found = select(*columns).where(table.c.dataset == dataset).order_by(*table.primary_key.columns)
    return connection.execute(
        found if image_id is None else found.where(table.c.image_id == image_id)
    ).all()
