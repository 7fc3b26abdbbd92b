"""A hidden id is stable under its salt and tells nothing without it."""

import os
import re
import stat
import threading

import pytest

from mammo_core import privacy
from mammo_core.errors import MammoError
from mammo_core.paths import state_folder
from mammo_core.privacy import hide_id, hide_uid

pytestmark = pytest.mark.usefixtures("home")


def forget_salts():
    privacy._read_salt.cache_clear()


def test_one_text_has_one_id_also_for_a_later_process():
    before = hide_id("123-45"), hide_uid("1.2.840.1")
    forget_salts()
    assert (hide_id("123-45"), hide_uid("1.2.840.1")) == before


def test_another_salt_gives_other_ids(monkeypatch, tmp_path):
    before = hide_id("123-45"), hide_uid("1.2.840.1")
    monkeypatch.setenv("MAMMO_HOME", str(tmp_path / "other"))
    assert not {hide_id("123-45"), hide_uid("1.2.840.1")} & set(before)


def test_texts_and_kinds_have_ids_of_their_own():
    assert len({hide_id(str(n)) for n in range(2000)}) == 2000
    assert len({hide_id("7", kind)[1:] for kind in privacy.LETTERS}) == len(privacy.LETTERS)
    assert [hide_id("7", kind)[0] for kind in ("patient", "exam", "image")] == ["P", "E", "I"]


def test_blanks_around_an_id_do_not_count():
    assert hide_id(" 7 ") == hide_id("7")
    assert hide_uid("1.2 ") == hide_uid("1.2")


def test_an_id_shows_nothing_of_its_text():
    assert "DOE" not in hide_id("DOE") + hide_uid("DOE")
    assert re.fullmatch(r"P[0-9a-f]{12}", hide_id("Дое\udcff^Jane"))


def test_a_hidden_uid_is_a_valid_uid_of_a_uuid():
    import uuid

    from pydicom.uid import UID

    hidden = UID(hide_uid("1.2.840.113619.2.401.1"))
    assert hidden.is_valid
    assert uuid.UUID(int=int(hidden.removeprefix("2.25."))).version == 4


@pytest.mark.parametrize(
    "call", [lambda: hide_id(" "), lambda: hide_uid(""), lambda: hide_id("1", "x")]
)
def test_what_is_no_id_is_the_callers_mistake(call):
    with pytest.raises(ValueError, match=r"Expected|must be"):
        call()


@pytest.mark.skipif(os.name == "nt", reason="modes are a POSIX notion")
def test_only_the_owner_may_read_the_salt():
    hide_id("1")
    assert stat.S_IMODE((state_folder() / "salt").stat().st_mode) == 0o600


def test_threads_that_start_together_agree_on_one_salt(monkeypatch):
    monkeypatch.setattr(privacy, "_read_salt", privacy._read_salt.__wrapped__)
    barrier, ids = threading.Barrier(8), []

    def hide():
        barrier.wait()
        ids.append(hide_id("1"))

    threads = [threading.Thread(target=hide) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(ids) == 8
    assert set(ids) == {hide_id("1")}
    assert [path.name for path in state_folder().iterdir()] == ["salt"]


def test_a_disk_without_hard_links_has_a_salt_all_the_same(monkeypatch):
    def refuse(*_):
        raise PermissionError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    assert hide_id("1") == hide_id("1")


def test_a_damaged_salt_is_told_and_never_replaced():
    state_folder().mkdir(parents=True)
    (state_folder() / "salt").write_bytes(b"short")
    with pytest.raises(MammoError, match="Expected 32 bytes"):
        hide_id("1")
    assert (state_folder() / "salt").read_bytes() == b"short"
