"""Intervals over replicates, where analyses look for them; the mathematics stands in `lab.core.replicates`."""

from lab.core.replicates import average_replicates

__all__ = ["average_replicates"]
