"""Scaled dot-product attention: each query takes the mean of the values whose keys are like it.

    out = softmax(query keyᵀ scale + bias) value

The fused form, for the everyday case, remembers the weights and writes its gradient in five
products. Where it does not apply (other dimensions, a mask that is trained) the same is composed of
other operations, as it is for second derivatives. native/cpu/attention.py has faster kernels.

Mirrors aten/src/ATen/native/transformers/attention.cpp. Left out: nested tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd import grad_mode
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native.conversions import to_dtype
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.distribution_kernels import bernoulli_
from minitorch.native.dropout import dropout
from minitorch.native.linear_algebra import matmul, multiply
from minitorch.native.softmax import SafeSoftmax, SoftmaxBackwardData, _safe_softmax
from minitorch.native.tensor_iterator import not_implemented
from minitorch.native.views import expand, reshape, transpose, unsqueeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# --------------------------------------------------------------------------- kernels
# ``kept``: True where a weight is not dropped, None without dropout, which has probability ``p``.


@DispatchStub
def attention_kernel(
    query: Any,
    key: Any,
    value: Any,
    bias: Any,
    kept: Any,
    p: float,
    scale: float,
    causal: bool,
    remembers: bool,
) -> Any:
    """The values' means ``(N, H, L, V)``, and for a backward the weights before dropout
    ``(N, H, L, S)``.
    """
    scores = multiply(query * query.dtype.type(scale), key.swapaxes(-1, -2))
    if bias is not None:
        scores += bias
    if causal:
        scores += _causal_bias(scores, *scores.shape[-2:])
    weights = SafeSoftmax.apply(scores, 3)
    return multiply(_drop(weights, kept, p), value), weights if remembers else None


@DispatchStub
def attention_backward_kernel(
    grad: Any,
    query: Any,
    key: Any,
    value: Any,
    weights: Any,
    kept: Any,
    p: float,
    scale: float,
    causal: bool,
) -> Any:
    """The gradients of query, key and value."""
    grad_value = multiply(_drop(weights, kept, p).swapaxes(-1, -2), grad)
    grad_weights = _drop(multiply(grad, value.swapaxes(-1, -2)), kept, p)
    grad_scores = SoftmaxBackwardData.apply(grad_weights, weights, 3)
    grad_scores *= grad_scores.dtype.type(scale)
    grad_query = multiply(grad_scores, key)
    grad_key = multiply(grad_scores.swapaxes(-1, -2), query)
    return grad_query, grad_key, grad_value


def _drop(weights: Any, kept: Any, p: float) -> Any:
    if kept is None:
        return weights
    number = weights.dtype.type
    return weights * kept * (number(1) / number(1 - p))


def _causal_bias(like: Any, length: int, seen: int) -> Any:
    """-inf where a key comes after the query."""
    return np.triu(np.full_like(like, -np.inf, shape=(length, seen)), 1)


# --------------------------------------------------------------------------- operators


class FlashAttention(Operator, name="ScaledDotProductFlashAttentionForCpuBackward0"):
    """Everything is (N, H, length, width); ``bias`` broadcasts to the weights (N, H, L, S)."""

    @staticmethod
    def forward(
        ctx: Any,
        query: Any,
        key: Any,
        value: Any,
        bias: Any,
        kept: Any,
        p: float,
        scale: float,
        causal: bool,
        remembers: bool,
    ) -> Any:
        kind = query.dtype
        query, key, value = _wide(query), _wide(key), _wide(value)
        out, weights = attention_kernel(query, key, value, bias, kept, p, scale, causal, remembers)
        ctx.save_for_backward(query, key, value, weights)
        ctx.kept, ctx.options, ctx.kind = kept, (p, scale, causal), kind
        return out.astype(kind, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        grads = attention_backward_kernel(_wide(grad), *ctx.saved_tensors, ctx.kept, *ctx.options)
        return *[g.astype(ctx.kind, copy=False) for g in grads], None

    @staticmethod
    def composed(
        query: Tensor,
        key: Tensor,
        value: Tensor,
        bias: Any,
        kept: Any,
        p: float,
        scale: float,
        causal: bool,
        remembers: bool,
    ) -> Tensor:
        if causal:
            later = _causal_bias(_wide(query._array), query.shape[-2], key.shape[-2])
            bias = wrap(later) if bias is None else bias + wrap(later)

        def drop(weights: Tensor) -> Tensor:
            return weights * wrap(_drop(np.ones_like(weights._array), kept, p))

        return _attend(query, key, value, bias, scale, drop)


class DroppingAttention(FlashAttention, name="UnsafeViewBackward0"):
    """With dropout; torch composes it, and a product is its last step."""


def _wide(array: Any) -> Any:
    """Half precision is computed in single."""
    return array.astype(np.float32) if array.dtype.itemsize < 4 else array


def _attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None,
    scale: float,
    drop: Callable[[Tensor], Tensor],
) -> Tensor:
    """The formula itself, composed. Half the scale goes to either factor, which keeps the products
    small."""
    kind = query.dtype
    if query.itemsize < 4:
        query, key, value = query.float(), key.float(), value.float()
    root = math.sqrt(abs(scale))
    scores = matmul(query * math.copysign(root, scale), transpose(key * root, -2, -1))
    if bias is not None:
        scores = scores + bias
    weights = drop(_safe_softmax(scores, -1))
    return to_dtype(matmul(weights, value), kind)


# --------------------------------------------------------------------------- functions


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """out = softmax(query keyᵀ scale + mask) value: for each query, a mean of the values.

    Shape:
        query ``(*, H, L, E)``, key ``(*, H, S, E)``, value ``(*, H, S, V)``, mask broadcastable to
        ``(*, H, L, S)``; out ``(*, H, L, V)``.
    Args:
        attn_mask: of bool, where False hides a key from a query; or of floats, added to the
            products. A query that sees nothing gives zeros.
        dropout_p: weights are dropped with this probability, also in evaluation.
        is_causal: query i sees the keys 0 to i.
        scale: 1 / sqrt(E) if it is left out.
        enable_gqa: keys and values may have fewer heads, each shared by as many queries' heads.
    Raises:
        RuntimeError: shapes or dtypes do not fit, or dropout_p is no probability.
    """
    _check(query, key, value, attn_mask)
    if enable_gqa:
        key, value = _share_heads(query, key), _share_heads(query, value)
    if scale is None:
        width = query._array.shape[-1]
        scale = 1 / math.sqrt(width) if width else math.inf
    if not 0 <= dropout_p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p:g}")
    fused = _is_fusible(query, key, value, attn_mask)
    if is_causal and attn_mask is not None and not (fused and dropout_p == 0):
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
            "is_causal=True"
        )
    bias = _bias(query, attn_mask)
    if fused and dropout_p == 0:
        remembers = _is_recorded(query, key, value)
        return FlashAttention.apply(query, key, value, bias, None, 0.0, scale, is_causal, remembers)
    if fused and dropout_p < 1 and query.itemsize >= 4:
        shape = *query.shape[:-1], key.shape[-2]
        kept = np.empty_like(query._array, shape=shape, dtype=bool, order="C")
        bernoulli_(kept, 1 - dropout_p)
        remembers = _is_recorded(query, key, value)
        return DroppingAttention.apply(
            query, key, value, bias, kept, dropout_p, scale, is_causal, remembers
        )
    if is_causal:
        bias = wrap(_causal_bias(_wide(query._array), query.shape[-2], key.shape[-2]))
    return _attend(query, key, value, bias, scale, partial(dropout, p=dropout_p))


def _check(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> None:
    q, k, v = query._array, key._array, value._array
    if not q.dtype == k.dtype == v.dtype:
        kinds = [_cpp_name(x) for x in (query, key, value)]
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got "
            f"query.dtype: {kinds[0]} key.dtype: {kinds[1]} and value.dtype: {kinds[2]} instead."
        )
    if min(q.ndim, k.ndim, v.ndim) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got "
            f"query.dim: {q.ndim} key.dim: {k.ndim} and value.dim: {v.ndim} instead."
        )
    if mask is not None and mask.dtype not in (dtypes.bool_, dtypes.float32, query.dtype):
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
            f"attn_mask.dtype: {_cpp_name(mask)} and  query.dtype: {_cpp_name(query)} instead."
        )
    if not dtypes.is_floating(q.dtype):
        if q.dtype.kind == "c":
            raise not_implemented("softmax_lastdim_kernel_impl", q)
        name = dtypes.from_numpy(q.dtype).c10_name
        raise RuntimeError(f"expected scalar type Float but found {name}")


def _is_recorded(*tensors: Tensor) -> bool:
    """Whether there may be a backward."""
    return grad_mode.state.enabled and any([x.requires_grad for x in tensors])


def _cpp_name(tensor: Tensor) -> str:
    name = dtypes.from_numpy(tensor._array.dtype).c10_name
    names = {"Float": "float", "Double": "double", "Half": "c10::Half", "Long": "long int"}
    return names.get(name, name.lower())


def _share_heads(query: Tensor, other: Tensor) -> Tensor:
    """Repeat each head for the heads of the query that share it."""
    if query.ndim < 3 or other.ndim < 3 or query.shape[-3] % max(other.shape[-3], 1):
        raise RuntimeError("Number of heads in key and value must divide the number of heads in ")
    times = query.shape[-3] // other.shape[-3]
    if times == 1:
        return other
    shape = other._array.shape
    repeated = unsqueeze(other, -3)  # (*, H, 1, S, E)
    repeated = expand(repeated, (*shape[:-2], times, *shape[-2:]))
    return reshape(repeated, (*shape[:-3], shape[-3] * times, *shape[-2:]))


def _is_fusible(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> bool:
    """Mirrors use_flash_attention_cpp of transformers/sdp_utils_cpp.cpp, but for dropout."""
    q, k, v = query._array.shape, key._array.shape, value._array.shape
    if not len(q) == len(k) == len(v) == 4 or not q[:2] == k[:2] == v[:2]:
        return False
    if not q[3] == k[3] == v[3] or k[2] != v[2] or not (q[2] and k[2]):
        return False
    if mask is None:
        return True
    return not mask.requires_grad and mask.ndim in (2, 4)


def _bias(query: Tensor, mask: Tensor | None) -> Tensor | None:
    """What is added to the products: -inf where a mask of bool is False."""
    if mask is None or mask.dtype != dtypes.bool_:
        return mask
    like = _wide(query._array[..., :0])
    hidden = np.zeros_like(like, shape=mask._array.shape)
    hidden[~mask._array] = -np.inf
    return wrap(hidden)
