"""Reading experiments: their parts as they go, what came of them, the out-of-fold table."""

from mammo_core.experiments import record


def list_experiments() -> list[str]:
    """The names of the experiments in .mammo/experiments, the one last written first.

    A name is what `show_experiment` takes and the folder's name that `cross-validate --out` and
    `learning-curve --out` were given.
    """
    return [experiment.folder.name for experiment in record.list_experiments()]


def show_experiment(name: str) -> None:
    """Draw one experiment: parts, charts, verdict, table; renews itself while its job runs.

    To be called outside of a form, at most once a page run. Draws its own heading and needs the
    page's whole width or at least half of it.

    Args:
        name: Of `list_experiments`.

    Raises:
        MammoError: Where there is no such experiment, or it is damaged.
    """
    record.read_experiment(record.experiments_folder() / name)
