"""``grad``, ``vjp``, ``jvp`` and the matrices: functions that differentiate functions.

Mirrors torch/_functorch/eager_transforms.py. Transforms nest, and tensors that the function closes
over keep their place in the graph. What differs: ``jvp`` and ``jacfwd`` are reverse mode twice
(the double backward trick), so they do not follow what has no second derivative; rows are computed
one after the other, so ``chunk_size`` and ``randomness`` change nothing. Left out:
``functionalize``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd import engine, grad_mode
from minitorch.autograd.node import Node
from minitorch.autograd.variable import AccumulateGrad, Variable
from minitorch.native.factories import ones_like, zeros_like
from minitorch.native.joining import stack
from minitorch.native.views import movedim
from minitorch.utils._pytree import TreeSpec, tree_flatten, tree_map, tree_unflatten

Argnums = int | tuple[int, ...]
Function = Callable[..., Any]


# --------------------------------------------------------------------------- gradients


def grad(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The function that computes the gradient of ``func``, which returns one number.

    >>> import minitorch
    >>> grad(grad(lambda x: x**3))(minitorch.tensor(2.0))
    tensor(12.)

    Args:
        argnums: the positions of the arguments to differentiate with respect to; each may be a
            nesting of tensors.
        has_aux: ``func`` returns a pair, of which the second entry is handed on as it is.
    """

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        grads, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return gradient


def grad_and_value(func: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """As ``grad``, but the function returns a pair: the gradient, and the value (or the value and
    what else ``func`` returned, with ``has_aux``).
    """

    @functools.wraps(func)
    def gradient_and_value(*args: Any, **kwargs: Any) -> Any:
        with Differentiation() as level:
            points, args = level.choose(args, argnums)
            output = func(*args, **kwargs)
            output, aux = _split_aux(output, has_aux, "grad_and_value(f)(*args)")
            _check_number(output)
            flat, spec = tree_flatten(points)
            grads = _gradients([output], flat, None)
        results = tree_unflatten([level.release(g) for g in grads], spec)
        value = level.release(output)
        return results, (value, level.release_tree(aux)) if has_aux else value

    return gradient_and_value


def _check_number(output: Any) -> None:
    words = "grad_and_value(f)(*args): Expected f(*args) to return a"
    if not isinstance(output, Variable):
        raise RuntimeError(f"{words} Tensor, got {type(output)}")
    if output._array.ndim:
        raise RuntimeError(
            f"{words} scalar Tensor, got tensor with {output._array.ndim} dims. Maybe you wanted "
            "to use the vjp or jacrev APIs instead?"
        )


# --------------------------------------------------------------------------- products


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """``func(*primals)``, and the function that multiplies a vector with its Jacobian.

    >>> import minitorch
    >>> value, product = vjp(lambda x: x**2, minitorch.tensor([1.0, 2.0]))
    >>> value, product(minitorch.tensor([1.0, 10.0]))
    (tensor([1., 4.]), (tensor([ 2., 40.]),))
    """
    with Differentiation() as level:
        points, args = level.choose(primals, tuple(range(len(primals))))
        outputs = func(*args)
        outputs, aux = _split_aux(outputs, has_aux, "vjp(f, *primals)")
        flat_outputs, spec = tree_flatten(outputs)
        _check_tensors(flat_outputs, "vjp(f, *primals): expected f(*primals)")
    flat_points, points_spec = tree_flatten(points)

    def product(
        cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None
    ) -> Any:
        flat, given = tree_flatten(cotangents)
        if given != spec:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of "
                f"outputs to the function. cotangents: {_structure(given)}, primal output: "
                f"{_structure(spec)}"
            )
        with grad_mode.enable_grad():
            grads = _gradients(flat_outputs, flat_points, flat)
        return tree_unflatten([level.release(g) for g in grads], points_spec)

    results = level.release_tree(outputs), product
    return (*results, level.release_tree(aux)) if has_aux else results


def _structure(spec: TreeSpec) -> str:
    return str(tree_unflatten(["*"] * spec.num_leaves, spec)).replace("'*'", "*")


def jvp(
    func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> Any:
    """``func(*primals)``, and the product of its Jacobian and a vector.

    >>> import minitorch
    >>> jvp(lambda x: x**2, (minitorch.tensor([1.0, 2.0]),), (minitorch.tensor([1.0, 10.0]),))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    words = "jvp(f, primals, tangents):"
    if not isinstance(primals, tuple):
        raise RuntimeError(
            f"{words} Expected primals to be a tuple. E.g. it should be valid to call f(*primals)."
        )
    flat_tangents, given = tree_flatten(tangents)
    if given != tree_flatten(primals)[1]:
        raise RuntimeError(
            f"{words} Expected primals and tangents to have the same python structure. For "
            "example, if primals is a tuple of 3 tensors, tangents also must be. Got primals with "
            f"structure {tree_flatten(primals)[1]} and tangents with structure {given}"
        )
    if not flat_tangents:
        raise RuntimeError(f"{words} Expected primals to contain at least one Tensor.")
    with Differentiation() as level:
        points, args = level.choose(primals, tuple(range(len(primals))))
        flat_points = tree_flatten(points)[0]
        _check_shapes(flat_points, flat_tangents)
        outputs = func(*args)
        outputs, aux = _split_aux(outputs, has_aux, "jvp(f, primals, tangents)")
        flat_outputs, spec = tree_flatten(outputs)
        _check_tensors(flat_outputs, f"{words} expected f(*primals)")
        seeds = level.seeds(flat_outputs)
        rows = _gradients(flat_outputs, flat_points, seeds, strict)
        products = _gradients(rows, seeds, flat_tangents)
    results = (
        level.release_tree(outputs),
        tree_unflatten([level.release(p) for p in products], spec),
    )
    return (*results, level.release_tree(aux)) if has_aux else results


def linearize(func: Function, *primals: Any) -> tuple[Any, Function]:
    """``func(*primals)``, and the function that multiplies its Jacobian there with a vector."""

    def product(*tangents: Any) -> Any:
        return jvp(func, primals, tangents)[1]

    return func(*primals), product


def _check_shapes(primals: Sequence[Any], tangents: Sequence[Any]) -> None:
    for primal, tangent in zip(primals, tangents, strict=True):
        if primal._array.shape != tangent._array.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that of the "
                "original Tensor, this is not supported. Tensor is of size "
                f"{list(primal._array.shape)} while the given forward gradient is of size "
                f"{list(tangent._array.shape)}."
            )


# --------------------------------------------------------------------------- matrices


def jacrev(
    func: Function,
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Function:
    """The function that computes the Jacobian of ``func``, row by row.

    >>> import minitorch
    >>> jacrev(lambda x: x**2)(minitorch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])

    The result has the nesting of the outputs and, at each, that of the chosen arguments.
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def matrix(*args: Any, **kwargs: Any) -> Any:
        with Differentiation() as level:
            points, args = level.choose(args, argnums)
            outputs, aux = _split_aux(func(*args, **kwargs), has_aux, "jacrev(f)(*args)")
            flat_outputs, spec = tree_flatten(outputs)
            _check_tensors(flat_outputs, "jacrev(f, *primals): expected f(*primals)")
            flat_points, points_spec = tree_flatten(points)
            blocks = []
            for output in flat_outputs:
                elements = output.reshape(-1)
                rows = [_gradients([element], flat_points, None) for element in elements]
                columns = zip(*rows, strict=True) if rows else [()] * len(flat_points)
                found = [
                    _join(column, output._array.shape, point)
                    for column, point in zip(columns, flat_points, strict=True)
                ]
                blocks.append(
                    tree_unflatten([level.release(block) for block in found], points_spec)
                )
        result = tree_unflatten(blocks, spec)
        return (result, level.release_tree(aux)) if has_aux else result

    return matrix


def _join(rows: Sequence[Any], shape: tuple[int, ...], point: Any) -> Any:
    whole = (*shape, *point._array.shape)
    return stack(rows).reshape(whole) if rows else point.new_zeros(whole)


def jacfwd(
    func: Function, argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Function:
    """The function that computes the Jacobian of ``func``, column by column."""

    @functools.wraps(func)
    def matrix(*args: Any, **kwargs: Any) -> Any:
        with Differentiation() as level:
            points, args = level.choose(args, argnums)
            outputs, aux = _split_aux(func(*args, **kwargs), has_aux, "jacfwd(f)(*args)")
            flat_outputs, spec = tree_flatten(outputs)
            _check_tensors(flat_outputs, "jacfwd(f, *primals): expected f(*primals)")
            flat_points, points_spec = tree_flatten(points)
            blocks: list[list[Any]] = [[] for _ in flat_outputs]
            seeds = level.seeds(flat_outputs)
            rows = _gradients(flat_outputs, flat_points, seeds)
            for row, point in zip(rows, flat_points, strict=True):
                columns = [_gradients([element], seeds, None) for element in row.reshape(-1)]
                for block, output, column in zip(
                    blocks,
                    flat_outputs,
                    zip(*columns, strict=True) if columns else [()] * len(flat_outputs),
                    strict=True,
                ):
                    shape = (*output._array.shape, *point._array.shape)
                    joined = (
                        movedim(stack(column), 0, -1).reshape(shape)
                        if column
                        else output.new_zeros(shape)
                    )
                    block.append(level.release(joined))
        result = tree_unflatten([tree_unflatten(block, points_spec) for block in blocks], spec)
        return (result, level.release_tree(aux)) if has_aux else result

    return matrix


def hessian(func: Function, argnums: Argnums = 0) -> Function:
    """The function that computes the second derivatives of ``func``: ``jacfwd(jacrev(func))``."""
    return jacfwd(jacrev(func, argnums), argnums)


# --------------------------------------------------------------------------- one level


class Differentiation:
    """What one transform differentiates: records inside the block, and afterwards hands out results
    that do not show that they were recorded.
    """

    def __enter__(self) -> Differentiation:
        self.leaves: set[int] = set()  # the tensors that this transform itself made leaves
        self.keep: list[Variable] = []  # alive, so that their ids stay theirs
        self.tracked_outside = grad_mode.is_grad_enabled()
        self.mode = grad_mode.enable_grad()
        self.mode.__enter__()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.mode.__exit__(*exc_info)

    def choose(self, args: tuple[Any, ...], argnums: Argnums) -> tuple[Any, tuple[Any, ...]]:
        """The arguments to differentiate with respect to, as fresh tensors, and all arguments with
        these in their places.
        """
        positions = _positions(argnums, len(args))
        fresh = {i: tree_map(self._fresh, args[i]) for i in positions}
        chosen = fresh[positions[0]] if isinstance(argnums, int) else None
        if chosen is None:
            chosen = tuple([fresh[i] for i in positions])
        return chosen, tuple([fresh.get(i, arg) for i, arg in enumerate(args)])

    def _fresh(self, value: Any) -> Any:
        if not isinstance(value, Variable):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(value)}")
        tensor: Any = value
        if tensor.requires_grad and self.tracked_outside:
            return tensor.view_as(tensor)
        return self._own(tensor.detach())

    def seeds(self, outputs: Sequence[Any]) -> list[Any]:
        """Vectors to multiply the Jacobian with, and to differentiate that with respect to. Since
        it is linear in them, their values do not matter.
        """
        return [self._own(zeros_like(output)) for output in outputs]

    def _own(self, leaf: Any) -> Any:
        leaf.requires_grad_()
        self.leaves.add(id(leaf))
        self.keep.append(leaf)
        return leaf

    def release(self, tensor: Any) -> Any:
        """The tensor, detached unless it depends on something outside that requires grad."""
        if not isinstance(tensor, Variable):
            return tensor
        if self.tracked_outside and self._reaches_outside(tensor):
            return tensor
        result: Any = tensor
        return result.detach()

    def release_tree(self, tree: Any) -> Any:
        return tree_map(self.release, tree)

    def _reaches_outside(self, tensor: Variable) -> bool:
        edge = tensor.gradient_edge()
        stack_of_nodes: list[Node] = [] if edge is None else [edge[0]]
        seen: set[Node] = set(stack_of_nodes)
        while stack_of_nodes:
            node = stack_of_nodes.pop()
            if isinstance(node, AccumulateGrad):
                if id(node.variable) not in self.leaves:
                    return True
                continue
            for next_edge in node.next_edges:
                if next_edge is not None and next_edge[0] not in seen:
                    seen.add(next_edge[0])
                    stack_of_nodes.append(next_edge[0])
        return False


def _positions(argnums: Argnums, count: int) -> list[int]:
    if not isinstance(argnums, (int, tuple)) or (
        isinstance(argnums, tuple) and not all([isinstance(i, int) for i in argnums])
    ):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    if not numbers and count:
        raise RuntimeError("argnums must be non-empty")
    for number in numbers:
        if not -count <= number < count:
            raise RuntimeError(f"Got argnum={number}, but only {count} positional inputs")
    return [number % count for number in numbers]


def _split_aux(output: Any, has_aux: bool, name: str) -> tuple[Any, Any]:
    if not has_aux:
        return output, None
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(
            f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True"
        )
    return output


def _check_tensors(values: Sequence[Any], words: str) -> None:
    for value in values:
        if not isinstance(value, Variable):
            raise RuntimeError(
                f"{words} to return only tensors, got unsupported type {type(value)}"
            )


def _gradients(
    outputs: Sequence[Any],
    inputs: Sequence[Any],
    vector: Sequence[Any] | None,
    strict: bool = False,
) -> list[Any]:
    """Gradients that can be differentiated again; zeros where there is no influence."""
    given = [ones_like(o) for o in outputs] if vector is None else vector
    for i, (output, entry) in enumerate(zip(outputs, given, strict=True)):
        if output._array.shape != entry._array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of {entry.shape} and output[{i}] "
                f"has a shape of {output.shape}."
            )
    pairs = [(o, v) for o, v in zip(outputs, given, strict=True) if o.requires_grad]
    found: Sequence[Any] = (None,) * len(inputs)
    if pairs:
        found = engine.grad(
            [o for o, _ in pairs],
            inputs,
            [v for _, v in pairs],
            create_graph=True,
            allow_unused=True,
        )
    if strict and any([g is None for g in found]):
        raise RuntimeError(
            "jvp(f, primals, tangents, strict=True): The output of f is independent of the "
            "inputs. This is not allowed with strict=True."
        )
    return [zeros_like(x) if g is None else g for g, x in zip(found, inputs, strict=True)]
