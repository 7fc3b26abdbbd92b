"""The verb `decide`."""

from typing import Annotated, Any

import typer


def decide(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder or name.")],
    image_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[IDS]...", help="Images that were set aside.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="All that were set aside for a reason with this text.")
    ] = None,
    take: Annotated[bool, typer.Option("--take", help="Use them.")] = False,
    leave: Annotated[bool, typer.Option("--leave", help="Leave them out for good.")] = False,
) -> dict[str, Any]:
    """Decide on images that the gate asks about or refuses; list them without --take or --leave.

    An image that is taken comes back into the split that it was dealt to. The decision is kept
    for the file, also when it is indexed or prepared anew.

    Example: python -m mammo_core decide mias --reason implant --take
    """
    from mammo_core.datasets import load_dataset
    from mammo_core.datasets.set_aside import choose_set_aside, describe_set_aside
    from mammo_core.datasets.set_aside import decide as decide_on
    from mammo_core.errors import BadConfiguration

    if take and leave:
        raise BadConfiguration("Expected either --take or --leave, got both")
    if (image_ids or reason is not None) and not (take or leave):
        raise BadConfiguration("Expected --take or --leave for these images, got neither")
    data = load_dataset(dataset)
    if not (take or leave):
        return describe_set_aside(data)
    chosen = choose_set_aside(data, image_ids or (), reason, take=take)
    data = decide_on(data, chosen, take=take)
    decision = "take" if take else "leave"
    return {"decision": decision, "decided": len(chosen), "images": len(data.index)}
