"""Packed and padded sequences beside torch: values, gradients, errors, and recurrent layers on them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import minitorch
from tests.parity import assert_raises_alike, assert_same


def rnn(t: Any) -> Any:
    return t.nn.utils.rnn


def ramp(t: Any, *shape: int) -> Any:
    """1, 2, 3, ... in a shape."""
    count = 1
    for size in shape:
        count *= size
    return t.arange(1.0, count + 1).reshape(shape)


def several(t: Any, lengths: tuple[int, ...] = (2, 4, 1), *rest: int) -> list[Any]:
    return [ramp(t, length, *rest) + 100 * i for i, length in enumerate(lengths)]


def fields(packed: Any) -> list[Any]:
    return list(packed)


def packed_of(t: Any, lengths: tuple[int, ...] = (2, 4, 1), *rest: int) -> Any:
    return rnn(t).pack_sequence(several(t, lengths, *rest), enforce_sorted=False)


# ------------------------------------------------------------------ functions

VALUES: dict[str, Callable[[Any], Any]] = {
    "pack": lambda t: fields(rnn(t).pack_padded_sequence(ramp(t, 4, 3), [4, 2, 1])),
    "pack, lengths as a tensor": lambda t: fields(
        rnn(t).pack_padded_sequence(ramp(t, 4, 3, 2), t.tensor([4, 4, 1]))
    ),
    "pack, float lengths": lambda t: fields(
        rnn(t).pack_padded_sequence(ramp(t, 4, 3), t.tensor([3.5, 2.2, 1.0]))
    ),
    "pack, batch first": lambda t: fields(
        rnn(t).pack_padded_sequence(ramp(t, 3, 4, 2), [3, 3, 2], batch_first=True)
    ),
    "pack, unsorted": lambda t: fields(
        rnn(t).pack_padded_sequence(ramp(t, 4, 3), [1, 4, 2], enforce_sorted=False)
    ),
    "pack, unsorted, batch first, integers": lambda t: fields(
        rnn(t).pack_padded_sequence(ramp(t, 3, 4).long(), [1, 4, 2], True, enforce_sorted=False)
    ),
    "pack_sequence": lambda t: fields(rnn(t).pack_sequence(several(t, (4, 2, 2), 3))),
    "pack_sequence, unsorted": lambda t: fields(packed_of(t)),
    "pad": lambda t: list(rnn(t).pad_packed_sequence(packed_of(t))),
    "pad, batch first": lambda t: list(
        rnn(t).pad_packed_sequence(packed_of(t, (2, 4, 1), 3), batch_first=True)
    ),
    "pad, longer, with a value": lambda t: list(
        rnn(t).pad_packed_sequence(packed_of(t), padding_value=-1.5, total_length=6)
    ),
    "pad, integers truncate the value": lambda t: list(
        rnn(t).pad_packed_sequence(packed_of(t).long(), padding_value=1.5)
    ),
    "pad, sorted": lambda t: list(
        rnn(t).pad_packed_sequence(rnn(t).pack_sequence(several(t, (3, 3, 1))))
    ),
    "unpack_sequence": lambda t: rnn(t).unpack_sequence(packed_of(t, (2, 4, 1), 2)),
    "unpad_sequence": lambda t: rnn(t).unpad_sequence(ramp(t, 4, 3), t.tensor([1, 4, 2])),
    "unpad_sequence, batch first": lambda t: rnn(t).unpad_sequence(
        ramp(t, 3, 4, 2), t.tensor([1, 4, 2]), batch_first=True
    ),
    "pad_sequence": lambda t: rnn(t).pad_sequence(several(t, (2, 4, 1), 3)),
    "pad_sequence, left": lambda t: rnn(t).pad_sequence(
        several(t), batch_first=True, padding_value=-1, padding_side="left"
    ),
    "pad_sequence of a tensor": lambda t: rnn(t).pad_sequence(ramp(t, 3, 2)),
    "pad_sequence of a generator": lambda t: rnn(t).pad_sequence(x for x in several(t)),
    "pad_sequence takes the first dtype": lambda t: rnn(t).pad_sequence(
        [t.arange(3), ramp(t, 2) + 0.5], padding_value=1.7
    ),
    "pad_sequence with empty ones": lambda t: rnn(t).pad_sequence([ramp(t, 0), ramp(t, 2)]),
    "invert_permutation": lambda t: rnn(t).invert_permutation(t.tensor([2, 0, 1])),
    "invert_permutation of None": lambda t: rnn(t).invert_permutation(None),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    assert_same(VALUES[name])


ERRORS: dict[str, Callable[[Any], Any]] = {
    "increasing": lambda t: rnn(t).pack_padded_sequence(ramp(t, 3, 2), [1, 2]),
    "increasing, pack_sequence": lambda t: rnn(t).pack_sequence(several(t, (1, 2))),
    "length 0": lambda t: rnn(t).pack_padded_sequence(ramp(t, 3, 2), [2, 0]),
    "length 0, unsorted": lambda t: rnn(t).pack_padded_sequence(
        ramp(t, 3, 2), [0, 2], enforce_sorted=False
    ),
    "too few lengths": lambda t: rnn(t).pack_padded_sequence(ramp(t, 3, 2), [2]),
    "lengths in two dimensions": lambda t: rnn(t).pack_padded_sequence(ramp(t, 3, 2), t.ones(1, 2)),
    "nothing to pack": lambda t: rnn(t).pack_padded_sequence(ramp(t, 3, 0), []),
    "one dimension": lambda t: rnn(t).pack_padded_sequence(ramp(t, 3), [1]),
    "total_length": lambda t: rnn(t).pad_packed_sequence(packed_of(t), total_length=3),
    "batch sizes of floats": lambda t: rnn(t).pad_packed_sequence(
        rnn(t).PackedSequence(ramp(t, 4), t.tensor([2.0, 1.0, 1.0]))
    ),
    "padding side": lambda t: rnn(t).pad_sequence(several(t), padding_side="middle"),
    "no sequences": lambda t: rnn(t).pad_sequence([]),
    "not iterable": lambda t: rnn(t).pad_sequence(3),
    "other trailing shapes": lambda t: rnn(t).pad_sequence([ramp(t, 2, 3), ramp(t, 2, 4)]),
    "PackedSequence of one tensor": lambda t: rnn(t).PackedSequence(ramp(t, 3)),
    "unpad_sequence": lambda t: rnn(t).unpad_sequence(ramp(t, 3, 2), t.tensor([1])),
    "LSTM, hidden size": lambda t: t.nn.LSTM(1, 2)(packed_of(t, (2, 1), 1), (t.ones(1, 1, 2),) * 2),
    "GRU, hidden size": lambda t: t.nn.GRU(1, 2)(packed_of(t, (2, 1), 1), t.ones(1, 3, 3)),
    "GRU, hidden dimensions": lambda t: t.nn.GRU(1, 2)(packed_of(t, (2, 1), 1), t.ones(1, 2)),
    "GRU, input size": lambda t: t.nn.GRU(3, 2)(packed_of(t, (2, 1), 1)),
    "GRU, input dimensions": lambda t: t.nn.GRU(1, 2)(packed_of(t)),
    "GRU, dtype": lambda t: t.nn.GRU(1, 2)(packed_of(t, (2, 1), 1).double()),
}

# Where torch's own message comes from the library that computes, or names no argument.
OTHER_WORDS = {"LSTM, hidden size", "unpad_sequence"}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    assert_raises_alike(ERRORS[name], words=name not in OTHER_WORDS)


def test_a_length_beyond_the_padding() -> None:
    # torch returns a packed sequence whose batch sizes do not add up.
    with pytest.raises(RuntimeError, match="length 4 does not fit into 3 time steps"):
        rnn(minitorch).pack_padded_sequence(ramp(minitorch, 3, 2), [4, 1])


def test_rows_that_do_not_fit_the_batch_sizes() -> None:
    packed = rnn(minitorch).PackedSequence(ramp(minitorch, 5), minitorch.tensor([2, 1]))
    with pytest.raises(RuntimeError, match="5 rows do not fit batch sizes that sum to 3"):
        rnn(minitorch).pad_packed_sequence(packed)


GRADIENTS: dict[str, Callable[[Any], Any]] = {
    "pack": lambda t: rnn(t).pack_padded_sequence(leaf(t, 4, 3, 2), [4, 2, 1]).data,
    "pack, unsorted, batch first": lambda t: (
        rnn(t).pack_padded_sequence(leaf(t, 3, 4, 2), [1, 4, 2], True, enforce_sorted=False).data
    ),
    "there and back": lambda t: rnn(t).pad_packed_sequence(
        rnn(t).pack_padded_sequence(leaf(t, 4, 3, 2), [4, 2, 1]), batch_first=True
    )[0],
    "pad": lambda t: rnn(t).pad_packed_sequence(
        rnn(t).PackedSequence(leaf(t, 6, 2), t.tensor([3, 2, 1])), total_length=4
    )[0],
    "pad_sequence": lambda t: rnn(t).pad_sequence([leaf(t, 2, 2), ramp(t, 3, 2)]),
    "unpack": lambda t: rnn(t).unpack_sequence(
        rnn(t).PackedSequence(leaf(t, 6, 2), t.tensor([3, 2, 1]))
    )[1],
}


def leaf(t: Any, *shape: int) -> Any:
    """A parameter whose gradient ``gradient_of`` looks up."""
    t.leaf = ramp(t, *shape).double().requires_grad_()
    return t.leaf


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name: str) -> None:
    def both_derivatives(t: Any) -> list[Any]:
        out = GRADIENTS[name](t)
        weights = ramp(t, *out.shape).double()
        (first,) = t.autograd.grad((out**3 * weights).sum(), t.leaf, create_graph=True)
        return [
            out.detach(),
            first.detach().contiguous(),
            *t.autograd.grad((first**2).sum(), t.leaf),
        ]

    assert_same(both_derivatives)


# ------------------------------------------------------------------ the class

METHODS: dict[str, Callable[[Any], Any]] = {
    "to": lambda t: fields(packed_of(t).to(t.float64)),
    "to nothing new": lambda t: (lambda p: p.to("cpu") is p)(packed_of(t)),
    **{
        kind: lambda t, kind=kind: fields(getattr(packed_of(t), kind)())
        for kind in ("double", "float", "half", "long", "int", "short", "char", "byte", "cpu")
    },
    "is_cuda": lambda t: packed_of(t).is_cuda,
    "is_pinned": lambda t: packed_of(t).is_pinned(),
    "repr": lambda t: repr(packed_of(t)),
    "unsorted indices are computed": lambda t: fields(
        rnn(t).PackedSequence(ramp(t, 3), t.tensor([3]), t.tensor([2, 0, 1]))
    ),
    "the old form": lambda t: fields(rnn(t).PackedSequence((ramp(t, 3), t.tensor([2, 1])))),
    "names": lambda t: rnn(t).PackedSequence._fields,
    "deepcopy": lambda t: fields(copy.deepcopy(packed_of(t))),
}


@pytest.mark.parametrize("name", METHODS)
def test_methods(name: str) -> None:
    assert_same(METHODS[name])


def test_pickle() -> None:
    packed = packed_of(minitorch)
    again = pickle.loads(pickle.dumps(packed))
    assert type(again) is type(packed)
    assert all([minitorch.equal(a, b) for a, b in zip(again, packed, strict=True)])


# ------------------------------------------------------------------ recurrent layers

LENGTHS = [(4, 2, 1), (1, 3, 3, 2), (3, 3), (2,), (1, 1, 5)]
OPTIONS: list[dict[str, Any]] = [
    {},
    {"num_layers": 2, "bidirectional": True},
    {"bias": False, "bidirectional": True},
]
PROJECTED: list[dict[str, Any]] = [
    {"num_layers": 2, "bidirectional": True, "proj_size": 2},
    {"bias": False, "proj_size": 3},
]
LAYERS = [(kind, options) for kind in ("RNN", "LSTM", "GRU") for options in OPTIONS]
LAYERS += [("LSTM", options) for options in PROJECTED]


def run(
    t: Any,
    kind: str,
    lengths: tuple[int, ...],
    options: dict[str, Any],
    dtype: str,
    with_state: bool = True,
    second: bool = False,
) -> list[Any]:
    """The outputs of one layer on packed sequences, and all gradients."""
    t.manual_seed(3)
    layer = getattr(t.nn, kind)(3, 5, dtype=getattr(t, dtype), **options)
    real = {"dtype": getattr(t, dtype)}
    sequences = [t.randn(n, 3, **real).requires_grad_() for n in lengths]
    states = []
    if with_state:
        count = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
        sizes = [options.get("proj_size", 5), 5] if kind == "LSTM" else [5]
        states = [t.randn(count, len(lengths), n, **real).requires_grad_() for n in sizes]
    hx = None if not states else tuple(states) if kind == "LSTM" else states[0]
    packed, last = layer(rnn(t).pack_sequence(sequences, enforce_sorted=False), hx)
    outputs = [packed.data, *(last if kind == "LSTM" else [last])]
    leaves = [*sequences, *states, *layer.parameters()]
    loss = sum([(o * o * t.rand(o.shape, **real)).sum() for o in outputs])
    first = t.autograd.grad(loss, leaves, create_graph=second)
    results = [*outputs, *first]
    if second:
        total = sum([(g * t.rand(g.shape, **real)).sum() for g in first])
        results += t.autograd.grad(total, leaves)
    padded, sizes = rnn(t).pad_packed_sequence(packed)
    return [x.detach() for x in (*results, padded, sizes, t.rand(3))]


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("kind, options", LAYERS, ids=str)
def test_layers(kind: str, options: dict[str, Any], lengths: tuple[int, ...]) -> None:
    assert_same(lambda t: run(t, kind, lengths, options, "float32"), exact=False)
    assert_same(lambda t: run(t, kind, lengths, options, "float64", False), exact=False)


@pytest.mark.parametrize("kind, options", LAYERS, ids=str)
def test_second_derivatives(kind: str, options: dict[str, Any]) -> None:
    assert_same(lambda t: run(t, kind, (1, 3, 2), options, "float64", second=True), exact=False)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_dropout_draws_the_same(kind: str) -> None:
    options = {"num_layers": 3, "bidirectional": True, "dropout": 0.5}
    assert_same(lambda t: run(t, kind, (4, 1, 3), options, "float32"), exact=False)


@pytest.mark.parametrize("kind, options", LAYERS, ids=str)
def test_equal_lengths_are_a_full_batch(kind: str, options: dict[str, Any]) -> None:
    minitorch.manual_seed(0)
    layer = getattr(minitorch.nn, kind)(3, 5, **options)
    x = minitorch.randn(4, 2, 3)
    packed = rnn(minitorch).pack_padded_sequence(x, [4, 4])
    (full, last), (output, packed_last) = layer(x), layer(packed)
    pairs = [(full.flatten(0, 1), output.data)]
    pairs += zip(last, packed_last, strict=True) if kind == "LSTM" else [(last, packed_last)]
    for a, b in pairs:
        assert minitorch.equal(a, b)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_half_precision(kind: str) -> None:
    def outputs(t: Any) -> list[Any]:
        t.manual_seed(1)
        layer = getattr(t.nn, kind)(3, 4, bidirectional=True).bfloat16()
        packed = packed_of(t, (2, 4, 1), 3).to(t.bfloat16)
        return [layer(packed._replace(data=packed.data / 100))[0].data.float().detach()]

    assert_same(outputs, exact=False)


def test_training_on_packed_sequences() -> None:
    """Ten steps of a tagger: embedding, LSTM in both directions, linear."""

    def losses(t: Any) -> list[float]:
        t.manual_seed(0)
        embed, lstm = t.nn.Embedding(20, 6), t.nn.LSTM(6, 8, bidirectional=True)
        head = t.nn.Linear(16, 5)
        parameters = [*embed.parameters(), *lstm.parameters(), *head.parameters()]
        optimizer = t.optim.Adam(parameters, lr=0.05)
        words = [t.randint(0, 20, (n,)) for n in (3, 7, 5)]
        tags = [t.randint(0, 5, (n,)) for n in (3, 7, 5)]
        packed, wanted = [rnn(t).pack_sequence(x, enforce_sorted=False) for x in (words, tags)]
        trace = []
        for _ in range(10):
            optimizer.zero_grad()
            out, _ = lstm(packed._replace(data=embed(packed.data)))
            loss = t.nn.functional.cross_entropy(head(out.data), wanted.data)
            loss.backward()
            t.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            trace.append(loss.detach())
        return trace

    assert_same(losses, exact=False)
