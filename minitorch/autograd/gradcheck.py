"""Comparing derivatives with finite differences. Mirrors torch/autograd/gradcheck.py.

Left out: fast mode, batched and forward-mode gradients, sparse and complex inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch.autograd import grad_mode
from minitorch.autograd.engine import grad
from minitorch.autograd.variable import Variable, wrap


class GradcheckError(RuntimeError):
    """A derivative differs from the finite difference."""


def _as_tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def _outputs(function: Callable[..., Any], inputs: tuple[Any, ...]) -> list[Any]:
    return [
        o
        for o in _as_tuple(function(*inputs))
        if isinstance(o, Variable) and o._array.dtype.kind == "f"
    ]


def numerical_jacobian(
    function: Callable[..., Any], inputs: tuple[Any, ...], index: int, eps: float
) -> list[Any]:
    """d outputs / d inputs[index] by central differences: one (input size, output size) matrix per
    output.
    """
    with grad_mode.no_grad():
        array = inputs[index]._array
        flat = array.reshape(-1)
        columns = []
        for i in range(flat.size):
            saved = flat[i]
            flat[i] = saved + eps
            above = [o._array.copy() for o in _outputs(function, inputs)]
            flat[i] = saved - eps
            below = [o._array.copy() for o in _outputs(function, inputs)]
            flat[i] = saved
            columns.append(
                [(a - b).reshape(-1) / (2 * eps) for a, b in zip(above, below, strict=True)]
            )
        count = len(_outputs(function, inputs))
    return [
        np.stack([column[o] for column in columns]) if columns else np.zeros((0, 0))
        for o in range(count)
    ]


def analytical_jacobian(output: Variable, input: Variable) -> Any:
    """d output / d input by backward, one output element at a time: an (input size, output size)
    matrix.
    """
    columns = []
    for i in range(output._array.size):
        seed = np.zeros_like(output._array)
        seed.reshape(-1)[i] = 1
        (result,) = grad(output, input, wrap(seed), retain_graph=True, allow_unused=True)
        columns.append(np.zeros(input._array.size) if result is None else result._array.reshape(-1))
    return np.stack(columns, 1) if columns else np.zeros((input._array.size, 0))


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
) -> bool:
    """Whether the gradients of ``func`` equal finite differences at ``inputs``, which should be
    float64.

    Args:
        nondet_tol: accepted; backward is deterministic here.

    Raises:
        GradcheckError: they do not (unless ``raise_exception=False``).
        ValueError: no input requires grad.
    """
    inputs = _as_tuple(inputs)
    tracked = [i for i, x in enumerate(inputs) if isinstance(x, Variable) and x.requires_grad]
    if not tracked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of "
            "them have requires_grad=True."
        )
    for i in tracked:
        if not inputs[i]._array.flags.c_contiguous:
            raise RuntimeError(
                f"The {i}th input has overlapping or strided memory; gradcheck perturbs it "
                "element by element"
            )
    outputs = _outputs(func, inputs)
    for i in tracked:
        numerical = numerical_jacobian(func, inputs, i, eps)
        for o, output in enumerate(outputs):
            analytical = (
                analytical_jacobian(output, inputs[i])
                if output.requires_grad
                else np.zeros((inputs[i]._array.size, output._array.size))
            )
            if not np.allclose(analytical, numerical[o], rtol, atol, equal_nan=True):
                if not raise_exception:
                    return False
                raise GradcheckError(
                    f"Jacobian mismatch for output {o} with respect to input "
                    f"{i},\nnumerical:{wrap(numerical[o])!r}\n"
                    f"analytical:{wrap(analytical)!r}\n"
                )
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
) -> bool:
    """``gradcheck`` of the gradients of ``func``: its second derivatives against finite
    differences.

    Args:
        grad_outputs: what to multiply the first derivatives with; drawn at random if left out.
    """
    inputs = _as_tuple(inputs)
    if grad_outputs is None:
        rng = np.random.default_rng(0)
        grad_outputs = tuple(
            wrap(rng.standard_normal(o._array.shape)) for o in _outputs(func, inputs)
        )
        for g in grad_outputs:
            g.requires_grad = True
    grad_outputs = _as_tuple(grad_outputs)
    tracked = [i for i, x in enumerate(inputs) if isinstance(x, Variable) and x.requires_grad]

    def first_derivatives(*arguments: Any) -> tuple[Any, ...]:
        with grad_mode.enable_grad():
            split = len(arguments) - len(grad_outputs)
            points, seeds = arguments[:split], arguments[split:]
            wanted = [points[i] for i in tracked]
            results = grad(
                _outputs(func, points), wanted, seeds, create_graph=True, allow_unused=True
            )
        return tuple(r for r in results if r is not None)

    return gradcheck(
        first_derivatives,
        (*inputs, *grad_outputs),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
    )
