"""Waiting for the worker without keeping the user from the page."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
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
    return wait_on(start(work, *arguments))


def start(work: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """Call `work(*arguments)` in another thread, where it may use no Streamlit."""
    return _WAITERS.submit(work, *arguments)


def is_done_within(seconds: float, future: Future[Any]) -> bool:
    """Whether work that was started is done at once, so that nothing need be shown meanwhile."""
    return bool(wait([future], timeout=seconds).done)


def wait_on(future: Future[Any]) -> Any:
    """What work that was started returns; as `wait_for`."""
    looked = st.empty()
    while not is_done_within(LOOK_EACH_S, future):
        looked.empty()  # what is sent to the browser is where a run can end
    return future.result()
