"""`make bench`: every benchmark's rows as one table; names of benchmarks select some.

A benchmark is a module with a function `rows()` that returns dictionaries with the keys
benchmark, figure, unit, budget and ratio (figure / budget in the sense that at most 1 is met, or
None where there is no budget).
"""

import importlib
import sys

BENCHMARKS = (
    *("startup", "reading", "indexing", "gate", "phantom", "bootstrap", "explanation"),
    *("training", "transfer", "architectures", "memory", "quality", "pages"),
    *("evaluation", "comparison", "sessions", "evidence", "perturbation", "shap_methods"),
    *("audit", "case_page"),
)
COLUMNS = ("benchmark", "figure", "unit", "budget", "ratio")


def main(chosen: list[str]) -> None:
    """Run the benchmarks and print a Markdown table."""
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + " --- |" * len(COLUMNS))
    for name in chosen or BENCHMARKS:
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            print(
                "| " + " | ".join(_text(row.get(column)) for column in COLUMNS) + " |", flush=True
            )


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main(sys.argv[1:])
