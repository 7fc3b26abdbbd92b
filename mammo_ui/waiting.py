"""Waiting for the worker without keeping the user from the page."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import streamlit as st

LOOK_EACH_S = 0.25
_WAITERS = ThreadPoolExecutor(16, thread_name_prefix="waiting")


def wait_for(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work(*arguments)` returns, called in another thread, where it may use no Streamlit.

    Whatever the user does meanwhile ends this run of the page at once, as it does everywhere else;
    a run that merely waited would save a tag or turn to the next case only afterwards. The work
    goes on all the same.
    """
    looked = st.empty()
    future = _WAITERS.submit(work, *arguments)
    while not wait([future], timeout=LOOK_EACH_S).done:
        looked.empty()  # what is sent to the browser is where a run can end
    return future.result()
