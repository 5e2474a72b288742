"""Three seeds of five sizes whose horizons hold the compute-optimal one of each."""

from lab.tables import Tables
from tests import synthetic


def make_tables() -> Tables:
    return synthetic.make_tables(rates=(0.02,), horizons=(1_000_000, 2_000_000, 4_000_000, 8_000_000))
