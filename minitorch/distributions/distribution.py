"""``Distribution``: what all distributions have in common.

A distribution has a ``batch_shape``, of parameters that differ, and an ``event_shape``, of what one
draw looks like. A sample of ``sample_shape`` draws has the shape ::

    sample_shape + batch_shape + event_shape

Mirrors torch/distributions/distribution.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.distributions.constraints import Constraint, is_dependent
from minitorch.distributions.utils import lazy_property

__all__ = ["Distribution"]


class Distribution:
    """Base of all distributions.

    A subclass sets its parameters, tensors of one batch shape, and calls ``super().__init__``. Of
    the methods below it writes those that it can; the others raise NotImplementedError.

    Args:
        batch_shape: the shape of the parameters, without the dimensions of an event.
        event_shape: the shape of one draw.
        validate_args: check parameters now, and values whenever a method takes some.

    Raises:
        ValueError: a parameter lies outside its constraint.
    """

    has_rsample: bool = False
    """Gradients flow from a sample to the parameters."""

    has_enumerate_support: bool = False

    _validate_args: bool = __debug__

    _batched: ClassVar[tuple[str, ...]]
    """The attributes that ``expand`` expands: tensors, and other distributions, with the batch
    shape in front. A class with a constructor of its own names them again."""

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions check their arguments if they are not told; off under ``-O``."""
        if value not in [True, False]:
            raise ValueError
        Distribution._validate_args = value

    def __init__(
        self,
        batch_shape: Sequence[int] = Size(),
        event_shape: Sequence[int] = Size(),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()

    def _check_parameters(self) -> None:
        try:
            arg_constraints = self.arg_constraints
        except NotImplementedError:
            arg_constraints = {}
            warnings.warn(
                f"{self.__class__} does not define `arg_constraints`. "
                "Please set `arg_constraints = {}` or initialize the distribution "
                "with `validate_args=False` to turn off validation.",
                stacklevel=4,
            )
        for name, constraint in arg_constraints.items():
            if is_dependent(constraint):
                continue
            if name not in vars(self) and isinstance(getattr(type(self), name), lazy_property):
                continue  # computed from another parameter, which is checked
            value = getattr(self, name)
            if not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} "
                    f"({type(value).__name__} of shape {tuple(value.shape)}) "
                    f"of distribution {self!r} "
                    f"to satisfy the constraint {constraint!r}, "
                    f"but found invalid values:\n{value}"
                )

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        """The same distribution with its parameters expanded to a larger batch shape.

        Args:
            _instance: an object of a subclass, to be filled.
        """
        owner: Any = next((cls for cls in type(self).__mro__ if "_batched" in vars(cls)), None)
        if owner is None:
            raise NotImplementedError
        new = self._get_checked_instance(owner, _instance)
        for name, value in vars(self).items():
            if name in vars(new):
                continue
            if name in owner._batched:
                value = self._expanded(value, batch_shape)
            elif isinstance(getattr(type(self), name, None), lazy_property):
                continue  # will be computed anew
            setattr(new, name, value)
        new._batch_shape = Size(batch_shape)
        new._validate_args = self._validate_args
        return new

    def _expanded(self, value: Any, batch_shape: Sequence[int]) -> Any:
        shape = value.shape if isinstance(value, Tensor) else value.batch_shape
        return value.expand(Size(batch_shape) + shape[len(self._batch_shape) :])

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """An object to fill: ``_instance``, or a bare one of this class.

        Raises:
            NotImplementedError: the class has a constructor that ``cls`` knows nothing of.
        """
        if _instance is None and type(self).__init__ != cls.__init__:  # type: ignore[misc]
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a custom "
                "__init__ method must also define a custom .expand() method."
            )
        return type(self).__new__(type(self)) if _instance is None else _instance

    @property
    def batch_shape(self) -> Size:
        """The shape of the parameters."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one draw."""
        return self._event_shape

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """Where each parameter must lie."""
        raise NotImplementedError

    @property
    def support(self) -> Any:
        """The constraint that all draws satisfy."""
        raise NotImplementedError

    @property
    def mean(self) -> Tensor:
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The most likely value."""
        raise NotImplementedError(f"{self.__class__} does not implement mode")

    @property
    def variance(self) -> Tensor:
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        """Draw, without gradient.

        Shape: sample_shape + batch_shape + event_shape.
        """
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        """Draw such that gradients flow from the sample to the parameters: reparameterised.

        Shape: sample_shape + batch_shape + event_shape.
        """
        raise NotImplementedError

    def sample_n(self, n: int) -> Tensor:
        """Deprecated: ``sample((n,))``."""
        warnings.warn(
            "`sample_n(n)` will be deprecated. Use `sample((n,))` instead.",
            FutureWarning,
            stacklevel=2,
        )
        return self.sample(Size((n,)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability, at ``value``.

        Shape: sample_shape + batch_shape + event_shape to sample_shape + batch_shape.
        """
        raise NotImplementedError

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a draw up to ``value``."""
        raise NotImplementedError

    def icdf(self, value: Tensor) -> Tensor:
        """The inverse of ``cdf``: the quantile of a probability."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values that a discrete distribution can take, along a new first dimension.

        Shape: (values,) + batch_shape + event_shape; batch dimensions of 1 unless ``expand``.
        """
        raise NotImplementedError

    def _enumerated(self, values: Tensor, expand: bool) -> Tensor:
        """All values, of shape (values,) + event_shape, with the batch's dimensions between."""
        count, event_shape = values.shape[:1], values.shape[1:]
        values = values.view(count + (1,) * len(self._batch_shape) + event_shape)
        return values.expand(count + self._batch_shape + event_shape) if expand else values

    def entropy(self) -> Tensor:
        """The expectation of -log_prob, in nats.

        Shape: batch_shape.
        """
        raise NotImplementedError

    def perplexity(self) -> Tensor:
        """exp(entropy): how many equally likely values would be as uncertain."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Sequence[int] = Size()) -> Size:
        return Size(sample_shape) + self._batch_shape + self._event_shape

    def _validate_sample(self, value: Tensor) -> None:
        """Check that ``value`` could be a draw.

        Raises:
            ValueError: it is no tensor, has another shape, or lies outside the support.
        """
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        actual, expected = value.shape, self._batch_shape + self._event_shape
        if actual[len(actual) - len(self._event_shape) :] != self._event_shape:
            raise ValueError(
                "The right-most size of value must match event_shape: "
                f"{actual} vs {self._event_shape}."
            )
        for i, j in zip(reversed(actual), reversed(expected), strict=False):
            if i != 1 and j != 1 and i != j:
                raise ValueError(
                    "Value is not broadcastable with batch_shape+event_shape: "
                    f"{actual} vs {expected}."
                )
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(
                f"{self.__class__} does not define `support` to enable "
                "sample validation. Please initialize the distribution with "
                "`validate_args=False` to turn off validation.",
                stacklevel=3,
            )
            return
        if not support.check(value).all():
            raise ValueError(
                "Expected value argument "
                f"({type(value).__name__} of shape {tuple(value.shape)}) "
                f"to be within the support ({support!r}) "
                f"of the distribution {self!r}, "
                f"but found invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        parameters = {name: vars(self)[name] for name in self.arg_constraints if name in vars(self)}
        shown = [
            f"{name}: {value if value.numel() == 1 else value.size()}"
            for name, value in parameters.items()
        ]
        return f"{type(self).__name__}({', '.join(shown)})"
