"""A file that may be read only so far, so that no header fills the memory or takes minutes."""

from typing import BinaryIO

from mammo_core.errors import UnreadableFile

MAX_HEADER_BYTES = 16_000_000
"""Headers of mammograms take 5 to 500 kB; vendors' private blobs and icons add a few MB at most.
Private tags beyond that are whole volumes."""
MAX_READS = 50_000
"""Two or three an element or item: of the 100 to 300 elements of a mammogram, and of 10,000 and
more in the functional groups of a volume, which must be read to be called one."""
CHARACTER_SET = (b"\x08\x00\x05\x00", b"\x00\x08\x00\x05")
"""The tag (0008,0005) in either byte order."""
MAX_CHARACTER_SET = 1024
"""Bytes of names of encodings, each of which pydicom looks up at once; there are two dozen."""
START_BYTES = 8
"""What pydicom reads of an element or item first; its tag is the first half."""


class MeteredFile:
    """What pydicom reads from, refusing where a header needs too much of it.

    pydicom makes objects of all items of a sequence of unknown length, each of which costs a
    thousand times the eight bytes that declare it.

    Args:
        file: Where to read from.
        end: No read may reach beyond this offset; None allows all.
    """

    def __init__(self, file: BinaryIO, end: int | None) -> None:
        self.tell, self.seek = file.tell, file.seek
        self._file, self._end, self._n_reads = file, end, 0
        self._is_character_set = False

    def read(self, size: int = -1) -> bytes:
        """As a file's `read`.

        Raises:
            UnreadableFile: Where this is one read too many, reaches beyond the end, asks for all
            that is left, or for a character set that is none.
        """
        if size < 0:  # pydicom does so to inflate, which `limits.inflate` was to do before
            raise UnreadableFile("The header is damaged: its meta information is out of order")
        self._n_reads += 1
        if self._n_reads > MAX_READS:
            raise UnreadableFile("Expected a header of some hundred elements, found many thousands")
        if self._end is not None and self.tell() + size > self._end:
            raise UnreadableFile(
                f"Expected a header of at most {self._end:,} bytes, the file's is longer"
            )
        if self._is_character_set and size > MAX_CHARACTER_SET:
            raise UnreadableFile("The header is damaged: its character set is no such thing")
        data = self._file.read(size)
        if size == START_BYTES:
            self._is_character_set = data[:4] in CHARACTER_SET
        return data
