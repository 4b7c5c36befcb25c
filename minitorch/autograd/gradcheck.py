"""Comparing derivatives with finite differences. Mirrors torch/autograd/gradcheck.py.

Left out: forward mode (``check_forward_ad`` is refused), sparse inputs (``masked`` is accepted).
Batched gradients are those of a loop here, so ``check_batched_grad`` has nothing to find.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minitorch.autograd.engine import grad
from minitorch.autograd.function import Function
from minitorch.autograd.variable import Variable, wrap

Tensors = tuple[Any, ...]
Part = str | None  # which part of complex outputs is looked at: "real", "imaginary", or all is real


class GradcheckError(RuntimeError):
    """A derivative differs from the finite difference, or backward breaks a rule."""


class Tolerances(NamedTuple):
    """How large the steps are, and how far results may be apart."""

    eps: float
    atol: float
    rtol: float
    nondet_tol: float


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the gradients of ``func`` equal finite differences at ``inputs``, which should be
    float64.

    A complex output is checked twice, its real and its imaginary part; with respect to a complex
    input x + iy, the gradient of a real s must be ds/dx + i ds/dy.

    Args:
        nondet_tol: how far two runs of backward may be apart.
        check_undefined_grad: whether backward must cope with outputs that have no gradient.
        check_grad_dtypes: whether a gradient must have the dtype of its input.
        fast_mode: compare one random projection of the Jacobian instead of all its elements.

    Raises:
        GradcheckError: they do not (unless ``raise_exception=False``).
        ValueError: no input requires grad.
    """
    if check_forward_ad or check_batched_forward_grad:
        raise NotImplementedError("gradcheck: there is no forward mode to check")
    if not check_backward_ad:
        raise AssertionError(
            "Expected at least one of check_forward_ad or check_backward_ad to be True"
        )
    points = _as_tuple(inputs)
    tracked = _check_inputs(points)
    tolerances = Tolerances(eps, atol, rtol, nondet_tol)
    try:
        results = _as_tuple(func(*points))
        wanted = [i for i, o in enumerate(results) if o.requires_grad]
        compare = _compare_fast if fast_mode else _compare
        if not wanted:
            _check_constant(func, points, tracked, eps)
        for part in _parts(results):
            outputs = [results[i] for i in wanted]
            compare(func, points, tracked, outputs, wanted, part, tolerances, check_grad_dtypes)
        if wanted:
            _check_zero_gradients([results[i] for i in wanted], [points[i] for i in tracked])
        if wanted and check_undefined_grad:
            _check_undefined_gradients(func, points, tracked)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """``gradcheck`` of the gradients of ``func``: its second derivatives against finite
    differences.

    Args:
        grad_outputs: what to multiply the first derivatives with; drawn at random if left out.
        gen_non_contig_grad_outputs: draw them with gaps between their elements.
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError(
            "Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True"
        )
    points = _as_tuple(inputs)
    if grad_outputs is None:
        outputs = _differentiable(func(*points))
        vectors = _random_gradients(outputs, gen_non_contig_grad_outputs)
    else:
        vectors = _as_tuple(grad_outputs)
    tracked = [i for i, x in enumerate(points) if isinstance(x, Variable) and x.requires_grad]

    def first_derivatives(*arguments: Any) -> Tensors:
        split = len(arguments) - len(vectors)
        wanted = [arguments[i] for i in tracked]
        found = grad(
            _differentiable(func(*arguments[:split])),
            wanted,
            arguments[split:],
            create_graph=True,
            allow_unused=True,
        )
        return tuple([g for g in found if g is not None])

    return gradcheck(
        first_derivatives,
        (*points, *vectors),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )


# --------------------------------------------------------------------------- inputs and outputs


def _as_tuple(values: Any) -> Tensors:
    return tuple(values) if isinstance(values, (tuple, list)) else (values,)


def _differentiable(outputs: Any) -> Tensors:
    return tuple([o for o in _as_tuple(outputs) if o.requires_grad])


def _random_gradients(outputs: Tensors, with_gaps: bool) -> Tensors:
    """Uniform draws from [-1, 1) of the default generator, as torch draws them."""
    vectors: list[Any] = []
    for output in outputs:
        array = np.empty_like(output._array, order="C")
        parts = np.atleast_1d(array).view(array.real.dtype) if array.dtype.kind == "c" else array
        wrap(parts).uniform_(-1, 1)
        if with_gaps and array.ndim:
            array = np.repeat(array, 2, axis=-1)[..., ::2]
        vector = wrap(array)
        vector.requires_grad = True
        vectors.append(vector)
    return tuple(vectors)


def _check_inputs(points: Tensors) -> list[int]:
    """The positions of the inputs that require grad, which must be fit to be perturbed."""
    tracked = [i for i, x in enumerate(points) if isinstance(x, Variable) and x.requires_grad]
    if not tracked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them "
            "have requires_grad=True."
        )
    for i in tracked:
        array = points[i]._array
        if array.dtype not in (np.float64, np.complex128):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or "
                "complex. This check will likely fail if all the inputs are not of double "
                "precision floating point or complex. ",
                stacklevel=3,
            )
        if any([s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True)]):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs "
                "that are non-overlapping to be able to compute the numerical gradients "
                "correctly. You should call .contiguous on the input before passing it to "
                "gradcheck."
            )
    return tracked


def _parts(outputs: Tensors) -> Sequence[Part]:
    is_complex = any([o._array.dtype.kind == "c" for o in outputs])
    return ("imaginary", "real") if is_complex else (None,)


def _part_of(array: Any, part: Part) -> Any:
    if array.dtype.kind != "c":
        return array
    return array.imag if part == "imaginary" else array.real


# --------------------------------------------------------------------------- two Jacobians


def numerical_jacobian(
    function: Callable[..., Any], points: Tensors, index: int, eps: float, part: Part = None
) -> list[Any]:
    """d outputs / d points[index] by central differences: one (input size, output size) matrix per
    output.
    """
    array = points[index]._array
    rows = []
    for place in np.ndindex(array.shape):
        row = _difference(function, points, array, place, eps, 1, part)
        if array.dtype.kind == "c":
            along_imaginary = _difference(function, points, array, place, eps, 1j, part)
            row = [x + 1j * y for x, y in zip(row, along_imaginary, strict=True)]
        rows.append(row)
    if not rows:
        return [np.zeros((0, o._array.size)) for o in _as_tuple(function(*points))]
    return [np.stack(column) for column in zip(*rows, strict=True)]


def _difference(
    function: Callable[..., Any],
    points: Tensors,
    array: Any,
    place: Any,
    eps: float,
    direction: Any,
    part: Part,
) -> list[Any]:
    """The change of all outputs per step of ``array[place]`` in a direction, flattened."""
    saved = array[place].copy()
    values = []
    for step in (eps, -eps):
        array[place] = saved + step * direction
        values.append([_part_of(o._array, part).copy() for o in _as_tuple(function(*points))])
    array[place] = saved
    return [(a - b).reshape(-1) / (2 * eps) for a, b in zip(*values, strict=True)]


def analytical_jacobian(output: Any, inputs: Sequence[Any], part: Part = None) -> list[Any]:
    """d output / d inputs by backward, one output element at a time: an (input size, output size)
    matrix per input.
    """
    columns: list[list[Any]] = [[] for _ in inputs]
    for place in np.ndindex(output._array.shape):
        seed = np.zeros_like(output._array)
        seed[place] = 1j if part == "imaginary" and seed.dtype.kind == "c" else 1
        found = grad(output, inputs, wrap(seed), retain_graph=True, allow_unused=True)
        for column, gradient, x in zip(columns, found, inputs, strict=True):
            array = np.zeros_like(x._array) if gradient is None else gradient._array
            column.append(array.reshape(-1))
    return [
        np.stack(column, 1) if column else np.zeros((x._array.size, 0))
        for column, x in zip(columns, inputs, strict=True)
    ]


def _check_gradients(
    first: Sequence[Any], second: Sequence[Any], inputs: Sequence[Any], tol: float, dtypes_too: bool
) -> None:
    """Backward must give the same twice, in the dtypes of the inputs."""
    for a, x in zip(first, inputs, strict=True):
        if dtypes_too and a.dtype != x._array.dtype:
            raise GradcheckError("Gradient has dtype mismatch")
    for a, b in zip(first, second, strict=True):
        if a.size and np.abs(a - b).max() > tol:
            raise GradcheckError(
                "Backward is not reentrant, i.e., running backward with same input and grad_output "
                "multiple times gives different values, although analytical gradient matches "
                f"numerical gradient.The tolerance for nondeterminism was {tol}."
            )


def _mismatch(part: Part, is_complex: bool, output: int, input: int, n: Any, a: Any) -> str:
    prefix = f"While considering the {part} part of complex outputs only, " if is_complex else ""
    return (
        f"{prefix}Jacobian mismatch for output {output} with respect to input {input},\n"
        f"numerical:{wrap(n)!r}\nanalytical:{wrap(a)!r}\n"
    )


def _compare(
    func: Callable[..., Any],
    points: Tensors,
    tracked: Sequence[int],
    outputs: Sequence[Any],
    wanted: Sequence[int],
    part: Part,
    tolerances: Tolerances,
    check_dtypes: bool,
) -> None:
    """Every element of every Jacobian."""
    inputs = [points[i] for i in tracked]
    numerical = [numerical_jacobian(func, points, i, tolerances.eps, part) for i in tracked]
    for nr, output in enumerate(outputs):
        analytical = analytical_jacobian(output, inputs, part)
        again = analytical_jacobian(output, inputs, part)
        _check_gradients(analytical, again, inputs, tolerances.nondet_tol, check_dtypes)
        for i, a in enumerate(analytical):
            n = numerical[i][wanted[nr]]
            if not np.allclose(a, n, tolerances.rtol, tolerances.atol):
                is_complex = output._array.dtype.kind == "c"
                raise GradcheckError(_mismatch(part, is_complex, nr, i, n, a))


def _compare_fast(
    func: Callable[..., Any],
    points: Tensors,
    tracked: Sequence[int],
    outputs: Sequence[Any],
    wanted: Sequence[int],
    part: Part,
    tolerances: Tolerances,
    check_dtypes: bool,
) -> None:
    """One number of every Jacobian J: v J u for random unit vectors u and v."""
    inputs = [points[i] for i in tracked]
    if part is not None or any([x._array.dtype.kind == "c" for x in inputs]):
        _compare(func, points, tracked, outputs, wanted, part, tolerances, check_dtypes)
        return
    rng = np.random.default_rng(0)
    directions = [_unit(rng, x._array) for x in inputs]
    for i, (x, u) in enumerate(zip(inputs, directions, strict=True)):
        steps = _step_along(func, points, x._array, u, tolerances.eps)
        for nr, output in enumerate(outputs):
            v = _unit(np.random.default_rng(nr + 1), output._array)
            found = [
                grad(output, x, wrap(v), retain_graph=True, allow_unused=True)[0] for _ in range(2)
            ]
            arrays = [np.zeros_like(x._array) if g is None else g._array for g in found]
            _check_gradients(arrays[:1], arrays[1:], [x], tolerances.nondet_tol, check_dtypes)
            a, n = np.sum(arrays[0] * u), np.sum(steps[wanted[nr]] * v)
            # Errors of up to atol in every element may add up.
            atol = tolerances.atol * np.sum(u) * np.sum(v)
            if not np.allclose(a, n, tolerances.rtol, atol):
                raise GradcheckError(
                    _mismatch(part, False, nr, i, np.asarray(n), np.asarray(a))
                    + "\nThe above quantities relating the numerical and analytical jacobians are "
                    "computed \nin fast mode."
                )


def _unit(rng: np.random.Generator, like: Any) -> Any:
    vector = rng.random(like.shape)
    return (vector / max(float(np.sqrt(np.sum(vector * vector))), 1e-300)).astype(like.dtype)


def _step_along(
    func: Callable[..., Any], points: Tensors, array: Any, direction: Any, eps: float
) -> list[Any]:
    """The change of all outputs per step of an input along a direction."""
    saved = array.copy()
    values = []
    for step in (eps, -eps):
        array[...] = saved + step * direction
        values.append([o._array.copy() for o in _as_tuple(func(*points))])
    array[...] = saved
    return [(a - b) / (2 * eps) for a, b in zip(*values, strict=True)]


# --------------------------------------------------------------------------- rules of backward


def _check_constant(
    func: Callable[..., Any], points: Tensors, tracked: Sequence[int], eps: float
) -> None:
    """What does not require grad must not depend on the inputs."""
    for i in tracked:
        if any([np.any(matrix != 0) for matrix in numerical_jacobian(func, points, i, eps)]):
            raise GradcheckError("Numerical gradient for function expected to be zero")


def _check_zero_gradients(outputs: Sequence[Any], inputs: Sequence[Any]) -> None:
    """Backward is linear: no gradient in, none out."""
    zeros = [wrap(np.zeros_like(o._array)) for o in outputs]
    for g, x in zip(
        grad(outputs, inputs, zeros, retain_graph=True, allow_unused=True), inputs, strict=True
    ):
        if g is None:
            continue
        if np.any(g._array != 0):
            raise GradcheckError("backward not multiplied by grad_output")
        if g._array.dtype != x._array.dtype:
            raise GradcheckError("grad is incorrect type")
        if g._array.shape != x._array.shape:
            raise GradcheckError("grad is incorrect size")


class UndefinedGrad(Function):
    """Passes its input on, and no gradient back."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return input.view_as(input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return None


def _check_undefined_gradients(
    func: Callable[..., Any], points: Tensors, tracked: Sequence[int]
) -> None:
    """Backward must cope with outputs without a gradient: with all of them, and with one."""
    inputs = [points[i] for i in tracked]
    count = len(_differentiable(func(*points)))
    for undefined in [range(count), *([[i] for i in range(count)] if count > 1 else [])]:
        outputs = [
            UndefinedGrad.apply(o) if i in undefined else o
            for i, o in enumerate(_differentiable(func(*points)))
        ]
        zeros = [wrap(np.zeros_like(o._array)) for o in outputs]
        try:
            found = grad(outputs, inputs, zeros, allow_unused=True)
        except RuntimeError as error:
            raise GradcheckError(
                "Expected backward function to handle undefined output grads. Please look at "
                '"Notes about undefined output gradients" in "tools/autograd/derivatives.yaml"'
            ) from error
        if any([g is not None and np.any(g._array != 0) for g in found]):
            raise GradcheckError(
                "Expected all input grads to be undefined or zero when all output grads are "
                'undefined or zero. Please look at "Notes about undefined output gradients" in '
                '"tools/autograd/derivatives.yaml"'
            )
