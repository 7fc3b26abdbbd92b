"""The database of a study: a SQLite file, or a server that many machines share."""

from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from mammo_core.errors import BadConfiguration, MammoError
from mammo_core.locks import holding
from mammo_core.tuning.heartbeat import make_storage
from mammo_core.tuning.sampling import NumberedSampler, make_pruner
from mammo_core.tuning.sweep import Sweep

PLAN = "sweep"


def open_study(sweep: Sweep) -> optuna.Study:
    """The sweep's study, made where it is not there yet.

    Raises:
        BadConfiguration: For a URL that cannot be used, or one that holds another sweep's study
            of the same name.
        MammoError: Where the database cannot be reached.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    hide_password(sweep.url)  # refuses what is no URL at all
    with telling_of(sweep), holding(sweep.folder):
        study = optuna.create_study(
            storage=_open_storage(sweep.url),
            study_name=sweep.name,
            direction="maximize",
            load_if_exists=True,
            sampler=NumberedSampler(sweep.seed),
            pruner=make_pruner(sweep.epochs),
        )
        _check_plan(study, sweep)
    return study


@contextmanager
def telling_of(sweep: Sweep) -> Iterator[None]:
    """Explain what a database can do wrong.

    Raises:
        MammoError: Where the database does not answer or does not obey.
    """
    try:
        yield
    except (SQLAlchemyError, OptunaError) as error:
        cause = error.__cause__ or error
        reason = str(cause).strip().splitlines() or [type(cause).__name__]
        place = hide_password(sweep.url)
        raise MammoError(f"The storage {place} cannot be used: {reason[0]}") from error


def hide_password(url: str) -> str:
    """The URL as it may be shown and stored.

    Raises:
        BadConfiguration: Where it is no URL of a database.
    """
    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError as error:
        raise BadConfiguration(
            "Expected --storage as a database's URL, such as sqlite:///study.db or "
            "postgresql+psycopg://user@host/name"
        ) from error


def _open_storage(url: str) -> RDBStorage:
    is_sqlite = url.startswith("sqlite")
    options = {"connect_args": {"timeout": 60}} if is_sqlite else {"pool_pre_ping": True}
    try:
        return make_storage(url, options)
    except ImportError as error:
        raise BadConfiguration(
            f"The storage {hide_password(url)} needs a driver that is not installed ({error}); "
            "for PostgreSQL: pip install psycopg[binary] and a URL postgresql+psycopg://..."
        ) from error


def _check_plan(study: optuna.Study, sweep: Sweep) -> None:
    if PLAN not in study.user_attrs:
        study.set_user_attr(PLAN, sweep.to_mapping())
    elif study.user_attrs[PLAN] != sweep.to_mapping():
        raise BadConfiguration(
            f"The storage holds a study '{sweep.name}' with other settings, ranges or data; "
            "give the folder of --out another name"
        )
