"""`lab power`: how many sizes, horizons and seeds an effect needs, before anything runs."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.console.arguments import AsJson, ColumnMap, Convention, split_list
from lab.cli.console.counting import open_count
from lab.cli.console.output import format_interval, print_json, print_table, print_text
from lab.core.errors import InputError
from lab.core.units import format_count

if TYPE_CHECKING:
    from lab.analysis.plans.power import Effect, Plan, Power, Scene


def command(
    effect: Annotated[
        str, typer.Option("--effect", help="a=.50,.73: the true exponent and the one to tell it from; beta=.1: from 0.")
    ],
    study: Annotated[str, typer.Option("--study", "-s", help="Take law, luck and ranges from a study's runs.")] = "",
    sizes: Annotated[str, typer.Option("--sizes", metavar="LOW..HIGH", help="Parameters; default 1e5..1e7.")] = "",
    tokens: Annotated[
        str, typer.Option("--tokens", metavar="LOW..HIGH", help="Horizons; default 20 tokens per parameter.")
    ] = "",
    noise: Annotated[float | None, typer.Option("--noise", help="Luck of a run, of the log loss (0.004).")] = None,
    trunk_noise: Annotated[float | None, typer.Option("--trunk-noise", help="Luck of a trunk (0.003).")] = None,
    designs: Annotated[
        str,
        typer.Option("--designs", metavar="5x4x3,…", help="Sizes x horizons x seeds; default: from small to large."),
    ] = "",
    wanted: Annotated[float, typer.Option("--power", help="Power wanted.")] = 0.8,
    simulations: Annotated[int, typer.Option("--simulations", min=20, max=10_000, help="Of a design, at most.")] = 100,
    seed: Annotated[int, typer.Option("--seed", help="Of the simulations.")] = 0,
    convention: Convention = "params_total",
    column_map: ColumnMap = "",
    as_json: AsJson = False,
) -> None:
    """How many sizes, horizons and seeds a stated effect needs, by simulation with the lab's own fit and interval.

    Exponents: a (of the best size), alpha, beta. Designs are tried from the cheapest until one has the power wanted.
    """
    from lab.analysis.plans.power import PLANS, find_smallest

    if not 0 < wanted < 1:
        raise InputError("--power", wanted, "is a share between 0 and 1", "0.8 is usual")
    asked, plans = _read_effect(effect), _read_plans(designs) or PLANS
    scene = _open_scene(study, sizes, tokens, noise, trunk_noise, convention, column_map)
    plans = sorted(plans, key=lambda plan: plan.cost(scene))
    powers = _simulate(scene, plans, asked, simulations, wanted, seed, stop=not designs)
    smallest = find_smallest(powers, wanted)
    if as_json:
        print_json({"effect": {**vars(asked), "margin": asked.margin}, "wanted": wanted, "seed": seed,
                    "scene": {**vars(scene), "luck": scene.luck._asdict()}, "designs": [_describe(p) for p in powers],
                    "smallest": str(smallest.plan) if smallest else None})  # fmt: skip
        return
    _print(asked, scene, powers, smallest, wanted)


def _simulate(
    scene: "Scene", plans: "list[Plan]", effect: "Effect", simulations: int, wanted: float, seed: int, stop: bool
) -> "list[Power]":
    """Every plan, or (`stop`) those up to the first that has the power wanted; false support of the one chosen."""
    from lab.analysis.plans.power import find_smallest, simulate_false_support, simulate_power

    powers: list[Power] = []
    with open_count("power", "studies", simulations * (len(plans) + 1)) as advance:
        for plan in plans:
            powers.append(simulate_power(scene, plan, effect, simulations, wanted, seed, advance))
            for _ in range(simulations - powers[-1].power.n):  # what was sure early
                advance()
            if stop and find_smallest(powers, wanted):
                break
        if smallest := find_smallest(powers, wanted):
            powers[powers.index(smallest)] = simulate_false_support(scene, smallest, effect, simulations, seed, advance)
    return powers


def _open_scene(
    study: str,
    sizes: str,
    tokens: str,
    noise: float | None,
    trunk_noise: float | None,
    convention: str,
    column_map: str,
) -> "Scene":
    from lab.analysis.laws.fits import check_convention, fit_joint
    from lab.analysis.laws.luck import Luck, measure_luck
    from lab.analysis.plans.power import USUAL_LUCK, set_scene
    from lab.cli.console.studies import open_study

    check_convention(convention)
    for name, value in (("--noise", noise), ("--trunk-noise", trunk_noise)):
        if value is not None and not 0 <= value < 1:
            raise InputError(name, value, "is a standard deviation of the log loss, 0.004 say")
    ends = _read_range("--sizes", sizes), _read_range("--tokens", tokens)
    named = fit_joint(open_study(study, column_map, convention), convention=convention) if study else None
    base = measure_luck(named) if named is not None and named.fit.theta is not None else USUAL_LUCK
    luck = Luck(base.row if noise is None else noise, base.trunk if trunk_noise is None else trunk_noise)
    return set_scene(*ends, luck, named)


def _read_effect(text: str) -> "Effect":
    from lab.analysis.plans.power import Effect

    name, equals, values = text.partition("=")
    numbers = [_read_number("--effect", value) for value in split_list(values)]
    if not equals or len(numbers) not in (1, 2):
        raise InputError("--effect", text, "is name=truth,other or name=truth", "a=.50,.73 or beta=.1")
    return Effect(name.strip(), numbers[0], numbers[1] if len(numbers) == 2 else 0.0)


def _read_range(option: str, text: str) -> tuple[float, float] | None:
    if not text:
        return None
    low, dots, high = text.partition("..")
    if not dots:
        raise InputError(option, text, "is low..high", "1e5..1e7, say")
    return _read_number(option, low), _read_number(option, high)


def _read_plans(text: str) -> "list[Plan]":
    from lab.analysis.plans.power import Plan

    plans = []
    for part in split_list(text):
        match = re.fullmatch(r"(\d+)x(\d+)x(\d+)", part)
        if not match:
            raise InputError("--designs", part, "is sizes x horizons x seeds", "5x4x3, say")
        plan = Plan(*map(int, match.groups()))
        if min(plan.sizes, plan.horizons) < 2 or not 1 <= plan.trunks * plan.horizons <= 5000:
            raise InputError("--designs", part, "has two sizes and horizons, one seed, at most 5000 runs")
        plans.append(plan)
    return plans


def _read_number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(option, text, "is not a number") from None


def _describe(power: "Power") -> dict[str, object]:
    plan = power.plan
    return {
        "design": str(plan),
        "sizes": plan.sizes,
        "horizons": plan.horizons,
        "seeds": plan.seeds,
        "trunks": plan.trunks,
        "flops": power.flops,
        "power": power.power,
        "false_support": power.false_support,
        "outcomes": power.outcomes,
        "reason": power.reason,
    }


def _print(effect: "Effect", scene: "Scene", powers: "list[Power]", smallest: "Power | None", wanted: float) -> None:
    print_text(f"{effect.name} = {effect.truth:g} told from {effect.against:g}: the 95% interval must stay "
               f"{effect.margin:.3g} away from the latter")  # fmt: skip
    ends = [" to ".join(format_count(end) for end in span) for span in (scene.sizes, scene.tokens)]
    print_text(f"N {ends[0]}, D {ends[1]}; luck of a run {scene.luck.row:.2%}, of a trunk {scene.luck.trunk:.2%}")
    heads = ("sizes", "horizons", "seeds", "trunks", "FLOP", "power", "Monte Carlo 95%", "wrong", "simulations")
    rows: list[tuple[object, ...]] = []
    for power in powers:
        plan, outcomes = power.plan, power.outcomes
        wrong = (outcomes["not supported"] + outcomes["reversed"]) / power.power.n
        head = (plan.sizes, plan.horizons, plan.seeds, plan.trunks, f"{power.flops:.3g}")
        rows.append((*head, f"{power.power.value:.0%}", format_interval(power.power), f"{wrong:.0%}", power.power.n))
    print_table("", heads, rows, right=heads)
    for power in powers:
        if power.reason:
            print_text(f"{power.plan}: most fits have no interval: {power.reason}.")
    if smallest is None:
        print_text(f"No design here has {wanted:.0%} power: widen --sizes or --tokens, or ask for --designs with more.")
        return
    told = (
        f"Smallest with {wanted:.0%} power: {smallest.plan}, {smallest.plan.trunks} trunks, {smallest.flops:.3g} FLOP"
    )
    false = smallest.false_support
    print_text(told + (f"; supported in {false.value:.0%} {format_interval(false)} of studies without the effect."
                       if false else "."))  # fmt: skip
