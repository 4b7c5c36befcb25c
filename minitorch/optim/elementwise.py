"""Optimizers that change every element by itself: the formula, compiled or recorded by autograd.

Most optimizers are a formula of the parameter's element, its gradient's, and what is kept of it.
It is written once, as a function of numbers: called in a loop that Numba compiles, over all
parameters at once, or, with ``differentiable=True``, on whole tensors, so that gradients flow
through the step.

Mirrors the ``_single_tensor_*`` and ``_multi_tensor_*`` functions of torch/optim/.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from minitorch._jit import Kernel
from minitorch._tensor import Tensor
from minitorch.autograd.variable import bump_versions
from minitorch.native.complex_ops import view_as_real
from minitorch.native.multi_tensor import multi_tensor_apply
from minitorch.optim.optimizer import Optimizer

__all__ = ["ElementwiseOptimizer", "Rule"]

Rule: TypeAlias = tuple[Callable[..., tuple[Any, ...]], Kernel]
"""A formula, ``formula(*elements, gradient, *options)``, which returns the new elements, and the
loop that does that for all elements of flat arrays."""


class ElementwiseOptimizer(Optimizer):
    """An optimizer by the formula for one element."""

    def rule(self) -> Rule:
        """The formula."""
        raise NotImplementedError

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        """The names in a parameter's state of what the formula changes beside the parameter; None
        for what it does not need with these options.
        """
        raise NotImplementedError

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        """What is known of a parameter before its first step."""
        raise NotImplementedError

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        """Count a step in ``state``, and return the formula's options at this step.

        They depend on the group, on the numbers in the state (``_numbers_in_state``), and on
        whether this is the ``first`` step, and on nothing else.
        """
        raise NotImplementedError

    def update_all(self, params: list[Tensor], group: dict[str, Any]) -> None:
        formula, loop = self.rule()
        kept = self.kept(group)
        names = [name for name in kept if name is not None]
        if group["differentiable"]:
            for param in params:
                state, first = self._state_of(param, group, names[0]) if names else ({}, False)
                tensors = [param, *[None if name is None else state[name] for name in kept]]
                _step_on_graph(formula, tensors, param.grad, self.options(state, group, first))
            return
        bump_versions(params)
        for arrays, options in self._batches(params, group, names):
            multi_tensor_apply(arrays[0], loop, arrays, _columns(kept), options)

    def _batches(
        self, params: list[Tensor], group: dict[str, Any], names: list[str]
    ) -> list[tuple[list[Any], tuple[Any, ...]]]:
        """The arrays of the parameters, row after row: the parameter, what is kept of it and its
        gradient; and the options, which neighbours share whose numbers in the state agree, as those
        of all usually do.
        """
        arrays: list[Any] = []
        if not names:
            for param in params:
                arrays += param._array, param._grad._array  # type: ignore[union-attr]
            return [(arrays, self.options({}, group, False))]
        numbers = self._numbers_in_state
        batches = []
        of_batch: list[Any] | None = None  # the numbers before and after this step
        counted: list[Any] = []
        for param in params:
            state, first = self._state_of(param, group, names[0])
            present: list[Any] = [first]
            for name in numbers:
                present.append(state[name]._array.item())
            if present == of_batch:
                for name, value in zip(numbers, counted):  # noqa: B905 (strict costs 0.1 us here)
                    state[name]._array.fill(value)
            else:
                of_batch, arrays = present, []
                batches.append((arrays, self.options(state, group, first)))
                counted = [state[name]._array.item() for name in numbers]
            arrays.append(param._array)
            for name in names:
                arrays.append(state[name]._array)
            arrays.append(param._grad._array)  # type: ignore[union-attr]
        return batches

    def _state_of(
        self, param: Tensor, group: dict[str, Any], name: str
    ) -> tuple[dict[str, Any], bool]:
        """What is known of a parameter, and whether it has just been made."""
        state = self.state[param]
        first = state.get(name) is None
        if first:
            state.update(self.new_state(param, group))
        return state, first


@functools.cache
def _columns(kept: tuple[str | None, ...]) -> tuple[int | None, ...]:
    """Where parameter, kept tensors and gradient are in a list of those that there are."""
    numbers = itertools.count()
    return tuple([None if name is None else next(numbers) for name in ("param", *kept, "grad")])


def _step_on_graph(
    formula: Callable[..., tuple[Any, ...]],
    tensors: Sequence[Tensor | None],
    grad: Tensor | None,
    options: Sequence[Any],
) -> None:
    assert grad is not None
    if grad.is_complex():
        tensors = [None if t is None else view_as_real(t) for t in tensors]
        grad = view_as_real(grad)
    # Copies, because the graph keeps the operands, and the originals are about to change.
    copies = [None if t is None else t.clone() for t in tensors]
    for tensor, result in zip(tensors, formula(*copies, grad, *options), strict=True):
        if tensor is not None:
            tensor.copy_(result)
