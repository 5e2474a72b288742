"""The same probed nets, for the figure of their units."""

from tests.studies.tokenised_samples import make_tables

__all__ = ["make_tables"]
