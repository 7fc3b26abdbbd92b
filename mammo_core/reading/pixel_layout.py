"""How a header says that its pixels are stored, refused where no mammogram is so."""

from dataclasses import dataclass

from mammo_core.errors import UnreadableFile
from mammo_core.reading.elements import Elements
from mammo_core.reading.limits import check_size


@dataclass(frozen=True)
class PixelLayout:
    """The one image in a file.

    Attributes:
        rows, columns: Its size.
        samples: Channels, 1 or 3.
        allocated: Bits a value takes, 8 or 16.
        bits: How many of them count.
        high_bit: Where the highest of those lies, from 0.
        is_signed: Whether they are two's complement.
        is_planar: Whether uncompressed channels lie one after the other.
        photometric: PhotometricInterpretation in capitals.
    """

    rows: int
    columns: int
    samples: int
    allocated: int
    bits: int
    high_bit: int
    is_signed: bool
    is_planar: bool
    photometric: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array that uncompressed pixels fill."""
        if self.samples == 1:
            return self.rows, self.columns
        if self.is_planar:
            return self.samples, self.rows, self.columns
        return self.rows, self.columns, self.samples

    @property
    def count(self) -> int:
        """How many values there are."""
        return self.rows * self.columns * self.samples

    @property
    def shift(self) -> int:
        """How far the bits that count lie above the lowest one; 0 where the header errs."""
        is_sound = self.bits - 1 <= self.high_bit < self.allocated
        return self.high_bit - self.bits + 1 if is_sound else 0


def read_layout(header: Elements) -> PixelLayout:
    """What the header says.

    Raises:
        UnreadableFile: Where it lacks the size, or names several frames, color by palette, or
            another number of bits or channels than mammograms have.
    """
    rows, columns = header.integer("Rows", 0), header.integer("Columns", 0)
    if not (rows and columns):
        raise UnreadableFile("The header is damaged: it tells no Rows or no Columns")
    check_size(rows, columns)
    if (frames := header.integer("NumberOfFrames", 1)) > 1:
        raise UnreadableFile(f"Expected one frame, the header declares {frames:,}")
    photometric = header.word("PhotometricInterpretation")
    if photometric == "PALETTE COLOR":
        raise UnreadableFile("Expected gray values, the pixels are indices of a color palette")
    samples, allocated = header.integer("SamplesPerPixel", 1), header.integer("BitsAllocated", 16)
    bits = header.integer("BitsStored", 0) or allocated
    _check_depth(samples, allocated, bits)
    return PixelLayout(
        *(rows, columns, samples, allocated, bits),
        high_bit=header.integer("HighBit", bits - 1),
        is_signed=header.integer("PixelRepresentation", 0) == 1,
        is_planar=header.integer("PlanarConfiguration", 0) == 1,
        photometric=photometric,
    )


def _check_depth(samples: int, allocated: int, bits: int) -> None:
    if samples not in (1, 3) or (samples == 3 and allocated != 8):
        raise UnreadableFile(
            f"Expected one gray channel, the header declares {samples} of {allocated} bits"
        )
    if allocated not in (8, 16) or not 1 <= bits <= allocated:
        raise UnreadableFile(
            "Expected 8 or 16 bits allocated and up to as many stored, the header declares "
            f"{allocated} and {bits}"
        )
