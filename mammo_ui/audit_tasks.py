"""What the worker process is asked about audits."""

from mammo_ui import library, model_tasks


def time_pass(model_id: str) -> float:
    """Seconds that one core takes for one image."""
    from mammo_core.audit import duration

    return duration.time_pass(model_tasks.keep_loaded(library.find_model(model_id)))
