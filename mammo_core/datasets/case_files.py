"""Image files of an archive whose tables name other folders and files than those on disk."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from re import Pattern

from mammo_core.datasets.folders import list_files
from mammo_core.datasets.naming import IMAGE_SUFFIXES


class CaseFiles:
    """The files below a folder, found by the case or the series that a table's path names.

    A table's path is `<case>/<study>/<series>/<file>`. On disk the file has another name; the
    case may lie at any depth, its study and series may be spelled otherwise, and where a copy of
    the archive has no cases, the series' folder remains.

    Args:
        place: The folder in which the archive begins.
        case: What a case's folder is called.
    """

    def __init__(self, place: Path, case: Pattern[str]) -> None:
        self._place = place
        self._by_folder: dict[str, list[str]] = {}
        for file in filter(_is_image, list_files(place)):
            folders = file.split("/")[:-1]
            names = {*filter(case.fullmatch, folders), *folders[-1:]}
            for name in names:
                self._by_folder.setdefault(name, []).append(file)

    def find_image(self, path: str) -> list[Path]:
        """The files of the path's series; where that is not there, those of its case."""
        series, case = _series_and_case(path)
        found = self._by_folder.get(series) or self._by_folder.get(case, [])
        return [self._place / file for file in found]

    def find_all(self, paths: Iterable[str]) -> tuple[Path, ...]:
        """All files of the paths' series and cases, each once, in the order of the paths."""
        return tuple(self._place / file for file in dict.fromkeys(self._files_of(paths)))

    def others(self, paths: Iterable[str]) -> list[str]:
        """The files that none of the paths leads to, relative to the place."""
        everything = {file for files in self._by_folder.values() for file in files}
        return sorted(everything.difference(self._files_of(paths)))

    def _files_of(self, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            for name in _series_and_case(path):
                yield from self._by_folder.get(name, [])


def _series_and_case(path: str) -> tuple[str, str]:
    """(the series' UID, the case); the first is empty where the path has none."""
    parts = path.split("/")
    return (parts[-2] if len(parts) > 2 else ""), parts[0]


def _is_image(file: str) -> bool:
    suffix = Path(file).suffix.lower()
    return suffix != "" and suffix in IMAGE_SUFFIXES
