"""Floor 4: what a study says: the runs that may be fitted, their laws, forecasts and learning rates.

Tables in, results out; nothing here draws and nothing trains.
"""

from lab.analysis.selection import Selection, select_runs

__all__ = ["Selection", "select_runs"]
