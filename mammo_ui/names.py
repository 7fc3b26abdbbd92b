"""Names that a user gives to what this program makes: models and datasets."""

from mammo_core.errors import BadConfiguration


def checked_name(name: str) -> str:
    """The name of a folder.

    Raises:
        BadConfiguration: Where it is anything but letters, digits, dots, dashes, underscores.
    """
    name = name.strip()
    is_plain = name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    if not (is_plain and name.isascii() and name[0].isalnum()):
        raise BadConfiguration(
            "Expected a name of letters, digits, dashes and dots that begins with a letter or "
            f"digit, such as mias-1, got '{name}'"
        )
    return name
