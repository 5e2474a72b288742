"""Predictions read from files, well-meant and hostile."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lab.analysis.calibration.reading import read_predictions
from lab.core.errors import InputError

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
LABELS = np.array([0, 2, 2])


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_classes_by_number_and_by_name(tmp_path: Path) -> None:
    numbered = pd.DataFrame(PROBABILITIES, columns=["p0", "p1", "p2"]).assign(label=LABELS, group=["a", "b", "a"])
    named = pd.DataFrame(PROBABILITIES, columns=["p_cat", "p_dog", "p_eel"]).assign(y=["cat", "eel", "eel"])
    listed = named.rename(columns=lambda name: name.removeprefix("p_"))
    numbered.to_csv(tmp_path / "numbered.csv", index=False)
    named.to_parquet(tmp_path / "named.parquet")
    listed.to_csv(tmp_path / "listed.csv", index=False, sep=";")
    np.savez(tmp_path / "arrays.npz", probs=PROBABILITIES.astype(np.float32), labels=LABELS.astype(np.uint8))
    found = [
        read_predictions(tmp_path / "numbered.csv"),
        read_predictions(tmp_path / "named.parquet"),
        read_predictions(tmp_path / "listed.csv", {"probabilities": "cat,dog,eel"}),
        read_predictions(tmp_path / "arrays.npz"),
    ]
    for one in found:
        assert one.predictions.probabilities_NK == pytest.approx(PROBABILITIES, abs=1e-7)
        assert one.predictions.outcome_N.tolist() == [1, 0, 1]
    assert found[0].predictions.group_N.tolist() == [0, 1, 0]
    assert found[0].columns == {"probabilities": "p0, p1, p2", "label": "label", "group": "group"}
    assert found[1].classes == ("cat", "dog", "eel") and found[3].classes == ("0", "1", "2")


def test_ten_classes_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = [f"p{k}" for k in range(12)]
    frame = pd.DataFrame(np.eye(12), columns=names)[sorted(names)].assign(label=range(12))
    frame.to_csv(tmp_path / "twelve.csv", index=False)
    assert read_predictions(tmp_path / "twelve.csv").predictions.outcome_N.all()


def test_confidences_of_one_event(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Confidence": [0.0, 1.0, 0.6], "correct": ["True", "no", "1"], "weight": [1, 2, 1], "id": 7})
    frame.to_csv(tmp_path / "it.csv", index=False)
    found = read_predictions(tmp_path / "it.csv")
    assert found.predictions.outcome_N.tolist() == [1, 0, 1]
    assert found.predictions.weight_N.tolist() == [1, 2, 1]
    assert found.classes == () and found.notes == ("not read: id",)
    np.savez(tmp_path / "it.npz", said=[0.2, 0.9], happened=[False, True])
    named = read_predictions(tmp_path / "it.npz", {"confidence": "said", "outcome": "happened"})
    assert named.predictions.outcome_N.tolist() == [0, 1]


HOSTILE = {
    "empty.csv": ("", "cannot be read|no rows"),
    "head.csv": ("confidence,correct\n", "no rows"),
    "twice.csv": ("confidence,confidence,correct\n0.5,0.5,1\n", "a name of its own"),
    "text.csv": ("confidence,correct\n0.5,1\nhigh,0\n", "row 2: 'high'"),
    "hole.csv": ("confidence,correct\n0.5,1\n,0\n", "must be a number in every row"),
    "infinite.csv": ("confidence,correct\ninf,1\n0.1,0\n", "must be a number in every row"),
    "percent.csv": ("confidence,correct\n50,1\n70,0\n", r"every value lies in \[0, 1\]"),
    "outcome.csv": ("confidence,correct\n0.5,2\n0.7,0\n", "every outcome is 0 or 1"),
    "maybe.csv": ("confidence,correct\n0.5,maybe\n0.7,0\n", "must be a number in every row"),
    "weight.csv": ("confidence,correct,weight\n0.5,1,0\n0.7,0,1\n", "positive and finite"),
    "group.csv": ("confidence,correct,group\n0.5,1,\n0.7,0,a\n", "every row has a group"),
    "sum.csv": ("p0,p1,label\n0.5,0.4,0\n", "sums to one"),
    "class.csv": ("p0,p1,label\n0.5,0.5,2\n", "every label is a class"),
    "name.csv": ("p_a,p_b,label\n0.5,0.5,c\n", "every label is one of a, b"),
    "unlabelled.csv": ("p0,p1\n0.5,0.5\n", "the label of every row is needed"),
    "nothing.csv": ("a,b\n1,2\n", "a confidence or probabilities are needed"),
    "silent.csv": ("confidence\n0.5\n", "whether each event happened"),
    "ragged.csv": ("confidence,correct\n0.5,1\n0.5,1,1,1\n", "cannot be read"),
    "quote.csv": ('confidence,correct\n"0.5,1\n', "cannot be read|must be a number"),
    "bytes.csv": ("\x00\x01\x02\n\x00", "cannot be read|needed|no rows"),
    "fake.parquet": ("PAR1 no", "cannot be read"),
    "fake.npz": ("PK no", "is not an array that NumPy wrote"),
    "table.xlsx": ("", "read are"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_prediction_is_refused_in_words(tmp_path: Path, name: str) -> None:
    text, message = HOSTILE[name]
    with pytest.raises(InputError, match=message):
        read_predictions(write(tmp_path / name, text))


def test_hostile_archives(tmp_path: Path) -> None:
    path = tmp_path / "it.npz"
    np.savez(path, confidence=np.array([{}, 1], dtype=object), correct=[0, 1], allow_pickle=True)
    with pytest.raises(InputError, match="booleans, integers or real numbers"):
        read_predictions(path)
    np.savez(path, confidence=[0.5 + 1j], correct=[1])
    with pytest.raises(InputError, match="real numbers or text"):
        read_predictions(path)
    np.savez(path, confidence=[[0.5, 0.5]], correct=[1])
    with pytest.raises(InputError, match="one number per row"):
        read_predictions(path)
    np.savez(path, confidence=[0.5, 0.5], correct=[1])
    with pytest.raises(InputError, match="one value for each of the 2"):
        read_predictions(path)
    np.savez(path, probabilities=[[0.5, np.nan]], label=[1])
    with pytest.raises(InputError, match="NaN in row 0"):
        read_predictions(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("confidence.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (2**40,)})
    with pytest.raises(InputError, match="is larger than"):
        read_predictions(path)


def test_names_that_are_not_there(tmp_path: Path) -> None:
    path = write(tmp_path / "it.csv", "said,happened\n0.5,1\n")
    with pytest.raises(InputError, match="did you mean 'said'"):
        read_predictions(path, {"confidence": "sayd"})
    with pytest.raises(InputError, match="two or more"):
        read_predictions(path, {"probabilities": "p"})
    with pytest.raises(InputError, match="known: "):
        read_predictions(path, {"colour": "said"})
    for missing in (tmp_path / "none.csv", tmp_path, Path("/dev/null"), tmp_path / "a\0b.csv"):
        with pytest.raises(InputError, match=r"cannot be read|no plain file"):
            read_predictions(missing)


def test_a_parquet_of_more_than_can_be_held_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pd.DataFrame({"confidence": np.full(1000, 0.5), "correct": 1}).to_parquet(tmp_path / "it.parquet")
    monkeypatch.setattr("lab.analysis.calibration.reading.LARGEST_FILE", 10_000)
    with pytest.raises(InputError, match="unpacks to more than 10,000 bytes"):
        read_predictions(tmp_path / "it.parquet")
