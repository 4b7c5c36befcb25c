"""Transformers and multi-head attention: masks, hints and what they come to in evaluation."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

from tests.parity import assert_raises_alike, assert_same

pytestmark = pytest.mark.filterwarnings("ignore")

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 5, 8)).astype("float32")  # (N, S, E)
MEMORY = RNG.standard_normal((3, 4, 8)).astype("float32")
PADDING = np.array([[0, 0, 0, 0, 1], [0, 0, 1, 1, 1], [0] * 5], bool)
SCATTERED = np.array([[1, 0, 0, 0, 1], [0, 0, 1, 1, 1], [0] * 5], bool)
CAUSAL = np.triu(np.ones((5, 5), bool), 1)
BIAS = RNG.standard_normal((5, 5)).astype("float32")


def as_mask(t: Any, mask: Any, kind: str) -> Any:
    if mask is None:
        return None
    if kind == "bool":
        return t.from_numpy(mask.copy())
    return t.from_numpy(np.where(mask, -np.inf, 0).astype("float32"))


ENCODER_MASKS = {
    "none": {},
    "padding": {"src_key_padding_mask": PADDING},
    "scattered padding": {"src_key_padding_mask": SCATTERED},
    "causal": {"mask": CAUSAL},
    "both": {"mask": CAUSAL, "src_key_padding_mask": PADDING},
}


@pytest.mark.parametrize("kind", ["bool", "float"])
@pytest.mark.parametrize("masks", ENCODER_MASKS.values(), ids=list(ENCODER_MASKS))
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_encoder_masks(masks: dict[str, Any], kind: str, training: bool) -> None:
    def call(t: Any) -> Any:
        t.manual_seed(0)
        layer = t.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        model = t.nn.TransformerEncoder(layer, 2, t.nn.LayerNorm(8)).train(training)
        given = {name: as_mask(t, mask, kind) for name, mask in masks.items()}
        x = t.from_numpy(X.copy()).requires_grad_()
        out = model(x, **given)
        out.square().sum().backward()
        with t.no_grad():  # in evaluation, torch computes this without the padding
            again = model(x, **given)
        return out, x.grad, [p.grad for p in model.parameters()], again

    assert_same(call, exact=False)


@pytest.mark.parametrize("hint", [None, True, False])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_decoder_masks(hint: bool | None, norm_first: bool, batch_first: bool) -> None:
    def call(t: Any) -> Any:
        t.manual_seed(0)
        layer = t.nn.TransformerDecoderLayer(
            8, 2, 16, 0.0, "gelu", batch_first=batch_first, norm_first=norm_first
        )
        model = t.nn.TransformerDecoder(layer, 2)
        x, memory = t.from_numpy(X.copy()), t.from_numpy(MEMORY.copy())
        if not batch_first:
            x, memory = x.transpose(0, 1), memory.transpose(0, 1)
        out = model(
            x,
            memory,
            tgt_mask=t.nn.Transformer.generate_square_subsequent_mask(5),
            tgt_key_padding_mask=None if hint else as_mask(t, PADDING, "float"),
            memory_mask=as_mask(t, CAUSAL[:, 1:], "bool"),
            memory_key_padding_mask=as_mask(t, PADDING[:, 1:], "bool"),
            tgt_is_causal=hint,
        )
        out.square().sum().backward()
        return out.contiguous(), [p.grad for p in model.parameters()]

    assert_same(call, exact=False)


def test_transformer_with_all_masks() -> None:
    def call(t: Any) -> Any:
        t.manual_seed(0)
        model = t.nn.Transformer(8, 2, 1, 2, 16, activation=t.tanh, batch_first=True)
        x, y = t.from_numpy(X.copy()), t.from_numpy(MEMORY.copy())
        mask = t.nn.Transformer.generate_square_subsequent_mask
        return model(
            x,
            y,
            src_mask=mask(5),
            tgt_mask=mask(4),
            src_key_padding_mask=as_mask(t, PADDING, "float"),
            tgt_key_padding_mask=as_mask(t, PADDING[:, 1:], "float"),
            memory_key_padding_mask=as_mask(t, PADDING, "bool"),
        )

    assert_same(call, exact=False)


def test_custom_parts() -> None:
    def call(t: Any) -> Any:
        class Sum(t.nn.Module):  # type: ignore[misc, name-defined]
            def forward(self, tgt: Any, memory: Any, **masks: Any) -> Any:
                return tgt.sum() + memory.sum(), sorted(masks)

        encoder = t.nn.TransformerEncoder(t.nn.TransformerEncoderLayer(8, 2, 4), 1)
        t.manual_seed(0)
        model = t.nn.Transformer(8, custom_encoder=encoder.eval(), custom_decoder=Sum())
        x = t.ones(5, 3, 8)
        return model(x, x), repr(model)

    assert_same(call, exact=False)


ATTENTION = [
    {"bias": bias, "add_bias_kv": extra, "add_zero_attn": zero, "kdim": kdim}
    for bias, extra, zero, kdim in itertools.product(
        [True, False], [False, True], [False, True], [None, 6]
    )
]


@pytest.mark.parametrize("options", ATTENTION, ids=str)
def test_multihead_attention(options: dict[str, Any]) -> None:
    keys = RNG.standard_normal((3, 4, options["kdim"] or 8)).astype("float32")
    values = RNG.standard_normal((3, 4, 8)).astype("float32")
    padding = PADDING[:, 1:]

    def call(t: Any) -> Any:
        t.manual_seed(0)
        layer = t.nn.MultiheadAttention(8, 2, batch_first=True, **options)
        q, k, v = (t.from_numpy(x.copy()).requires_grad_() for x in (X, keys, values))
        results = []
        for average, mask, kind in (
            (True, None, "bool"),
            (False, CAUSAL[:, :4], "bool"),
            (True, np.repeat(CAUSAL[None, :, :4], 6, 0), "float"),
        ):
            given = {
                "key_padding_mask": as_mask(t, padding, kind),
                "attn_mask": as_mask(t, mask, kind),
                "average_attn_weights": average,
            }
            out, weights = layer(q, k, v, **given)
            alone, none = layer(q, k, v, need_weights=False, **given)
            grads = t.autograd.grad(
                (out.square().sum(), alone.sum()), [q, k, v, *layer.parameters()]
            )
            # Strides of gradients follow the order of the products, which differs.
            results.append((out, weights, alone, none, [g.contiguous() for g in grads]))
        return results, repr(layer), list(layer.state_dict())

    assert_same(call, exact=False)


REFUSED = {
    "embed_dim": lambda t: t.nn.MultiheadAttention(0, 2),
    "heads": lambda t: t.nn.MultiheadAttention(7, 2),
    "causal without mask": lambda t: t.nn.MultiheadAttention(4, 2)(
        *[t.ones(2, 4)] * 3, is_causal=True
    ),
    "width": lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(2, 3, 5)] * 3),
    "mask shape": lambda t: t.nn.MultiheadAttention(4, 2)(
        *[t.ones(2, 3, 4)] * 3, attn_mask=t.zeros(3, 3)
    ),
    "mask dtype": lambda t: t.nn.MultiheadAttention(4, 2)(
        *[t.ones(2, 3, 4)] * 3, attn_mask=t.zeros(2, 2, dtype=t.int64)
    ),
    "padding shape": lambda t: t.nn.MultiheadAttention(4, 2)(
        *[t.ones(2, 3, 4)] * 3, key_padding_mask=t.zeros(2, 3)
    ),
    "one dimension": lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(4)] * 3),
    "activation": lambda t: t.nn.TransformerEncoderLayer(4, 2, activation="tanh"),
    "batches": lambda t: t.nn.Transformer(4, 2, 1, 1, 4)(t.ones(3, 2, 4), t.ones(3, 1, 4)),
    "features": lambda t: t.nn.Transformer(4, 2, 1, 1, 4)(t.ones(3, 2, 4), t.ones(3, 2, 5)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    assert_raises_alike(REFUSED[name])


LAYERS = {
    "ordinary": {},
    "batch first": {"batch_first": True},
    "norm first": {"batch_first": True, "norm_first": True},
    "no bias": {"batch_first": True, "bias": False},
    "activation": {"batch_first": True, "activation": abs},
    "odd heads": {"batch_first": True, "nhead": 1},
}


@pytest.mark.parametrize("options", LAYERS.values(), ids=list(LAYERS))
def test_who_may_use_nested_tensors(options: dict[str, Any]) -> None:
    def call(t: Any) -> Any:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            layer = t.nn.TransformerEncoderLayer(4, **{"nhead": 2, **options})
            model = t.nn.TransformerEncoder(layer, 1)
        return model.use_nested_tensor, [str(w.message) for w in caught]

    assert_same(call)
