"""The words of every table: one name, one symbol, one unit, one definition. The glossary is tested against this."""

from __future__ import annotations

from lab.core.column import Column
from lab.core.complexity_columns import COMPLEXITY

__all__ = ["COLUMNS", "COMPUTES", "CONVENTIONS", "Column", "describe_column"]

_TRAINING = (
    Column("run_key", "", "", "identity", "run key; hash of the canonical specification of the run"),
    Column(
        "trunk_key", "", "", "identity", "trunk key; the run key minus the horizon: the independent unit of evidence"
    ),
    Column("study", "", "", "identity", "study; the named set of runs a table was read from"),
    Column("family", "", "", "identity", "model family; an entry of the families shelf"),
    Column("source", "", "", "identity", "data source; an entry of the data shelf"),
    Column(
        "optimizer",
        "",
        "",
        "identity",
        "optimizer; 'adamw' or 'muon' (matrices of the body by Muon, the rest by AdamW)",
    ),
    Column(
        "seed", "", "", "identity", "seed; initialisation and data order; a row of its own, never averaged in the store"
    ),
    Column(
        "stage", "", "", "identity", "stage of the sweep the run was asked for in: 'search' (learning rates) or 'grid'"
    ),
    Column("status", "", "", "identity", "status; done, failed, diverged, running or pending"),
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
    Column("machine", "", "", "provenance", "machine; processor, cores and platform that ran it"),
    Column("finished_at", "", "", "provenance", "time the run was stored, UTC"),
    Column(
        "area_bits",
        "K",
        "bits",
        "measure",
        "area above the online loss; code length of the tokens seen, minus what they cost at the loss reached",
        "complexity",
    ),
    Column("area_tokens", "D", "tokens", "axis", "tokens at which the area is measured; before cooling", "complexity"),
    Column(
        "area_loss_nats", "L", "nats/token", "measure", "online loss above which the area is measured", "complexity"
    ),
    Column("law_bits", "K", "bits", "measure", "area by the law; β/(1−β)·D0^β·D^(1−β)", "complexity"),
    Column(
        "excess_bits",
        "",
        "bits",
        "measure",
        "excess code length; online code length minus the true model's for as many tokens",
        "complexity",
    ),
    Column("structural_bits", "S", "bits", "measure", "structural bits; to describe the model", "complexity"),
    Column("random_bits", "H", "bits", "measure", "random bits; of the test tokens, given the model", "complexity"),
    Column("total_bits", "", "bits", "measure", "total code length; structural and random bits", "complexity"),
    Column(
        "coding_flops",
        "C",
        "FLOP",
        "axis",
        "compute; to train the model and to code the test tokens with it",
        "complexity",
    ),
    Column(
        "automaton",
        "",
        "",
        "identity",
        "automaton; an entry of the automata shelf with the dials that differ from their default",
        "complexity",
    ),
    Column(
        "code",
        "",
        "",
        "identity",
        "code; an entry of the codes shelf with the dials that differ from their default",
        "complexity",
    ),
    Column("side", "n", "cells", "axis", "side of the lattice; cells along one edge of the square", "complexity"),
    Column("grain", "g", "cells", "axis", "grain; side of the square over which a cell is averaged", "complexity"),
    Column("buckets", "", "", "axis", "buckets; values a coarse cell can have", "complexity"),
    Column("moves", "t", "moves", "axis", "moves; elementary events of the automaton's own clock", "complexity"),
    Column(
        "sweeps",
        "t",
        "sweeps",
        "axis",
        "sweeps; moves over those that give every cell, or particle, one turn",
        "complexity",
    ),
    Column(
        "relaxation_times",
        "t/τ",
        "τ",
        "axis",
        "time; in the automaton's own time scale, for diffusion that of the slowest mode",
        "complexity",
    ),
    Column(
        "entropy_bits",
        "",
        "bits",
        "measure",
        "fine code length; of all cells of the state, the proxy of entropy",
        "complexity",
    ),
    Column(
        "complexity_bits",
        "",
        "bits",
        "measure",
        "coarse code length; of the coarse-grained state, the proxy of complexity",
        "complexity",
    ),
    Column(
        "adjusted_bits",
        "",
        "bits",
        "measure",
        "adjusted code length; of the coarse-grained state in seven buckets, cells near their row's majority set to it",
        "complexity",
    ),
    Column(
        "surrogate_entropy_bits",
        "",
        "bits",
        "measure",
        "fine code length of the surrogate; independent cells with the same rows",
        "complexity",
    ),
    Column(
        "surrogate_complexity_bits",
        "",
        "bits",
        "measure",
        "coarse code length of the surrogate; independent cells with the same rows",
        "complexity",
    ),
    Column(
        "surrogate_adjusted_bits",
        "",
        "bits",
        "measure",
        "adjusted code length of the surrogate; independent cells with the same rows",
        "complexity",
    ),
    Column(
        "row_chi_square",
        "χ²/dof",
        "",
        "measure",
        "misfit of the rows; χ² per degree of freedom against the exact heat kernel, mean over snapshots",
        "complexity",
    ),
    Column(
        "peak_entropy_bits",
        "",
        "bits",
        "measure",
        "largest fine code length of a run; over its snapshots",
        "complexity",
    ),
    Column(
        "peak_complexity_bits",
        "",
        "bits",
        "measure",
        "largest coarse code length of a run; over its snapshots",
        "complexity",
    ),
    Column(
        "peak_adjusted_bits",
        "",
        "bits",
        "measure",
        "largest adjusted code length of a run; over its snapshots",
        "complexity",
    ),
    Column(
        "surrogate_peak_entropy_bits",
        "",
        "bits",
        "measure",
        "largest fine code length of the surrogate; over the snapshots",
        "complexity",
    ),
    Column(
        "surrogate_peak_complexity_bits",
        "",
        "bits",
        "measure",
        "largest coarse code length of the surrogate; over the snapshots",
        "complexity",
    ),
    Column(
        "surrogate_peak_adjusted_bits",
        "",
        "bits",
        "measure",
        "largest adjusted code length of the surrogate; over the snapshots",
        "complexity",
    ),
    Column(
        "excess_share",
        "",
        "",
        "measure",
        "excess over the surrogate; code length of a run minus its surrogate's, as a share of the hump's height",
        "complexity",
    ),
    Column(
        "peak_sweeps",
        "t",
        "sweeps",
        "measure",
        "time of the peak; of the coarse code length, the middle of its upper tenth",
        "complexity",
    ),
    Column(
        "object", "", "", "identity", "object; the file, array or stretch of a source that is described", "complexity"
    ),
    Column(
        "baseline",
        "",
        "",
        "identity",
        "what is described; the object, or a constant, shuffle or surrogate of it",
        "complexity",
    ),
    Column(
        "packing",
        "",
        "",
        "identity",
        "packing; one byte a symbol ('symbols') or as few bits as will do ('packed')",
        "complexity",
    ),
    Column(
        "scan",
        "",
        "",
        "identity",
        "scan; the order of an array's cells, or the PNG filter taken off them",
        "complexity",
    ),
    Column("symbols", "n", "symbols", "axis", "symbols; in the described object", "complexity"),
    Column("alphabet", "m", "symbols", "axis", "alphabet; how many different symbols there may be", "complexity"),
    Column(
        "code_bits",
        "C",
        "bits",
        "measure",
        "code length; an upper bound on complexity, shape and choice paid for",
        "complexity",
    ),
    Column(
        "bits_per_symbol",
        "",
        "bits/symbol",
        "measure",
        "code length per symbol; of the whole description",
        "complexity",
    ),
    Column("method", "", "", "identity", "method; the estimator or code held against a source", "complexity"),
    Column("method_kind", "", "", "identity", "kind of method; estimator, code, or unproven code", "complexity"),
    Column("quantity", "", "", "identity", "quantity; the truth a method claims to be near", "complexity"),
    Column("length", "n", "symbols", "axis", "length of the sequence; a fresh one at every length", "complexity"),
    Column("estimate_bits", "", "bits", "measure", "estimate; per symbol where it is of a rate", "complexity"),
    Column("truth_bits", "", "bits", "measure", "truth; the source's own value, in closed form", "complexity"),
    Column("bias_bits", "", "bits", "measure", "bias; mean over seeds of estimate minus truth", "complexity"),
    Column("error_exponent", "β", "", "measure", "exponent of the error; it falls as length^(−β)", "complexity"),
    Column("other_object", "", "", "identity", "other object; of a pair", "complexity"),
    Column(
        "ncd",
        "",
        "",
        "measure",
        "normalised compression distance; what the longer costs beyond the shorter, over what it costs alone",
        "complexity",
    ),
    Column("ncd_low", "", "", "measure", "lower end of the distance's interval; from random halves", "complexity"),
    Column("ncd_high", "", "", "measure", "upper end of the distance's interval; from random halves", "complexity"),
    Column("object_bits", "C(x)", "bits", "measure", "code length of the object; alone", "complexity"),
    Column("other_bits", "C(y)", "bits", "measure", "code length of the other object; alone", "complexity"),
    Column("joint_bits", "C(x, y)", "bits", "measure", "joint code length; mean over both orders", "complexity"),
    Column("conditional_bits", "C(x|y)", "bits", "measure", "code length of the object, given the other", "complexity"),
    Column(
        "other_conditional_bits", "C(y|x)", "bits", "measure", "code length of the other object, given it", "complexity"
    ),
    Column(
        "mutual_bits", "", "bits", "measure", "mutual information; what each object tells of the other", "complexity"
    ),
    Column("replicate", "", "", "axis", "replicate; of a statistic, on a random half of the object", "complexity"),
    Column("order", "k", "", "axis", "order; of a chain, or the degree of a polynomial", "complexity"),
    Column("true_order", "", "", "axis", "true order; of the chain that the data are drawn from", "complexity"),
    Column(
        "hindsight_bits",
        "",
        "bits",
        "measure",
        "hindsight; −log2 of the maximum likelihood: what no code of the model class reaches",
        "complexity",
    ),
    Column("regret_bits", "", "bits", "measure", "regret; bits above the hindsight of the same order", "complexity"),
    Column(
        "above_truth_bits",
        "",
        "bits",
        "measure",
        "bits above the best fit of the true order; in hindsight",
        "complexity",
    ),
    Column("two_part_bits", "", "bits", "measure", "two-part code; rounded parameters, then the data", "complexity"),
    Column("nml_bits", "", "bits", "measure", "normalised maximum likelihood; exact", "complexity"),
    Column(
        "nml_asymptotic_bits", "", "bits", "measure", "normalised maximum likelihood; Fisher asymptotic", "complexity"
    ),
    Column("bayes_jeffreys_bits", "", "bits", "measure", "Bayes mixture; under Jeffreys' prior", "complexity"),
    Column("bayes_laplace_bits", "", "bits", "measure", "Bayes mixture; under the uniform prior", "complexity"),
    Column(
        "prequential_bits", "", "bits", "measure", "prequential code; parameters anew at each example", "complexity"
    ),
    Column("prequential_block_bits", "", "bits", "measure", "prequential code; anew at each block", "complexity"),
    Column("switch_bits", "", "bits", "measure", "switch distribution; over orders or penalties", "complexity"),
    Column("uniform_bits", "", "bits", "measure", "uniform code; every label alike", "complexity"),
    Column("variational_bits", "", "bits", "measure", "variational code; bits-back, by noisy weights", "complexity"),
    Column("weight_bits", "", "bits", "measure", "bits of the weights; divergence from the prior", "complexity"),
    Column("data_bits", "", "bits", "measure", "bits of the data; expected, given the noisy weights", "complexity"),
    Column("kl_weight", "", "", "axis", "weight of the weights' bits in training; 1 is the code", "complexity"),
    Column("examples", "n", "examples", "axis", "examples; coded by the run", "complexity"),
    Column("test_error", "", "", "measure", "test error; mean squared, or the share of wrong labels", "complexity"),
    Column("place", "", "", "axis", "place; of a name on an axis of names", "complexity"),
    Column("description_bits", "", "bits", "measure", "length of the description", "complexity"),
    Column("block_length", "L", "symbols", "axis", "block length; of the symbols counted together", "complexity"),
    Column(
        "block_rate_bits", "h(L)", "bits/symbol", "measure", "entropy of a next symbol; H(L) − H(L−1)", "complexity"
    ),
    Column("model_bits", "α", "bits", "axis", "model bits; of the first part of a two-part code", "complexity"),
    Column("data_bits", "h(α)", "bits", "measure", "data bits; of its second part, given the model", "complexity"),
)

COLUMNS: dict[str, Column] = {column.name: column for column in (*_TRAINING, *COMPLEXITY)}

# What N may mean in a law: the name printed on the axis and the option's value everywhere.
CONVENTIONS = ("params_total", "params_body", "params_active")

# What C may mean, likewise.
COMPUTES = ("flops", "flops_6nd")


def describe_column(name: str) -> Column:
    """The column called `name`, or a bare one for a name of the user's own."""
    return COLUMNS.get(name, Column(name, "", "", "measure", name.replace("_", " ")))
