"""L-BFGS: Newton's method with a curvature that is learnt on the way.

Mirrors torch/optim/lbfgs.py; its line search stands in line_search.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import enable_grad, no_grad
from minitorch.native.complex_ops import view_as_real
from minitorch.native.joining import cat
from minitorch.optim.line_search import Number, Point, strong_wolfe
from minitorch.optim.optimizer import Optimizer, ParamsT
from minitorch.optim.options import check_lr, number
from minitorch.optim.state import zeros_like

__all__ = ["LBFGS"]

# What is kept from step to step: the last direction and distance, the history (y, s, 1 / (y @ s)),
# the scale of H, and the gradient and the loss before the last move.
_MEMORY = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")


class LBFGS(Optimizer):
    r"""Liu and Nocedal, "On the limited memory BFGS method for large scale optimization" (1989).

    All parameters together are one vector x with the gradient g. The last few changes of both,
    s = x' - x and y = g' - g, tell how the gradient bends; from them comes a direction
    d = -H @ g, where H stands for the inverse of the second derivatives. A step is up to
    ``max_iter`` such moves ``x <- x + t * d``, so ``step`` needs a closure that computes the loss
    and its gradients anew.

    Args:
        lr: the distance t to go, or, with a line search, the first to try.
        max_iter: moves in one step.
        max_eval: calls of the closure in one step; ``max_iter * 5 // 4`` unless given.
        tolerance_grad: stop when no gradient is larger.
        tolerance_change: stop when neither the parameters nor the loss change by more.
        history_size: how many changes are remembered.
        line_search_fn: ``"strong_wolfe"``, or None to go by ``lr``.

    Raises:
        ValueError: ``lr`` is negative, or there are several groups.
        RuntimeError: ``line_search_fn`` is something else.

    >>> import minitorch
    >>> x = minitorch.tensor([-1.0, 1.0], requires_grad=True)
    >>> optimizer = LBFGS([x], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(3):
    ...     _ = optimizer.step(closure)
    >>> x
    tensor([1.0000, 1.0000], requires_grad=True)
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Move up to ``max_iter`` times.

        Args:
            closure: computes the loss and its gradients.

        Returns:
            The loss before the first move.
        """
        (group,) = self.param_groups
        with no_grad():
            return self._step(enable_grad()(closure), group)

    def _step(self, closure: Callable[[], Any], group: dict[str, Any]) -> Any:
        # There is one state for all parameters; the first one's, so that it is saved with them.
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        lr = number(group["lr"])
        first_loss = closure()
        loss, grad = float(first_loss), self._flat_grad()
        evaluations = 1
        state["func_evals"] += 1
        if grad.abs().max() <= group["tolerance_grad"]:
            return first_loss

        memory: dict[str, Any] = {key: state.get(key) for key in _MEMORY}
        for move in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                memory.update(d=-grad, old_dirs=[], old_stps=[], ro=[], H_diag=1)
                memory["prev_flat_grad"] = grad.clone()
                memory["t"] = min(1.0, 1.0 / grad.abs().sum()) * lr
            else:
                _remember(memory, grad, group["history_size"])
                al = state.setdefault("al", [None] * group["history_size"])
                memory["d"] = _newton_direction(memory, grad, al)
                memory["prev_flat_grad"].copy_(grad)
                memory["t"] = lr
            memory["prev_loss"] = loss
            direction = memory["d"]
            slope = grad.dot(direction)
            if slope > -group["tolerance_change"]:
                break

            new_evaluations = 0
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                point, new_evaluations = strong_wolfe(
                    partial(self._look, closure, direction),
                    Point(0, loss, grad, slope),
                    memory["t"],
                    direction,
                    max_evaluations=group["max_eval"] - evaluations,
                )
                memory["t"], loss, grad = point.t, point.loss, point.grad
                self._move(memory["t"], direction)
            else:
                self._move(memory["t"], direction)
                if move != group["max_iter"]:  # the next step will evaluate what this one leaves
                    loss, grad = float(closure()), self._flat_grad()
                    new_evaluations = 1
            evaluations += new_evaluations
            state["func_evals"] += new_evaluations
            if (
                evaluations >= group["max_eval"]
                or grad.abs().max() <= group["tolerance_grad"]
                or (direction * memory["t"]).abs().max() <= group["tolerance_change"]
                or abs(loss - memory["prev_loss"]) < group["tolerance_change"]
            ):
                break
        state.update(memory)
        return first_loss

    def _flat_params(self) -> list[Tensor]:
        params = self.param_groups[0]["params"]
        return [view_as_real(p) if p.is_complex() else p for p in params]

    def _flat_grad(self) -> Tensor:
        grads = []
        for param in self.param_groups[0]["params"]:
            grad = zeros_like(param) if param.grad is None else param.grad
            grads.append((view_as_real(grad) if grad.is_complex() else grad).reshape(-1))
        flat: Tensor = cat(grads, 0)
        return flat

    def _move(self, t: Number, direction: Tensor) -> None:
        start = 0
        for param in self._flat_params():
            end = start + param.numel()
            param.add_(direction[start:end].view_as(param), alpha=t)
            start = end

    def _look(self, closure: Callable[[], Any], direction: Tensor, t: Number) -> Point:
        """Evaluate the closure at a distance, and come back."""
        params = self._flat_params()
        before = [param.clone() for param in params]
        self._move(t, direction)
        loss, grad = float(closure()), self._flat_grad()
        for param, value in zip(params, before, strict=True):
            param.copy_(value)
        return Point(t, loss, grad, grad.dot(direction))


def _remember(memory: dict[str, Any], grad: Tensor, history_size: int) -> None:
    """Take the last move into the history, if the gradient has grown along it."""
    y = grad - memory["prev_flat_grad"]
    s = memory["d"] * memory["t"]
    ys = y.dot(s)
    if ys > 1e-10:
        history = memory["old_dirs"], memory["old_stps"], memory["ro"]
        for kept, new in zip(history, (y, s, 1.0 / ys), strict=True):
            if len(kept) == history_size:
                kept.pop(0)
            kept.append(new)
        memory["H_diag"] = ys / y.dot(y)


def _newton_direction(memory: dict[str, Any], grad: Tensor, al: list[Any]) -> Tensor:
    """-H @ grad, without H: two loops over the history (Nocedal and Wright, algorithm 7.4)."""
    history = list(zip(memory["old_dirs"], memory["old_stps"], memory["ro"], strict=True))
    d = -grad
    for i, (y, s, ro) in reversed(list(enumerate(history))):
        al[i] = s.dot(d) * ro
        d.add_(y, alpha=-al[i])
    d.mul_(memory["H_diag"])
    for i, (y, s, ro) in enumerate(history):
        d.add_(s, alpha=al[i] - y.dot(d) * ro)
    return d
