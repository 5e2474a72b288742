"""Floor 5: one file, one published claim. Each says which runs it asks for (`specs`) and what they show (`judge`).

This door holds what sweeps over nets share: a grid of sizes × horizons × seeds whose learning rates are searched first,
or stored from an earlier search; and the two kinds of question, of direction and of agreement with a published value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from lab.analysis.rate_transfer import fit_rule
from lab.core.errors import InputError, UnknownNameError
from lab.core.estimate import Estimate
from lab.core.registry import open_shelf
from lab.core.verdict import Outcome, Verdict, judge_direction, judge_equivalence, subtract_published
from lab.families import Family, Shape
from lab.runs.spec import RunSpec
from lab.tables import Tables

FEWEST_UNITS = 12  # of a judged interval, where nothing checks the spread between fewer (docs/judging.md)
BYTES = 256  # tokens of text
WIDTHS = range(8, 513, 2)  # that a family is given to match a size
MOST_RATES = 7  # a search still at its edge after seven octaves ends there; the fits refuse its cells


@dataclass(frozen=True)
class TrainingGrid:
    """Sizes × horizons × seeds of one family on one source.

    `family`, `source` and `fields` are those of `lab.runners.training.fields.TrainFields` without size, horizon, seed
    and rate; `horizons` (tokens) are common to all sizes or given by size.
    With `stored_rates` (size → rate) nothing is searched. Otherwise the first seed trains every rate of `rates` (an
    octave apart) to every horizon; where a horizon's best rate is the smallest or largest tried, the search goes an
    octave further; then the other seeds train, per size and horizon, at the best rate of that very horizon, because
    the best rate drifts with the horizon and a single one would tilt the exponent of the data.
    With a `stop_margin` (nats per token) the search trains the middle rate first; a rate that ends the shortest horizon
    with a loss more than that above it is not trained further. The rule is a field of those runs, so that the best rate
    found is trained once more without it.
    With `searched`, the rates are searched at those sizes alone; the others train at what their rule says
    (`lab.analysis.rate_transfer`), and the first seed verifies it at the largest size and its longest horizon: half and
    double that rate are tried there. Where one of them is better, the cell's best rate is on an edge: fits refuse it.
    Where the searched sizes bear no rule, the others are searched too.
    """

    family: Mapping[str, Any]
    source: Mapping[str, Any]
    sizes: tuple[int, ...]
    horizons: Mapping[int, tuple[int, ...]] | tuple[int, ...]
    seeds: tuple[int, ...]
    rates: tuple[float, ...] = ()
    stored_rates: Mapping[int, float] = field(default_factory=dict)
    size_dial: str = "width"
    fields: Mapping[str, Any] = field(default_factory=dict)
    stop_margin: float | None = None
    searched: tuple[int, ...] = ()

    def list_specs(self, table: pd.DataFrame) -> list[RunSpec]:
        """What is wanted, given the study's runs so far: deterministic, and a superset of every earlier answer."""
        specs, chosen = self._choose_rates(table, self.searched or self.sizes)
        if self.searched and all(chosen.values()):
            carried = self._transfer_rates(table[table["run_key"].isin([spec.key for spec in specs])])
            if carried:
                chosen |= carried
                specs += self._verify(chosen)
            else:
                others = [size for size in self.sizes if size not in self.searched]
                more, own = self._choose_rates(table, others)
                specs, chosen = specs + more, chosen | own
        grid = [(size, h, seed) for size, best in chosen.items() for seed in self.seeds for h in best]
        return specs + [self.make_spec(size, h, seed, chosen[size][h]) for size, h, seed in grid]

    def list_horizons(self, size: int) -> tuple[int, ...]:
        """The horizons of one size, tokens."""
        return self.horizons[size] if isinstance(self.horizons, Mapping) else self.horizons

    def make_spec(self, size: int, horizon: int, seed: int, rate: float, stage: str = "grid", **more: Any) -> RunSpec:
        """One run of the grid; `more` are fields of its own."""
        family = {**self.family, self.size_dial: size}
        varied = {"family": family, "source": dict(self.source), "tokens": horizon, "learning_rate": rate, "seed": seed}
        return RunSpec("train", {**self.fields, **varied, **more}, stage)

    def _choose_rates(
        self, table: pd.DataFrame, sizes: Iterable[int]
    ) -> tuple[list[RunSpec], dict[int, dict[int, float]]]:
        """The runs of the search at these sizes, and the rate of each size and horizon, stored or found by now."""
        specs: list[RunSpec] = []
        chosen: dict[int, dict[int, float]] = {}
        for size in sizes:
            if self.stored_rates:
                chosen[size] = dict.fromkeys(self.list_horizons(size), self.stored_rates[size])
            else:
                searched, chosen[size] = self._search_rates(table, size)
                specs += searched
        return specs, chosen

    def _search_rates(self, table: pd.DataFrame, size: int) -> tuple[list[RunSpec], dict[int, float]]:
        """The runs of the search at this size, and the best rate of each horizon once all of them are in."""
        horizons, known, tried = self.list_horizons(size), _read_losses(table), sorted(self.rates)
        middle = tried[len(tried) // 2]
        first = self._list_rate(size, middle, {})
        stop = self._find_stop(first[min(horizons)], known)
        if stop is None:
            return list(first.values()), {}
        while True:
            rules = {rate: {} if rate == middle else stop for rate in tried}
            specs = {(r, h): spec for r in tried for h, spec in self._list_rate(size, r, rules[r]).items()}
            if not known.keys() >= {spec.key for spec in specs.values()}:
                return list(specs.values()), {}
            losses = {pair: known[spec.key] for pair, spec in specs.items()}
            best = {h: min(tried, key=lambda rate, h=h: losses[rate, h]) for h in horizons}  # type: ignore[misc]
            further = {tried[0]: tried[0] / 2, tried[-1]: tried[-1] * 2}
            wanted = {further[rate] for rate in best.values() if rate in further}
            if not wanted or len(tried) >= MOST_RATES:
                return list(specs.values()), best
            tried = sorted({*tried, *wanted})

    def _transfer_rates(self, search: pd.DataFrame) -> dict[int, dict[int, float]]:
        """The rates of the sizes that were not searched, by horizon; `search` are the runs of those that were.

        None where they bear no rule: too few of their cells have a best rate between others.
        """
        rule = fit_rule(search)
        others = [size for size in self.sizes if size not in self.searched]
        return {size: {h: rule.rate_at(size, h) for h in self.list_horizons(size)} for size in others} if rule else {}

    def _verify(self, chosen: Mapping[int, Mapping[int, float]]) -> list[RunSpec]:
        """Half and double the transferred rate, at the largest size and its longest horizon."""
        largest = max(chosen)
        if largest in self.searched:
            return []
        longest = max(chosen[largest])
        rates = [chosen[largest][longest] * factor for factor in (0.5, 2.0)]
        return [self.make_spec(largest, longest, self.seeds[0], rate, "verify") for rate in rates]

    def _find_stop(self, first: RunSpec, known: Mapping[str, float]) -> dict[str, Any] | None:
        """The stop rule that follows from the shortest run at the middle rate; None while that has not ended."""
        if self.stop_margin is None:
            return {}
        if first.key not in known:
            return None
        most = known[first.key] + self.stop_margin
        return {"stop": {"tokens": first.fields["tokens"], "loss_nats": most}} if math.isfinite(most) else {}

    def _list_rate(self, size: int, rate: float, rule: Mapping[str, Any]) -> dict[int, RunSpec]:
        """The runs of the search at one rate, by horizon."""
        seed = self.seeds[0]
        return {h: self.make_spec(size, h, seed, rate, "search", **rule) for h in self.list_horizons(size)}


def _read_losses(table: pd.DataFrame) -> dict[str, float]:
    """Run key → loss of every run that ended; infinite where it diverged or was stopped."""
    if table.empty:
        return {}
    ended = table[table["status"].isin(["done", "diverged", "stopped"])]
    return dict(zip(ended["run_key"], ended["loss_nats"].fillna(math.inf).astype(float), strict=True))


def make_transformer_grid(source: str, **grid: Any) -> TrainingGrid:
    """A grid of the modern Transformer with Muon, the lab's reference recipe, on a source at its defaults."""
    return TrainingGrid({"name": "transformer"}, {"name": source}, fields={"optimizer": "muon"}, **grid)


def make_transformer_fields(width: int, tokens: int, window: int, batch_tokens: int, **dials: Any) -> dict[str, Any]:
    """The reference Transformer with Muon; the rate warms up over a fiftieth of the tokens. `dials` of the family."""
    return {
        "family": {"name": "transformer", "width": width, **dials},
        "optimizer": "muon",
        "learning_rate": 0.02,
        "tokens": tokens,
        "window": window,
        "batch_tokens": batch_tokens,
        "warmup_tokens": tokens // 50,
        "evaluation_tokens": 64 * window,
    }


def find_best_rate(tried: Mapping[float, RunSpec], table: pd.DataFrame) -> float | None:
    """Of runs by their learning rate, the rate of the lowest held-out loss; None while any of them has not ended."""
    known = _read_losses(table)
    if not known.keys() >= {spec.key for spec in tried.values()}:
        return None
    return min(tried, key=lambda rate: known[tried[rate].key])


def match_sizes(name: str, parameters: Iterable[int], window: int) -> tuple[int, ...]:
    """The widths at which a family's number of parameters, all counted, is nearest to these."""
    kind = open_shelf("families").load(name)
    counts = {}
    for width in WIDTHS:
        try:
            family: Family = kind(**{kind.size_dial: width})
        except InputError:  # its heads do not divide this width
            continue
        counts[width] = sum(family.count_parameters(Shape(BYTES, window)).values())
    return tuple(min(counts, key=lambda width: abs(counts[width] - wanted)) for wanted in parameters)


@dataclass(frozen=True)
class SourceGrid:
    """Sources × variants × seeds by one runner whose fields are those of a training run and its own.

    `fields` are common to all runs, a variant is what some have besides; nothing depends on earlier runs.
    """

    runner: str
    sources: tuple[Mapping[str, Any], ...]
    seeds: int
    fields: Mapping[str, Any]
    variants: tuple[Mapping[str, Any], ...] = ({},)

    def list_specs(self) -> list[RunSpec]:
        """All runs."""
        return [
            RunSpec(self.runner, {**self.fields, **variant, "source": dict(source), "seed": seed})
            for source in self.sources
            for variant in self.variants
            for seed in range(self.seeds)
        ]


@dataclass(frozen=True)
class SimulationGrid:
    """Automata × sides × seeds, each run seen in every one of `views`.

    `automata` and `views` are tables of `lab.runners.simulate.SimulateFields`; `fields` its other fields.
    """

    automata: tuple[Mapping[str, Any], ...]
    sides: tuple[int, ...]
    seeds: int
    views: tuple[Mapping[str, Any], ...] = ({},)
    fields: Mapping[str, Any] = field(default_factory=dict)

    def list_specs(self) -> list[RunSpec]:
        """All runs."""
        return [
            RunSpec("simulate", {**self.fields, "automaton": automaton, "side": side, "seed": seed, "view": view})
            for automaton in self.automata
            for side in self.sides
            for seed in range(self.seeds)
            for view in self.views
        ]


def choose_preset(presets: Mapping[str, Any], name: str) -> Any:
    """The preset called `name`; raises `UnknownNameError`."""
    if name not in presets:
        raise UnknownNameError.among("preset", name, presets)
    return presets[name]


def suggest_next(tables: Tables, sweep: str, presets: Iterable[str]) -> str:
    """What to run where the judged study does not settle a claim: the preset after its own; behind the last one, seeds.

    A study of another sweep, or somebody's runs, is sent to the second preset: the first is a smoke test.
    """
    names = list(presets)
    own = tables.study.preset if tables.study.sweep == sweep else ""
    place = names.index(own) + 1 if own in names else 1
    if place < len(names):
        return f"lab run {sweep} --preset {names[place]}"
    return f"more seeds than {names[-1]} has: a copy of sweeps/{sweep}.py under LAB_PATH, with more"


@dataclass(frozen=True)
class Question:
    """A published claim, put before anything runs.

    `claim`: its name; `statement`: one sentence; `margin`: the smallest effect that matters, in the estimand's unit;
    `published`: what the paper reports, as text, and `value` as a number where agreement with it is asked;
    `out_of_regime`: how the test differs from the paper's in scale or form, '' where it does not; `fewest`: how many
    independent units its interval needs, 0 where the estimate is a law's, whose fit sees to that (docs/intervals.md).
    """

    claim: str
    statement: str
    margin: float
    published: str
    citation: str
    unit: str = "trunk"
    value: float | None = None
    out_of_regime: str = ""
    fewest: int = FEWEST_UNITS

    def judge(self, find: Callable[[float], Estimate], rows: pd.DataFrame, next_step: str) -> Verdict:
        """The verdict on the estimate that `find` gives at a level; `rows` are the runs it rests on.

        Without a published `value` the claim is one of direction: the estimate exceeds the margin. With one it is
        agreement: ours minus theirs lies within ± margin. An estimate of too few units is shown without its interval.
        """
        wide = self._demand_units(find(0.95))
        if self.value is None:
            outcome = judge_direction(wide, self.margin)
        else:
            narrow, wide_difference = (
                subtract_published(self._demand_units(find(level)), self.value) for level in (0.9, 0.95)
            )
            outcome = judge_equivalence(narrow, wide_difference, self.margin)
        return Verdict(
            claim=self.claim,
            statement=self.statement,
            outcome=outcome,
            estimate=wide,
            margin=self.margin,
            published=self.published,
            citation=self.citation,
            unit_of_evidence=self.unit,
            reason=self._explain(outcome, wide, next_step),
            run_keys=tuple(rows["run_key"]) if "run_key" in rows else (),
            flags=("out of regime",) if self.out_of_regime else (),
        )

    def _demand_units(self, found: Estimate) -> Estimate:
        if not 0 < found.n < self.fewest:
            return found
        method = f"needs {self.fewest} independent units, has {found.n}; the unit is the {self.unit}"
        return replace(found, low=math.nan, high=math.nan, method=method)

    def _explain(self, outcome: Outcome, estimate: Estimate, next_step: str) -> str:
        """One sentence a reader can act on."""
        target = f"{self.value:g} ± {self.margin:g}" if self.value is not None else f"more than {self.margin:g}"
        if not estimate.has_interval:
            return f"no interval ({estimate.method}): {next_step}"
        if outcome is Outcome.UNDERPOWERED:
            return f"{estimate} does not settle {target}: {next_step}"
        regime = f"; {self.out_of_regime}" if self.out_of_regime else ""
        return f"{estimate} against {target}{regime}"
