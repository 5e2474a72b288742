"""The words of examinations of a fact world. `lab.core.columns` has them with the rest."""

from __future__ import annotations

from lab.core.column import Column

_PAPERS = {
    "open": "open questions",
    "choice": "multiple choice",
    "shots": "multiple choice behind examples",
    "none": "multiple choice with 'none of the above'",
    "evidence": "multiple choice behind a note that says the answer",
    "recent": "multiple choice about facts younger than the cutoff",
}
_MARKS = {
    "accuracy": ("", "share answered right"),
    "best_accuracy": ("", "share that would be right for whoever knows the world"),
    "confidence": ("", "mean confidence in the likeliest option"),
    "true_gap": ("", "mean distance of that confidence from the right one, which is known"),
    "ece": ("", "expected calibration error in 15 bins of equal mass; biased upward"),
    "rms": ("", "root mean square calibration error in 15 bins, noise taken off"),
    "miscalibration": ("", "miscalibration of the Brier score, by isotonic regression; biased upward"),
    "log_loss": ("nats", "mean log loss of the confidence"),
}
_AREAS = {
    "p_true_auc": "area under the ROC curve of P(True), of the net's own answers to open questions",
    "p_ik_auc": "area of P(IK), a linear head that foretells whether the net will be right; other entities",
    "p_ik_off_auc": "area of P(IK) on attributes it was not fitted to",
    "confidence_auc": "area of the net's own confidence, open questions",
}

EXAMINATION = (
    Column("questions", "", "", "measure", "questions of every paper", "examination"),
    *(
        Column(f"{paper}_{mark}", "", unit, "measure", f"{meaning}; {asked}", "examination")
        for paper, asked in _PAPERS.items()
        for mark, (unit, meaning) in _MARKS.items()
    ),
    *(Column(name, "AUC", "", "measure", meaning, "examination") for name, meaning in _AREAS.items()),
    Column("p_true_gap", "", "", "measure", "mean P(True) above the share that was right", "examination"),
)
