"""Making a layer without drawing its initial values.

Mirrors torch/nn/utils/init.py. torch builds the layer on its "meta" device, without memory; here
the values are drawn and the generator is put back, which leaves the same stream of random numbers.
"""

from __future__ import annotations

import inspect
from typing import Any, TypeVar

from minitorch.nn.modules.module import Module
from minitorch.random import fork_rng

__all__ = ["skip_init"]

M = TypeVar("M", bound=Module)


def skip_init(module_cls: type[M], *args: Any, **kwargs: Any) -> M:
    """``module_cls(*args, **kwargs)``, whose parameters may hold anything.

    Raises:
        RuntimeError: ``module_cls`` is no module, or takes no ``device``.

    >>> import minitorch
    >>> from minitorch import nn
    >>> before = minitorch.get_rng_state()
    >>> layer = skip_init(nn.Linear, 2, 3)
    >>> minitorch.equal(minitorch.get_rng_state(), before)
    True
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    with fork_rng():
        return module_cls(*args, **kwargs)
