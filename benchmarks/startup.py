"""From `streamlit run` to the first finished page, against an app that says one word."""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
EMPTY = "import streamlit as st\n\nst.write('Hello')\n"
BUDGET = 1.5
RUNS = 5


def rows() -> list[dict[str, Any]]:
    """Medians of interleaved starts, each with caches of the disk as they are."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY)
        pairs = [(measure_start(empty), measure_start(ROOT / "app.py")) for _ in range(RUNS)]
    of_empty, of_app = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    times = of_app / of_empty
    return [
        {"benchmark": "start, empty Streamlit app", "figure": of_empty, "unit": "s"},
        {"benchmark": "start, this app", "figure": of_app, "unit": "s"},
        {
            "benchmark": "start, this app to empty app",
            "figure": times,
            "unit": "times",
            "budget": BUDGET,
            "ratio": times / BUDGET,
        },
    ]


def measure_start(script: Path) -> float:
    """Seconds from starting the server until a browser's first page is finished."""
    port = _free_port()
    start = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script.name, "--server.port", str(port),
         "--server.headless", "true", "--server.address", "127.0.0.1"],
        cwd=script.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        asyncio.run(asyncio.wait_for(_visit(port), 120))
        return time.perf_counter() - start
    finally:
        server.terminate()
        server.wait(30)


async def _visit(port: int) -> None:
    """Open a session as a browser does and read until its script has finished."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    ask = BackMsg()
    ask.rerun_script.page_name = ""
    async with await _connect(port) as session:
        await session.send(ask.SerializeToString())
        while True:
            message = ForwardMsg.FromString(await session.recv())
            if message.WhichOneof("type") == "script_finished":
                return


async def _connect(port: int) -> Any:
    """A session, as soon as the server listens."""
    from websockets.asyncio.client import connect

    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    while True:
        try:
            return await connect(
                address,
                origin=f"http://127.0.0.1:{port}",
                subprotocols=["streamlit"],
                max_size=None,
            )
        except OSError:
            await asyncio.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
