"""Many files that a user brings: judged one after another behind a page that may be left."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from mammo_core.errors import MammoError, UnreadableFile
from mammo_core.file_prediction import FileAnswer
from mammo_core.file_sources import ARCHIVE
from mammo_core.types import Verdict
from mammo_ui.uploads import Upload, as_file, receive

Ask = Callable[[Upload, bool], FileAnswer]
"""The answer about an upload; the second argument says whether the gate may be overridden."""


@dataclass(frozen=True)
class BroughtFile:
    """One file as its user calls it.

    Attributes:
        name: Shown to the user alone; neither logged nor written to disk.
        read: Gives its bytes.
    """

    name: str
    read: Callable[[], bytes]

    def receive(self) -> Upload:
        """The file as an upload."""
        return receive(self.name, self.read())


class Batch:
    """Files on their way through the gate and the model, with what is known of each so far."""

    def __init__(self, brought: Sequence[BroughtFile], ask: Ask) -> None:
        self._ask = ask
        self._stopping = threading.Event()
        self._start = time.monotonic()
        self.seconds = 0.0
        self.files: list[BroughtFile] = []
        self.answers: list[FileAnswer] = []
        self.left_out: list[FileAnswer] = []
        self.faults: list[str] = []
        self._thread = threading.Thread(target=self._run, args=(list(brought),), daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether files are still being judged."""
        return self._thread.is_alive()

    @property
    def is_stopped(self) -> bool:
        """Whether the user ended it before its end."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """End it after the file that it is at; what is known stays."""
        self._stopping.set()

    def wait(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        self._thread.join(timeout)

    def override(self, places: Sequence[int]) -> None:
        """Ask the model about these files all the same.

        Raises:
            MammoError: Where the worker ended.
        """
        for place in places:
            answer = self._ask(self.files[place].receive(), True)
            self.note(place, replace(answer, file=self.files[place].name))

    def note(self, place: int, answer: FileAnswer) -> None:
        """Put another answer in the place of the known one."""
        self.answers[place] = answer

    def _run(self, brought: list[BroughtFile]) -> None:
        for file in brought:
            if Path(file.name).suffix.lower() == ARCHIVE:
                self._open_archive(file)
            else:
                self.files.append(file)
        for file in list(self.files):
            if self._stopping.is_set():
                break
            self._judge(file)
            self.seconds = time.monotonic() - self._start

    def _judge(self, file: BroughtFile) -> None:
        try:
            answer = self._ask(file.receive(), False)
        except UnreadableFile as error:
            answer = FileAnswer("", Verdict("refuse", (str(error),)))
        except MammoError as error:
            self.faults.append(str(error))
            self._stopping.set()
            return
        self.answers.append(replace(answer, file=file.name))

    def _open_archive(self, file: BroughtFile) -> None:
        try:
            files, left_out = open_archive(file)
        except MammoError as error:
            self.faults.append(str(error))
        else:
            self.files += files
            self.left_out += left_out


def open_archive(file: BroughtFile) -> tuple[list[BroughtFile], list[FileAnswer]]:
    """An archive's files, read from memory one by one, and the answers about what it leaves out.

    On disk it lies only while its list is looked through; its members are not unpacked there.

    Raises:
        UnreadableFile: Where it is hostile or damaged, under the name that its user knows.
    """
    from mammo_core.datasets.archives import list_members, read_member

    content = file.read()
    with as_file(receive(file.name, content)) as path:
        try:
            members, refusals = list_members(path)
        except UnreadableFile as error:
            raise UnreadableFile(str(error).replace(path.name, file.name)) from None
    source = ZipFile(BytesIO(content))
    files = [BroughtFile(one.filename, partial(read_member, source, one)) for one in members]
    left_out = [FileAnswer(one.file, Verdict("refuse", (one.reason,))) for one in refusals]
    return files, left_out
