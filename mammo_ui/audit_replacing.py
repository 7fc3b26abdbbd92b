"""Whether an audit, once finished, takes the place of the one that is kept; said before it."""

from typing import TYPE_CHECKING

import streamlit as st

from mammo_core.audit.options import AuditOptions
from mammo_core.wording import count
from mammo_ui import audit_duration, audit_results, library
from mammo_ui.audit_results import Audit

if TYPE_CHECKING:
    from mammo_ui.state import Choice


def ask_replacing(choice: "Choice", options: AuditOptions) -> bool:
    """Whether a smaller audit is to replace the kept one, which a box asks where it is smaller."""
    kept = audit_results.find_audit(choice)
    if kept is None or audit_results.tell_outdated(kept, choice):
        return False
    if not _is_smaller(choice, options, kept):
        return False
    st.caption(
        f"This is a part of the kept audit of {count(kept.summary['n'], 'image')}, which therefore "
        "stays on this page; the smaller one's answer is told by its job alone."
    )
    return st.checkbox("Put the smaller one in its place", key="audit_replace")


def _is_smaller(choice: "Choice", options: AuditOptions, kept: Audit) -> bool:
    version = library.version_of_dataset(library.dataset_path(choice.dataset))
    return _compare(choice.dataset, version, options, kept.folder.as_posix(), kept.version,
                    _choice=choice, _kept=kept)  # fmt: skip


@st.cache_data(max_entries=32, show_spinner=False)
def _compare(
    dataset: str,
    version: int,
    options: AuditOptions,
    folder: str,
    kept_version: int,
    *,
    _choice: "Choice",
    _kept: Audit,
) -> bool:
    from mammo_core.audit.extent import Extent

    if _kept.summary["options"]["seed"] != options.seed:
        return False
    asked = Extent.foresee(audit_duration.list_rows(_choice), options)
    return asked.is_within(Extent.of(_kept.summary))
