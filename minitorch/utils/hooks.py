"""The handle that every ``register_*hook`` returns. Mirrors torch/utils/hooks.py."""

from minitorch.autograd.hooks import RemovableHandle

__all__ = ["RemovableHandle"]
