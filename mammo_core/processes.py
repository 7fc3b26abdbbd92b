"""Whether a process that was noted earlier is still at work; process ids are used again."""

import psutil


def start_time(pid: int) -> float | None:
    """When the process began, in seconds since 1970; None where there is none."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def is_alive(pid: int, started: float | None) -> bool:
    """Whether that very process, begun at that time, still works."""
    try:
        process = psutil.Process(pid)
        is_same = abs(process.create_time() - (started or 0)) < 1
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
