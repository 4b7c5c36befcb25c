"""``vmap``: a function of one example, run on a batch.

Mirrors torch/_functorch/{apis.py, vmap.py}. The function is called once for each member of the
batch and the results are stacked: what it returns is what torch returns, but it is no faster than
a loop. Since the function sees ordinary tensors, it may do what torch's tracing forbids
(``.item()``, branches on values).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from minitorch.autograd.variable import Variable
from minitorch.native.joining import stack
from minitorch.native.splitting import select
from minitorch.native.views import movedim
from minitorch.random import get_rng_state, set_rng_state
from minitorch.utils._pytree import broadcast_to_tree, tree_flatten, tree_unflatten

Function = Callable[..., Any]


def vmap(
    func: Function,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Function:
    """The function that maps ``func`` over a dimension of its arguments.

    >>> import minitorch
    >>> vmap(minitorch.dot)(minitorch.ones(3, 2), minitorch.ones(3, 2))
    tensor([2., 2., 2.])

    Args:
        in_dims: for each argument the dimension to map over, None for arguments that all calls
            share; nested as the arguments are, or one number for all.
        out_dims: where the mapped dimension stands in each result.
        randomness: whether calls may draw random numbers, and if so "same" or "different" ones.
        chunk_size: accepted; calls are made one by one.

    Raises:
        RuntimeError: ``func`` drew random numbers under ``randomness="error"``.
        ValueError: the arguments have no such dimension, or the sizes of theirs differ.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', or 'same'. Got "
            f"{randomness}"
        )
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        name = getattr(func, "__name__", repr(func))
        flat, spec = tree_flatten(args)
        dims = _input_dims(name, in_dims, args, flat)
        size = _batch_size(flat, dims)
        before = get_rng_state()
        results = []
        for b in range(max(size, 1)):
            if randomness == "same":
                set_rng_state(before)
            # An empty batch has no member; zeros in its place tell the shapes of the results.
            members = [_member(x, dim, b, size) for x, dim in zip(flat, dims, strict=True)]
            results.append(func(*tree_unflatten(members, spec), **kwargs))
        if randomness == "error" and bool((get_rng_state() != before).any()):
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use "
                "the 'same' or 'different' randomness flags on vmap or perform the randomness "
                "operation out of vmap"
            )
        return _joined(name, results, out_dims, size)

    return mapped


def _input_dims(name: str, in_dims: Any, args: tuple[Any, ...], flat: Sequence[Any]) -> list[Any]:
    """The dimension to map over, counted from the front, for each tensor among the arguments."""
    words = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>):"
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{words} expected `in_dims` to be int or a (potentially nested) tuple matching the "
            f"structure of inputs, got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are "
            "trying to vmap over a function with no inputs. The latter is unsupported."
        )
    spec = tree_flatten(args)[1]
    dims = broadcast_to_tree(in_dims, spec)
    if dims is None:
        raise ValueError(
            f"{words} in_dims is not compatible with the structure of `inputs`. in_dims has "
            f"structure {tree_flatten(in_dims)[1]} but inputs has structure {spec}."
        )
    for i, (x, dim) in enumerate(zip(flat, dims, strict=True)):
        if dim is None:
            continue
        if not isinstance(dim, int):
            raise ValueError(
                f"{words} Got in_dim={dim} for an input but in_dim must be either an integer "
                "dimension or None."
            )
        if not isinstance(x, Variable):
            raise ValueError(
                f"{words} Got in_dim={dim} for an input but the input is of type {type(x)}. We "
                "cannot vmap over non-Tensor arguments, please use None as the respective in_dim"
            )
        ndim = x._array.ndim
        if not -ndim <= dim < ndim:
            raise ValueError(
                f"{words} Got in_dim={dim} for some input, but that input is a Tensor of "
                f"dimensionality {ndim} so expected in_dim to satisfy -{ndim} <= in_dim < {ndim}."
            )
        dims[i] = dim % ndim
    return dims


def _batch_size(flat: Sequence[Any], dims: Sequence[Any]) -> int:
    sizes = [x._array.shape[d] for x, d in zip(flat, dims, strict=True) if d is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len(set(sizes)) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return sizes[0]


def _member(x: Any, dim: int | None, b: int, size: int) -> Any:
    if dim is None:
        return x
    if size == 0:
        shape = x._array.shape
        return x.new_zeros(shape[:dim] + shape[dim + 1 :])
    return select(x, dim, b)


def _joined(name: str, results: Sequence[Any], out_dims: Any, size: int) -> Any:
    """The results of all calls, stacked where ``out_dims`` says."""
    spec = tree_flatten(results[0])[1]
    dims = broadcast_to_tree(out_dims, spec)
    if dims is None:
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with "
            f"the structure of `outputs`. out_dims has structure {tree_flatten(out_dims)[1]} but "
            f"outputs has structure {spec}."
        )
    joined: list[Any] = []
    columns = zip(*[tree_flatten(result)[0] for result in results], strict=True)
    for column, dim in zip(columns, dims, strict=True):
        if dim is None:
            joined.append(column[0])
            continue
        for value in column:
            if not isinstance(value, Variable):
                raise ValueError(
                    f"vmap({name}, ...): `{name}` must only return Tensors, got type "
                    f"{type(value)}. Did you mean to set out_dims= to None for output?"
                )
        stacked = stack(column)
        joined.append(movedim(stacked if size else stacked[:0], 0, dim))
    return tree_unflatten(joined, spec)
