"""A name that is nearly right is answered with the right one, wherever names are read."""

from pathlib import Path

import pytest

from mammo_core.architectures import check_architecture
from mammo_core.attribution.together import choose_methods
from mammo_core.augmentation import read_augmentation
from mammo_core.config import read_settings
from mammo_core.datasets.detection import choose_layout
from mammo_core.errors import MammoError
from mammo_core.importing.input_ranges import find_input_range
from mammo_core.training.configuration import TrainingConfiguration
from mammo_core.tuning.ranges import read_range
from mammo_core.verbs.cross_validate import cross_validate
from mammo_core.wording import tell_nearest

READERS = {
    "epochs": lambda: read_settings(TrainingConfiguration, {"epoch": 3}),
    "whole_image": lambda: read_settings(TrainingConfiguration, {"recipe": "whole_imag"}),
    "compact_cnn": lambda: check_architecture("compact_cn"),
    "grad_cam": lambda: choose_methods(["grad_cm"]),
    "rotate": lambda: read_augmentation("rotat:8"),
    "dropout": lambda: read_range("dropuot=0..0.4"),
    "inbreast": lambda: choose_layout(Path(), "inbreats"),
    "imagenet": lambda: find_input_range("imagnet", 3),
}


@pytest.mark.parametrize("meant", READERS)
def test_a_name_nearly_right_is_answered_with_the_right_one(meant):
    with pytest.raises(MammoError, match=f"did you mean '{meant}'"):
        READERS[meant]()


def test_a_name_like_none_gets_no_guess():
    assert tell_nearest("zzzzzz", ["epochs", "seed"]) == ""


def test_leaving_out_the_scanner_names_the_column_that_is_meant(tmp_path):
    with pytest.raises(MammoError, match=r"source or manufacturer \(the maker of the scanner\)"):
        cross_validate("mias", tmp_path, leave_out="scanner")
