"""The study of the risk-coverage curves holds what this figure draws too."""

from tests.studies.risk_coverage import make_tables

__all__ = ["make_tables"]
