"""Label schemes: which of the facts known about an image makes its class."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mammo_core.datasets.rows import ImageRow
from mammo_core.errors import BadConfiguration, BadDataset

BIRADS_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "1": "normal",
        "2": "benign",
        "3": "benign",
        "4": "malignant",
        "5": "malignant",
        "6": "malignant",
    }
)
"""The class of each BI-RADS assessment unless the user says otherwise.

4A, 4B and 4C count as 4 where they have no class of their own. 0 is an incomplete assessment and
has none. An assessment is a radiologist's suspicion, not pathology: 3 (probably benign) turns out
malignant in up to 2 % of cases, 4 in 2 to 95 % (ACR BI-RADS Atlas, 5th edition, 2013).
"""


@dataclass(frozen=True)
class LabelScheme:
    """A way from facts to a class.

    Attributes:
        name: The key, as `--labels` takes it.
        meaning: What the classes rest on, in a sentence.
    """

    name: str
    meaning: str


SCHEMES = {
    scheme.name: scheme
    for scheme in (
        LabelScheme("given", "The classes that the source itself names"),
        LabelScheme("pathology", "Biopsy or follow-up: normal, benign or malignant"),
        LabelScheme("birads", "The radiologist's BI-RADS assessment, mapped to classes"),
        LabelScheme("cancer", "Whether cancer was found: no_cancer or cancer"),
        LabelScheme("none", "No labels: images to predict on, not to train or evaluate with"),
    )
}


@dataclass(frozen=True)
class Labeling:
    """How an index gets its labels.

    Attributes:
        scheme: A key of SCHEMES; None takes the layout's first.
        birads: The class of each BI-RADS assessment, for the scheme `birads`.
    """

    scheme: str | None = None
    birads: Mapping[str, str] = field(default_factory=lambda: BIRADS_CLASSES)

    def resolve(self, layout_name: str, offered: tuple[str, ...]) -> str:
        """The scheme to use with a layout that offers these, the first by default.

        Raises:
            BadDataset: Where the layout has no such labels.
        """
        if self.scheme is None:
            return offered[0]
        if self.scheme != "none" and self.scheme not in offered:
            raise BadDataset(
                f"The layout {layout_name} has no labels by '{self.scheme}'; it has: "
                f"{', '.join(dict.fromkeys((*offered, 'none')))}"
            )
        return self.scheme

    def classify(self, row: ImageRow, scheme: str) -> str | None:
        """The image's class under a scheme, None where the fact that it needs is missing."""
        if scheme == "birads":
            return self._by_birads(row.birads)
        if scheme == "cancer":
            return None if row.cancer is None else ("no_cancer", "cancer")[row.cancer]
        return {"given": row.label, "pathology": row.pathology}.get(scheme)

    def _by_birads(self, assessment: str | None) -> str | None:
        text = re.sub(r"^BI-?RADS\s*", "", assessment or "", flags=re.IGNORECASE).strip().lower()
        return self.birads.get(text) or self.birads.get(text[:1])


def parse_birads_classes(text: str) -> dict[str, str]:
    """{"4a": "benign", ...} from "1:normal,2:benign,4a:benign,4:malignant".

    Raises:
        BadConfiguration: Where a part has another form or names no assessment.
    """
    pairs = {}
    for part in text.split(","):
        assessment, colon, label = (piece.strip() for piece in part.partition(":"))
        if not colon or not label or not re.fullmatch(r"[0-6]|4[a-cA-C]", assessment):
            raise BadConfiguration(
                "Expected BI-RADS assessments and classes, such as 1:normal,2:benign,4a:benign,"
                f"4:malignant, got '{part}'"
            )
        pairs[assessment.lower()] = label
    return pairs


def missing_reason(row: ImageRow, scheme: str) -> str:
    """Why an image has no class under a scheme, the same sentence for the same fault."""
    if scheme == "birads" and row.birads:
        return f"BI-RADS {row.birads} has no class in the mapping"
    if scheme == "pathology" and row.birads:
        return "The source gives no pathology for it; --labels birads goes by its assessment"
    needed = {"given": "label", "birads": "BI-RADS assessment", "cancer": "statement on cancer"}
    return f"The source gives no {needed.get(scheme, scheme)} for it"
