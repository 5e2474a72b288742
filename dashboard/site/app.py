"""The dashboard: `lab dashboard`, or `streamlit run dashboard/site/app.py`.

Pages are the entries of the pages shelf. The study is chosen once, in the sidebar, and stands in the address with the
page's own controls, so that an address shows somebody else what you see.

This script stands in a folder of its own because Streamlit takes a folder `pages` beside its script for scripts, and
would run a page's file by itself when a fresh server's first visitor follows a link to it.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from dashboard.frame import load_pages, render_page
from dashboard.studies import choose_study

st.set_page_config(
    page_title="Scaling lab", page_icon=":material/ssid_chart:", layout="wide", initial_sidebar_state=310
)
st.logo(str(Path(__file__).with_name("mark.svg")), size="large")
with st.sidebar:
    study = choose_study()
st.navigation(
    [
        st.Page(
            partial(render_page, page, study),
            title=page.title,
            icon=f":material/{page.icon}:",
            url_path=name,
            default=place == 0,
        )
        for place, (name, page) in enumerate(load_pages().items())
    ]
).run()
