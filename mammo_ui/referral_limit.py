"""From which uncertainty on a single case is to be referred to a radiologist."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.model_store import read_model
from mammo_core.wording import count
from mammo_ui import frame

if TYPE_CHECKING:
    from mammo_core.file_prediction import FileAnswer
    from mammo_core.model_store import StoredModel
    from mammo_core.uncertainty.case_rule import CaseRule

SHARES = (0.05, 0.1, 0.2, 0.3)
DEFAULT, KEY = 0.1, "refer_above"
NO_LIMIT = (
    "No limit to refer by: this model keeps no predictions of validation images. A model that is "
    "trained here does."
)


def choose_limit(model: "StoredModel") -> None:
    """The share of validation cases that would be referred; nothing where there are none."""
    if chosen_rule(model) is None:
        return
    st.segmented_control(
        "Refer to a radiologist a file that is as unsure as the validation images'",
        SHARES,
        default=DEFAULT,
        format_func=lambda share: f"least sure {100 * share:.0f} %",
        key=KEY,
        required=True,
        help="By the entropy of the probabilities. A file beyond that limit is marked: a "
        "radiologist should read it without leaning on the model.",
    )


def chosen_rule(model: "StoredModel") -> "CaseRule | None":
    """The rule by the chosen share; None where the model keeps no validation predictions."""
    return _find_rule(model.path, model.sha256, st.session_state.get(KEY) or DEFAULT)


def show_doubt(answer: "FileAnswer", model: "StoredModel") -> None:
    """Whether to refer the case, and which classes stay open."""
    rule, doubt = chosen_rule(model), answer.doubt
    if rule is None or doubt is None:
        st.caption(NO_LIMIT)
        return
    where = (
        f"{doubt.limit:.2f}, beyond which at most {100 * rule.share:.0f} % of "
        f"{frame.plain(rule.origin)} lie ({count(rule.n, 'image')}, "
        f"{count(rule.n_patients, 'patient')})"
    )
    if doubt.refer:
        st.warning(f"**Refer to a radiologist**: the uncertainty is above {where}.")
    else:
        st.caption(f"Not to be referred for uncertainty: it is within {where}.")
    left = " or ".join(map(frame.plain, doubt.open_classes)) or "none of the classes"
    st.markdown(
        f"Left open: **{left}**",
        help=f"In each class, {100 * rule.coverage:.0f} % of new patients' images of the kind of "
        "the validation images have their true class among those left open (a conformal set). "
        "None: no class is as probable as it mostly is where it is true.",
    )


@lru_cache(maxsize=16)
def _find_rule(model: Path, sha256: str, share: float) -> "CaseRule | None":
    from mammo_core.uncertainty.case_rule import find_rule

    return find_rule(read_model(model), share)
