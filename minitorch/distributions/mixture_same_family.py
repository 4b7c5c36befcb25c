"""Mixtures. Mirrors torch/distributions/mixture_same_family.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.categorical import Categorical
from minitorch.distributions.constraints import Constraint, MixtureSameFamilyConstraint
from minitorch.distributions.distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """One of several distributions of a family, chosen anew for each draw: p(x) = Σ_k π_k p_k(x).

    Args:
        mixture_distribution: how likely each component is.
        component_distribution: the components, in the last batch dimension.

    >>> import minitorch
    >>> from minitorch.distributions.normal import Normal
    >>> two = Normal(minitorch.tensor([-1.0, 1.0]), 1.0)
    >>> MixtureSameFamily(Categorical(minitorch.ones(2)), two).variance
    tensor(2.)
    """

    arg_constraints: dict[str, Constraint] = {}
    has_rsample = False
    _batched = ("_mixture_distribution", "_component_distribution")

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                " The Mixture distribution needs to be an  instance of "
                "torch.distributions.Categorical"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                "The Component distribution needs to be an instance of "
                "torch.distributions.Distribution"
            )
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution

        mixture_shape = mixture_distribution.batch_shape
        batch_shape = component_distribution.batch_shape[:-1]
        for size1, size2 in zip(reversed(mixture_shape), reversed(batch_shape), strict=False):
            if size1 != 1 and size2 != 1 and size1 != size2:
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({mixture_shape}) is not compatible with "
                    f"`component_distribution.batch_shape`({batch_shape})"
                )
        weights = mixture_distribution.logits.shape[-1]
        components = component_distribution.batch_shape[-1]
        if weights != components:
            raise ValueError(
                f"`mixture_distribution component` ({weights}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({components})"
            )
        self._event_ndims = len(component_distribution.event_shape)
        super().__init__(batch_shape, component_distribution.event_shape, validate_args)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        # The weights may have a smaller batch than the components, so each is expanded by itself.
        new = self._get_checked_instance(MixtureSameFamily, _instance)
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        return super().expand(batch_shape, new)

    @constraints.dependent_property
    def support(self) -> Constraint:
        return MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self) -> Categorical:
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        return self._component_distribution

    def _average(self, x: Tensor) -> Tensor:
        """The mean over the components, weighted."""
        weights = self._mixture_distribution.probs
        batch_ndim = len(self._mixture_distribution.batch_shape)
        padding = 0 if batch_ndim == 1 else len(self._batch_shape) - batch_ndim
        shape = weights.shape
        weights = weights.reshape(
            shape[:-1] + (1,) * padding + shape[-1:] + (1,) * self._event_ndims
        )
        return (weights * x).sum(dim=-1 - self._event_ndims)

    @property
    def mean(self) -> Tensor:
        return self._average(self._component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        """The mean of the components' variances, plus the variance of their means."""
        within = self._average(self._component_distribution.variance)
        distances = self._component_distribution.mean - self._pad(self.mean)
        return within + self._average(distances.pow(2.0))

    def cdf(self, value: Tensor) -> Tensor:
        cdf = self._component_distribution.cdf(self._pad(value))
        return (cdf * self._mixture_distribution.probs).sum(dim=-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        log_prob = self._component_distribution.log_prob(self._pad(value))
        log_weights = self._mixture_distribution.logits.log_softmax(dim=-1)
        return (log_prob + log_weights).logsumexp(dim=-1)

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        """Draw from all components, and keep the chosen one."""
        with no_grad():
            choice = self._mixture_distribution.sample(sample_shape)
            samples = self._component_distribution.sample(sample_shape)
            component_dim = len(sample_shape) + len(self._batch_shape)
            index = choice.reshape(choice.shape + (1,) * (self._event_ndims + 1))
            index = index.repeat((1,) * (choice.dim() + 1) + tuple(self._event_shape))
            return samples.gather(component_dim, index).squeeze(component_dim)

    def _pad(self, x: Tensor) -> Tensor:
        """With a dimension for the components."""
        return x.unsqueeze(-1 - self._event_ndims)

    def __repr__(self) -> str:
        return (
            f"MixtureSameFamily(\n  {self._mixture_distribution},\n  "
            f"{self._component_distribution})"
        )
