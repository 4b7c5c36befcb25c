"""One row per operation: what to call in both libraries, and on which inputs. Mirrors
torch/testing/_internal/opinfo.

A row is ``OpInfo("mul", samples)``; every property in ``test_ops.py`` runs over every row. ``op``
takes the library as its first argument, so the same lambda drives both: ``lambda torch, x, y:
torch.mul(x, y)``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sample:
    """Positional arguments, of which arrays become tensors, and keyword arguments."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)


def sample(*args: Any, **kwargs: Any) -> Sample:
    return Sample(args, kwargs)


@dataclass(frozen=True)
class Draw:
    """An array to be drawn: its shape, and the interval of its values. Kinks lie between the drawn
    values.
    """

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0
    integer: bool = False
    requires_grad: bool = True

    def array(self, rng: np.random.Generator, dtype: str) -> Any:
        if self.integer:
            return rng.integers(int(self.low), int(self.high), self.shape)
        return rng.uniform(self.low, self.high, self.shape).astype(dtype)


def draw(*shape: int, low: float = -2.0, high: float = 2.0) -> Draw:
    """A floating array that requires grad."""
    return Draw(shape, low, high)


def positive(*shape: int) -> Draw:
    return Draw(shape, 0.3, 2.5)


def integers(low: int, high: int, *shape: int) -> Draw:
    return Draw(shape, low, high, integer=True, requires_grad=False)


def mask(*shape: int) -> Any:
    """A fixed boolean array."""
    return np.random.default_rng(7).random(shape) < 0.5


@dataclass(frozen=True)
class OpInfo:
    """One operation.

    Args:
        name: as a user calls it; the default ``op`` is the function of that name in the library.
        samples: what to call it on.
        op: how to call it, if it is not ``torch.<name>(*args, **kwargs)``.
        inplace: the name of the in-place method, if there is one.
        method: whether the method of that name is the same object as the function.
        second_derivative: False where torch has none either.
        composite: made of other operations here and one node in torch (or the reverse), so
            grad_fn's name differs. rtol, atol: only where a row must be looser than
            ``assert_close``; ``why`` says why.
    """

    name: str
    samples: Sequence[Sample]
    op: Callable[..., Any] | None = None
    inplace: str | None = None
    method: bool = False
    differentiable: bool = True
    second_derivative: bool = True
    composite: bool = False
    rtol: float | None = None
    atol: float | None = None
    why: str = ""

    def __call__(self, library: Any, *args: Any, **kwargs: Any) -> Any:
        if self.op is not None:
            return self.op(library, *args, **kwargs)
        target = library
        for part in self.name.split("."):
            target = getattr(target, part)
        return target(*args, **kwargs)

    def __str__(self) -> str:
        return self.name

    def __post_init__(self) -> None:
        assert (self.rtol is None) == (self.why == ""), (
            f"{self.name}: a loose tolerance needs its reason"
        )


def unary(name: str, make: Callable[..., Draw] = draw, **options: Any) -> OpInfo:
    """A row for ``name(input)`` on several shapes."""
    shapes: list[tuple[int, ...]] = [(3, 4), (), (0, 2), (2, 1, 3)]
    options.setdefault("method", True)
    return OpInfo(name, [sample(make(*shape)) for shape in shapes], **options)


def binary(
    name: str, left: Callable[..., Draw] = draw, right: Callable[..., Draw] = draw, **options: Any
) -> OpInfo:
    """A row for ``name(input, other)`` on shapes that broadcast."""
    pairs: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        ((3, 4), (3, 4)),
        ((3, 1), (2, 3, 4)),
        ((4,), (3, 4)),
        ((), (2, 2)),
        ((0, 3), (1, 3)),
    ]
    options.setdefault("method", True)
    return OpInfo(name, [sample(left(*a), right(*b)) for a, b in pairs], **options)


def on_complex(
    function: Any, samples: Any, name: str, finish: Any = None, prepare: Any = None, **options: Any
) -> OpInfo:
    """A row for a function of complex tensors, from their real and imaginary parts."""

    def op(torch: Any, *parts: Any, **kwargs: Any) -> Any:
        pairs = zip(parts[::2], parts[1::2], strict=True)
        tensors = [torch.complex(real, imag) for real, imag in pairs]
        if prepare is not None:
            tensors[0] = prepare(torch, tensors[0])
        result = function(torch, *tensors, **kwargs)
        if finish is not None:
            result = finish(result)
        several = result if isinstance(result, (tuple, list)) else [result]
        return [torch.view_as_real(r) if r.is_complex() else r for r in several]

    return OpInfo(f"complex {name}", samples, op=op, composite=True, **options)
