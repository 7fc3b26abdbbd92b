"""What is told of models that judge a breast by both views together."""

from mammo_core.hanging import VIEWS, place_of
from mammo_core.model_store import StoredModel

BOTH = " and ".join(VIEWS)


def describe_input(model: StoredModel) -> str:
    """Rows x columns x channels, and that two views hang in it where they do; or that none is."""
    if model.is_table:
        return "none: its predictions were made elsewhere"
    size = " x ".join(map(str, model.input_shape))
    return f"{size}, {BOTH} of a breast side by side" if model.views else size


def tell_counted_twice(
    model: StoredModel, level: str, *, instead: str = "use --level breast"
) -> str | None:
    """What to say where both images of a breast count, which have the same probabilities.

    Args:
        model: Who is judged.
        level: What is counted.
        instead: How the reader counts breasts.
    """
    if not model.views or level != "image":
        return None
    return (
        f"{model.id} judges a breast by {BOTH} together: both its images have the same "
        f"probabilities and count twice here. It is to be judged by breast: {instead}"
    )


def tell_missing_view(model: StoredModel, view: str | None) -> str | None:
    """What to say of an image that was judged without its breast's other view.

    Args:
        model: Who was asked.
        view: The image's; None where it is not known.
    """
    if not model.views:
        return None
    place = place_of(view)
    taken = "" if view else f", taken as {VIEWS[place]}"
    return (
        f"{model.id} judges a breast by {BOTH} together and was given one view only{taken}: the "
        f"place of {VIEWS[1 - place]} was black. Its figures are of both views; bring a dataset "
        "to have them hang together"
    )
