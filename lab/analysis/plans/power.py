"""How many sizes, horizons and seeds an effect needs, by simulation before anything runs.

Every simulated study is fitted by the lab's engine with its default interval and judged by the rule of
`lab.core.verdict`: supported where the whole interval lies beyond the margin. The power of a design is the share of
studies so judged while the effect is there, its false support the same share while it is not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.analysis.laws.luck import Luck, measure_luck
from lab.analysis.laws.named import NamedFit, load_law
from lab.analysis.plans.design import Candidate
from lab.analysis.plans.published import PUBLISHED
from lab.core.errors import InputError, UnknownNameError
from lab.core.estimate import Estimate
from lab.core.seeds import open_stream
from lab.core.verdict import Outcome, judge_direction
from lab.scaling import Data, fit_law

Array = NDArray[Any]

LAW = "chinchilla"
EFFECTS = ("a", "alpha", "beta")
RATIO = 20.0  # tokens per parameter about which horizons lie where nobody says (Hoffmann et al. 2022, table 3)
CENTER = (1e9, 2e10)  # parameters and tokens at which the published law lends its terms their share of the loss
USUAL_LUCK = Luck(0.004, 0.003)  # of a well-tuned small language model
BATCH = 20  # simulations between two looks
_SURE = 3.0  # standard errors beyond which a design need not be simulated further
_NORMAL = 1.959963984540054


@dataclass(frozen=True)
class Effect:
    """An exponent's true value and the value it is to be told from; `margin` is half their difference."""

    name: str
    truth: float
    against: float

    def __post_init__(self) -> None:
        if self.name not in EFFECTS:
            raise UnknownNameError.among("--effect", self.name, EFFECTS)
        most = 1.0 if self.name == "a" else 3.0
        for value in (self.truth, self.against):
            if not 0 <= value < most:
                raise InputError(f"effect {self.name}", value, f"lies in [0, {most:g})")
        if self.truth == self.against or self.truth == 0:
            raise InputError(f"effect {self.name}", self.truth, "a true value above 0 and another to tell it from")

    @property
    def margin(self) -> float:
        """The smallest effect that matters, half the difference: the interval must lie on the truth's side of it."""
        return abs(self.truth - self.against) / 2

    def judge(self, found: Estimate) -> Outcome:
        """The outcome of "the exponent is not `against`", signed so that the truth is positive."""
        sign = math.copysign(1.0, self.truth - self.against)
        ends = sorted((sign * (found.low - self.against), sign * (found.high - self.against)))
        value = sign * (found.value - self.against)
        signed = replace(found, value=value, low=ends[0], high=ends[1]) if found.has_interval else found
        return judge_direction(signed, self.margin)


@dataclass(frozen=True)
class Plan:
    """A grid of `sizes` × `horizons` × `seeds` trunks between the ends of sizes and tokens, evenly in the logarithm."""

    sizes: int
    horizons: int
    seeds: int

    def __str__(self) -> str:
        return f"{self.sizes}x{self.horizons}x{self.seeds}"

    @property
    def trunks(self) -> int:
        """The independent units: one trunk per size and seed."""
        return self.sizes * self.seeds

    def lay(self, scene: Scene) -> tuple[dict[str, Array], Array]:
        """Predictors (n,) and the trunk of every row (n,)."""
        size, tokens = np.geomspace(*scene.sizes, self.sizes), np.geomspace(*scene.tokens, self.horizons)
        n, s, d = (axis.reshape(-1) for axis in np.meshgrid(size, np.arange(self.seeds), tokens, indexing="ij"))
        return {"size": n, "tokens": d}, np.unique(np.column_stack([n, s]), axis=0, return_inverse=True)[1].reshape(-1)

    def cost(self, scene: Scene) -> float:
        """FLOP of all trunks with their cooldowns."""
        horizons = tuple(np.geomspace(*scene.tokens, self.horizons).tolist())
        sizes = np.geomspace(*scene.sizes, self.sizes).tolist()
        return self.seeds * sum(Candidate(size, horizons).cost for size in sizes)


PLANS = (Plan(4, 3, 2), Plan(4, 4, 3), Plan(5, 5, 3), Plan(6, 5, 4), Plan(7, 6, 5), Plan(9, 6, 6))


@dataclass(frozen=True)
class Scene:
    """What is simulated: a Chinchilla law's parameters, the luck of runs, and the ends of sizes and tokens."""

    theta: Array
    luck: Luck
    sizes: tuple[float, float]
    tokens: tuple[float, float]

    def move(self, name: str, value: float) -> Scene:
        """The same scene with an exponent at `value`, both terms as large as before at the centre of the runs.

        For a = β/(α+β) the sum of the exponents stays.
        """
        e, a, b, alpha, beta = self.theta
        total = alpha + beta
        moved = {
            "a": ((1 - value) * total, value * total),
            "alpha": (value, beta),
            "beta": (alpha, value),
        }[name]
        size, tokens = (math.sqrt(low * high) for low, high in (self.sizes, self.tokens))
        a *= size ** (moved[0] - alpha)
        b *= tokens ** (moved[1] - beta)
        return replace(self, theta=np.array([e, a, b, *moved]))


@dataclass(frozen=True)
class Power:
    """A simulated design: `power` and, where asked, `false_support`, each with its Monte Carlo error; `outcomes`
    counts the judgements, `flops` is the cost of the design, `reason` says why most of its fits had no interval, if so.
    """

    plan: Plan
    flops: float
    power: Estimate
    outcomes: dict[str, int]
    false_support: Estimate | None = None
    reason: str = ""


def set_scene(
    sizes: tuple[float, float] | None = None,
    tokens: tuple[float, float] | None = None,
    luck: Luck | None = None,
    named: NamedFit | None = None,
) -> Scene:
    """The scene of a study's own Chinchilla fit, or of the published law scaled to `sizes`.

    Scaled: exponents and E as published, both terms as large at the centre of the runs as the law has them at 10⁹
    parameters and 2·10¹⁰ tokens. Raises `InputError` where a study's fit has no answer, or a range is none.
    """
    if named is not None:
        if named.fit.theta is None:
            raise InputError(named.title, None, named.fit.reason, named.fit.next_step)
        rows, (size, token) = named.rows_used, named.columns
        sizes = sizes or (float(rows[size].min()), float(rows[size].max()))
        tokens = tokens or (float(rows[token].min()), float(rows[token].max()))
        return Scene(named.fit.theta, luck or measure_luck(named), _check("sizes", sizes), _check("tokens", tokens))
    sizes = _check("sizes", sizes or (1e5, 1e7))
    tokens = _check("tokens", tokens or (RATIO * sizes[0], RATIO * sizes[1]))
    constants = PUBLISHED[LAW].theta
    e, a, b, alpha, beta = (constants[name] for name in ("E", "A", "B", "alpha", "beta"))
    a *= (math.sqrt(sizes[0] * sizes[1]) / CENTER[0]) ** alpha
    b *= (math.sqrt(tokens[0] * tokens[1]) / CENTER[1]) ** beta
    return Scene(np.array([e, a, b, alpha, beta]), luck or USUAL_LUCK, sizes, tokens)


def judge_studies(scene: Scene, plan: Plan, effect: Effect, seed: int, name: str) -> Iterator[tuple[Outcome, str]]:
    """The judgements of simulated studies without end, with the reason where the fit has no interval.

    Each search starts at the truth, so that no grid is needed.
    """
    law = load_law(LAW)
    x, trunks = plan.lay(scene)
    truth = law.predict(scene.theta, **x)
    chance = open_stream(seed, "power", str(plan), name)
    while True:
        shared = scene.luck.trunk * chance.standard_normal(plan.trunks)[trunks]
        losses = truth * np.exp(shared + scene.luck.row * chance.standard_normal(len(truth)))
        fit = fit_law(law, Data(x, losses, trunks), starts=scene.theta)
        found = fit.find(effect.name)
        yield effect.judge(found), "" if found.has_interval else fit.reason


def simulate_power(
    scene: Scene,
    plan: Plan,
    effect: Effect,
    simulations: int,
    wanted: float = 0.8,
    seed: int = 0,
    advance: Callable[[], None] = lambda: None,
) -> Power:
    """The power of a design: fewer than `simulations` where it is sure that the power is above or below `wanted`."""
    outcomes, reasons = Counter[str](), Counter[str]()
    studies = judge_studies(scene.move(effect.name, effect.truth), plan, effect, seed, "effect")
    for done in range(1, simulations + 1):
        outcome, reason = next(studies)
        outcomes[outcome] += 1
        reasons[reason] += 1
        advance()
        if done % BATCH == 0 and _is_sure(outcomes[Outcome.SUPPORTED] / done, done, wanted):
            break
    power = share("power", outcomes[Outcome.SUPPORTED], outcomes.total())
    counted = {str(outcome): outcomes[outcome] for outcome in Outcome}
    return Power(plan, plan.cost(scene), power, counted, reason=reasons.most_common(1)[0][0])


def simulate_false_support(
    scene: Scene,
    power: Power,
    effect: Effect,
    simulations: int,
    seed: int = 0,
    advance: Callable[[], None] = lambda: None,
) -> Power:
    """`power` with the share of studies that support the effect where the exponent is the other value."""
    if effect.against == 0:
        return power  # an exponent of 0 is no law of this form: the data would not identify it
    supported = 0
    studies = judge_studies(scene.move(effect.name, effect.against), power.plan, effect, seed, "no effect")
    for _ in range(simulations):
        supported += next(studies)[0] is Outcome.SUPPORTED
        advance()
    return replace(power, false_support=share("false support", supported, simulations))


def find_smallest(powers: Sequence[Power], wanted: float = 0.8) -> Power | None:
    """The cheapest design that reaches the power wanted, or None."""
    enough = [power for power in powers if power.power.value >= wanted]
    return min(enough, key=lambda power: power.flops) if enough else None


def share(name: str, count: int, total: int) -> Estimate:
    """A share of simulations with Wilson's 95 % interval (Wilson 1927), the Monte Carlo error."""
    p, z = count / total, _NORMAL
    middle, half = p + z**2 / (2 * total), z * math.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    low, high = ((middle + side * half) / (1 + z**2 / total) for side in (-1, 1))
    low, high = 0.0 if count == 0 else low, 1.0 if count == total else high  # not round-off
    return Estimate(name, p, low, high, method=f"Wilson's interval over {total} simulations", n=total)


def _is_sure(found: float, total: int, wanted: float) -> bool:
    return abs(found - wanted) > _SURE * math.sqrt(wanted * (1 - wanted) / total)


def _check(name: str, ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    if not (math.isfinite(high) and 0 < low < high):
        raise InputError(f"range of {name}", f"{low:g}..{high:g}", "is low..high, both positive")
    return low, high
