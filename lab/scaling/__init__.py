"""Floor 1: scaling laws and their fitting, on plain arrays.

A law is one file on the shelf `laws/`; `fit_law` does the same for every one of them: starts by variable projection,
an exact second-order search of a robust loss, intervals in which the trunk is the independent unit, and a status.
"""

from lab.scaling.audit import Audit, audit_parameters
from lab.scaling.data import Data
from lab.scaling.fitting import fit_law, fit_sets
from lab.scaling.law import Law, Parameter
from lab.scaling.losses import Absolute, Asymmetric, Huber, LeastSquares, Loss, read_loss
from lab.scaling.power_sum import PowerSum, Term
from lab.scaling.result import Fit, Prediction, Status

__all__ = [
    "Absolute",
    "Asymmetric",
    "Audit",
    "Data",
    "Fit",
    "Huber",
    "Law",
    "LeastSquares",
    "Loss",
    "Parameter",
    "PowerSum",
    "Prediction",
    "Status",
    "Term",
    "audit_parameters",
    "fit_law",
    "fit_sets",
    "read_loss",
]
