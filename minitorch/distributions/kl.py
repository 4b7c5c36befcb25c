"""The Kullback-Leibler divergence of two distributions, found by their types.

The formulas register themselves from three files: kl_same_family.py, kl_multivariate.py and
kl_between_families.py.

Mirrors torch/distributions/kl.py.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from minitorch._tensor import Tensor
from minitorch.distributions.distribution import Distribution

__all__ = ["kl_divergence", "register_kl"]

Formula = Callable[[Any, Any], Tensor]

_KL_REGISTRY: dict[tuple[type, type], Formula] = {}
_KL_MEMOIZE: dict[tuple[type, type], Formula | None] = {}  # of subclasses, too


def register_kl(type_p: type, type_q: type) -> Callable[[Formula], Formula]:
    """A decorator: use this function of (p, q) for these types and their subclasses.

    The most specific match is used. If that depends on which of the two is looked at first, a
    RuntimeWarning asks for another registration.
    """
    for name, cls in (("type_p", type_p), ("type_q", type_q)):
        # Any class, as in torch: some are distributions by their methods alone.
        if not isinstance(cls, type):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {cls}")

    def decorator(formula: Formula) -> Formula:
        _KL_REGISTRY[type_p, type_q] = formula
        _KL_MEMOIZE.clear()
        return formula

    return decorator


def _more_specific(a: tuple[type, type], b: tuple[type, type]) -> int:
    """Negative if ``a`` goes before ``b``: the first class that differs is a subclass."""
    for x, y in zip(a, b, strict=True):
        if x is not y:
            return -1 if issubclass(x, y) else 1
    return 0


def _dispatch_kl(type_p: type, type_q: type) -> Formula | None:
    matches = [(p, q) for p, q in _KL_REGISTRY if issubclass(type_p, p) and issubclass(type_q, q)]
    if not matches:
        return None
    order = functools.cmp_to_key(_more_specific)
    left_p, left_q = min(matches, key=order)
    right_q, right_p = min([(q, p) for p, q in matches], key=order)
    formula = _KL_REGISTRY[left_p, left_q]
    if formula is not _KL_REGISTRY[right_p, right_q]:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). "
            f"Please register_kl({left_p.__name__}, {right_q.__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return formula


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """KL(p ‖ q) = ∫ p(x) log(p(x) / q(x)) dx: what it costs to take p for q.

    Shape: the batch shapes of p and q, broadcast.

    Raises:
        NotImplementedError: there is no formula for the pair.

    >>> from minitorch.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(0.0, 1.0), Normal(1.0, 1.0))
    tensor(0.5000)
    """
    types = type(p), type(q)
    if types not in _KL_MEMOIZE:
        _KL_MEMOIZE[types] = _dispatch_kl(*types)
    formula = _KL_MEMOIZE[types]
    if formula is None:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} "
            f"and q type {type(q).__name__}"
        )
    return formula(p, q)
