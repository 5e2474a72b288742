"""The words of nets that classify: columns that only their runs fill. `lab.core.columns` has them with the rest."""

from __future__ import annotations

from lab.core.column import Column

CLASSIFICATION = (
    Column("layers", "", "layers", "axis", "depth; layers of weights from input to logits", "classification"),
    Column(
        "label_noise", "", "", "axis", "label noise; share of training labels replaced by another", "classification"
    ),
    Column("train_error", "", "", "measure", "training error; share of wrong labels at the end", "classification"),
    Column(
        "fitted_nats",
        "L",
        "nats/example",
        "measure",
        "training loss at the end; of the trained net on all it was trained on",
        "classification",
    ),
    Column("chance_nats", "ln K", "nats/example", "axis", "loss of chance; of a guess among K", "classification"),
    Column("start_nats", "", "nats/example", "measure", "first loss; before any training", "classification"),
    Column(
        "batch_nats",
        "",
        "nats/example",
        "measure",
        "loss of one batch; of the net trained on it alone",
        "classification",
    ),
    Column(
        "gradient_error",
        "",
        "",
        "measure",
        "gradient error; from finite differences, over the sum of both norms",
        "classification",
    ),
    Column("temperature", "T*", "", "measure", "temperature; of least held-out log loss", "classification"),
    Column(
        "calibration_nats",
        "",
        "nats/example",
        "measure",
        "log loss a temperature takes off; fitted to other held-out examples",
        "classification",
    ),
    *(
        Column(f"{name}{ending}", symbol, "", "measure", f"{words}{when}", "classification")
        for name, symbol, words in (
            ("squared_gap", "", "squared calibration error; debiased, 15 cells of equal width"),
            ("smooth_error", "smECE", "smooth calibration error; of the likeliest class"),
        )
        for ending, when in (("", ""), ("_recalibrated", ", after a temperature fitted to others"))
    ),
)
