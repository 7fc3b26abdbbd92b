"""The ASGI app: `streamlit run app.py` serves the pages, the pictures and the security headers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from mammo_ui import first_pictures, passing_files
from mammo_ui.headers import SecurityHeaders
from mammo_ui.routes import ROUTES
from mammo_ui.worker import WORKER


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Start the process that runs models with the server and end it; leave no upload behind."""
    passing_files.sweep()
    WORKER.start()
    first_pictures.prepare_after(WORKER.wait_until_warm)
    try:
        yield
    finally:
        WORKER.stop()
        passing_files.remove_own()


app = st.App(
    "mammo_ui/main.py",
    routes=ROUTES,
    middleware=[Middleware(SecurityHeaders)],
    lifespan=lifespan,
)
