"""The words of calibration: columns that only evaluated predictions fill. `lab.core.columns` has them with the rest."""

from __future__ import annotations

from lab.core.column import Column

AREA = "calibration"

CALIBRATION = (
    Column(
        "recalibrator",
        "",
        "",
        "identity",
        "recalibrator; that moved the confidences, fitted on other rows than these; 'none' where they are as they came",
        AREA,
    ),
    Column("measure", "", "", "identity", "measure; an entry of the measures shelf", AREA),
    Column("measured", "", "", "measure", "measured value; in the unit of its measure, as it is", AREA),
    Column("corrected", "", "", "measure", "corrected value; in the unit of its measure, bias taken off", AREA),
    Column(
        "null_expected",
        "",
        "",
        "measure",
        "null; what a calibrated model of the same confidences scores on average",
        AREA,
    ),
    Column("null_quantile", "", "", "measure", "null quantile; what such a model exceeds once in twenty", AREA),
    Column("coverage", "", "", "axis", "coverage; share of the rows that are answered, most confident first", AREA),
    Column("selective_risk", "", "", "measure", "selective risk; share of failures among the rows answered", AREA),
    Column(
        "reliability_curve",
        "",
        "",
        "identity",
        "kind of reliability curve; 'isotonic', or of bins: 'equal_width', 'equal_mass'",
        AREA,
    ),
    Column("confidence", "", "", "axis", "confidence; the probability said of the event, or its mean in a bin", AREA),
    Column("frequency", "", "", "measure", "frequency; how often the event happened at such confidences", AREA),
    Column("miscalibration", "", "", "measure", "miscalibration; what recalibration takes off the Brier score", AREA),
    Column(
        "discrimination", "", "", "measure", "discrimination; what recalibrated confidences gain on the base rate", AREA
    ),
    Column("set_method", "", "", "identity", "method of conformal sets; 'thr', 'aps' or 'raps'", AREA),
    Column("miss_rate", "", "", "axis", "miss rate allowed; share of conformal sets that may lack the truth", AREA),
    Column("set_size", "", "classes", "measure", "set size; mean number of classes in a conformal set", AREA),
    Column("set_coverage", "", "", "measure", "set coverage; share of held-out sets that hold the truth", AREA),
)
