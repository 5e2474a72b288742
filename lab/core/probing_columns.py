"""The words of probes and fine-tunes: columns that only their runs fill. `lab.core.columns` has them with the rest."""

from __future__ import annotations

from lab.core.column import Column

_WRITERS = {
    "": "of what the net writes",
    "chain_": "of what a chain of bytes writes that has read the same text",
    "heldout_": "of held-out text, cut as the samples are",
    "shuffled_": "of held-out text with its bytes in random order",
}
_READINGS = {
    "tokenised": "share that tokenises; texts that are Python's tokens up to their last complete line",
    "begun": "share that begins as Python; tokens, but for an end within a bracket or a long string",
    "parsed": "share that parses; texts that are a module of Python up to their last complete line",
}
_SHARES = tuple(
    Column(f"{side}{name}_share", "", "", "measure", f"{meaning}, {whose}", "probing")
    for side, whose in _WRITERS.items()
    for name, meaning in _READINGS.items()
)
_AREAS = {
    "string_auc": "area under the ROC curve of the one unit that best tells an open string literal; chosen on other "
    "documents",
    "string_untrained_auc": "that area for an untrained net; its own best unit",
    "string_linear_auc": "that area for all units together; Fisher's discriminant, fitted on other documents",
    "string_untrained_linear_auc": "that area for all units of an untrained net; Fisher's discriminant",
}

PROBING = (
    Column(
        "parent", "", "", "identity", "parent; the key of the training run whose net is probed or fine-tuned", "probing"
    ),
    Column("samples", "", "", "measure", "samples; texts the net wrote to be read", "probing"),
    Column("heldout_samples", "", "", "measure", "held-out samples; real texts read beside them", "probing"),
    *_SHARES,
    *(Column(name, "AUC", "", "measure", meaning, "probing") for name, meaning in _AREAS.items()),
    Column("string_unit", "", "", "measure", "the unit that best tells an open string literal; its number", "probing"),
    Column("string_share", "", "", "measure", "share of the places asked about at which a string is open", "probing"),
    Column("upstream", "", "", "identity", "upstream source; what the parent was trained on", "transfer"),
    Column("upstream_tokens", "", "tokens", "axis", "upstream tokens; what the parent was trained on", "transfer"),
    Column("upstream_nats", "", "nats/token", "measure", "upstream loss; held out, of the parent", "transfer"),
    Column(
        "before_nats", "", "nats/token", "measure", "loss before; of the parent on the target, as it is", "transfer"
    ),
    Column(
        "scratch_nats",
        "",
        "nats/token",
        "measure",
        "loss from scratch; the same training on the target from the first weights of the seed",
        "transfer",
    ),
)
