"""Three families at three sizes and three amounts of data."""

from lab.tables import Tables
from tests.sweeps import test_calibration_scale


def make_tables() -> Tables:
    return test_calibration_scale.make_tables()
