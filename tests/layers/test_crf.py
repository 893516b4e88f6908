"""The CRF against enumeration of all paths."""

import itertools
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.arrays import DTypeLike
from seqkit.layers.crf import CRF, TagConstraints
from seqkit.sequences import pack_flat
from seqkit.testing.gradients import check_gradients
from seqkit.text import SchemeName, TagScheme
from tests.strategies import lengths, random_batch, rngs

BIO = TagConstraints.where(["O", "B-X", "I-X"], TagScheme("iob2").allows)
SCHEMES = [TagScheme(name) for name in get_args(SchemeName)]


def random_crf(
    rng: np.random.Generator,
    classes: int,
    scale: float = 1.0,
    constraints: Any = None,
    dtype: DTypeLike = np.float64,
) -> Any:
    crf = CRF(classes, constraints=constraints, rng=rng, dtype=dtype)
    for _, parameter in crf.parameters():
        parameter.value[:] = rng.normal(size=parameter.value.shape) * scale
    return crf


def all_paths(crf: Any, emissions: Any) -> Any:
    """Every allowed path with its score, best first."""
    constraints = crf.constraints or TagConstraints(
        *(np.ones_like(p.value, bool) for _, p in crf.parameters())
    )
    paths = []
    for path in itertools.product(range(crf.classes), repeat=len(emissions)):
        steps = list(itertools.pairwise(path))
        allowed = not path or (
            constraints.start[path[0]]
            and constraints.end[path[-1]]
            and all(constraints.transitions[step] for step in steps)
        )
        score = sum(row[tag] for row, tag in zip(emissions, path, strict=True))
        score += sum(crf.transitions.value[step] for step in steps)
        if path:
            score += crf.start.value[path[0]] + crf.end.value[path[-1]]
        if allowed:
            paths.append((float(score), path))
    return sorted(paths, key=lambda pair: -pair[0])


CASES = (
    rngs(),
    lengths(max_batch=4, max_length=4),
    st.sampled_from([1.0, 30.0, 300.0]),
    st.sampled_from([None, BIO]),
)


@given(*CASES)
def test_against_all_paths(
    rng: np.random.Generator, sizes: Any, scale: float, constraints: Any
) -> None:
    crf = random_crf(rng, 3, scale, constraints)
    batch = random_batch(rng, sizes, 3)
    batch = batch.with_data(batch.data * scale)
    tags, log_p = crf.decode(batch)
    best = crf.n_best(batch, 5)
    marginals = crf.marginals(batch).unpack()
    for n, emissions in enumerate(batch.unpack()):
        paths = all_paths(crf, emissions)
        log_z = np.logaddexp.reduce([score for score, _ in paths])
        assert tuple(tags.unpack()[n]) == paths[0][1]
        np.testing.assert_allclose(log_p[n], paths[0][0] - log_z, atol=1e-10)
        assert [tuple(path) for path, _ in best[n]] == [path for _, path in paths[:5]]
        expected = [score - log_z for score, _ in paths[:5]]
        np.testing.assert_allclose([p for _, p in best[n]], expected, atol=1e-9)
        shares = np.zeros_like(emissions)
        for score, path in paths:
            shares[np.arange(len(path)), list(path)] += np.exp(score - log_z)
        np.testing.assert_allclose(marginals[n], shares, atol=1e-9)


@given(*CASES)
def test_loss_and_gradients(
    rng: np.random.Generator, sizes: Any, scale: float, constraints: Any
) -> None:
    crf = random_crf(rng, 3, scale, constraints)
    batch = random_batch(rng, sizes, 3)
    drawn = [path[rng.integers(len(path))] for path in (all_paths(crf, e) for e in batch.unpack())]
    flat = np.array([tag for _, path in drawn for tag in path], int)
    tags = pack_flat(flat, sizes).data
    loss = crf.loss(batch, tags)
    for n, emissions in enumerate(batch.unpack()):
        log_z = np.logaddexp.reduce([score for score, _ in all_paths(crf, emissions)])
        np.testing.assert_allclose(loss.log_probabilities[n], drawn[n][0] - log_z, atol=1e-9)
    np.testing.assert_allclose(loss.total, -loss.log_probabilities.sum(), atol=1e-9)

    def function(x: Any) -> Any:
        loss = crf.loss(batch.with_data(x), tags)
        return loss.total, lambda d_total: loss.backward(d_total).data

    check_gradients(function, [batch.data], crf.parameters())


@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_single_precision_is_kept_and_close(scale: float) -> None:
    rng = np.random.default_rng(0)
    double = random_crf(rng, 4, scale)
    single = CRF(4, rng=rng)
    for (_, a), (_, b) in zip(single.parameters(), double.parameters(), strict=True):
        a.value[:] = b.value
    batch = random_batch(rng, [7, 0, 3], 4)
    tags = rng.integers(0, 4, 10)
    losses = [single.loss(batch.with_data(batch.data.astype(np.float32)), tags)]
    losses.append(double.loss(batch, tags))
    gradients = [loss.backward() for loss in losses]
    assert gradients[0].data.dtype == losses[0].log_probabilities.dtype == np.float32
    assert single.transitions.grad.dtype == np.float32
    np.testing.assert_allclose(losses[0].total, losses[1].total, rtol=1e-5)
    np.testing.assert_allclose(gradients[0].data, gradients[1].data, atol=1e-3)
    np.testing.assert_allclose(single.transitions.grad, double.transitions.grad, atol=1e-3)


def test_a_sequence_alone_is_as_in_a_batch() -> None:
    rng = np.random.default_rng(0)
    crf = random_crf(rng, 3)
    batch = random_batch(rng, [4, 1, 0, 6], 3)
    tags, log_p = crf.decode(batch)
    for n, emissions in enumerate(batch.unpack()):
        alone, alone_p = crf.decode(pack_flat(emissions, [len(emissions)]))
        assert alone.data.tolist() == tags.unpack()[n].tolist()
        np.testing.assert_allclose(alone_p[0], log_p[n], atol=1e-12)


def test_the_best_tags_come_with_how_sure_they_are() -> None:
    rng = np.random.default_rng(0)
    crf = random_crf(rng, 3)
    batch = random_batch(rng, [4, 1, 0, 6], 3)
    tags, probabilities = crf.decode_with_marginals(batch)
    np.testing.assert_array_equal(tags, crf.decode(batch)[0].data)
    marginals = crf.marginals(batch).data
    np.testing.assert_array_equal(probabilities, marginals[np.arange(11), tags])


def test_forbidden_transitions_have_no_share_and_no_gradient() -> None:
    rng = np.random.default_rng(0)
    crf = random_crf(rng, 3, constraints=BIO)
    batch = random_batch(rng, [5, 3], 3)
    crf.loss(batch, np.zeros(8, int)).backward()
    assert crf.start.grad[2] == 0
    assert crf.transitions.grad[0, 2] == 0
    assert not crf.marginals(batch).data[:2, 2].any()


def test_a_rule_is_asked_for_each_pair_of_tags_and_at_both_ends() -> None:
    constraints = TagConstraints.where(["O", "B-A", "I-A", "B-B", "I-B"], TagScheme("iob2").allows)
    assert constraints.start.tolist() == [True, True, False, True, False]
    assert constraints.transitions[:, 2].tolist() == [False, True, True, False, False]
    assert constraints.transitions[:, [0, 1, 3]].all()
    assert constraints.end.all()


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.name)
def test_the_paths_with_a_share_are_the_legal_ones(scheme: TagScheme) -> None:
    rng = np.random.default_rng(1)
    tags = scheme.inventory(["X", "Y"])
    crf = random_crf(rng, len(tags), constraints=TagConstraints.where(tags, scheme.allows))
    paths = list(itertools.product(tags, repeat=3))
    legal = {path for path in paths if scheme.is_legal(path)}
    (found,) = crf.n_best(random_batch(rng, [3], len(tags)), len(paths))
    assert {tuple(tags[i] for i in ids) for ids, _ in found} == legal
    assert sum(np.exp(log_p) for _, log_p in found) == pytest.approx(1.0)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.name)
def test_the_gradient_is_right_under_the_constraints_of_a_scheme(scheme: TagScheme) -> None:
    rng = np.random.default_rng(2)
    tags = scheme.inventory(["X", "Y"])
    crf = random_crf(rng, len(tags), constraints=TagConstraints.where(tags, scheme.allows))
    batch = random_batch(rng, [4, 0, 1, 3], len(tags))
    rows = [scheme.repaired([tags[i] for i in rng.integers(0, len(tags), n)]) for n in (4, 0, 1, 3)]
    ids = pack_flat(np.array([tags.index(tag) for row in rows for tag in row]), [4, 0, 1, 3]).data

    def function(x: Any) -> Any:
        loss = crf.loss(batch.with_data(x), ids)
        return loss.total, lambda d_total: loss.backward(d_total).data

    check_gradients(function, [batch.data], crf.parameters())


def test_mistakes_are_named() -> None:
    rng = np.random.default_rng(0)
    crf = CRF(3, constraints=BIO, rng=rng)
    batch = random_batch(rng, [2, 2], 3)
    with pytest.raises(ValueError, match=r"sequences \[1\] break the constraints"):
        crf.loss(batch, pack_flat(np.array([0, 0, 0, 2]), [2, 2]).data)
    with pytest.raises(IndexError, match=r"0 .. 2, found \[3\]"):
        crf.loss(batch, np.array([0, 0, 0, 3]))
    with pytest.raises(ValueError, match=r"tags must be \(4,\)"):
        crf.loss(batch, np.array([0]))
    with pytest.raises(ValueError, match=r"emissions must be \(M, 3\)"):
        crf.decode(batch.with_data(np.zeros((4, 2))))
    with pytest.raises(ValueError, match="at least 1"):
        crf.n_best(batch, 0)
    with pytest.raises(ValueError, match="for 3 classes, not 2"):
        CRF(2, constraints=BIO, rng=rng)
    with pytest.raises(ValueError, match=r"\(C, C\)"):
        TagConstraints(np.ones(2, bool), np.ones((2, 3), bool), np.ones(2, bool))
    dead = TagConstraints(np.ones(2, bool), np.zeros((2, 2), bool), np.ones(2, bool))
    with pytest.raises(ValueError, match=r"no path of tags is allowed for sequences \[1\]"):
        CRF(2, constraints=dead, rng=rng).decode(random_batch(rng, [1, 2], 2))
