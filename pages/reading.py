"""Blinded reading: what do you see before you know what the model says?"""

from dataclasses import replace

import streamlit as st

from mammo_core.reviews.readings import open_readings
from mammo_core.wording import count
from mammo_ui import blinded, frame, library, state

choice = st.session_state["choice"]
readings = open_readings()
asked = st.query_params.get(blinded.READING)
reading = readings.find(asked) if asked else None

if reading is None:
    frame.show_title("Blinded reading", "What do you see before you know what the model says?")
    if asked:
        st.info("There is no such reading any more. Begin one, or choose another.")
    blinded.show_beginning(choice, readings)
else:
    model = library.find_model(reading.model)
    dataset = library.require_dataset(reading.dataset).name
    cases = f"{count(len(reading.image_ids), 'case')} of **{frame.plain(dataset)}**"
    read = f"{cases} ({state.SPLITS[reading.split]}), by {frame.plain(reading.reader)}"
    frame.show_title_of_reading("Blinded reading", read, model, dataset)
    own = replace(choice, model=model, dataset=dataset, split=reading.split)
    blinded.show_reading(own, readings, reading)
