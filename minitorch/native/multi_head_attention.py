"""Multi-head attention: several attentions side by side, between projections that are learned.

Mirrors multi_head_attention_forward of torch/nn/functional.py. Left out: nested tensors.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.variable import wrap
from minitorch.native.added_products import baddbmm
from minitorch.native.attention import scaled_dot_product_attention
from minitorch.native.dropout import dropout
from minitorch.native.joining import cat
from minitorch.native.linear_algebra import bmm, linear
from minitorch.native.padding import pad
from minitorch.native.reduce_ops import mean
from minitorch.native.softmax import softmax
from minitorch.native.splitting import chunk, split, unbind
from minitorch.native.views import expand, reshape, squeeze, transpose, unsqueeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Project query, key and value, attend with each head to its share of them, project the result.

    Args:
        in_proj_weight, in_proj_bias: the projections of all three, one after the other
            ``(3 E, E)``, ``(3 E,)``; or q_proj_weight, k_proj_weight and v_proj_weight, each alone,
            if ``use_separate_proj_weight``.
        bias_k, bias_v: one more key and value, learned ``(1, 1, E)``.
        add_zero_attn: one more key and value, of zeros.
        key_padding_mask: True where a key is padding ``(N, S)``; or floats, added to the products.
        attn_mask: True where a query must not see a key ``(L, S)``, ``(N num_heads, L, S)``; or
            floats.
        need_weights: return the weights too, averaged over the heads or not.
        static_k, static_v: take the place of the projected ones, by head ``(N num_heads, S, *)``.
        is_causal: a hint that the mask is the causal one.

    Shape:
        query ``(L, N, E)``, key and value ``(S, N, *)``, all without N for one sample; out like
        query; weights ``(N, L, S)`` or ``(N, num_heads, L, S)``.
    Raises:
        AssertionError, RuntimeError: something does not fit.
    """
    batched = _is_batched(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = unsqueeze(query, 1), unsqueeze(key, 1), unsqueeze(value, 1)
        if key_padding_mask is not None:
            key_padding_mask = unsqueeze(key_padding_mask, 0)
    length, batch, width = query.shape
    padding = canonical_mask(key_padding_mask, "key_padding_mask", query, attn_mask)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module "
            "method `generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and padding is None and not need_weights:
        attn_mask = None  # the hint is enough
    else:
        attn_mask = canonical_mask(attn_mask, "attn_mask", query)
        is_causal = is_causal and padding is None
    _require(
        width == embed_dim_to_check,
        f"was expecting embedding dimension of {embed_dim_to_check}, but got {width}",
    )
    head_width = width // num_heads
    _require(
        head_width * num_heads == width, f"embed_dim {width} not divisible by num_heads {num_heads}"
    )
    if use_separate_proj_weight:
        _require(
            key.shape[:2] == value.shape[:2],
            f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}",
        )
        weights = q_proj_weight, k_proj_weight, v_proj_weight
        q, k, v = _project_each(query, key, value, weights, in_proj_bias)
    else:
        _require(
            key.shape == value.shape,
            f"key shape {key.shape} does not match value shape {value.shape}",
        )
        _require(
            in_proj_weight is not None,
            "use_separate_proj_weight is False but in_proj_weight is None",
        )
        q, k, v = _project_packed(query, key, value, in_proj_weight, in_proj_bias)
    attn_mask = _mask_by_head(attn_mask, batch * num_heads, length, key.shape[0])

    def by_head(x: Tensor) -> Tensor:  # (length, N, E) -> (N, num_heads, length, head_width)
        return reshape(x, (x.shape[0], batch, num_heads, head_width)).permute(1, 2, 0, 3)

    def by_sample(x: Tensor) -> Tensor:  # from (N num_heads, length, head_width)
        return reshape(x, (batch, num_heads, x.shape[1], head_width))

    if bias_k is not None and bias_v is not None:
        _require(static_k is None, "bias cannot be added to static key.")
        _require(static_v is None, "bias cannot be added to static value.")
        k, v = cat([k, bias_k.repeat(1, batch, 1)]), cat([v, bias_v.repeat(1, batch, 1)])
        attn_mask, padding = _widen(attn_mask), _widen(padding)
    else:
        _require(bias_k is None, "bias_k is set but bias_v is None")
        _require(bias_v is None, "bias_v is set but bias_k is None")
    q = by_head(q)
    if static_k is None:
        k = by_head(k)
    else:
        k = by_sample(_static("static_k", static_k, batch * num_heads, head_width))
    if static_v is None:
        v = by_head(v)
    else:
        v = by_sample(_static("static_v", static_v, batch * num_heads, head_width))
    if add_zero_attn:
        zeros = wrap(np.zeros_like(k._array, shape=(batch, num_heads, 1, head_width)))
        k, v = cat([k, zeros], 2), cat([v, zeros], 2)
        attn_mask, padding = _widen(attn_mask), _widen(padding)
    seen = k.shape[2]
    mask = _merge(attn_mask, padding, batch, num_heads, seen)
    dropped = dropout_p if training else 0.0
    output_shape = length, batch, out_proj_weight.shape[0]

    if not need_weights:
        if mask is not None:
            whole = mask.shape[0] == 1
            mask = unsqueeze(mask, 0) if whole else reshape(mask, (batch, num_heads, -1, seen))
        out = scaled_dot_product_attention(q, k, v, mask, dropped, is_causal)
        out = reshape(out.permute(2, 0, 1, 3), (batch * length, width))
        out = reshape(linear(out, out_proj_weight, out_proj_bias), output_shape)
        return out if batched else squeeze(out, 1), None

    _require(not is_causal or mask is not None, "FIXME: is_causal not implemented for need_weights")
    q, k, v = (reshape(x, (batch * num_heads, x.shape[2], head_width)) for x in (q, k, v))
    q = q * math.sqrt(1 / head_width)
    keys = transpose(k, -2, -1)
    scores = bmm(q, keys) if mask is None else baddbmm(mask, q, keys)
    weights_by_head = dropout(softmax(scores, -1), dropped)
    out = reshape(transpose(bmm(weights_by_head, v), 0, 1), (length * batch, width))
    out = reshape(linear(out, out_proj_weight, out_proj_bias), output_shape)
    shown = reshape(weights_by_head, (batch, num_heads, length, seen))
    if average_attn_weights:
        shown = mean(shown, 1)
    return (out, shown) if batched else (squeeze(out, 1), squeeze(shown, 0))


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def _is_batched(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    num_heads: int,
) -> bool:
    """Whether the inputs are batches, as opposed to one sample."""
    ndim = query.ndim
    _require(
        ndim in (2, 3),
        f"query should be unbatched 2D or batched 3D tensor but received {ndim}-D query tensor",
    )
    kind = "For batched (3-D)" if ndim == 3 else "For unbatched (2-D)"
    _require(
        key.ndim == value.ndim == ndim,
        f"{kind} `query`, expected `key` and `value` to be {ndim}-D but found {key.ndim}-D and "
        f"{value.ndim}-D tensors respectively",
    )
    if key_padding_mask is not None:
        _require(
            key_padding_mask.ndim == ndim - 1,
            f"{kind} `query`, expected `key_padding_mask` to be `None` or {ndim - 1}-D but found "
            f"{key_padding_mask.ndim}-D tensor instead",
        )
    if attn_mask is not None:
        _require(
            attn_mask.ndim in (2, 3),
            f"{kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found "
            f"{attn_mask.ndim}-D tensor instead",
        )
        if ndim == 2 and attn_mask.ndim == 3:
            expected = (num_heads, query.shape[0], key.shape[0])
            _require(
                tuple(attn_mask.shape) == expected,
                f"Expected `attn_mask` shape to be {expected} but got {attn_mask.shape}",
            )
    return ndim == 3


def canonical_mask(
    mask: Tensor | None,
    name: str,
    like: Tensor,
    other: Tensor | None = None,
    other_name: str = "attn_mask",
) -> Tensor | None:
    """A mask as floats to be added: -inf where it was True."""
    if mask is None:
        return None
    is_bool = mask.dtype == dtypes.bool_
    _require(
        is_bool or mask.is_floating_point(), f"only bool and floating types of {name} are supported"
    )
    if other is not None and other.dtype != mask.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for "
            "both instead.",
            stacklevel=3,
        )
    if not is_bool:
        return mask
    added = np.zeros_like(mask._array, dtype=like._array.dtype)
    added[mask._array] = -np.inf
    return wrap(added)


def _project_packed(
    query: Tensor, key: Tensor, value: Tensor, weight: Any, bias: Tensor | None
) -> Any:
    """The three projections, of which those of one input are computed as one product."""
    width = query.shape[-1]
    if key is not value:
        biases = (None,) * 3 if bias is None else chunk(bias, 3)
        inputs = query, key, value
        return [_linear(x, w, b) for x, w, b in zip(inputs, chunk(weight, 3), biases, strict=True)]
    if query is key:
        return _split_projection(_linear(query, weight, bias), 3)
    of_query, of_both = split(weight, [width, 2 * width])
    bias_query, bias_both = (None, None) if bias is None else split(bias, [width, 2 * width])
    both = _split_projection(_linear(key, of_both, bias_both), 2)
    return _linear(query, of_query, bias_query), *both


def _linear(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """``linear`` without a copy of a batch that comes first and was moved to the second place."""
    if not input._array.flags.c_contiguous:
        return transpose(linear(transpose(input, 0, 1), weight, bias), 0, 1)
    return linear(input, weight, bias)


def _split_projection(product: Tensor, count: int) -> Any:
    """The parts of the last dimension."""
    shape = product.shape
    return unbind(reshape(product, (*shape[:-1], count, shape[-1] // count)), -2)


def _project_each(
    query: Tensor, key: Tensor, value: Tensor, weights: Any, bias: Tensor | None
) -> list[Tensor]:
    width = query.shape[-1]
    biases = (None,) * 3 if bias is None else chunk(bias, 3)
    for letter, name, x, w in zip(
        "qkv", ("query", "key", "value"), (query, key, value), weights, strict=True
    ):
        _require(
            w is not None, f"use_separate_proj_weight is True but {letter}_proj_weight is None"
        )
        expected = (width, x.shape[-1])
        _require(
            tuple(w.shape) == expected,
            f"expecting {name} weights shape of {expected}, but got {w.shape}",
        )
    inputs = query, key, value
    return [_linear(x, w, b) for x, w, b in zip(inputs, weights, biases, strict=True)]


def _mask_by_head(mask: Tensor | None, heads: int, length: int, seen: int) -> Tensor | None:
    """A mask of three dimensions, the first being 1 or the heads of all samples."""
    if mask is None:
        return None
    expected = (length, seen) if mask.ndim == 2 else (heads, length, seen)
    if tuple(mask.shape) != expected:
        raise RuntimeError(
            f"The shape of the {mask.ndim}D attn_mask is {mask.shape}, but should be {expected}."
        )
    return unsqueeze(mask, 0) if mask.ndim == 2 else mask


def _widen(mask: Tensor | None) -> Tensor | None:
    """One more key, which everybody sees."""
    return None if mask is None else pad(mask, (0, 1))


def _static(name: str, tensor: Tensor, heads: int, width: int) -> Tensor:
    for dim, expected in ((0, heads), (2, width)):
        _require(
            tensor.shape[dim] == expected,
            f"expecting {name}.size({dim}) of {expected}, but got {tensor.shape[dim]}",
        )
    return tensor


def _merge(
    mask: Tensor | None, padding: Tensor | None, batch: int, num_heads: int, seen: int
) -> Tensor | None:
    """Both masks in one."""
    if padding is None:
        return mask
    for dim, expected in ((0, batch), (1, seen)):
        _require(
            padding.shape[dim] == expected,
            f"Expected key_padded_mask.shape[{dim}] to be {expected}, but got {padding.shape[dim]}",
        )
    padding = expand(reshape(padding, (batch, 1, 1, seen)), (-1, num_heads, -1, -1))
    padding = reshape(padding, (batch * num_heads, 1, seen))
    return padding if mask is None else mask + padding
