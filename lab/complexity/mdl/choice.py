"""Why a panel's codes choose the order they choose, and from what length another would pay."""

from __future__ import annotations

import math

from scipy.optimize import brentq

from lab.complexity.mdl.panel import Panel

LONGEST = 1e15  # examples: beyond it an order is said not to pay
UNIFORM_SHARE = 0.999  # of the uniform code's length: no shorter is no description


def explain_choices(panel: Panel) -> list[str]:
    """Sentences for a reader who expected another order than most codes chose: those that a code chose below it, and
    the orders above it.
    """
    shortest = min(panel.count_total_bits(code) for code in panel.lengths if panel.choose_order(code) is not None)
    if shortest >= UNIFORM_SHARE * panel.uniform_bits:
        return [
            f"No code is shorter than the uniform one, {panel.uniform_bits:,.0f} bits: chains find nothing here, and "
            "the order named says nothing; a high order whose contexts never recur is the uniform code."
        ]
    usual = panel.usual_order
    chosen = {order for code in panel.free_codes if (order := panel.choose_order(code)) is not None}
    lower = [_compare(panel, order, usual) for order in sorted(chosen) if order < usual]
    return lower + [_compare(panel, usual, order) for order in sorted(panel.orders) if order > usual]


def find_break_even(panel: Panel, low: int, high: int) -> float | None:
    """From how many examples the order `high` is described in fewer bits than `low`, by regret's first order.

    Solves n·g = (Δk/2) log2 n, Δk the parameters more and g the bits an example fits better, what as many idle
    parameters would fit by chance, Δk/(2 ln 2) bits (Wilks 1938), taken off. None where g is not above 0.
    """
    more = panel.parameters[high] - panel.parameters[low]
    gain = (panel.hindsight[low] - panel.hindsight[high] - more / (2 * math.log(2))) / panel.n
    if gain <= 0:
        return None

    def exceed(logarithm: float) -> float:
        return math.exp(logarithm) * gain - more / 2 * logarithm / math.log(2)

    start, end = math.log(max(math.e, more / (2 * math.log(2) * gain))), math.log(LONGEST)  # from the least of the two
    if exceed(start) >= 0:
        return math.exp(start)
    return math.exp(float(brentq(exceed, start, end))) if exceed(end) > 0 else None


def _compare(panel: Panel, low: int, high: int) -> str:
    found = find_break_even(panel, low, high)
    more = panel.parameters[high] - panel.parameters[low]
    if found is None:
        gained, chance = panel.hindsight[low] - panel.hindsight[high], more / (2 * math.log(2))
        return (
            f"Order {high} fits {gained:,.1f} bits better than order {low} in all, and its {more:,} more "
            f"{'parameter' if more == 1 else 'parameters'} would fit {chance:,.1f} bits of pure chance: nothing says "
            "that it ever pays."
        )
    gain = (panel.hindsight[low] - panel.hindsight[high]) / panel.n
    return (
        f"Order {high} fits {gain:.4f} bits an example better than order {low} for {more:,} parameters more: "
        f"it pays from about {found:,.0f} examples; here are {panel.n:,}."
    )
