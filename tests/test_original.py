"""What the viewer makes of a file's own values is what the reader shows."""

import numpy as np
import pytest
from dicom_variants import ENCODINGS, GRAYS, STORED, Variant, data_set, save

from mammo_core.dicom import read_mammogram
from mammo_core.reading.original import read_original

MORE = (
    Variant("inverse in small letters", lambda: data_set(PresentationLUTShape="inverse")),
    Variant("a slope of 0", lambda: data_set(RescaleSlope=0)),
    Variant("a narrow window", lambda: data_set(WindowCenter=2000, WindowWidth=10)),
    Variant("a step", lambda: data_set(WindowCenter=2000, WindowWidth=1)),
    Variant("one gray", lambda: data_set(np.full_like(STORED, 7))),
    Variant("nothing but padding", lambda: data_set(STORED * 0, PixelPaddingValue=0)),
)


@pytest.mark.parametrize("variant", [*GRAYS, *ENCODINGS, *MORE], ids=lambda variant: variant.name)
def test_the_viewer_shows_what_the_reader_shows(tmp_path, variant):
    path = save(variant.make(), tmp_path / "image.dcm", variant.syntax)
    original, shown = read_original(path), read_mammogram(path).pixels
    values = original.values.astype(float) + original.lowest
    by_viewer = np.clip((values - original.center) / original.width + 0.5, 0, 1)
    if original.is_inverse:
        by_viewer = 1 - by_viewer
    np.testing.assert_allclose(by_viewer, shown, atol=1 / 256)
