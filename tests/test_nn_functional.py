"""What rows of test_ops.py cannot say of activations, normalisation, attention, embedding bags and
losses: the words of errors, the edges, half precision, what changes in place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same

Call = Callable[[Any], Any]


def t(lib: Any, *shape: int, dtype: str = "float32", seed: int = 0) -> Any:
    return lib.from_numpy(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def F(lib: Any) -> Any:
    return lib.nn.functional


def attention(
    q: Any = (2, 3, 4, 5), k: Any = (2, 3, 4, 5), v: Any = (2, 3, 4, 5), **options: Any
) -> Call:
    def call(lib: Any) -> Any:
        mask = options.get("attn_mask")
        made = {**options, "attn_mask": mask(lib) if mask else None}
        return F(lib).scaled_dot_product_attention(t(lib, *q), t(lib, *k), t(lib, *v), **made)

    return call


def ctc(
    targets: Any = ((1, 2, 2), (3, 1, 0)), inputs: Any = (6, 5), sizes: Any = (3, 2), **options: Any
) -> Call:
    def call(lib: Any) -> Any:
        log_probs = F(lib).log_softmax(t(lib, 6, 2, 4), -1)
        return F(lib).ctc_loss(log_probs, lib.tensor(targets), inputs, sizes, **options)

    return call


def bag(input: Any, offsets: Any = None, **options: Any) -> Call:
    def call(lib: Any) -> Any:
        made = None if offsets is None else lib.tensor(offsets, dtype=lib.int64)
        return F(lib).embedding_bag(lib.tensor(input), t(lib, 5, 3), made, **options)

    return call


MISTAKES: list[Call] = [
    lambda lib: F(lib).rrelu(t(lib, 3), 0.3, 0.1),
    lambda lib: F(lib).rrelu(t(lib, 3), float("nan"), 0.1),
    lambda lib: F(lib).pdist(t(lib, 3)),
    lambda lib: F(lib).pdist(t(lib, 3, 2), -1.0),
    lambda lib: F(lib).pdist(lib.ones(3, 2, dtype=lib.int64)),
    lambda lib: F(lib).pdist(t(lib, 3, 2).half()),
    lambda lib: F(lib).cosine_similarity(*[lib.ones(2, 3, dtype=lib.int64)] * 2),
    lambda lib: F(lib).local_response_norm(t(lib, 3, 4), 2),
    lambda lib: F(lib).normalize(lib.ones(2, 3, dtype=lib.int64)),
    lambda lib: lib.native_layer_norm(t(lib, 2, 3), (4,), None, None, 1e-5),
    lambda lib: lib.native_group_norm(t(lib, 2, 4), None, None, 2, 4, 1, 3, 1e-5),
    lambda lib: F(lib).multi_margin_loss(t(lib, 3, 4), lib.tensor([1, 2, 4])),
    lambda lib: F(lib).multi_margin_loss(t(lib, 3, 4), lib.tensor([1, 2])),
    lambda lib: F(lib).multi_margin_loss(t(lib, 3, 4), lib.tensor([1, 2, 0]), p=3),
    lambda lib: F(lib).multi_margin_loss(t(lib, 3, 4), lib.tensor([1, 2, 0]), weight=t(lib, 3)),
    lambda lib: F(lib).multi_margin_loss(t(lib, 3, 4), lib.tensor([1, 2, 0]), weight=t(lib, 4, 1)),
    lambda lib: F(lib).multi_margin_loss(t(lib, 3, 0), lib.tensor([1, 2, 0])),
    lambda lib: F(lib).multi_margin_loss(t(lib, 3, 4).half(), lib.tensor([1, 2, 0])),
    lambda lib: F(lib).multilabel_margin_loss(t(lib, 4), lib.tensor([1, 2, 4, 3])),
    lambda lib: F(lib).multilabel_margin_loss(t(lib, 4), lib.tensor([1, 2, -2, 3])),
    lambda lib: F(lib).multilabel_margin_loss(t(lib, 2, 4), lib.tensor([[1, 2, 0, 3]])),
    lambda lib: F(lib).multilabel_margin_loss(t(lib, 2, 3, 4), lib.ones(2, 3, 4).long()),
    lambda lib: F(lib).linear_cross_entropy(t(lib, 2, 3, 4), t(lib, 5, 4), lib.tensor([1, 2])),
    lambda lib: F(lib).linear_cross_entropy(t(lib, 2, 3), t(lib, 5, 4), lib.tensor([1, 2])),
    lambda lib: F(lib).linear_cross_entropy(t(lib, 3), t(lib, 5, 2, 3), lib.tensor(1)),
    lambda lib: F(lib).linear_cross_entropy(
        t(lib, 2, 3), t(lib, 5, 3), t(lib, 2, 5), ignore_index=1
    ),
    ctc(inputs=(7, 5)),
    ctc(inputs=(-1, 5)),
    ctc(inputs=(6,)),
    ctc(sizes=(4, 2)),
    ctc(sizes=(3,)),
    ctc(sizes=(-1, 2)),
    ctc(blank=4),
    ctc(blank=-1),
    ctc(reduction="foo"),
    ctc(targets=(1, 2, 2, 3)),
    attention(k=(2, 3, 4, 6)),
    attention(q=(5,)),
    attention(q=(4, 5), k=(4, 5), v=(4, 5), is_causal=True, attn_mask=lambda lib: t(lib, 4, 4)),
    attention(attn_mask=lambda lib: lib.ones(4, 4, dtype=lib.int64)),
    attention(attn_mask=lambda lib: t(lib, 4, 4, dtype="float64")),
    attention(dropout_p=1.5),
    attention(k=(2, 2, 4, 5), v=(2, 2, 4, 5), enable_gqa=True),
    lambda lib: F(lib).scaled_dot_product_attention(
        t(lib, 2, 3), t(lib, 2, 3, dtype="float64"), t(lib, 2, 3)
    ),
    bag([0, 1]),
    bag([[0, 1]], [0]),
    bag([[[0, 1]]]),
    bag([0, 1], [1]),
    bag([0, 1], [0, 3]),
    bag([0, 5], [0]),
    bag([0, -1], [0]),
    bag([0, 1], [0], mode="prod"),
    bag([0, 1], [0], mode="max", scale_grad_by_freq=True),
    bag([0, 1], [0], padding_idx=5),
    lambda lib: F(lib).embedding_bag(
        lib.tensor([0, 1]), t(lib, 5, 3), lib.tensor([0]), per_sample_weights=t(lib, 2)
    ),
]


@pytest.mark.parametrize("call", MISTAKES)
def test_mistakes_raise_as_in_torch(call: Call) -> None:
    assert_raises_alike(call, words=False)


EDGES: list[Call] = [
    ctc(sizes=(0, 2), reduction="none"),
    ctc(inputs=(0, 5), sizes=(3, 2), reduction="none"),
    ctc(inputs=(0, 5), sizes=(0, 0), reduction="none"),
    ctc(inputs=(2, 2), sizes=(3, 3), reduction="sum", zero_infinity=True),
    ctc(targets=(1, 2, 2, 3, 1), reduction="none"),
    lambda lib: F(lib).batch_norm(lib.zeros(0, 3, 2), lib.zeros(3), lib.ones(3), training=True),
    lambda lib: F(lib).batch_norm(lib.zeros(0, 3, 2), lib.zeros(3), lib.ones(3), lib.ones(3)),
    lambda lib: F(lib).pdist(lib.zeros(0, 3)),
    lambda lib: F(lib).local_response_norm(lib.zeros(0, 3, 2), 2),
    bag([0, 1, 2], [0, 0, 3]),
    bag([0, 1, 2], [0, 2, 2], mode="max"),
    bag([2, 2, 2], [0, 1], padding_idx=2),
    lambda lib: lib._safe_softmax(lib.tensor([[-float("inf")] * 2, [0.0, 1.0]]), 1),
    lambda lib: lib._safe_softmax(lib.tensor([[float("nan"), -float("inf")]]), 1),
    lambda lib: lib.native_dropout(lib.ones(3), 0.5, False),
    attention(q=(2, 3, 0, 5)),
    attention(k=(2, 3, 0, 5), v=(2, 3, 0, 5)),
    attention(attn_mask=lambda lib: lib.zeros(4, 4).bool()),
    attention(attn_mask=lambda lib: t(lib, 1, 1, 4, 4), is_causal=True),
    lambda lib: F(lib).silu(lib.tensor([1 + 2j, -3j])),
]


@pytest.mark.parametrize("call", EDGES)
def test_edges_are_torchs(call: Call) -> None:
    assert_same(call, exact=False)


@pytest.mark.parametrize("hidden", [True, False])
def test_a_query_that_sees_nothing_has_no_gradient(hidden: bool) -> None:
    grads = []
    for lib in (minitorch, torch):
        tensors = [t(lib, 1, 2, 3, 4, seed=s).requires_grad_() for s in range(3)]
        mask = lib.ones(3, 3).bool()
        mask[1] = not hidden
        out = F(lib).scaled_dot_product_attention(*tensors, mask)
        out.backward(t(lib, *out.shape, seed=5))
        grads.append([np.array(x.grad.numpy()) for x in tensors])
    for ours, theirs in zip(*grads, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1.3e-6, atol=1e-5)


def test_attention_has_a_second_derivative_where_torchs_kernel_has_none() -> None:
    def second(lib: Any, dropout_p: float) -> Any:
        lib.manual_seed(0)
        x = t(lib, 2, 3, 4, 5, dtype="float64").requires_grad_()
        out = F(lib).scaled_dot_product_attention(x, x, x, dropout_p=dropout_p)
        (first,) = lib.autograd.grad((out * out).sum(), x, create_graph=True)
        return lib.autograd.grad((first * first).sum(), x)[0]

    fused = second(minitorch, 0.0)
    # A tiny dropout probability sends torch to its composed form.
    expected = second(torch, 1e-300)
    torch.testing.assert_close(torch.from_numpy(np.array(fused.numpy())), expected)


def test_ctc_loss_says_that_it_has_no_second_derivative() -> None:
    def call(lib: Any) -> Any:
        x = t(lib, 6, 2, 4).requires_grad_()
        loss = F(lib).ctc_loss(x, lib.tensor([[1, 2], [3, 1]]), (6, 5), (2, 2))
        (first,) = lib.autograd.grad(loss, x, create_graph=True)
        return lib.autograd.grad((first * first).sum(), x)

    assert_raises_alike(call)


def test_sparse_gradients_are_refused() -> None:
    table = minitorch.zeros(5, 3, requires_grad=True)
    index = minitorch.tensor([0, 1])
    for call in (
        lambda: F(minitorch).embedding(index, table, sparse=True),
        lambda: F(minitorch).embedding_bag(index, table, minitorch.tensor([0]), sparse=True),
    ):
        with pytest.raises(NotImplementedError, match="sparse"):
            call()


def test_max_norm_of_a_bag_changes_the_table() -> None:
    def call(lib: Any) -> Any:
        table = t(lib, 5, 3) * 10
        out = F(lib).embedding_bag(lib.tensor([[0, 2]]), table, max_norm=1.0)
        return out, table

    assert_same(call, exact=False)


HALVES: list[Call] = [
    lambda lib: F(lib).batch_norm(t(lib, 4, 5, 6).half() * 5, None, None, training=True),
    lambda lib: F(lib).log_softmax(t(lib, 4, 5, 6).half() * 5, -1),
    lambda lib: F(lib).huber_loss(t(lib, 20).half() * 9, t(lib, 20, seed=1).half(), "none"),
    lambda lib: F(lib).soft_margin_loss(t(lib, 20).half() * 99, lib.ones(20).half()),
    lambda lib: F(lib).layer_norm(t(lib, 4, 6).half(), (6,)),
    lambda lib: F(lib).group_norm(t(lib, 4, 6, 3).half(), 2),
    lambda lib: F(lib).embedding_bag(lib.tensor([[0, 1]]), t(lib, 5, 3).half(), mode="sum"),
    lambda lib: F(lib).scaled_dot_product_attention(*[t(lib, 1, 2, 3, 4).half()] * 3),
]


@pytest.mark.parametrize("call", HALVES)
def test_half_precision(call: Call) -> None:
    assert_same(call, exact=False)


def attend(**options: Any) -> Call:
    """A layer with random masks and settings, in training and in evaluation."""

    def call(lib: Any) -> Any:
        lib.manual_seed(1)
        layer = lib.nn.MultiheadAttention(6, 2, dropout=options.pop("dropout", 0.0))
        made = {k: v(lib) if callable(v) else v for k, v in options.items()}
        query, key = t(lib, 4, 3, 6), t(lib, 5, 3, 6, seed=1)
        return layer(query, key, key, **made)

    return call


HIDDEN = np.arange(15).reshape(3, 5) % 4 == 1


@pytest.mark.parametrize(
    "call",
    [
        attend(need_weights=False),
        attend(average_attn_weights=False),
        attend(key_padding_mask=lambda lib: lib.from_numpy(HIDDEN)),
        attend(key_padding_mask=lambda lib: lib.from_numpy(HIDDEN), need_weights=False),
        attend(attn_mask=lambda lib: lib.ones(4, 5).tril(1) == 0),
        attend(attn_mask=lambda lib: t(lib, 6, 4, 5), need_weights=False),
        attend(attn_mask=lambda lib: lib.ones(4, 5).tril() == 0, is_causal=True),
        attend(
            attn_mask=lambda lib: lib.ones(4, 5).tril() == 0, is_causal=True, need_weights=False
        ),
        attend(is_causal=True),
        attend(attn_mask=lambda lib: t(lib, 4, 4)),
        attend(attn_mask=lambda lib: lib.ones(4, 5).long()),
        attend(key_padding_mask=lambda lib: lib.zeros(2, 5).bool()),
    ],
)
def test_multi_head_attention(call: Call) -> None:
    assert_same(call, exact=False)


@pytest.mark.parametrize(
    "build",
    [
        lambda nn: nn.MultiheadAttention(6, 3),
        lambda nn: nn.EmbeddingBag(5, 3, max_norm=1.0, mode="max", padding_idx=-1),
        lambda nn: nn.LocalResponseNorm(2),
        lambda nn: nn.CTCLoss(1),
        lambda nn: nn.MultiLabelMarginLoss(reduction="sum"),
    ],
)
def test_layers_print_as_in_torch(build: Callable[[Any], Any]) -> None:
    assert repr(build(minitorch.nn)) == repr(build(torch.nn))
