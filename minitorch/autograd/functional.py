"""Derivatives of functions: products with the Jacobian and the Hessian, and these matrices.

Mirrors torch/autograd/functional.py. Everything is reverse mode: ``jvp`` and ``hvp`` differentiate
a vector-Jacobian product with respect to its vector (the double backward trick), and
``vectorize`` and ``strategy`` are accepted but change nothing in how the rows are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch._size import Size
from minitorch.autograd import grad_mode, variable
from minitorch.autograd.engine import grad
from minitorch.autograd.variable import Variable, wrap

Tensors = tuple[Any, ...]
Function = Callable[..., Any]


class Group:
    """One tensor, or a tuple of them: as a tuple, which can be given the form it had."""

    def __init__(self, value: Any, what: str, function: str) -> None:
        self.is_tuple = isinstance(value, tuple)
        self.tensors: Tensors = value if self.is_tuple else (value,)
        for i, tensor in enumerate(self.tensors):
            if not isinstance(tensor, Variable):
                which = f"value at index {i}" if self.is_tuple else f"given {what}"
                raise TypeError(
                    f"The {what} given to {function} must be either a Tensor or a tuple of Tensors "
                    f"but the {which} has type {type(tensor)}."
                )

    def restore(self, values: Sequence[Any]) -> Any:
        """``values``, one for each tensor, as a tuple or alone."""
        return tuple(values) if self.is_tuple else values[0]


def vjp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """``func(*inputs)``, and the product of a vector and its Jacobian.

    >>> import minitorch
    >>> vjp(lambda x: x**2, minitorch.tensor([1.0, 2.0]), minitorch.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))

    Args:
        v: the vector, shaped like the outputs; may be left out if there is one element.
        create_graph: return results that can be differentiated.
        strict: refuse outputs that do not depend on an input, instead of giving zeros.
    """
    with grad_mode.enable_grad():
        group = Group(inputs, "inputs", "vjp")
        points = _points(group.tensors, create_graph)
        outputs = _call(func, points, "vjp", strict)
        if v is None and (len(outputs.tensors) != 1 or outputs.tensors[0].numel() != 1):
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single "
                "Tensor with a single element."
            )
        vector = _vector(v, outputs, "vjp", create_graph)
    with grad_mode.set_grad_enabled(create_graph or grad_mode.is_grad_enabled()):
        found = _grad(outputs.tensors, points, vector, create_graph)
        product = _fill(found, points, strict, create_graph, _WORDS_OF_BACKWARD)
    return _result(outputs, outputs.tensors, create_graph), _result(group, product, create_graph)


def jvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """``func(*inputs)``, and the product of its Jacobian and a vector.

    >>> import minitorch
    >>> jvp(lambda x: x**2, minitorch.tensor([1.0, 2.0]), minitorch.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))

    Args:
        v: the vector, shaped like the inputs; may be left out if there is one element.
        create_graph: return results that can be differentiated.
        strict: refuse outputs that do not depend on an input, instead of giving zeros.
    """
    with grad_mode.enable_grad():
        group = Group(inputs, "inputs", "jvp")
        points = _points(group.tensors, create_graph)
        if v is None and (len(points) != 1 or points[0].numel() != 1):
            raise RuntimeError(
                "The vector v can only be None if the input to the user-provided function is a "
                "single Tensor with a single element."
            )
        vector = _vector(v, group, "jvp", create_graph)
        outputs = _call(func, points, "jvp", strict)
        # Backward is linear in these: only their place in the graph matters.
        seeds = _zeros(outputs.tensors, requires_grad=True)
        products = _grad(outputs.tensors, points, seeds, True)
        if strict:
            _require_gradients(products, _GRADIENT_INDEPENDENT)
    with grad_mode.set_grad_enabled(create_graph or grad_mode.is_grad_enabled()):
        found = _grad(products, seeds, vector, create_graph)
        product = _fill(found, outputs.tensors, strict, create_graph, _WORDS_OF_TRICK)
    return _result(outputs, outputs.tensors, create_graph), _result(outputs, product, create_graph)


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """All partial derivatives: for an output and an input, a tensor of the output's sizes followed
    by the input's. With several of either, a tuple; with several of both, a tuple of tuples.

    >>> import minitorch
    >>> jacobian(lambda x: x**2, minitorch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    _check_strategy(create_graph, strict, vectorize, strategy)
    with grad_mode.enable_grad():
        group = Group(inputs, "inputs", "jacobian")
        points = _points(group.tensors, create_graph)
        outputs = _call(func, points, "jacobian", strict)
        if vectorize and strict:
            raise RuntimeError(
                "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not "
                "supported together. Please either set `strict=False` or `vectorize=False`."
            )
        matrix = [
            _jacobian_of_output(i, output, points, create_graph, strict)
            for i, output in enumerate(outputs.tensors)
        ]
    return outputs.restore([_result(group, row, create_graph) for row in matrix])


def _check_strategy(create_graph: bool, strict: bool, vectorize: bool, strategy: str) -> None:
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your '
            'function has more outputs than inputs, "forward-mode" tends to be more performant. '
            'Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "reverse-mode":
        return
    for name, given in (("create_graph", create_graph), ("strict", strict)):
        if given:
            error = NotImplementedError if name == "create_graph" else RuntimeError
            raise error(
                f"torch.autograd.functional.jacobian: `{name}=True` and "
                '`strategy="forward-mode"` are not supported together (yet). Please either set '
                f'`{name}=False` or `strategy="reverse-mode"`.'
            )
    if not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly "
            "implemented for `vectorize=True`."
        )


def _jacobian_of_output(
    i: int, output: Any, points: Tensors, create_graph: bool, strict: bool
) -> list[Any]:
    """The derivatives of one output with respect to every input, row by row."""
    rows: list[list[Any]] = [[] for _ in points]
    for element in output.reshape(-1):
        found = _grad((element,), points, None, create_graph, retain_graph=True)
        for k, (row, derivative, point) in enumerate(zip(rows, found, points, strict=True)):
            if derivative is None:
                if strict:
                    raise RuntimeError(
                        f"Output {i} of the user-provided function is independent of input {k}. "
                        "This is not allowed in strict mode."
                    )
                derivative = wrap(np.zeros_like(point._array))
            elif strict and create_graph and not derivative.requires_grad:
                raise RuntimeError(
                    f"The jacobian of the user-provided function is independent of input {i}. "
                    "This is not allowed in strict mode when create_graph=True."
                )
            row.append(derivative)
    return [
        variable.stack(row).view((*output.shape, *point.shape))
        if row
        else wrap(np.zeros_like(point._array, shape=(*output.shape, *point.shape)))
        for row, point in zip(rows, points, strict=True)
    ]


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """All second derivatives of a function that returns one number.

    >>> import minitorch
    >>> hessian(lambda x: (x**3).sum(), minitorch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    group = Group(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def number(*points: Any) -> Any:
        return _single_number(_call(func, points, "hessian", strict), "hessian").squeeze()

    def gradient(*points: Any) -> Any:
        # Forward mode does not create a graph of its own: the inputs have to ask for it.
        wanted = tuple([p if p.requires_grad else p.requires_grad_() for p in points])
        rows = jacobian(number, wanted, create_graph=True)
        if strict:
            _require_gradients(rows, _JACOBIAN_INDEPENDENT)
        return rows

    rows = jacobian(
        gradient,
        group.tensors,
        create_graph=create_graph,
        strict=strict,
        vectorize=vectorize,
        strategy=outer_jacobian_strategy,
    )
    return group.restore([group.restore(row) for row in rows])


def vhp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """``func(*inputs)``, one number, and the product of a vector and its Hessian."""
    with grad_mode.enable_grad():
        group, points, vector, outputs, slopes = _gradient(
            func, inputs, v, create_graph, strict, "vhp"
        )
    with grad_mode.set_grad_enabled(create_graph or grad_mode.is_grad_enabled()):
        found = _grad(slopes, points, vector, create_graph)
        product = _fill(found, points, strict, create_graph, _WORDS_OF_DOUBLE)
    return _result(outputs, outputs.tensors, create_graph), _result(group, product, create_graph)


def hvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """``func(*inputs)``, one number, and the product of its Hessian and a vector.

    The Hessian is symmetric where second derivatives are continuous: there ``vhp`` gives the same,
    and is cheaper.
    """
    with grad_mode.enable_grad():
        group, points, vector, outputs, slopes = _gradient(
            func, inputs, v, create_graph, strict, "hvp"
        )
        seeds = _zeros(points, requires_grad=True)
        products = _grad(slopes, points, seeds, True)
        if strict:
            _require_gradients(slopes, _HESSIAN_INDEPENDENT)
    with grad_mode.set_grad_enabled(create_graph or grad_mode.is_grad_enabled()):
        found = _grad(products, seeds, vector, create_graph)
        product = _fill(found, points, strict, create_graph, _WORDS_OF_DOUBLE_TRICK)
    return _result(outputs, outputs.tensors, create_graph), _result(group, product, create_graph)


def _gradient(
    func: Function, inputs: Any, v: Any, create_graph: bool, strict: bool, name: str
) -> tuple[Group, Tensors, Any, Group, Tensors]:
    """What ``vhp`` and ``hvp`` start from: the inputs, the vector, the number and its gradient."""
    group = Group(inputs, "inputs", name)
    points = _points(group.tensors, create_graph)
    if v is None and (len(points) != 1 or points[0].numel() != 1):
        raise RuntimeError(
            "The vector v can only be None if the input to the user-provided function is a single "
            "Tensor with a single element."
        )
    vector = _vector(v, group, name, create_graph)
    outputs = _call(func, points, name, strict)
    _single_number(outputs, name)
    slopes = _grad(outputs.tensors, points, None, True)
    if strict:
        _require_gradients(slopes, _JACOBIAN_INDEPENDENT)
    return group, points, vector, outputs, slopes


# --------------------------------------------------------------------------- steps


def _points(tensors: Tensors, create_graph: bool) -> Tensors:
    """Where to differentiate: tensors that nothing but this function has used."""
    return tuple(
        [
            t.view_as(t) if create_graph and t.requires_grad else t.detach().requires_grad_()
            for t in tensors
        ]
    )


def _call(func: Function, points: Tensors, name: str, strict: bool) -> Group:
    outputs = Group(func(*points), "outputs of the user-provided function", name)
    if strict:
        _require_gradients(outputs.tensors, _OUTPUT_INDEPENDENT)
    return outputs


def _vector(v: Any, like: Group, name: str, create_graph: bool) -> Tensors | None:
    """The given vector, checked against the tensors that it must be shaped like."""
    if v is None:
        return None
    vector = Group(v, "v", name).tensors
    if len(vector) != len(like.tensors):
        if not like.is_tuple:
            raise RuntimeError("The given v should contain a single Tensor.")
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(like.tensors)} but got {len(vector)}."
        )
    for i, (entry, tensor) in enumerate(zip(vector, like.tensors, strict=True)):
        if entry.shape != tensor.shape:
            prefix = f"Entry {i} in " if like.is_tuple else ""
            raise RuntimeError(
                f"{prefix}v has invalid size: should be {Size(tensor.shape)} but got "
                f"{Size(entry.shape)}."
            )
    return tuple([t.view_as(t) if create_graph and t.requires_grad else t.detach() for t in vector])


def _single_number(outputs: Group, name: str) -> Any:
    if outputs.is_tuple:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outputs.tensors[0].numel() != 1:
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element"
        )
    return outputs.tensors[0]


def _grad(
    outputs: Tensors,
    inputs: Tensors,
    vector: Tensors | None,
    create_graph: bool,
    retain_graph: bool | None = None,
) -> Tensors:
    """The gradients of those outputs that have any; None where an input has no influence."""
    given = vector or (None,) * len(outputs)
    pairs = [
        (o, g) for o, g in zip(outputs, given, strict=True) if o is not None and o.requires_grad
    ]
    if not pairs:
        return (None,) * len(inputs)
    results: Tensors = grad(
        [o for o, _ in pairs],
        inputs,
        [g for _, g in pairs],
        create_graph=create_graph,
        retain_graph=retain_graph,
        allow_unused=True,
    )
    return results


def _zeros(tensors: Tensors, *, requires_grad: bool) -> Tensors:
    zeros = tuple([wrap(np.zeros_like(t._array)) for t in tensors])
    for tensor in zeros:
        tensor.requires_grad = requires_grad
    return zeros


def _fill(
    found: Tensors, like: Tensors, strict: bool, create_graph: bool, words: tuple[str, str]
) -> Tensors:
    """Zeros where there is no influence, which ``strict`` refuses."""
    independent, constant = words
    filled = []
    for i, (derivative, tensor) in enumerate(zip(found, like, strict=True)):
        if derivative is None:
            if strict:
                raise RuntimeError(independent.format(i=i))
            derivative = wrap(np.zeros_like(tensor._array))
        elif strict and create_graph and not derivative.requires_grad:
            raise RuntimeError(constant.format(i=i))
        filled.append(derivative)
    return tuple(filled)


def _require_gradients(tensors: Tensors, words: str) -> None:
    for i, tensor in enumerate(tensors):
        if tensor is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {i}. This is "
                "not allowed in strict mode."
            )
        if not tensor.requires_grad:
            raise RuntimeError(words.format(i=i))


def _result(form: Group, tensors: Sequence[Any], create_graph: bool) -> Any:
    return form.restore([t if create_graph else t.detach() for t in tensors])


# --------------------------------------------------------------------------- what strict says

_OUTPUT_INDEPENDENT = (
    "Output {i} of the user-provided function does not require gradients. The outputs must be "
    "computed in a differentiable manner from the input when running in strict mode."
)
_GRADIENT_INDEPENDENT = (
    "The gradient with respect to input {i} is independent of the inputs of the user-provided "
    "function. This is not allowed in strict mode."
)
_JACOBIAN_INDEPENDENT = (
    "While computing the hessian, found that the jacobian of the user-provided function with "
    "respect to input {i} is independent of the input. This is not allowed in strict mode. You "
    "should ensure that your function is twice differentiable and that the jacobian depends on the "
    "inputs (this would be violated by a linear function for example)."
)
_HESSIAN_INDEPENDENT = (
    "The hessian of the user-provided function with respect to input {i} is independent of the "
    "input. This is not allowed in strict mode. You should ensure that your function is thrice "
    "differentiable and that the hessian depends on the inputs."
)
_CONSTANT_JACOBIAN = (
    "The jacobian of the user-provided function is independent of input {i}. This is not allowed "
    "in strict mode when create_graph=True."
)
_CONSTANT_HESSIAN = (
    "The hessian of the user-provided function is independent of input {i}. This is not allowed in "
    "strict mode when create_graph=True."
)
_WORDS_OF_BACKWARD = (
    "The output of the user-provided function is independent of input {i}. This is not allowed in "
    "strict mode.",
    _CONSTANT_JACOBIAN,
)
_WORDS_OF_TRICK = (
    "The gradient with respect to the input is independent of entry {i} in the grad_outputs when "
    "using the double backward trick to compute forward mode gradients. This is not allowed in "
    "strict mode.",
    _CONSTANT_JACOBIAN,
)
_WORDS_OF_DOUBLE = (
    "The jacobian of the user-provided function is independent of input {i}. This is not allowed "
    "in strict mode.",
    _CONSTANT_HESSIAN,
)
_WORDS_OF_DOUBLE_TRICK = (
    "The hessian of the user-provided function is independent of entry {i} in the grad_jacobian. "
    "This is not allowed in strict mode as it prevents from using the double backward trick to "
    "replace forward mode AD.",
    _CONSTANT_HESSIAN,
)
