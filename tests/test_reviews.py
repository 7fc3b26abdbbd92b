"""Tags, notes and review states: the same laws in SQLite and in a real PostgreSQL server."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from postgres_server import is_installed, running_server
from sqlalchemy import create_engine, make_url

from mammo_core.errors import BadConfiguration, BadDatabase
from mammo_core.reviews import OPEN, REVIEW_STATUSES
from mammo_core.reviews.database import _make_engine
from mammo_core.reviews.review import Review
from mammo_core.reviews.reviews import open_reviews
from mammo_core.reviews.schema import VERSION


@pytest.fixture(scope="module")
def server():
    if not is_installed():
        pytest.skip("PostgreSQL is not installed")
    with running_server() as url:
        yield url


def make_database(server, name):
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'made' / 'reviews.db'}"
        return
    yield make_database(request.getfixturevalue("server"), tmp_path.name)


@pytest.fixture
def reviews(url):
    made = open_reviews(url)
    yield made
    made.database.engine.dispose()


def test_of_an_image_nobody_spoke_of_nothing_is_said(reviews):
    assert reviews.read("mias", "a") == Review(tags=(), note="", status=OPEN)
    assert reviews.read_all("mias") == {}
    assert reviews.revision("mias") == 0
    assert reviews.counts("mias") == {"tags": {}, "status": {}, "notes": 0}


def test_a_tag_is_kept_once_however_often_it_is_given(reviews):
    assert reviews.tag("mias", ["a", "b", "a"], "  clip\n near   nipple ") == 2
    assert reviews.tag("mias", ["b"], "clip near nipple") == 1
    assert reviews.read_all("mias") == {name: Review(tags=("clip near nipple",)) for name in "ab"}


def test_untagging_takes_that_tag_from_those_images_alone(reviews):
    for tag in ("clip", "scar"):
        reviews.tag("mias", ["a", "b"], tag)
    reviews.untag("mias", ["a", "never seen"], "clip")
    assert [reviews.read("mias", name).tags for name in "ab"] == [("scar",), ("clip", "scar")]


def test_datasets_are_apart_though_their_images_have_the_same_name(reviews):
    reviews.tag("mias", ["a"], "clip")
    reviews.set_status("other", ["a"], "reviewed")
    assert reviews.read("mias", "a") == Review(tags=("clip",))
    assert reviews.read("other", "a").tags == ()
    assert reviews.datasets() == ["mias", "other"]


def test_a_note_is_the_last_one_written_and_an_empty_one_is_none(reviews):
    for text in ("first", "second line\r\nthird 'quoted'; DROP TABLE review_notes; -- \U0001fa7b"):
        reviews.write_note("mias", ["a"], text)
    assert reviews.read("mias", "a").note == (
        "second line\nthird 'quoted'; DROP TABLE review_notes; -- \U0001fa7b"
    )
    reviews.write_note("mias", ["a"], "  \n")
    assert reviews.read_all("mias") == {}


@pytest.mark.parametrize("status", [name for name in REVIEW_STATUSES if name != OPEN])
def test_an_image_whose_status_is_open_again_is_as_never_reviewed(reviews, status):
    reviews.set_status("mias", ["a", "b"], status)
    assert reviews.read("mias", "b").status == status
    reviews.set_status("mias", ["b"], OPEN)
    assert set(reviews.read_all("mias")) == {"a"}


def test_counts_are_of_images(reviews):
    reviews.tag("mias", ["a", "b"], "clip")
    reviews.tag("mias", ["b"], "scar")
    reviews.set_status("mias", ["c"], "exclude")
    reviews.write_note("mias", ["c"], "too dark")
    counted = {"tags": {"clip": 2, "scar": 1}, "status": {"exclude": 1}, "notes": 1}
    assert reviews.counts("mias") == counted


def test_the_export_has_a_row_for_each_image_of_which_something_was_said(reviews):
    reviews.tag("mias", ["b"], "clip")
    reviews.write_note("mias", ["a"], "too dark")
    rows = reviews.export("mias")
    assert [(row["image_id"], row["tags"], row["note"]) for row in rows] == [
        ("a", [], "too dark"),
        ("b", ["clip"], ""),
    ]


def test_every_change_is_seen_in_the_revision_of_its_dataset_alone(reviews):
    seen = [reviews.revision("mias")]
    for change in (
        lambda: reviews.tag("mias", ["a"], "clip"),
        lambda: reviews.untag("mias", ["a"], "clip"),
        lambda: reviews.write_note("mias", ["a"], "x"),
        lambda: reviews.set_status("mias", ["a"], "reviewed"),
    ):
        change()
        seen.append(reviews.revision("mias"))
    assert sorted(set(seen)) == seen
    assert reviews.revision("other") == 0


@pytest.mark.parametrize("tag", ["", "  ", "a;b", "x" * 41, "nul\0", "half \ud800"])
def test_a_text_that_can_be_no_tag_changes_nothing(reviews, tag):
    with pytest.raises(BadConfiguration, match="Expected a tag"):
        reviews.tag("mias", ["a"], tag)
    assert reviews.revision("mias") == 0


def test_a_note_that_no_database_can_hold_and_a_status_that_there_is_not_are_refused(reviews):
    for note in ("x" * 10_001, "nul\0"):
        with pytest.raises(BadConfiguration, match="Expected a note"):
            reviews.write_note("mias", ["a"], note)
    with pytest.raises(BadConfiguration, match=r"reviewed.*got 'done'"):
        reviews.set_status("mias", ["a"], "done")


def test_thousands_of_images_are_one_change(reviews):
    names = [f"i{number}" for number in range(5000)]
    assert reviews.tag("mias", names, "checked") == 5000
    assert reviews.counts("mias")["tags"] == {"checked": 5000}
    reviews.untag("mias", names, "checked")
    assert reviews.read_all("mias") == {}
    assert reviews.revision("mias") == 2


def test_a_change_that_breaks_off_leaves_nothing(reviews):
    def break_off():
        with reviews.database.writing() as connection:
            reviews._begin_change(connection, "mias")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert reviews.revision("mias") == 0


def test_many_writers_at_once_all_have_their_turn(url, reviews):
    def write(number):
        for turn in range(5):
            open_reviews(url).tag("mias", [f"{number}-{turn}", "shared"], f"of {number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(reviews.read_all("mias")) == 8 * 5 + 1
    assert len(reviews.read("mias", "shared").tags) == 8
    assert reviews.revision("mias") == 8 * 5


def test_of_several_who_open_a_new_database_each_finds_it_whole(url):
    with ThreadPoolExecutor(6) as pool:
        opened = list(pool.map(lambda _: open_reviews(url).counts("mias"), range(6)))
    assert opened == [{"tags": {}, "status": {}, "notes": 0}] * 6
    _make_engine(make_url(url)).dispose()


def test_what_was_said_outlives_the_program(url, reviews):
    reviews.tag("mias", ["a"], "clip")
    reviews.database.engine.dispose()
    _make_engine.cache_clear()
    again = open_reviews(url)
    assert again.read("mias", "a").tags == ("clip",)
    again.database.engine.dispose()


def test_a_database_of_a_newer_program_is_told_in_one_line(url, reviews):
    with reviews.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE review_schema SET version = {VERSION + 1}")
    with pytest.raises(BadDatabase, match=f"version {VERSION} .* found version {VERSION + 1}") as e:
        open_reviews(url)
    assert "secret" not in str(e.value)
    assert "\n" not in str(e.value)


def test_a_reader_does_not_wait_for_a_writer(reviews):
    reviews.tag("mias", ["a"], "clip")
    with reviews.database.writing() as connection:
        reviews._begin_change(connection, "mias")
        assert reviews.read("mias", "a").tags == ("clip",)


def test_the_home_holds_the_reviews_unless_a_url_is_set(home, tmp_path, monkeypatch):
    monkeypatch.delenv("MAMMO_DATABASE_URL", raising=False)
    open_reviews().tag("mias", ["a"], "here")
    assert (home / ".mammo" / "reviews.db").is_file()
    monkeypatch.setenv("MAMMO_DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.db'}")
    assert open_reviews().read_all("mias") == {}


def test_a_file_that_is_no_database_and_one_that_was_deleted(tmp_path):
    path = tmp_path / "reviews.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(BadDatabase, match="not a database"):
        open_reviews(f"sqlite:///{path}")
    path.unlink()
    open_reviews(f"sqlite:///{path}").tag("mias", ["a"], "clip")
    path.unlink()
    assert open_reviews(f"sqlite:///{path}").read_all("mias") == {}


def test_a_writer_that_does_not_end_is_told_to_who_waits(tmp_path, monkeypatch):
    monkeypatch.setattr("mammo_core.reviews.database.PATIENCE_S", 0.05)
    path = tmp_path / "reviews.db"
    reviews = open_reviews(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BadDatabase, match="locked"):
        reviews.tag("mias", ["a"], "clip")
    other.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("rubbish", "no URL"),
        ("mysql://me:secret@host/name", r"mysql://me:\*\*\*@host/name"),
        ("sqlite://", "no file"),
        ("postgresql+nosuch://me:secret@host/name", "driver"),
        ("postgresql://me:secret@127.0.0.1:1/name", "refused"),
    ],
)
def test_a_url_that_leads_to_no_database_is_told_without_its_password(url, told):
    with pytest.raises(BadDatabase, match=told) as error:
        open_reviews(url)
    assert "secret" not in str(error.value)
