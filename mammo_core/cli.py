"""The command line: every verb answers with one JSON object or readable lines.

Exit 0: done. Exit 2: bad input, told in one line. Exit 130: interrupted. Exit 143: interrupted
by SIGTERM.
"""

import functools
import inspect
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NoReturn

import typer

from mammo_core.errors import Cancelled, Incomplete, MammoError
from mammo_core.headlines import shorten, tell_headline
from mammo_core.plain_text import to_lines
from mammo_core.termination import TERMINATED, unwinding_on_termination
from mammo_core.verbs import VERBS

Verb = Callable[..., dict[str, Any]]
INTERRUPTED = 130
GOING_ON = ("train", "tune", "cross-validate", "learning-curve", "audit")
"""Verbs that keep a part of their work from which the same command goes on."""
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run one verb and leave the process with its exit code."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # its advice on tracing helps no user
    with unwinding_on_termination() as terminated:
        code = _run(arguments)
    if code == INTERRUPTED:
        told = _tell_interruption(sys.argv[1:] if arguments is None else arguments)
        _leave(TERMINATED if terminated.is_set() else INTERRUPTED, told)
    sys.exit(code if isinstance(code, int) else 0)


def _run(arguments: list[str] | None) -> Any:
    """Run one verb; what Typer makes of its end, which of Ctrl-C is `INTERRUPTED` and no word."""
    try:
        return build_app()(args=arguments, prog_name="python -m mammo_core", standalone_mode=False)
    except Cancelled as error:
        _leave(INTERRUPTED, str(error))
    except MammoError as error:
        _leave(2, str(error))
    except typer.TyperException as error:
        _leave(2, _message(error, sys.argv[1:] if arguments is None else arguments))
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        _leave(0, "")


def build_app() -> typer.Typer:
    """The Typer app over all verbs."""
    app = typer.Typer(
        help="Train, judge and explain mammogram classifiers. Research only, not for diagnosis.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # without one, an app of a single verb would hide its name
    for name, verb in VERBS.items():
        app.command(name)(_answering(name, verb))
    return app


def _answering(name: str, verb: Verb) -> Callable[..., None]:
    """The verb with a `--json` option, printing what it returns."""

    @functools.wraps(verb)
    def run(*, as_json: bool, **options: Any) -> None:
        try:
            _print(name, verb(**options), as_json)
        except Incomplete as fault:
            _print(name, fault.answer, as_json)
            raise

    option = inspect.Parameter(
        "as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson
    )
    signature = inspect.signature(verb)
    parameters = [*signature.parameters.values(), option]
    run.__signature__ = signature.replace(parameters=parameters, return_annotation=None)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def _print(name: str, answer: dict[str, Any], as_json: bool) -> None:
    text = json.dumps(answer, allow_nan=False, default=str) if as_json else _write(name, answer)
    sys.stdout.write(text + "\n")


def _write(name: str, answer: dict[str, Any]) -> str:
    """The answer for a person, what it comes to before all else."""
    return "\n".join([*tell_headline(name, answer), to_lines(shorten(name, answer))])


def _leave(code: int, message: str) -> NoReturn:
    if message:
        sys.stderr.write(" ".join(message.split()) + "\n")
    sys.exit(code)


def _tell_interruption(arguments: Sequence[str]) -> str:
    """What is kept of a verb's work that was broken off, and what goes on with it."""
    verb = next(iter(arguments), "")
    kept = "Interrupted; what was finished before is kept"
    return f"{kept}, and the same command goes on from there" if verb in GOING_ON else kept


def _message(error: typer.TyperException, arguments: Sequence[str]) -> str:
    """What was wrong with the command's words, and where to find the right ones."""
    text = error.format_message() if hasattr(error, "format_message") else str(error)
    verb = next(iter(arguments), "")
    command = " ".join(["python -m mammo_core", *([verb] if verb in VERBS else [])])
    end = "" if text.endswith((".", "?", "!")) else "."
    return f"{text}{end} See '{command} --help'."
