"""Reading PNG, JPEG, PGM and TIFF."""

import numpy as np
import pytest
from PIL import Image

from mammo_core.dicom import read_header, read_mammogram
from mammo_core.errors import UnreadableFile


def film():
    """A half disk on the left of dark air, 0 to 200."""
    y, x = np.mgrid[:96, :80]
    return np.clip(200 - 4 * np.hypot(y - 48, x), 0, 200).astype(np.uint8)


def write(path, pixels, **options):
    Image.fromarray(pixels).save(path, **options)
    return path


@pytest.mark.parametrize("name", ["film.png", "film.pgm", "film.tif"])
def test_lossless_formats_give_the_same_pixels(tmp_path, name):
    mammogram = read_mammogram(write(tmp_path / name, film()))
    np.testing.assert_allclose(mammogram.pixels, film() / 200, atol=1e-6)
    assert mammogram.pixels.dtype == np.float32


@pytest.mark.parametrize("name", ["film.png", "film.pgm", "film.tif"])
def test_sixteen_bits_give_the_same_pixels_as_eight(tmp_path, name):
    mammogram = read_mammogram(write(tmp_path / name, film().astype(np.uint16) * 16))
    np.testing.assert_allclose(mammogram.pixels, film() / 200, atol=1e-6)


def test_a_gray_jpeg_in_rgb_is_read_as_gray(tmp_path):
    path = write(tmp_path / "film.jpg", np.stack([film()] * 3, axis=-1), quality=95)
    np.testing.assert_allclose(read_mammogram(path).pixels, film() / 200, atol=0.04)


def test_a_cmyk_jpeg_of_a_gray_picture_is_read(tmp_path):
    path = tmp_path / "film.jpg"
    Image.fromarray(film()).convert("RGB").convert("CMYK").save(path, quality=95)
    np.testing.assert_allclose(read_mammogram(path).pixels, film() / 200, atol=0.06)


def test_an_inverted_film_is_turned_bright_on_dark_and_says_so(tmp_path):
    mammogram = read_mammogram(write(tmp_path / "film.png", 255 - film()))
    np.testing.assert_allclose(mammogram.pixels, film() / 200, atol=1e-6)
    assert mammogram.steps[-1].name == "Invert"


def test_a_film_with_dark_air_is_not_inverted(tmp_path):
    steps = read_mammogram(write(tmp_path / "film.png", film())).steps
    assert "Invert" not in [step.name for step in steps]


@pytest.mark.parametrize("value", [0, 255])
def test_a_blank_picture_is_zero_or_one_but_never_undefined(tmp_path, value):
    pixels = read_mammogram(write(tmp_path / "b.png", np.full((64, 64), value, np.uint8))).pixels
    assert np.unique(pixels).tolist() == [0]


def test_color_several_pages_and_tiny_pictures_are_refused(tmp_path):
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[..., 0] = 200
    with pytest.raises(UnreadableFile, match="color in 100%"):
        read_mammogram(write(tmp_path / "red.png", rgb))
    pages = [Image.fromarray(film()), Image.fromarray(film())]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(UnreadableFile, match="the file holds several"):
        read_mammogram(tmp_path / "pages.tif")
    with pytest.raises(UnreadableFile, match="1 x 1"):
        read_mammogram(write(tmp_path / "dot.png", film()[:1, :1]))


def test_truncated_and_foreign_files_are_refused(tmp_path):
    data = write(tmp_path / "film.png", film()).read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableFile, match="damaged"):
        read_mammogram(tmp_path / "cut.png")
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(UnreadableFile, match="another kind"):
        read_mammogram(tmp_path / "notes.txt")


def test_a_huge_declared_size_is_refused_without_decoding(tmp_path):
    data = bytearray(write(tmp_path / "film.png", film()).read_bytes())
    data[16:24] = (40_000).to_bytes(4, "big") * 2
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(UnreadableFile):
        read_mammogram(tmp_path / "bomb.png")


def test_the_header_tells_the_size(tmp_path):
    header = read_header(write(tmp_path / "film.png", film()))
    assert (header["kind"], header["rows"], header["columns"]) == ("PNG", 96, 80)
