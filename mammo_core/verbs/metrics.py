"""The verb `metrics`."""

from typing import Any


def metrics() -> dict[str, Any]:
    """List the measures of explanations: what they say, their direction, and what chance scores.

    Example: python -m mammo_core metrics
    """
    from dataclasses import asdict

    from mammo_core.case_measures import CASE_METRICS
    from mammo_core.evidence import METHOD_METRICS, METRICS

    of_maps = [
        {
            **_describe(name, metric),
            "of": "maps",
            "needs_mask": metric.needs_mask,
            "cost": metric.cost,
        }
        for name, metric in METRICS.items()
    ]
    of_methods = [
        {**_describe(name, metric), "of": "methods", "explanations": metric.explanations}
        for name, metric in METHOD_METRICS.items()
    ]
    of_cases = [
        {"name": name, **asdict(measure), "of": "cases"} for name, measure in CASE_METRICS.items()
    ]
    return {"metrics": of_maps + of_methods + of_cases}


def _describe(name: str, metric: Any) -> dict[str, Any]:
    from mammo_core.config import to_mapping

    return {
        "name": name,
        "title": metric.title,
        "family": metric.family,
        "higher_is_better": metric.higher_is_better,
        "range": list(metric.range),
        "of_random": metric.of_random,
        "reference": metric.reference,
        "settings": to_mapping(metric()),
    }
