"""Sets of images kept under a key."""

import pytest

from mammo_core.image_sets import ImageSet, keep_set, read_set

pytestmark = pytest.mark.usefixtures("home")


def test_a_kept_set_is_read_back_in_order_and_each_image_once():
    key = keep_set("A right, B wrong", ["b", "a", "b"])
    assert read_set(key) == ImageSet("A right, B wrong", ("a", "b"))


def test_the_same_images_in_another_order_have_the_same_key():
    assert keep_set("picked", ["a", "b"]) == keep_set("picked", ["b", "a"])


@pytest.mark.parametrize("key", ["", "0" * 16, "../../models/demo/model", "0" * 5000])
def test_what_was_never_kept_is_no_set(key):
    assert read_set(key) is None


def test_a_damaged_file_is_no_set(home):
    key = keep_set("picked", ["a"])
    (home / ".mammo" / "image_sets" / f"{key}.json").write_text("[]")
    assert read_set(key) is None
