"""Train: what shall I try, and is it learning?"""

import streamlit as st

from mammo_ui import frame, learning_curves, training

choice = st.session_state["choice"]
frame.show_title("Train", "What shall I try, and is it learning?")
frame.stop_without_dataset(choice)

form, live = st.columns([1, 1.8], gap="large")
with form:
    training.show_form(choice.dataset)

jobs = training.training_jobs()
with live:
    if jobs:
        training.show_live(jobs[0])
    elif choice.model:
        st.markdown(f"How **{frame.plain(choice.model.id)}** learned")
        learning_curves.show_history(choice.model.path)
    else:
        st.info("Nothing was trained yet. Start with the settings at the left as they are.")
if jobs:
    training.show_past_jobs(jobs)
