"""Connectionist temporal classification: the loss of a sequence whose alignment is not known.

The target is spread over the steps of the input in every possible way, each label for one step or
several, with blanks between them as they come, and at least one between two equal labels. Over the
states  blank l₁ blank l₂ ... blank  the forward variable is

    α(t, s) = log Σ P(all ways to arrive in state s at step t)
            = logsumexp(α(t-1, s), α(t-1, s-1), α(t-1, s-2)) + log_probs(t, label of s)

where s-2 counts only if it skips a blank between two different labels. β is the same from behind,
and both together say how likely each label is at each step, which is all that the gradient needs.

Mirrors aten/src/ATen/native/LossCTC.cpp. As there, the gradient is that of inputs which went
through log_softmax, and there is no second derivative.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, wrap
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.pointwise import check_floating
from minitorch.native.reduce_ops import mean
from minitorch.native.reduction import apply_loss_reduction, checked_reduction
from minitorch.native.tensor_compare import where
from minitorch.native.views import reshape, unsqueeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


@kernel
def _log_sum_exp(a: Any, b: Any, c: Any) -> Any:
    largest = max(a, b, c)
    if largest == -math.inf:
        return largest
    return math.log(math.exp(a - largest) + math.exp(b - largest) + math.exp(c - largest)) + largest


@kernel
def _label(labels: Any, state: Any, blank: Any) -> Any:
    """Odd states are labels, even ones blanks."""
    return labels[state // 2] if state % 2 else blank


@DispatchStub
@kernel(parallel=True)
def ctc_loss_kernel(
    losses: Any,
    alphas: Any,
    log_probs: Any,
    labels: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int,
) -> None:
    """Fill ``losses`` (N,) and ``alphas`` (N, T, 2 S + 1), which are -inf before.

    ``log_probs`` is (T, N, C), ``labels`` (N, S).
    """
    number = losses.dtype.type
    never = number(-math.inf)
    for n in prange(losses.size):
        steps, size = input_lengths[n], target_lengths[n]
        alpha, label = alphas[n], labels[n]
        states = 2 * size + 1
        if steps == 0:
            losses[n] = number(0) if size == 0 else number(math.inf)
            continue
        for s in range(min(2, states)):
            alpha[0, s] = log_probs[0, n, _label(label, s, blank)]
        for t in range(1, steps):
            for s in range(states):
                current = _label(label, s, blank)
                before = alpha[t - 1, s - 1] if s > 0 else never
                skipped = never
                if s > 1 and current != _label(label, s - 2, blank):
                    skipped = alpha[t - 1, s - 2]
                total = _log_sum_exp(alpha[t - 1, s], before, skipped)
                alpha[t, s] = number(total) + log_probs[t, n, current]
        last = alpha[steps - 1, states - 1]
        end = alpha[steps - 1, states - 2] if states > 1 else never
        losses[n] = -number(_log_sum_exp(last, end, never))


@DispatchStub
@kernel(parallel=True)
def ctc_loss_backward_kernel(
    out: Any,
    grad: Any,
    losses: Any,
    alphas: Any,
    log_probs: Any,
    labels: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int,
    zero_infinity: bool,
) -> None:
    """out = (exp(log_probs) - P(class at this step | target)) * grad; ``out`` is zero before."""
    number = losses.dtype.type
    never = number(-math.inf)
    classes = log_probs.shape[2]
    for n in prange(losses.size):
        if zero_infinity and losses[n] == math.inf:
            continue
        steps, size = input_lengths[n], target_lengths[n]
        alpha, label = alphas[n], labels[n]
        states = 2 * size + 1
        beta = np.full(states, never, losses.dtype)
        later = np.full(states, never, losses.dtype)
        seen = np.empty(classes, losses.dtype)
        for back in range(steps):
            t = steps - 1 - back
            seen[:] = never
            for s in range(states - 1, -1, -1):  # downwards as in torch, so that sums round alike
                current = _label(label, s, blank)
                if back == 0:
                    total = number(0) if s >= states - 2 else never
                else:
                    after = later[s + 1] if s + 1 < states else never
                    skipped = never
                    if s + 2 < states and current != _label(label, s + 2, blank):
                        skipped = later[s + 2]
                    total = number(_log_sum_exp(later[s], after, skipped))
                beta[s] = total + log_probs[t, n, current]
                seen[current] = number(_log_sum_exp(seen[current], alpha[t, s] + beta[s], never))
            later[:] = beta
            for c in range(classes):
                x = log_probs[t, n, c]
                share = number(math.exp(seen[c] + losses[n] - x))
                out[t, n, c] = (number(math.exp(x)) - share) * grad[n]


class CtcLoss(Operator):
    """log_probs (T, N, C), labels (N, S), lengths (N,) -> (N,)."""

    @staticmethod
    def forward(
        ctx: Any,
        log_probs: Any,
        labels: Any,
        input_lengths: Any,
        target_lengths: Any,
        blank: int,
        zero_infinity: bool,
    ) -> Any:
        check_floating(log_probs, "ctc_loss_cpu")
        if log_probs.dtype.itemsize < 4:
            name = dtypes.from_numpy(log_probs.dtype).c10_name
            raise NotImplementedError(f"\"ctc_loss_cpu\" not implemented for '{name}'")
        steps, samples, _ = log_probs.shape
        states = 2 * labels.shape[1] + 1
        losses = np.empty_like(log_probs, shape=samples)
        alphas = np.full_like(log_probs, -np.inf, shape=(samples, steps, states))
        fixed = labels, input_lengths, target_lengths
        ctc_loss_kernel(losses, alphas, np.ascontiguousarray(log_probs), *fixed, blank)
        ctx.save_for_backward(log_probs, losses, alphas, *fixed)
        ctx.settings = blank, zero_infinity
        return losses

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        log_probs, *saved = ctx.saved_tensors
        fixed = [x._array if isinstance(x, Variable) else x for x in saved]
        return CtcLossBackward.apply(grad, log_probs, tuple(fixed), *ctx.settings)


class CtcLossBackward(Operator, name="NotImplemented"):
    @staticmethod
    def forward(
        ctx: Any, grad: Any, log_probs: Any, saved: tuple[Any, ...], blank: int, zero_infinity: bool
    ) -> Any:
        ctx.save_for_backward()
        out = np.zeros_like(log_probs, order="C")
        arrays = np.ascontiguousarray(grad), saved[0], saved[1], np.ascontiguousarray(log_probs)
        ctc_loss_backward_kernel(out, *arrays, *saved[2:], blank, zero_infinity)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        raise RuntimeError("derivative for aten::_ctc_loss_backward is not implemented")


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the probability of the target, summed over all its alignments with the input.

    The mean divides each loss by the length of its target first.

    Shape:
        log_probs ``(T, N, C)``, targets ``(N, S)`` or all in a row, lengths ``(N,)``; for one
        sample log_probs ``(T, C)``, targets ``(S,)``, lengths ``()``.
    Args:
        log_probs: the output of log_softmax.
        input_lengths, target_lengths: how much of either counts: tensors or tuples.
        blank: the class that stands for no label.
        zero_infinity: a target that does not fit into its input costs nothing, instead of inf.
    Raises:
        RuntimeError: lengths, targets or the blank do not fit.
    """
    reduction = checked_reduction(reduction)
    batched = log_probs.ndim == 3
    if not batched:
        log_probs = unsqueeze(log_probs, 1)
        targets = unsqueeze(targets, 0) if targets.ndim == 1 else targets
    of_inputs = _lengths("input_lengths", input_lengths)
    of_targets = _lengths("target_lengths", target_lengths)
    labels = _labels(log_probs, targets, of_inputs, of_targets, blank)
    operands = [wrap(x) for x in (labels, of_inputs, of_targets)]
    losses: Tensor = CtcLoss.apply(log_probs, *operands, blank, zero_infinity)
    if zero_infinity:
        losses = where(losses == math.inf, 0.0, losses)
    if reduction == "mean":
        sizes = np.maximum(of_targets, 1).astype(losses._array.dtype)
        return mean(losses / wrap(sizes))
    loss = apply_loss_reduction(losses, reduction)
    return loss if batched or reduction == "sum" else reshape(loss, ())


def _lengths(name: str, lengths: Any) -> Any:
    array = lengths._array if isinstance(lengths, Variable) else np.array(lengths, np.int64)
    if not dtypes.is_integral(array.dtype):
        raise RuntimeError(f"{name} must be integral")
    return array.reshape(-1).astype(np.int64)


def _labels(
    log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any, blank: int
) -> Any:
    """The targets as rows (N, S), once everything has been checked."""
    where_from = "(while checking arguments for ctc_loss_allocate_outputs)"
    if log_probs.ndim != 3:
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {log_probs.ndim}-dimensional tensor for "
            f"argument #1 'log_probs' {where_from}"
        )
    if not log_probs._array.size:
        raise RuntimeError("log_probs tensor must not be empty")
    steps, samples, classes = log_probs._array.shape
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
        if len(lengths) != samples:
            raise RuntimeError(f"{name} must be of size batch_size")
        if lengths.min() < 0:
            raise RuntimeError(
                f"Expected {name} to have value at least 0, but got value {lengths.min()} "
                f"{where_from}"
            )
    if input_lengths.max() > steps:
        raise RuntimeError(
            f"Expected input_lengths to have value at most {steps}, but got value "
            f"{input_lengths.max()} {where_from}"
        )
    array, longest = targets._array.astype(np.int64), int(target_lengths.max())
    if array.ndim != 1:
        if array.shape[1] < longest:
            raise RuntimeError(
                f"Expected tensor to have size at least {longest} at dimension 1, but got size "
                f"{array.shape[1]} for argument #2 'targets' {where_from}"
            )
        return np.ascontiguousarray(array[:, :longest])
    if array.size != target_lengths.sum():
        raise RuntimeError(
            f"Expected tensor to have size {target_lengths.sum()} at dimension 0, but got size "
            f"{array.size} for argument #2 'targets' {where_from}"
        )
    rows = np.zeros_like(array, shape=(samples, longest))
    rows[np.arange(longest) < target_lengths[:, None]] = array
    return rows
