"""Blinded reading: what do you see before you know what the model says?"""

from dataclasses import replace

import streamlit as st

from mammo_core.reviews.readings import open_readings
from mammo_ui import blinded, frame, library

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
    frame.show_title_of_upload(
        "Blinded reading", f"{frame.plain(reading.dataset)}, by {frame.plain(reading.reader)}"
    )
    own = replace(
        choice,
        model=library.find_model(reading.model),
        dataset=library.require_dataset(reading.dataset).name,
        split=reading.split,
    )
    blinded.show_reading(own, readings, reading)
