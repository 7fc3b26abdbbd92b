"""The verb `diff`."""

from typing import Annotated, Any

import typer


def diff(
    runs: Annotated[list[str], typer.Argument(help="Names of two or more runs in models/.")],
) -> dict[str, Any]:
    """Tell in which settings and facts runs differ, finished or not.

    Example: python -m mammo_core diff demo my-model
    """
    from mammo_core.errors import BadConfiguration
    from mammo_core.run_differences import diff_runs
    from mammo_core.runs import find_runs

    found = find_runs(runs)
    if len(found) < 2:
        raise BadConfiguration(f"Expected the names of two runs or more, got only '{runs[0]}'")
    rows = diff_runs(found)
    return {
        "runs": runs,
        "differences": [
            {"group": row.group, "key": row.key, "values": list(row.values)} for row in rows
        ],
    }
