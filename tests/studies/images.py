"""Nets of three kinds and three depths."""

from lab.tables import Tables
from tests.sweeps import test_depth_degradation


def make_tables() -> Tables:
    return test_depth_degradation.make_tables()
