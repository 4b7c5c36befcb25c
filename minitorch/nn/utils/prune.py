"""Pruning: setting the least important, or random, elements of weights to zero for good.

A pruned parameter is split in two, what is trained (``weight_orig``) and a buffer of zeros and ones
(``weight_mask``). A hook computes ``weight = weight_mask * weight_orig`` before every forward.
Pruning again acts on what is left.

Mirrors torch/nn/utils/prune.py.
"""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, TypeVar

from minitorch._tensor import Tensor
from minitorch.native.factories import ones_like, zeros_like
from minitorch.native.norms import norm
from minitorch.native.order_statistics import kthvalue
from minitorch.native.random_factories import rand, rand_like
from minitorch.native.sorting import topk
from minitorch.nn.modules.module import Module
from minitorch.nn.utils.convert_parameters import parameters_to_vector

M = TypeVar("M", bound=Module)


class BasePruningMethod(ABC):
    """A way to choose what is pruned; subclasses define ``compute_mask`` and ``PRUNING_TYPE``.

    ``PRUNING_TYPE`` says on what a second pruning acts: "unstructured", the elements that are left,
    "structured", the channels along ``dim`` that are left, or "global", everything.
    """

    PRUNING_TYPE: ClassVar[str]
    _tensor_name: str

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """``default_mask`` with more zeros, chosen by the importance scores ``t``."""

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module: Module) -> Tensor:
        """``mask * orig``."""
        mask: Tensor = getattr(module, f"{self._tensor_name}_mask")
        orig: Tensor = getattr(module, f"{self._tensor_name}_orig")
        return mask.to(dtype=orig.dtype) * orig

    @classmethod
    def apply(
        cls,
        module: Module,
        name: str,
        *args: Any,
        importance_scores: Tensor | None = None,
        **kwargs: Any,
    ) -> BasePruningMethod:
        """Prune ``module.{name}``, by the method made of the further arguments.

        Args:
            importance_scores: of the shape of the parameter, which they stand in for.

        Returns:
            The hook: the method, or a container of this and of earlier ones.
        """
        method = cls._joined_with_earlier(module, name, cls(*args, **kwargs))
        is_first = not isinstance(method, PruningContainer)
        orig = getattr(module, name)
        scores = _scores(orig, importance_scores, f"parameter {name} of {module}")
        if is_first:
            module.register_parameter(f"{name}_orig", orig)
            del module._parameters[name]
            default_mask = ones_like(orig)
        else:
            default_mask = getattr(module, f"{name}_mask").detach().clone()
        try:
            mask = method.compute_mask(scores, default_mask=default_mask)
            module.register_buffer(f"{name}_mask", mask)
            setattr(module, name, method.apply_mask(module))
            module.register_forward_pre_hook(method)
        except Exception:
            if is_first:
                module.register_parameter(name, orig)
                del module._parameters[f"{name}_orig"]
            raise
        return method

    @staticmethod
    def _joined_with_earlier(
        module: Module, name: str, method: BasePruningMethod
    ) -> BasePruningMethod:
        """Take the hook of an earlier pruning away; the new one goes into a container with it."""
        method._tensor_name = name
        earlier = [
            (id, hook)
            for id, hook in module._forward_pre_hooks.items()
            if isinstance(hook, BasePruningMethod) and hook._tensor_name == name
        ]
        if len(earlier) > 1:
            raise AssertionError(
                f"Avoid adding multiple pruning hooks to the same tensor {name} of module "
                f"{module}. Use a PruningContainer."
            )
        if not earlier:
            return method
        id, hook = earlier[0]
        del module._forward_pre_hooks[id]
        container = hook if isinstance(hook, PruningContainer) else PruningContainer(hook)
        container.add_pruning_method(method)
        return container

    def prune(
        self,
        t: Tensor,
        default_mask: Tensor | None = None,
        importance_scores: Tensor | None = None,
    ) -> Tensor:
        """``t`` with zeros; no module is involved."""
        scores = _scores(t, importance_scores, "tensor t")
        mask = ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(scores, default_mask=mask)

    def remove(self, module: Module) -> None:
        """One parameter again, in which the pruned elements are zero; the hook is left."""
        name = self._tensor_name
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        orig: Any = module._parameters.pop(f"{name}_orig")
        orig.data = weight.data
        del module._buffers[f"{name}_mask"]
        setattr(module, name, orig)


def _scores(t: Tensor, importance_scores: Tensor | None, what: str) -> Tensor:
    if importance_scores is None:
        return t
    if importance_scores.shape != t.shape:
        raise AssertionError(
            f"importance_scores should have the same shape as {what}, "
            f"got {importance_scores.shape} vs {t.shape}"
        )
    return importance_scores


class PruningContainer(BasePruningMethod):
    """Several methods that pruned one tensor, the newest last."""

    def __init__(self, *methods: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if len(methods) == 1:
            self._tensor_name = methods[0]._tensor_name
        for method in methods:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add a method at the end.

        Raises:
            TypeError, ValueError: it is none, or one for another tensor.
        """
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: int) -> BasePruningMethod:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the newest method, for the part of ``t`` that is not yet pruned."""
        method = self._pruning_methods[-1]
        left = _part_left(method, default_mask)
        mask = default_mask.to(dtype=t.dtype)
        mask[left] = method.compute_mask(t[left], default_mask=default_mask[left]).to(mask.dtype)
        return mask


def _part_left(method: Any, mask: Tensor) -> Any:
    """An index of the elements on which a further method acts."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    whole: list[Any] = [slice(None)] * mask.dim()
    if method.PRUNING_TYPE == "global":
        return tuple(whole)
    if method.PRUNING_TYPE != "structured":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    if not hasattr(method, "dim"):
        raise AttributeError(
            'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.'
        )
    dim = method.dim + mask.dim() if method.dim < 0 else method.dim
    if dim < 0:
        raise IndexError(f"Index is out of bounds for tensor with dimensions {mask.dim()}")
    whole[dim] = mask.sum(dim=[d for d in range(mask.dim()) if d != dim]) != 0
    return tuple(whole)


# ------------------------------------------------------------------ methods


class Identity(BasePruningMethod):
    """Prunes nothing: a mask of ones."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask


class _UnstructuredMethod(BasePruningMethod):
    """Prunes ``amount`` single elements: a number of them, or a fraction of all."""

    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        _check_kind_of_amount(amount)
        self.amount = amount

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count = _number_to_prune(self.amount, t.nelement())
        mask = default_mask.clone()
        if count:
            mask.view(-1)[self.choose(t, count)] = 0
        return mask

    @abstractmethod
    def choose(self, t: Tensor, count: int) -> Tensor:
        """The positions, among all elements, of those to prune."""


class RandomUnstructured(_UnstructuredMethod):
    """Prunes elements at random."""

    def choose(self, t: Tensor, count: int) -> Tensor:
        return topk(rand_like(t).view(-1), count).indices


class L1Unstructured(_UnstructuredMethod):
    """Prunes the elements with the least absolute values."""

    def choose(self, t: Tensor, count: int) -> Tensor:
        return topk(t.abs().view(-1), count, largest=False).indices


class _StructuredMethod(BasePruningMethod):
    """Prunes ``amount`` channels along ``dim``: a number of them, or a fraction of all."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        _check_kind_of_amount(amount)
        self.amount = amount
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if t.dim() <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor "
                f"of shape {t.shape} with {t.dim()} dims"
            )
        if self.dim >= t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        count = _number_to_prune(self.amount, t.shape[self.dim])
        if not count:
            return default_mask
        kept: list[Any] = [slice(None)] * t.dim()
        kept[self.dim] = self.choose_kept(t, count)
        mask = zeros_like(t)
        mask[tuple(kept)] = 1
        return mask * default_mask.to(dtype=mask.dtype)

    @abstractmethod
    def choose_kept(self, t: Tensor, count: int) -> Tensor:
        """An index of the channels that are left when ``count`` of them are pruned."""


class RandomStructured(_StructuredMethod):
    """Prunes channels at random."""

    def choose_kept(self, t: Tensor, count: int) -> Tensor:
        scores = rand(t.shape[self.dim])
        return scores > kthvalue(scores, count).values


class LnStructured(_StructuredMethod):
    """Prunes the channels with the least n-norms.

    Args:
        n: the p of ``norm``.
    """

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def choose_kept(self, t: Tensor, count: int) -> Tensor:
        others = [d for d in range(t.dim()) if d != self.dim % t.dim()]
        norms = norm(t, p=self.n, dim=others)
        return topk(norms, len(norms) - count).indices


class CustomFromMask(BasePruningMethod):
    """Prunes where a given mask is zero."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match "
                f"self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)


def _check_kind_of_amount(amount: Any) -> None:
    """A number of elements, or a fraction.

    Raises:
        TypeError, ValueError: it is neither.
    """
    if not isinstance(amount, numbers.Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    is_fraction = not isinstance(amount, numbers.Integral)
    if float(amount) < 0 or (is_fraction and float(amount) > 1):
        raise ValueError(
            f"amount={amount} should either be a float in the range [0, 1] or a non-negative "
            "integer"
        )


def _number_to_prune(amount: float, size: int) -> int:
    """``amount`` of ``size``, as a number.

    Raises:
        ValueError: it is more than there are.
    """
    count = int(amount) if isinstance(amount, numbers.Integral) else round(amount * size)
    if count > size:
        raise ValueError(
            f"amount={count} should be smaller than the number of parameters to prune={size}"
        )
    return count


# ------------------------------------------------------------------ in one call


def identity(module: M, name: str) -> M:
    """Split a parameter into ``{name}_orig`` and a mask of ones."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: M, name: str, amount: float) -> M:
    """Prune elements at random.

    Args:
        amount: how many of those that are left; a float: which fraction.

    >>> from minitorch import nn
    >>> random_unstructured(nn.Linear(2, 3), "weight", amount=1).weight_mask.sum()
    tensor(5.)
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(
    module: M, name: str, amount: float, importance_scores: Tensor | None = None
) -> M:
    """Prune the elements with the least absolute values, or scores if there are any.

    >>> from minitorch import nn
    >>> layer = l1_unstructured(nn.Linear(2, 3), "weight", amount=0.2)
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_mask']
    """
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: M, name: str, amount: float, dim: int) -> M:
    """Prune channels along ``dim`` at random."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: M,
    name: str,
    amount: float,
    n: Any,
    dim: int,
    importance_scores: Tensor | None = None,
) -> M:
    """Prune the channels along ``dim`` with the least n-norms."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: M, name: str, mask: Tensor) -> M:
    """Prune where ``mask`` is zero.

    >>> import minitorch
    >>> from minitorch import nn
    >>> custom_from_mask(nn.Linear(5, 3), "bias", minitorch.tensor([0, 1, 0])).bias_mask
    tensor([0., 1., 0.])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prune several parameters as if they were one: the least important elements of all.

    Args:
        parameters: modules and the names of their parameters.
        pruning_method: a class whose type is "unstructured"; it is given ``kwargs``.

    Raises:
        TypeError: ``parameters`` is not iterable, or the method is of another type.

    >>> from minitorch import nn
    >>> net = nn.Sequential(nn.Linear(10, 4), nn.Linear(4, 1))
    >>> weights = [(net[0], "weight"), (net[1], "weight")]
    >>> global_unstructured(weights, L1Unstructured, amount=10)
    >>> sum([int((layer.weight == 0).sum()) for layer in net])
    10
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    if importance_scores is None:
        importance_scores = {}
    if not isinstance(importance_scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    places = list(parameters)
    tensors = [getattr(module, name) for module, name in places]
    scores = parameters_to_vector(
        [importance_scores.get(place, t) for place, t in zip(places, tensors, strict=True)]
    )
    masks = parameters_to_vector(
        [
            getattr(module, f"{name}_mask", ones_like(t))
            for (module, name), t in zip(places, tensors, strict=True)
        ]
    )
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    mask = PruningContainer(method).compute_mask(scores, masks)
    sizes = [t.numel() for t in tensors]
    for (module, name), t, part in zip(places, tensors, mask.split(sizes), strict=True):
        custom_from_mask(module, name, mask=part.view_as(t))


def remove(module: M, name: str) -> M:
    """Make a pruned parameter a plain one again, in which the pruned elements are zero.

    Raises:
        ValueError: it is not pruned.
    """
    for id, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            hook.remove(module)
            del module._forward_pre_hooks[id]
            return module
    raise ValueError(
        f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed"
    )


def is_pruned(module: Module) -> bool:
    """Whether a parameter of this module, or of one inside, is pruned."""
    return any(
        [
            isinstance(hook, BasePruningMethod)
            for inner in module.modules()
            for hook in inner._forward_pre_hooks.values()
        ]
    )
