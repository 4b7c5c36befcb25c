"""Neural networks: layers, their functions and their initial values.

Mirrors torch/nn/__init__.py. The layers are listed in modules/__init__.py.
"""

from typing import Any

from minitorch.nn import (
    attention,
    common_types,
    functional,
    grad,
    init,
    modules,
    parallel,
    parameter,
    utils,
)
from minitorch.nn.modules import *  # noqa: F403
from minitorch.nn.modules import __all__ as _layers
from minitorch.nn.parallel import DataParallel
from minitorch.nn.parameter import (
    Buffer,
    Parameter,
    UninitializedBuffer,
    UninitializedParameter,
)

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter"]
__all__ += ["attention", "common_types", "functional", "grad", "init", "modules", "parallel"]
__all__ += ["parameter", "utils", "DataParallel", "factory_kwargs"]
__all__ += _layers


def factory_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """The arguments for ``empty`` and its like among a layer's keyword arguments.

    They stand there by themselves (device, dtype, memory_format) or in one dictionary under the
    name ``factory_kwargs``.

    Raises:
        TypeError: there are others, or one stands in both places.

    >>> factory_kwargs({"dtype": int, "factory_kwargs": {"device": "cpu"}})
    {'device': 'cpu', 'dtype': <class 'int'>}
    """
    if kwargs is None:
        return {}
    simple_keys = {"device", "dtype", "memory_format"}
    unexpected = kwargs.keys() - simple_keys - {"factory_kwargs"}
    if unexpected:
        raise TypeError(f"unexpected kwargs {unexpected}")
    merged = dict(kwargs.get("factory_kwargs", {}))
    for key in sorted(simple_keys & kwargs.keys()):
        if key in merged:
            raise TypeError(f"{key} specified twice, in **kwargs and in factory_kwargs")
        merged[key] = kwargs[key]
    return merged
