"""What the worker does for the Agreement tab; nothing here imports Keras before it is called."""

from collections.abc import Sequence

from mammo_ui.map_tasks import explain_subject
from mammo_ui.overlay_store import Names

Pair = tuple[str, str, float | None]
"""Two methods and the rank correlation of their maps, None where one of them says nothing."""


def correlate_maps(names: Names, methods: Sequence[str]) -> tuple[Pair, ...]:
    """Each pair of methods, in both orders and with itself; none of those that refuse.

    Raises:
        MammoError: Where the model or the image cannot be read.
    """
    import numpy as np

    from mammo_core.evidence.agreement import rank_agreement
    from mammo_core.explanations import Explanation

    _, _, answers = explain_subject(names, methods)
    made = {one.method: one.upsample()[None] for one in answers if isinstance(one, Explanation)}
    if not made:
        return ()
    known = [name for name in methods if name in made]
    table = rank_agreement({name: made[name] for name in known}).correlations[0]
    return tuple(
        (a, b, float(table[i, j]) if np.isfinite(table[i, j]) else None)
        for i, a in enumerate(known)
        for j, b in enumerate(known)
    )
