"""The words of every table: one name, one symbol, one unit, one definition. The glossary is tested against this."""

from __future__ import annotations

from lab.core.calibration_columns import CALIBRATION
from lab.core.classification_columns import CLASSIFICATION
from lab.core.column import Column
from lab.core.complexity_columns import COMPLEXITY
from lab.core.examination_columns import EXAMINATION
from lab.core.probing_columns import PROBING
from lab.core.pruning_columns import PRUNING

__all__ = ["COLUMNS", "COMPUTES", "CONVENTIONS", "Column", "describe_column"]

_TRAINING = (
    Column("run_key", "", "", "identity", "run key; hash of the canonical specification of the run"),
    Column(
        "trunk_key", "", "", "identity", "trunk key; the run key minus the horizon: the independent unit of evidence"
    ),
    Column("study", "", "", "identity", "study; the named set of runs a table was read from"),
    Column("family", "", "", "identity", "model family; an entry of the families or the classifiers shelf"),
    Column("source", "", "", "identity", "data source; an entry of the data or the examples shelf"),
    Column(
        "optimizer",
        "",
        "",
        "identity",
        "optimizer; an entry of the optimizers shelf, with its dials where they are not at their default",
    ),
    Column(
        "seed", "", "", "identity", "seed; initialisation and data order; a row of its own, never averaged in the store"
    ),
    Column(
        "stage", "", "", "identity", "stage of the sweep the run was asked for in: 'search' (learning rates) or 'grid'"
    ),
    Column(
        "status",
        "",
        "",
        "identity",
        "status; done, failed, diverged, stopped early by its own rule, running or pending",
    ),
    Column(
        "dials",
        "",
        "",
        "identity",
        "dials; of the family (but its size), of the source and of the arithmetic, where not the default",
    ),
    Column(
        "settings",
        "",
        "",
        "identity",
        "settings; of training and evaluation that have no column of their own, where not the default",
    ),
    Column(
        "stop_nats",
        "",
        "nats/token",
        "axis",
        "stop rule; a shorter horizon's loss above which it was not to be run",
    ),
    Column("size", "", "", "axis", "size; the value of the family's one size dial (for most families the width)"),
    Column("params_total", "N", "parameters", "axis", "all parameters; embedding, body and readout"),
    Column("params_body", "N", "parameters", "axis", "body parameters; without embedding and readout (Kaplan's N)"),
    Column("params_embedding", "", "parameters", "axis", "embedding parameters; the input table"),
    Column("params_readout", "", "parameters", "axis", "readout parameters; the output matrix onto the vocabulary"),
    Column(
        "params_active",
        "N",
        "parameters",
        "axis",
        "active parameters; used for one token (fewer than all in a mixture of experts)",
    ),
    Column("tokens", "D", "tokens", "axis", "training tokens; seen by the run, repeats included"),
    Column("unique_tokens", "", "tokens", "axis", "unique training tokens; without repeats"),
    Column(
        "flops",
        "C",
        "FLOP",
        "axis",
        "training compute; closed form over every matrix product, head and attention included",
    ),
    Column(
        "flops_6nd", "C", "FLOP", "axis", "approximate training compute; 6·N·D with N the body parameters (Kaplan's C)"
    ),
    Column(
        "cpu_seconds", "", "s", "axis", "CPU seconds; of the process that trained up to this point, evaluation excluded"
    ),
    Column("wall_seconds", "", "s", "provenance", "wall-clock seconds; of the run, on a shared machine"),
    Column("learning_rate", "η", "", "axis", "learning rate; at the plateau, of the group the optimizer names first"),
    Column("batch_tokens", "B", "tokens", "axis", "batch size; tokens per step"),
    Column("window", "T", "tokens", "axis", "window; context length of training and evaluation"),
    Column(
        "loss_nats", "L", "nats/token", "measure", "held-out loss; mean negative log likelihood on the fixed windows"
    ),
    Column(
        "loss_se",
        "",
        "nats/token",
        "measure",
        "standard error of the held-out loss over windows; common to all runs on the same windows",
    ),
    Column(
        "train_loss_nats",
        "",
        "nats/token",
        "measure",
        "training loss; mean over the batches since the curve's previous point, each before its update",
    ),
    Column("bits_per_byte", "", "bits/byte", "measure", "held-out loss per byte in bits; comparable across tokenizers"),
    Column(
        "floor_nats",
        "",
        "nats/token",
        "measure",
        "floor; the true model's loss on the same windows, where there is a true model",
    ),
    Column("excess_nats", "", "nats/token", "measure", "excess loss; held-out loss minus the floor"),
    Column("entropy_rate", "h", "nats/token", "measure", "entropy rate; of the source, known, never fitted"),
    Column(
        "online_bits",
        "",
        "bits",
        "measure",
        "online code length; cumulative bits of coding the training tokens as they are seen (prequential)",
    ),
    Column(
        "ece_top1",
        "",
        "",
        "measure",
        "top-1 calibration error; equal-width cells over the confidence, token-level, not debiased",
    ),
    Column(
        "accuracy_top1",
        "",
        "",
        "measure",
        "top-1 accuracy; share of held-out tokens whose likeliest prediction is right",
    ),
    Column("confidence_top1", "", "", "measure", "top-1 confidence; mean probability of the likeliest prediction"),
    Column(
        "load_entropy",
        "",
        "",
        "measure",
        "load entropy; of how often held-out tokens choose each expert, over ln(experts); the mean of the routers",
        area="routing",
    ),
    Column("machine", "", "", "provenance", "machine; processor, cores and platform that ran it"),
    Column("finished_at", "", "", "provenance", "time the run was stored, UTC"),
)

COLUMNS: dict[str, Column] = {
    column.name: column
    for area in (_TRAINING, CALIBRATION, COMPLEXITY, CLASSIFICATION, PRUNING, PROBING, EXAMINATION)
    for column in area
}

# What N may mean in a law: the name printed on the axis and the option's value everywhere.
CONVENTIONS = ("params_total", "params_body", "params_active")

# What C may mean, likewise.
COMPUTES = ("flops", "flops_6nd")


def describe_column(name: str) -> Column:
    """The column called `name`, or a bare one for a name of the user's own."""
    return COLUMNS.get(name, Column(name, "", "", "measure", name.replace("_", " ")))
