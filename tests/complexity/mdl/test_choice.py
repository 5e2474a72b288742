"""Why an order was chosen: where another would pay, where none is found, and what a precision costs."""

import math

import numpy as np
import pytest

from lab.complexity.mdl.choice import explain_choices, find_break_even
from lab.complexity.mdl.markov import describe_chain
from lab.complexity.mdl.panel import ALL_ORDERS
from lab.complexity.mdl.regression import describe_polynomial
from lab.core.seeds import open_stream
from lab.data.markov import Markov


def test_the_order_is_found_from_about_the_length_that_is_named() -> None:
    source = Markov(symbols=4, order=2)
    sequence = source.draw(8000, 0)
    early = describe_chain(sequence[:200], 4, range(3))
    found = find_break_even(describe_chain(sequence, 4, range(3)), 0, 2)
    assert found is not None and 200 < found < 2000
    assert describe_chain(sequence[: int(4 * found)], 4, range(3)).choose_order("two_part") == 2
    assert early.choose_order("two_part") == 0
    assert any("Order 2" in note and "here are 200" in note for note in explain_choices(early))


def test_an_order_that_is_chance_never_pays() -> None:
    panel = describe_chain(open_stream(0, "choice").integers(2, size=2000), 2, range(4))
    assert find_break_even(panel, 0, 2) is None or find_break_even(panel, 0, 2) > 2000  # type: ignore[operator]
    assert "uniform" in explain_choices(panel)[0]
    zeros = (open_stream(1, "choice").random(2000) < 0.1).astype(np.int64)
    note = next(note for note in explain_choices(describe_chain(zeros, 2, range(3))) if "Order 1" in note)
    assert "bits better than order 0 in all, and its 1 more parameter would fit 0.7 bits of pure chance" in note


def test_regret_is_of_one_scale_for_all_codes_of_a_table() -> None:
    panel = describe_chain(open_stream(2, "choice").integers(2, size=1000), 2, range(5))
    assert panel.usual_order == 0
    for code in panel.lengths:
        assert panel.count_regret_bits(code) == pytest.approx(panel.count_total_bits(code) - panel.hindsight[0])
    assert panel.find_regret("switch", ALL_ORDERS) == pytest.approx(panel.count_regret_bits("switch"))
    assert describe_chain(np.array([0, 1, 1, 0, 1] * 20), 2, (2,)).usual_order == 2


def test_a_finer_precision_adds_as_much_to_every_length() -> None:
    x = np.linspace(-1, 1, 60)
    y = 1 + x - x**2 + 0.05 * open_stream(1, "choice").normal(size=60)
    plain = describe_polynomial(x, y, range(4))
    fine = plain.refine(2.0, 0.25)
    for code, lengths in plain.lengths.items():
        for order, bits in lengths.items():
            assert fine.lengths[code][order] == pytest.approx(bits + 60 * 3)
    assert math.isnan(plain.precision) and fine.precision == 0.25
    assert fine.choose_order("nml") == plain.choose_order("nml") == 2
