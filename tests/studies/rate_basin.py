"""One net with norms and without at seven rates."""

from lab.tables import Tables
from tests.sweeps import test_sanity_checks


def make_tables() -> Tables:
    return test_sanity_checks.make_tables()
