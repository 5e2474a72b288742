"""Generated worlds: powers in closed form, walks, what is recalled and copied, and grammars against brute force."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from lab.core.errors import InputError
from lab.core.seeds import open_stream
from lab.data import Source
from lab.data.chains.phrases import CUT, START, PhraseGrammar, Rule
from lab.data.delayed_recall import DelayedRecall
from lab.data.grammar import Grammar, Language
from lab.data.graph_walk import GraphWalk
from lab.data.induction import Induction
from lab.data.zipf_contexts import ZipfContexts


def make_table_loss(source: ZipfContexts, contexts: int) -> float:
    """The loss of a table of the likeliest contexts, summed over every triple the source can say."""
    size = source.symbols
    triples = np.stack(np.meshgrid(*[np.arange(size)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    windows = np.hstack([np.full((len(triples), 1), 2 * size), triples + size * np.arange(3)])  # a value goes before
    losses = source.true_loss(windows)
    chance = np.exp(-losses.sum(axis=1))
    assert chance.sum() == pytest.approx(1.0)
    pairs = chance.reshape(size**2, size).sum(axis=1)
    unknown = np.repeat(np.argsort(np.argsort(-pairs)) >= contexts, size)
    return float(chance @ (losses[:, :2].sum(axis=1) + np.where(unknown, math.log(size), losses[:, 2]))) / 3


@pytest.mark.parametrize("alpha", [0.3, 1.0])
def test_the_loss_of_a_table_is_the_power_that_is_promised(alpha: float) -> None:
    source = ZipfContexts(symbols=8, alpha=alpha)
    for contexts in (0, 1, 5, 40, 64):
        assert float(source.measure_size_loss(np.array(contexts))) == pytest.approx(make_table_loss(source, contexts))
    assert float(source.measure_size_loss(np.array(64))) == pytest.approx(source.entropy_rate)
    large = ZipfContexts(alpha=alpha)
    sizes = 2 ** np.arange(12)
    falls = -np.diff(large.measure_size_loss(np.append(sizes - 1, 2**12 - 1)))
    np.testing.assert_allclose(falls[:-1] / falls[1:], 2**alpha, rtol=1e-9, err_msg="between doublings, free of E")


def test_the_loss_in_data_falls_with_hutters_exponent() -> None:
    source = ZipfContexts(symbols=128, alpha=1.0, certainty=1.0)
    triples = 2.0 ** np.arange(4, 10)
    excess = source.measure_data_loss(triples) - source.entropy_rate
    np.testing.assert_allclose(-np.diff(np.log2(excess)), 0.5, atol=0.02)
    counted = ZipfContexts(symbols=8, alpha=0.5, certainty=1.0)
    drawn = np.stack([counted.draw(3 * 22, seed) for seed in range(2000)])
    begins = (-(drawn[:, :1] // 8)) % 3 + 3 * np.arange(21)
    contexts = np.take_along_axis(drawn, begins, 1) % 8 * 8 + np.take_along_axis(drawn, begins + 1, 1) % 8
    unseen = (contexts[:, :-1] != contexts[:, -1:]).all(axis=1)
    price = (math.log(8) - counted.value_entropy) / 3
    predicted = (float(counted.measure_data_loss(np.array(20))) - counted.entropy_rate) / price
    assert unseen.mean() == pytest.approx(predicted, abs=5 * unseen.std() / math.sqrt(len(unseen)))
    with pytest.raises(InputError, match="one sight"):
        ZipfContexts(certainty=0.9).measure_data_loss(triples)


def test_a_walk_keeps_to_its_edges_and_its_rate_is_that_of_its_degrees() -> None:
    walk = GraphWalk(nodes=40, degree=5.0, graph=3)
    edges, degrees = walk.build_edges(), walk.build_edges().sum(axis=1)
    path = walk.draw(20_000, 0)
    assert (edges[path[:-1], path[1:]] == 1).all()
    assert degrees.mean() == pytest.approx(5.0)
    assert walk.entropy_rate == pytest.approx(float(degrees @ np.log(degrees)) / degrees.sum())
    assert walk.excess_entropy == pytest.approx(walk.machine.excess_entropy, abs=1e-9)
    assert not np.array_equal(edges, GraphWalk(nodes=40, degree=5.0, graph=4).build_edges())


@pytest.mark.parametrize("source", [DelayedRecall(), DelayedRecall(lag=2, distractors=1), Induction(segment=4)])
def test_what_weighs_is_certain_to_the_true_model_and_new_to_any_other(source: DelayedRecall | Induction) -> None:
    windows = source.heldout_windows(300, 96)
    weights, losses = source.target_weights(windows), source.true_loss(windows)
    assert weights.shape == losses.shape and weights.dtype == np.float32
    assert 0.02 < weights.mean() < 0.6
    np.testing.assert_allclose(losses[weights > 0], 0.0, atol=1e-12)
    targets = windows[:, 1:][weights > 0]
    names = source.values if isinstance(source, DelayedRecall) else source.symbols
    shares = np.bincount(targets, minlength=names) / len(targets)
    assert len(shares) == names
    assert abs(shares - 1 / names).max() < 6 * math.sqrt(1 / names / len(targets)) + 0.02, "no value is likelier"


def test_a_recall_whose_value_is_out_of_sight_does_not_weigh() -> None:
    source = DelayedRecall(lag=3, values=2, distractors=1)
    window = np.array([[2, 3, 1, 0, 2, 3, 0]])
    assert source.target_weights(window).tolist() == [[0, 0, 0, 0, 0, 1]]
    losses = source.true_loss(window)[0]
    np.testing.assert_allclose(losses, [0, math.log(2), math.log(2), 0, 0, 0], atol=1e-12)


def test_a_copy_weighs_from_its_second_symbol_on_where_its_original_is_seen() -> None:
    source = Induction(symbols=4, segment=3, pause=2)
    colon, stop = 4, 5
    window = np.array([[1, 2, colon, 3, 1, 2, stop, stop, 0, 1, 3, colon, 0, 1, 3]])
    assert source.target_weights(window).tolist() == [[0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]]
    expected = [2 / 3 / 4, 1 / 2 / 2, 1 / 2 / 4, 1, 1, 1, 1 / 2, 1 / 4, 1 / 4, 1 / 4, 1, 1 / 2, 1, 1]
    np.testing.assert_allclose(np.exp(-source.true_loss(window)[0]), expected)


@pytest.mark.parametrize(
    ("source", "window"),
    [(DelayedRecall(lag=7), 14), (Induction(segment=3, pause=2, symbols=2), 13), (Induction(), 26)],
)
def test_every_window_holds_what_weighs_or_is_refused(source: DelayedRecall | Induction, window: int) -> None:
    weights = source.target_weights(source.heldout_windows(3000, window))
    assert weights.sum(axis=1).min() == 1
    with pytest.raises(InputError, match=f"at least {window} tokens"):
        source.target_weights(source.heldout_windows(3000, window - 1))


LANGUAGES: tuple[Language, ...] = ("palindromes", "brackets", "expressions")


def list_strings(rules: list[Rule], tokens: int, longest: int) -> dict[tuple[int, ...], float]:
    """Every string of a phrase up to a length with its probability, by leftmost derivation."""
    found: Counter[tuple[int, ...]] = Counter()
    waiting: list[tuple[tuple[int, ...], tuple[str, ...], float]] = [((), ("phrase",), 1.0)]
    while waiting:
        said, left, chance = waiting.pop()
        if not left:
            found[said] += chance
            continue
        for parent, made, odds in rules:
            if parent == left[0]:
                then = (said, made + left[1:]) if isinstance(made, tuple) else ((*said, made), left[1:])
                if len(then[0]) + len(then[1]) <= longest:
                    waiting.append((*then, chance * odds))
    return dict(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_prefixes_weigh_what_all_sentences_that_begin_so_weigh_together(language: Language) -> None:
    source = Grammar(language, symbols=2, recursion=0.05)
    rules, stop = source.list_rules(), source.vocabulary - 1
    strings = {(*said, stop): chance for said, chance in list_strings(rules, stop, 9).items()}
    unsaid = 1 - sum(strings.values())
    assert unsaid < 0.03
    grammar = PhraseGrammar(rules, source.vocabulary)
    probes = [said for said in strings if len(said) <= 7]
    logs = grammar.weigh_prefixes(START, [np.array(said) for said in probes])
    for said, log in zip(probes, logs, strict=True):
        for length in range(1, len(said) + 1):
            together = sum(chance for other, chance in strings.items() if other[:length] == said[:length])
            assert together - 1e-12 <= math.exp(log[length - 1]) <= together + unsaid + 1e-12
        assert math.exp(log[-1]) == pytest.approx(strings[said], rel=1e-9), "a stopped sentence is itself"
    mean = sum(len(said) * chance for said, chance in strings.items())
    surprise = -sum(chance * math.log(chance) for chance in strings.values())
    assert grammar.totals.tokens == pytest.approx(mean, abs=0.5)
    assert grammar.totals.entropy == pytest.approx(surprise, abs=0.5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stream_seen_from_anywhere_has_the_law_of_a_cut_sentence(language: Language) -> None:
    source = Grammar(language, symbols=2)
    drawn = source.draw(40_000, 1)
    grammar = PhraseGrammar(source.list_rules(), source.vocabulary)
    triples = Counter(zip(*(drawn[i : i - 2 or None].tolist() for i in range(3)), strict=False))
    inside = [said for said in triples if source.vocabulary - 1 not in said[:-1]]
    for said, log in zip(inside, grammar.weigh_prefixes(CUT, [np.array(s) for s in inside]), strict=True):
        chance = math.exp(log[-1])
        assert triples[said] / 39_998 == pytest.approx(chance, abs=0.003 + 0.05 * chance)
    surprise = source.true_loss(source.heldout_windows(200, 48))[:, 24:]
    error = surprise.mean(axis=1).std() / math.sqrt(len(surprise))
    assert abs(surprise.mean() - source.entropy_rate) < 5 * error


def test_what_no_grammar_says_is_impossible() -> None:
    source = Grammar("expressions", symbols=2)
    opening, closing, plus, stop = 2, 3, 4, source.vocabulary - 1
    said = [[stop, opening, 0, plus, 1, closing, stop], [stop, opening, 0, closing, plus, 1, stop]]
    losses = source.true_loss(np.array(said))
    assert np.isfinite(losses[0]).all()
    assert np.isfinite(losses[1, :2]).all() and np.isinf(losses[1, 2:]).all()


@pytest.mark.parametrize(
    "build",
    [
        lambda: ZipfContexts(symbols=1), lambda: ZipfContexts(alpha=0.0), lambda: ZipfContexts(certainty=1.1),
        lambda: GraphWalk(nodes=4), lambda: GraphWalk(degree=1.0), lambda: DelayedRecall(lag=1),
        lambda: DelayedRecall(values=1), lambda: Induction(segment=1), lambda: Induction(pause=0),
        lambda: Grammar("english"), lambda: Grammar(recursion=0.5), lambda: Grammar(symbols=1),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_dial_out_of_its_range_is_refused(build: type[Source]) -> None:
    with pytest.raises(InputError, match="got"):
        build()


def test_random_strings_of_a_symbol_are_what_its_rules_make() -> None:
    source = Grammar(symbols=2, recursion=0.2)
    grammar = PhraseGrammar(source.list_rules(), source.vocabulary)
    drawn = grammar.derive(open_stream(0, "test"), START, 4000)
    assert all((said[:-1] == said[:-1][::-1]).all() and said[-1] == 2 for said in drawn)
    lengths = np.array([len(said) for said in drawn])
    assert abs(lengths.mean() - grammar.totals.tokens) < 5 * lengths.std() / math.sqrt(len(lengths))
