"""Train: what shall I try, and is it learning?"""

import streamlit as st

from mammo_ui import frame, made_elsewhere, training_form, training_jobs, training_live
from mammo_ui.highest_losses import show_highest_losses
from mammo_ui.learning_curves import show_history

choice = st.session_state["choice"]
frame.show_title("Train", "What shall I try, and is it learning?")
frame.stop_without_dataset(choice)

jobs = training_jobs.training_jobs()
elsewhere = made_elsewhere.asked_for()
shown = None if elsewhere else training_jobs.choose_job(jobs)
trained = None
form, live = st.columns([1, 1.5], gap="large")
with form:
    training_form.show_form(choice.dataset)
with live, st.container(key="train_live", gap=10):
    if elsewhere:
        made_elsewhere.show_one(*elsewhere)
    elif shown:
        training_live.show_job(shown)
        trained = training_jobs.trained_folder(shown)
    elif choice.model:
        st.markdown(f"How **{frame.plain(choice.model.id)}** learned")
        if choice.model.trained_on is None:
            st.caption("It was trained elsewhere, so that nothing is known of how it learned.")
        show_history(choice.model.path)
        trained = choice.model.path
    else:
        st.info("Nothing was trained yet. Start with the settings at the left as they are.")
if jobs:
    training_jobs.show_jobs(jobs, shown)
made_elsewhere.offer_others(jobs)
if trained:
    frame.show_errors_of(show_highest_losses, trained)
