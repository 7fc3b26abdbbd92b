"""The transfer syntaxes that are read, and which package decodes each."""

import re
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import UID

from mammo_core.errors import UnreadableFile


@dataclass(frozen=True)
class Syntax:
    """A transfer syntax that is read.

    Attributes:
        uid: As the file names it.
        plugin: pydicom's name of the decoder; empty where the values are taken here.
        package: The package that decodes.
        kinds: Which streams may stand under this name, of `streams.Stream.kind`; empty for others.
    """

    uid: str
    plugin: str
    package: str
    kinds: tuple[str, ...] = ()


LIBJPEG, OPENJPEG = ("pylibjpeg", "pylibjpeg-libjpeg"), ("pylibjpeg", "pylibjpeg-openjpeg")
CHARLS, RUN_LENGTHS = ("pyjpegls", "pyjpegls"), ("", "Pillow")
DCT, JPEG_LS = ("JPEG baseline", "JPEG extended"), ("JPEG-LS",)

SYNTAXES = {
    syntax.uid: syntax
    for syntax in (
        Syntax("1.2.840.10008.1.2", "", "NumPy"),
        Syntax("1.2.840.10008.1.2.1", "", "NumPy"),
        Syntax("1.2.840.10008.1.2.1.99", "", "NumPy"),
        Syntax("1.2.840.10008.1.2.2", "", "NumPy"),
        Syntax("1.2.840.10008.1.2.5", *RUN_LENGTHS),
        Syntax("1.2.840.10008.1.2.4.50", *LIBJPEG, DCT),
        Syntax("1.2.840.10008.1.2.4.51", *LIBJPEG, DCT),
        Syntax("1.2.840.10008.1.2.4.57", *LIBJPEG, ("JPEG lossless",)),
        Syntax("1.2.840.10008.1.2.4.70", *LIBJPEG, ("JPEG lossless",)),
        Syntax("1.2.840.10008.1.2.4.80", *CHARLS, JPEG_LS),
        Syntax("1.2.840.10008.1.2.4.81", *CHARLS, JPEG_LS),
        Syntax("1.2.840.10008.1.2.4.90", *OPENJPEG, ("JPEG 2000",)),
        Syntax("1.2.840.10008.1.2.4.91", *OPENJPEG, ("JPEG 2000",)),
        Syntax("1.2.840.10008.1.2.4.201", *OPENJPEG, ("HTJ2K",)),
        Syntax("1.2.840.10008.1.2.4.202", *OPENJPEG, ("HTJ2K",)),
        Syntax("1.2.840.10008.1.2.4.203", *OPENJPEG, ("HTJ2K",)),
    )
}
"""What is read and by whom; the faster where several installed packages can."""


def name_syntax(uid: str) -> str:
    """A transfer syntax by UID and name; what is no UID is not repeated, it may hold a name."""
    if not re.fullmatch(r"[0-9.]{1,64}", uid):
        return "that is no UID"
    name = UID(uid).name
    return f"{uid}, {name}" if name != uid else f"{uid}, unknown to DICOM"


def find_syntax(ds: Dataset) -> Syntax:
    """The transfer syntax of a data set.

    Raises:
        UnreadableFile: Where it is missing or no installed package decodes it.
    """
    uid = str(getattr(ds, "file_meta", {}).get("TransferSyntaxUID") or "")
    if not uid:
        raise UnreadableFile("The file is damaged: it names no transfer syntax")
    if uid not in SYNTAXES:
        raise UnreadableFile(
            f"No installed decoder reads the transfer syntax {name_syntax(uid)}: convert the file "
            "to an uncompressed one first, for instance with dcmconv or gdcmconv --raw"
        )
    return SYNTAXES[uid]
