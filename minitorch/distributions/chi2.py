"""The chi-squared distribution. Mirrors torch/distributions/chi2.py."""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.gamma import Gamma
from minitorch.distributions.utils import TensorOrNumber

__all__ = ["Chi2"]


class Chi2(Gamma):
    """The sum of the squares of ``df`` standard normals: Gamma(df / 2, 1 / 2).

    >>> Chi2(4.0).variance
    tensor(8.)
    """

    arg_constraints = {"df": constraints.positive}
    _batched = Gamma._batched

    def __init__(self, df: TensorOrNumber, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    @property
    def df(self) -> Tensor:
        """Degrees of freedom."""
        return self.concentration * 2
