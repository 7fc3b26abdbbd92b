"""A zip archive gives its files and can do nothing else."""

import os
import random
import shutil
import stat
import struct
import zipfile
from contextlib import suppress

import pytest

from mammo_core.datasets import archives, zip_directory
from mammo_core.datasets.archives import unpack
from mammo_core.errors import Cancelled, MammoError, UnreadableFile


def pack(path, *members, method=zipfile.ZIP_DEFLATED):
    """An archive of (name or ZipInfo, bytes)."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def files_in(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def patch(path, old, new, times=-1):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, times))
    return path


def test_files_come_out_as_they_went_in(tmp_path):
    content = {"a/1.dcm": os.urandom(70_000), "a/2.dcm": b"", "ü/日本.png": b"x", "IM0001": b"y"}
    pack(tmp_path / "a.zip", *content.items())
    unpacked = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert files_in(unpacked.folder) == content
    assert unpacked.refusals == []


def test_a_stored_archive_with_a_comment_comes_out_too(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", b"1" * 5_000_000)
        archive.comment = b"from a hospital's export"
    assert set(files_in(unpack(tmp_path / "a.zip", tmp_path / "out").folder)) == {"a"}


def test_what_file_managers_leave_is_passed_over(tmp_path):
    pack(tmp_path / "a.zip", ("__MACOSX/._a", b"1"), ("x/.DS_Store", b"1"), ("x/a", b"1"))
    unpacked = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert (set(files_in(unpacked.folder)), unpacked.refusals) == ({"x/a"}, [])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil", archives.OUTSIDE),
        ("a/../../evil", archives.OUTSIDE),
        ("/etc/evil", archives.OUTSIDE),
        ("C:/evil", archives.OUTSIDE),
        ("c:evil", archives.OUTSIDE),
        ("..\\evil", archives.BACKSLASH),
        ("\\\\host\\share\\evil", archives.BACKSLASH),
        ("a//b", archives.BAD_NAME),
        ("./a", archives.BAD_NAME),
        ("a/NUL", archives.BAD_NAME),
        ("com1.dcm", archives.BAD_NAME),
        ("ab:stream", archives.BAD_NAME),
        ("a.dcm.", archives.BAD_NAME),
        ("a\x07", archives.BAD_NAME),
        ("x" * 300, archives.BAD_NAME),
        ("inner.zip", archives.NESTED),
        ("inner.tar.gz", archives.NESTED),
    ],
)
def test_a_bad_name_is_refused_and_touches_nothing(tmp_path, name, reason):
    pack(tmp_path / "a.zip", ("good", b"1"), (zipfile.ZipInfo(name), b"evil"))
    unpacked = unpack(tmp_path / "a.zip", tmp_path / "deep" / "out")
    assert set(files_in(tmp_path)) == {"a.zip", "deep/out/good"}
    assert [refusal.reason for refusal in unpacked.refusals] == [reason]


def test_a_name_with_a_nul_is_refused(tmp_path):
    pack(tmp_path / "a.zip", ("good", b"1"), ("evilXtxt", b"1"))
    patch(tmp_path / "a.zip", b"evilXtxt", b"evil\0txt")
    unpacked = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert set(files_in(tmp_path / "out")) == {"good"}
    assert [refusal.reason for refusal in unpacked.refusals] == [archives.BAD_NAME]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path, kind):
    link = zipfile.ZipInfo("link")
    link.external_attr = (kind | 0o777) << 16
    pack(tmp_path / "a.zip", (link, b"/etc/passwd"), ("link/file", b"1"))
    unpacked = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert files_in(tmp_path / "out") == {"link/file": b"1"}
    assert [refusal.reason for refusal in unpacked.refusals] == [archives.SPECIAL]


def test_the_first_of_two_names_that_some_systems_hold_for_one_is_taken(tmp_path):
    pack(tmp_path / "a.zip", ("A", b"1"), ("a", b"2"), ("d/e", b"3"), ("d", b"4"))
    unpacked = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert files_in(tmp_path / "out") == {"A": b"1", "d/e": b"3"}
    assert [refusal.reason for refusal in unpacked.refusals] == [archives.REPEATED] * 2


def test_an_encrypted_file_is_refused(tmp_path):
    pack(tmp_path / "a.zip", ("secret", b"1"), ("good", b"1"))
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    unpacked = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert set(files_in(tmp_path / "out")) == {"good"}
    assert [refusal.reason for refusal in unpacked.refusals] == [archives.ENCRYPTED]


def test_damage_within_one_file_leaves_the_others(tmp_path):
    pack(tmp_path / "a.zip", ("bad", b"abcdefgh"), ("good", b"1"), method=zipfile.ZIP_STORED)
    patch(tmp_path / "a.zip", b"abcdefgh", b"abcdefgX")
    unpacked = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert set(files_in(tmp_path / "out")) == {"good"}
    assert [refusal.reason for refusal in unpacked.refusals] == [archives.DAMAGED]


def test_a_method_that_chooses_its_own_memory_is_refused(tmp_path):
    pack(tmp_path / "a.zip", ("a", b"1"), method=zipfile.ZIP_LZMA)
    unpacked = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert [refusal.reason for refusal in unpacked.refusals] == [archives.PACKED_ODDLY]


def test_a_bomb_of_one_file_is_refused_unwritten(tmp_path):
    pack(tmp_path / "a.zip", ("bomb", bytes(20_000_000)), ("noise", os.urandom(300_000)))
    unpacked = unpack(tmp_path / "a.zip", tmp_path / "out")
    assert set(files_in(tmp_path / "out")) == {"noise"}
    assert [refusal.reason for refusal in unpacked.refusals] == [archives.BOMB]


def test_a_bomb_of_many_small_files_is_refused_as_a_whole(tmp_path):
    pack(tmp_path / "a.zip", *((str(n), bytes(900_000)) for n in range(20)))
    with pytest.raises(UnreadableFile, match="inflates"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_files_that_share_their_bytes_are_refused_as_a_whole(tmp_path):
    pack(tmp_path / "a.zip", ("a", os.urandom(2_000)), ("b", b"2"), method=zipfile.ZIP_STORED)
    content = bytearray((tmp_path / "a.zip").read_bytes())
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
    content[second + 42 : second + 46] = struct.pack("<I", 100)
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(UnreadableFile, match="overlap"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_members_are_counted_before_the_list_is_built(tmp_path, monkeypatch):
    pack(tmp_path / "a.zip", *((str(n), b"") for n in range(20)))
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[-14:-10] = struct.pack("<HH", 1, 1)  # it claims a single one
    (tmp_path / "a.zip").write_bytes(content)
    monkeypatch.setattr(zip_directory, "MAX_MEMBERS", 10)
    monkeypatch.delattr(zipfile, "ZipFile")
    with pytest.raises(UnreadableFile, match="at most 10 files"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_a_list_of_gigabytes_is_refused_unread(tmp_path):
    pack(tmp_path / "a.zip", ("a", b"1"))
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[-10:-6] = struct.pack("<I", 0xFFFFFFF0)
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(UnreadableFile, match="4,294,967,280 bytes"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_a_list_with_64_bit_fields_is_measured_by_them(tmp_path):
    pack(tmp_path / "a.zip", ("a", b"1"))
    content = (tmp_path / "a.zip").read_bytes()
    at = content.index(b"PK\x01\x02")
    size = len(content) - 22 - at
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, at)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at + size, 1)
    end = content[-22:-14] + b"\xff" * 12 + b"\0\0"
    (tmp_path / "b.zip").write_bytes(content[:-22] + record + locator + end)
    assert files_in(unpack(tmp_path / "b.zip", tmp_path / "out").folder) == {"a": b"1"}
    with zipfile.ZipFile(tmp_path / "b.zip") as known_good:
        assert known_good.namelist() == ["a"]


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"no archive at all" * 100, b"PK\x05\x06" + bytes(3)]
)
def test_what_is_no_archive_is_told_by_its_name(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"a\.zip"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_an_archive_that_is_cut_anywhere_is_refused(tmp_path):
    whole = pack(tmp_path / "a.zip", ("a", b"12345"), ("b", b"67890")).read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "cut.zip").write_bytes(whole[:length])
        with pytest.raises(UnreadableFile):
            unpack(tmp_path / "cut.zip", tmp_path / "out")


def test_a_damaged_archive_is_unpacked_or_refused_and_touches_nothing_else(tmp_path):
    whole = pack(tmp_path / "a.zip", ("d/a", os.urandom(60)), ("b", b"1" * 300)).read_bytes()
    dice = random.Random(0)
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(dice.choice([1, 3, 8])):
            content[dice.randrange(len(content))] = dice.choice([0, 46, 47, 92, 255])
        (tmp_path / "a.zip").write_bytes(content)
        with suppress(MammoError):
            unpack(tmp_path / "a.zip", tmp_path / "in" / "out")
        shutil.rmtree(tmp_path / "in" / "out", ignore_errors=True)
        assert {path.name for path in tmp_path.rglob("*")} <= {"a.zip", "in"}


def test_names_that_claim_to_be_utf8_and_are_not_are_told(tmp_path):
    pack(tmp_path / "a.zip", ("ä", b"1"))
    patch(tmp_path / "a.zip", "ä".encode(), b"\xff\xff")
    with pytest.raises(UnreadableFile, match="UTF-8"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_a_stop_leaves_nothing_behind(tmp_path):
    pack(tmp_path / "a.zip", ("a", b"1"), ("b", b"2"))

    def stop(done, total, doing):
        raise Cancelled("Stopped by the user")

    with pytest.raises(Cancelled):
        unpack(tmp_path / "a.zip", tmp_path / "out", progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_progress_is_told_file_by_file(tmp_path):
    pack(tmp_path / "a.zip", ("a", b"1"), ("b", b"2"))
    told = []
    unpack(tmp_path / "a.zip", tmp_path / "out", progress=lambda *now: told.append(now))
    assert told == [(1, 2, "Unpacking"), (2, 2, "Unpacking")]


def test_a_folder_with_files_is_never_written_to(tmp_path):
    pack(tmp_path / "a.zip", ("a", b"1"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    with pytest.raises(MammoError, match="empty folder"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert files_in(tmp_path / "out") == {"mine": b"kept"}


def test_an_empty_folder_and_what_a_killed_run_left_are_taken_over(tmp_path):
    pack(tmp_path / "a.zip", ("a", b"1"))
    (tmp_path / "out").mkdir()
    (tmp_path / ".out.unpacking").mkdir()
    (tmp_path / ".out.unpacking" / "half").write_text("x")
    assert files_in(unpack(tmp_path / "a.zip", tmp_path / "out").folder) == {"a": b"1"}


def test_a_full_disk_is_told_before_anything_is_written(tmp_path, monkeypatch):
    pack(tmp_path / "a.zip", ("a", b"1"))
    monkeypatch.setattr(archives, "SPARE_BYTES", 10**18)
    with pytest.raises(MammoError, match="bytes free"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()
