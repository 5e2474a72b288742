"""Where a search begins: the linear parameters solved at every node of the others."""

from __future__ import annotations

import numpy as np

from lab.scaling.starts import project


def test_terms_that_are_alike_at_a_node_do_not_end_the_fit() -> None:
    """A steep sigmoid is constant over data on one side of it, and so like the constant beside it."""
    alike, apart = np.ones((72, 2)), np.column_stack([np.ones(72), np.linspace(0, 1, 72)])
    target = np.broadcast_to(apart @ [2.0, 3.0], (2, 72))
    found, misfit = project(np.array([[-9.0, 9.0]] * 2), np.stack([alike, apart]), target, np.ones((1, 72)))
    np.testing.assert_allclose(found[0, 1], [2.0, 3.0], rtol=1e-9)
    assert np.isfinite(found[0, 0]).all() and misfit[0, 0] > misfit[0, 1]
