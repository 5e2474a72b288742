"""The figure of the profiles: straight where the law is, bent where it is not, refused where it is no interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lab.figures import draw_figure
from lab.tables import Tables
from tests.synthetic import make_tables


def test_a_law_linear_in_the_logarithm_has_straight_profiles() -> None:
    frame, _ = draw_figure("profiles", make_tables(), {"law": "pure_power"})
    profile = frame[frame["mark"] == "profile"]
    np.testing.assert_allclose(profile["root"], profile["distance"], rtol=1e-4, atol=1e-4)


def test_the_irreducible_loss_is_bent_and_its_interval_ends_at_the_crossing() -> None:
    frame, _ = draw_figure("profiles", make_tables(), {"law": "power"})
    own = frame[(frame["mark"] == "profile") & (frame["name"] == "E")].sort_values("distance")
    bend = own["root"] - own["distance"]
    assert bend.iloc[0] > 0.01 and bend.iloc[-1] > 0.01  # slow towards 0, steep towards the lowest loss
    assert (np.diff(own["root"]) > 0).all()


def test_rows_that_share_a_trunk_have_no_profile() -> None:
    study = make_tables()
    shared = study.runs.assign(trunk_key="one")
    frame, _ = draw_figure("profiles", replace(study, runs=shared), {})
    assert isinstance(study, Tables) and frame.empty and "No profile" in frame.attrs["missing"]
