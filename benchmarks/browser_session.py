"""A browser's side of a Streamlit session, without a browser: what it sends and waits for."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STREAM = "_stcore/stream"


@contextmanager
def serving(script: Path, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """A server that runs the script, by its port; it ends with the block."""
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script.name, "--server.port", str(port),
         "--server.headless", "true", "--server.address", "127.0.0.1"],
        cwd=script.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **(environment or {})},
    )  # fmt: skip
    try:
        yield port
    finally:
        server.terminate()
        server.wait(30)


@dataclass
class BrowserSession:
    """An open page.

    Attributes:
        stream: The connection.
        page_hash: What the server calls the page, known after its first run; later runs stay on it.
        sliders: The ids of its sliders by their labels.
    """

    stream: Any
    page_hash: str = ""
    sliders: dict[str, str] = field(default_factory=dict)

    async def run(self, page: str = "", query: str = "", **positions: float) -> float:
        """Seconds until the script has finished.

        Args:
            page: The page's name for the first run; later runs stay on it.
            query: Of the address, such as "density=d".
            positions: Sliders that were moved, by label.

        Raises:
            RuntimeError: Where the script ended with an exception.
        """
        from streamlit.proto.BackMsg_pb2 import BackMsg

        asked = BackMsg()
        asked.rerun_script.query_string = query
        asked.rerun_script.page_script_hash = self.page_hash
        asked.rerun_script.page_name = page if not self.page_hash else ""
        for label, value in positions.items():
            widget = asked.rerun_script.widget_states.widgets.add(id=self.sliders[label])
            widget.double_array_value.data.append(value)
        start = time.perf_counter()
        await self.stream.send(asked.SerializeToString())
        await self._read_to_end()
        return time.perf_counter() - start

    async def _read_to_end(self) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        while True:
            message = ForwardMsg.FromString(await self.stream.recv())
            kind = message.WhichOneof("type")
            if kind == "navigation":  # a new session's own hash is that of the main script
                self.page_hash = message.navigation.page_script_hash
            elif kind == "delta":
                self._note(message.delta.new_element)
            elif kind == "script_finished":
                return

    def _note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "slider":
            self.sliders[element.slider.label] = element.slider.id
        elif kind == "exception":
            raise RuntimeError(f"The page failed: {element.exception.message}")


async def open_session(port: int) -> BrowserSession:
    """A session, as soon as the server listens."""
    from websockets.asyncio.client import connect

    host = f"127.0.0.1:{port}"
    while True:
        try:
            stream = await connect(
                f"ws://{host}/{STREAM}",
                origin=f"http://{host}",
                subprotocols=["streamlit"],
                max_size=None,
            )
            return BrowserSession(stream)
        except OSError:
            await asyncio.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
