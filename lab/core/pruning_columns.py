"""The words of data pruning: columns that only its runs fill. `lab.core.columns` has them with the rest."""

from __future__ import annotations

from lab.core.column import Column

PRUNING = (
    Column("dimensions", "d", "", "axis", "dimensions; of the inputs of a perceptron", "pruning"),
    Column("pool_ratio", "α", "", "axis", "examples per dimension before pruning", "pruning"),
    Column("kept_ratio", "α f", "", "axis", "kept examples per dimension", "pruning"),
    Column("kept_share", "f", "", "axis", "share of the examples that is kept", "pruning"),
    Column(
        "kept_side",
        "",
        "",
        "identity",
        "which examples are kept: 'hard' (least margin to the probe), 'easy' (most), or 'random'",
        "pruning",
    ),
    Column("probe_degrees", "θ", "degrees", "axis", "angle of the probe to the teacher", "pruning"),
    Column("margin", "κ", "", "measure", "margin; least field of an example over the student's length", "pruning"),
    Column(
        "solver_error", "", "", "measure", "test error that the solver's own inexactness can be, at most", "pruning"
    ),
    Column("inverse_dimensions", "1/d", "", "axis", "one over the dimensions; 0 is the theory's", "pruning"),
    Column("error_off", "", "%", "measure", "error beyond the theory's; as a share of that", "pruning"),
)
