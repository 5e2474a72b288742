"""Arrays of files that nobody vouches for."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pytest

from lab.core.arrays import read_npy, refuse_damage
from lab.core.errors import InputError


def save(array: np.ndarray, **options: bool) -> io.BytesIO:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    stream.seek(0)
    return stream


@pytest.mark.parametrize("array", [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.eye(3)), np.zeros((0, 4))])
def test_what_was_saved_is_read(array: np.ndarray) -> None:
    assert np.array_equal(read_npy(save(array), "it", 1000), array)


def test_nothing_is_unpickled_and_nothing_is_allocated_on_a_promise() -> None:
    with pytest.raises(InputError, match="booleans, integers or real numbers"):
        read_npy(save(np.array([{}, None]), allow_pickle=True), "it", 1000)
    with pytest.raises(InputError, match="is larger than 100 bytes"):
        read_npy(save(np.zeros(13)), "it", 100)
    promised = io.BytesIO()
    np.lib.format.write_array_header_1_0(promised, {"descr": "<f8", "fortran_order": False, "shape": (10, 10)})
    promised.seek(0)
    with pytest.raises(ValueError, match="ends after 0 bytes"):
        read_npy(promised, "it", 1000)


def test_damage_is_refused_in_words(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04", pickle.dumps([1]), b"\x93NUMPY\x09\x00aaaa"):
        with pytest.raises(InputError, match="is not an array that NumPy wrote"), refuse_damage("it", tmp_path):
            read_npy(io.BytesIO(content), "it", 1000)
