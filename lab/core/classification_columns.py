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
)
