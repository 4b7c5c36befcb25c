"""Neural networks: layers, their functions and their initial values.

Mirrors torch/nn/__init__.py. The layers are listed in modules/__init__.py.
"""

from minitorch.nn import functional, init, modules, parameter, utils
from minitorch.nn.modules import *  # noqa: F403
from minitorch.nn.modules import __all__ as _layers
from minitorch.nn.parameter import (
    Buffer,
    Parameter,
    UninitializedBuffer,
    UninitializedParameter,
)

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter"]
__all__ += ["functional", "init", "modules", "parameter", "utils"]
__all__ += _layers
