"""What an audit comes to, in a sentence; what is said where there is none."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mammo_core.audit.sentence import tell_methods
from mammo_core.audit.storage import audit_folder, is_judged_by_other_rules
from mammo_core.wording import count
from mammo_ui import audit_results, frame, library, state
from mammo_ui.audit_results import COLORS, MARKS, Audit

if TYPE_CHECKING:
    from mammo_core.model_store import StoredModel
    from mammo_ui.state import Choice

SHOWN = {"believe": st.success, "caution": st.warning, "doubt": st.error}
NOBODY_ASKED = "Nobody has asked yet which explanations of this model deserve belief here."
OTHER_RULES = (
    "The audit of these images was judged by other rules than today's. The same audit, started "
    "again, takes seconds where its measured images are still kept."
)


def show_verdict(audit: Audit) -> None:
    """Whether it looks at the breast, which methods to believe, and on what it was measured."""
    summary = audit.summary
    verdict = summary["shortcuts"]["verdict"]
    methods = tell_methods(summary["verdicts"], is_doubted=verdict["level"] == "doubt")
    told = [
        f"**{frame.plain(verdict['words'])}.**  ",
        f"**{frame.plain(methods)}**",
        *(f"- {frame.plain(reason)}" for reason in _further(verdict)),
    ]
    SHOWN[verdict["level"]]("\n".join(told))
    st.caption("  ·  ".join(_tell_extent(audit)), help=frame.plain(summary["target"]))


def show_nothing(choice: "Choice", outdated: str) -> None:
    """One sentence where no audit speaks of the chosen model and images."""
    folder = audit_folder(choice.model, choice.dataset, choice.split)
    judged = OTHER_RULES if is_judged_by_other_rules(folder) else NOBODY_ASKED
    why = outdated or judged
    st.info(
        f"{frame.plain(why)} An audit holds each method against maps that know nothing of the "
        "model, and asks the model again with parts of the images blanked."
    )
    show_others(choice)


def show_others(choice: "Choice") -> None:
    """The model's audits on other images: a button each, a sentence where these are not here."""
    here = library.dataset_names()
    audits = audit_results.list_current(choice.model)
    for audit in audits:
        if audit.summary["dataset"] not in here:
            _tell_of_absent(audit)
    images = [(audit.summary["dataset"], audit.summary["split"]) for audit in audits]
    with st.container(horizontal=True, gap="small"):
        for dataset, split in images:
            if dataset in here and (dataset, split) != (choice.dataset, choice.split):
                _offer(dataset, split)


def _offer(dataset: str, split: str) -> None:
    st.button(
        f"Show the audit on {frame.plain(dataset)} ({state.SPLITS[split]})",
        on_click=_choose_images,
        args=(dataset, split),
        key=f"audit_of_{dataset}_{split}",
        type="tertiary",
    )


def _tell_of_absent(audit: Audit) -> None:
    """What an audit came to whose images are not among the datasets here."""
    verdict = audit.summary["shortcuts"]["verdict"]
    SHOWN[verdict["level"]](
        f"On {frame.plain(audit.summary['dataset'])}, which is not among the datasets here: "
        f"**{frame.plain(verdict['words'])}**  \n{'  ·  '.join(_tell_extent(audit))}"
    )


def show_line(model: "StoredModel", dataset: str | None) -> None:
    """The verdict on the model in a line, by the chosen dataset's audit if there is one."""
    if model.is_table:
        return
    audits = audit_results.list_current(model)
    if audits:
        _show_line_of(audits, dataset)
    else:
        st.caption("Not audited yet: whether it looks at the breast is not known.")
    if st.button("Open the audit" if audits else "Audit it", type="tertiary", key="open_audit"):
        state.open_page("audit")


def _show_line_of(audits: Sequence[Audit], dataset: str | None) -> None:
    audit = next((one for one in audits if one.summary["dataset"] == dataset), audits[0])
    verdict = audit.summary["shortcuts"]["verdict"]
    color, sign = COLORS[verdict["level"]], MARKS[verdict["level"]]
    st.markdown(f":{color}[{sign}] Audit: **{frame.plain(verdict['words'])}**")
    st.caption("  ·  ".join(_tell_extent(audit)))


def _further(verdict: dict[str, Any]) -> list[str]:
    """The reasons that its words do not tell already."""
    return [reason for reason in verdict["reasons"] if reason not in verdict["words"]]


def _tell_extent(audit: Audit) -> list[str]:
    summary = audit.summary
    told = [
        f"{frame.plain(summary['dataset'])} ({state.SPLITS[summary['split']]})",
        f"{count(summary['n'], 'image')}, {count(summary['patients'], 'patient')}",
        f"{count(summary['lesions_right'], 'lesion')} called rightly of {summary['lesions']}",
        f"explained again on {count(summary['explained_again'], 'image')}",
    ]
    return [*told, "synthetic images"] if summary["is_synthetic"] else told


def _choose_images(dataset: str, split: str) -> None:
    state.choose_next(dataset=dataset, split=split)
