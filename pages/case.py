"""Case: why did it say so, and should I believe it?"""

import streamlit as st

from mammo_core.audit.badges import read_badges
from mammo_ui import (
    agreement_view,
    case_badges,
    case_maps,
    case_view,
    casework,
    chosen_cases,
    erase_view,
    explanation_choice,
    export_view,
    frame,
    library,
    review_panel,
    similar_cases,
    state,
    table_cases,
    traces,
)
from mammo_ui.overlay_store import Subject

choice = st.session_state["choice"]
selection = state.read_selection()
frame.show_title("Case", "Why did it say so, and should I believe it?")
frame.stop_without_results(choice)

named = st.query_params.get("case") or st.query_params.get(state.IMAGE)
image_id = named or chosen_cases.first_case(choice, selection)
case = chosen_cases.find_case(choice, image_id) if image_id else None
if case is None:
    st.info(f"There is no case {frame.plain(image_id)} among these predictions.")
    if st.button("Choose a case", type="primary"):
        state.open_page("cases")
    st.stop()

case_view.remember(image_id)
dataset = library.require_dataset(choice.dataset)
casework.show_walk(chosen_cases.walk(choice, selection, image_id), image_id, selection)
facts, pictures = st.columns([1, 5], gap="small")
with facts, st.container(key="case_facts"):
    with st.container():
        casework.show_verdict(case, choice.model.classes, choice.threshold)
        casework.show_facts(case)
    with st.container():
        casework.show_hanging(case, dataset, selection)
    with st.container():
        review_panel.show_review(choice, image_id)
with pictures:
    if choice.model.is_table:
        table_cases.show_picture(choice.model, dataset, image_id)
        st.stop()
    badges = read_badges(choice.model)
    view = explanation_choice.choose_view(choice.model, case, badges)
    asked = view.target, view.layers, view.settings
    subject = Subject(choice.model, dataset, image_id, *asked)
    case_view.open_tab_of_address()
    maps, erasing, agreement, alike, preprocessing, export = st.tabs(
        case_view.TABS, key=case_view.TAB_KEY, on_change=case_view.write_tab
    )
    if maps.open:
        with maps:
            case_maps.show_explanations(subject, view.methods, badges, case["predicted"])
            about = case_badges.tell_badges(badges, view.methods)
            st.caption(f"{casework.tell_how_to_read(choice.model)} {about}")
    if erasing.open:
        with erasing:
            erase_view.show_erasing(subject)
    if agreement.open:
        with agreement:
            frame.show_errors_of(agreement_view.show_agreement, subject, view.methods)
    if alike.open:
        with alike:
            similar_cases.show_similar(choice, image_id)
    if preprocessing.open:
        with preprocessing:
            traces.show_trace(
                dataset.file_of(image_id),
                choice.model.preprocess,
                key=f"{dataset.fingerprint}/{image_id}",
            )
    if export.open:
        with export:
            export_view.show_export(subject, view.methods)
