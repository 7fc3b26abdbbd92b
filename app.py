"""The ASGI app: `streamlit run app.py` serves the pages, the pictures and the security headers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from mammo_ui.headers import SecurityHeaders
from mammo_ui.routes import ROUTES
from mammo_ui.worker import WORKER


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Start the process that runs models when the server starts, and end it with the server."""
    WORKER.start()
    try:
        yield
    finally:
        WORKER.stop()


app = st.App(
    "mammo_ui/main.py",
    routes=ROUTES,
    middleware=[Middleware(SecurityHeaders)],
    lifespan=lifespan,
)
