"""Layers that learn the size of their input from the first one they see.

Mirrors torch/nn/modules/lazy.py. There, the two things that a lazy module does before others are
hooks; here they are methods, which are gone together with the lazy class.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from minitorch.nn.modules.module import Module
from minitorch.nn.parameter import UninitializedTensorMixin, is_lazy

__all__ = ["LazyModuleMixin"]


class LazyModuleMixin(Module):
    """Before the first ``forward``: ``initialize_parameters``, with the same arguments.

    A lazy layer stands before an ordinary one among the base classes, has
    ``UninitializedParameter`` and ``UninitializedBuffer`` for attributes, and materializes them in
    ``initialize_parameters``. Then it is an ordinary one: its class changes to ``cls_to_become``.

    >>> import minitorch
    >>> from minitorch import nn
    >>> layer = nn.LazyLinear(3)
    >>> layer
    LazyLinear(in_features=0, out_features=3, bias=True)
    >>> _ = layer(minitorch.ones(2, 5))
    >>> layer
    Linear(in_features=5, out_features=3, bias=True)
    """

    cls_to_become: type[Module] | None = None
    _is_inferred = False

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Override: give all parameters and buffers their shapes, which follow from an input."""
        raise NotImplementedError(
            f"initialize_parameters is not implemented for {type(self).__name__}"
        )

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or a buffer has no shape yet."""
        return any(map(is_lazy, chain(self._parameters.values(), self._buffers.values())))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._is_inferred:
            self._infer_parameters(args, kwargs)
            return self(*args, **kwargs)  # of another class now
        return super().__call__(*args, **kwargs)

    def _infer_parameters(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.initialize_parameters(*args, **kwargs)
        if self.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        if self.cls_to_become is not None:
            self.__class__ = self.cls_to_become  # type: ignore[assignment]
        else:
            self._is_inferred = True

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **kwargs: Any
    ) -> None:
        """A state has shapes: they become this layer's."""
        for name, tensor in chain(self._parameters.items(), self._buffers.items()):
            value = state_dict.get(prefix + name)
            if isinstance(tensor, UninitializedTensorMixin) and not (
                value is None or is_lazy(value)
            ):
                tensor.materialize(value.shape)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
