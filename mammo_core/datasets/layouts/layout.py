"""What every dataset layout must be able to do."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from mammo_core.datasets.rows import Reading


class Layout(ABC):
    """One way in which a collection of mammograms lies on disk.

    Attributes:
        name: The key, as `--format` takes it.
        title: The collection's own name.
        licence: What its owners allow, in a sentence.
        expects: What must lie in the folder, in a few words.
        schemes: The keys of `labeling.SCHEMES` that its facts allow, the default first.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    licence: ClassVar[str]
    expects: ClassVar[str]
    schemes: ClassVar[tuple[str, ...]] = ("given",)

    @abstractmethod
    def detects(self, root: Path) -> bool:
        """Whether the folder has this layout; cheap, and never true for another's."""

    @abstractmethod
    def read(self, root: Path) -> Reading:
        """The images that the folder describes and the files that it must leave out.

        Opens tables, never images.

        Raises:
            BadTable: Where a table lacks what the layout needs.
            UnreadableFile: Where a table cannot be opened.
        """
