"""From a constraint to a transform of all real numbers into the region it describes.

Parameters that must be positive, say, are optimized as real numbers x and used as
``transform_to(constraints.positive)(x)``. Two registries differ in what they promise:

- ``biject_to``: a bijective transform with a ``log_abs_det_jacobian``, for Hamiltonian Monte Carlo;
- ``transform_to``: any transform, possibly of more numbers than needed, which suits optimizers.

Users add constraints of their own with ``register``.

Mirrors torch/distributions/constraint_registry.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.distributions import constraints
from minitorch.distributions.transforms.composition import (
    CatTransform,
    ComposeTransform,
    IndependentTransform,
    StackTransform,
    identity_transform,
)
from minitorch.distributions.transforms.elementwise import (
    AffineTransform,
    ExpTransform,
    SigmoidTransform,
)
from minitorch.distributions.transforms.matrices import (
    CorrCholeskyTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
)
from minitorch.distributions.transforms.simplex import SoftmaxTransform, StickBreakingTransform
from minitorch.distributions.transforms.transform import Transform
from minitorch.distributions.utils import Number

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]

Factory = Callable[[Any], Transform]


class ConstraintRegistry:
    """Factories of transforms, by class of constraint.

    >>> import minitorch
    >>> transform_to(constraints.greater_than(2.0))(minitorch.tensor(0.0))
    tensor(3.)
    """

    def __init__(self) -> None:
        self._registry: dict[type, Factory] = {}

    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Let ``factory(constraint)`` make the transform; without one, this is a decorator.

        Args:
            constraint: a subclass of ``Constraint``, or an object of it.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        if isinstance(constraint, constraints.Constraint):
            constraint = type(constraint)
        if not isinstance(constraint, type) or not issubclass(constraint, constraints.Constraint):
            raise TypeError(
                "Expected constraint to be either a Constraint subclass or instance, but got "
                f"{constraint}"
            )
        self._registry[constraint] = factory
        return factory

    def __call__(self, constraint: Any) -> Transform:
        """The transform into the region of ``constraint``.

        Raises:
            NotImplementedError: no transform has been registered.
        """
        factory = self._registry.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return factory(constraint)


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()


def _to_interval(constraint: Any) -> Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, Number) and isinstance(high, Number) and low == 0 and high == 1:
        return SigmoidTransform()
    return ComposeTransform([SigmoidTransform(), AffineTransform(low, high - low)])


def _to_greater_than(constraint: Any) -> Transform:
    return ComposeTransform([ExpTransform(), AffineTransform(constraint.lower_bound, 1)])


def _to_less_than(constraint: Any) -> Transform:
    return ComposeTransform([ExpTransform(), AffineTransform(constraint.upper_bound, -1)])


def _register_parts(registry: ConstraintRegistry) -> None:
    """Those whose transforms are made of the transforms of their parts."""

    def independent(constraint: Any) -> Transform:
        base = registry(constraint.base_constraint)
        return IndependentTransform(base, constraint.reinterpreted_batch_ndims)

    def cat(constraint: Any) -> Transform:
        parts = [registry(c) for c in constraint.cseq]
        return CatTransform(parts, constraint.dim, constraint.lengths)

    def stack(constraint: Any) -> Transform:
        return StackTransform([registry(c) for c in constraint.cseq], constraint.dim)

    registry.register(constraints.independent, independent)
    registry.register(constraints.cat, cat)
    registry.register(constraints.stack, stack)


for _registry in (biject_to, transform_to):
    _registry.register(constraints.real, lambda constraint: identity_transform)
    # Their classes are those of positive and nonnegative, too: 0 is a bound like any other.
    _registry.register(constraints.greater_than, _to_greater_than)
    _registry.register(constraints.greater_than_eq, _to_greater_than)
    _registry.register(constraints.less_than, _to_less_than)
    _registry.register(constraints.interval, _to_interval)
    _registry.register(constraints.half_open_interval, _to_interval)
    _registry.register(constraints.corr_cholesky, lambda constraint: CorrCholeskyTransform())
    _register_parts(_registry)

biject_to.register(constraints.simplex, lambda constraint: StickBreakingTransform())

transform_to.register(constraints.simplex, lambda constraint: SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda constraint: LowerCholeskyTransform())
transform_to.register(constraints.positive_definite, lambda constraint: PositiveDefiniteTransform())
transform_to.register(
    constraints.positive_semidefinite, lambda constraint: PositiveDefiniteTransform()
)
