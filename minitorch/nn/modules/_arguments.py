"""What is said to a layer's caller who hands in an array, a list or None where a tensor belongs.

Operations do not look at the types of their arguments: that would cost every call. They fail on the
first attribute that only tensors have, and here that failure is put into torch's words.

Mirrors, in purpose, torch/csrc/utils/python_arg_parser.cpp.
"""

from __future__ import annotations

from minitorch._tensor import Tensor


def not_a_tensor(error: AttributeError) -> TypeError | None:
    """The error that torch raises; None if this one has nothing to do with an argument."""
    culprit, traceback = error.obj, error.__traceback__
    if isinstance(culprit, Tensor):
        return None
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__", "").startswith("minitorch.native."):
            function = frame.f_code
            for position, name in enumerate(function.co_varnames[: function.co_argcount], start=1):
                if frame.f_locals[name] is culprit:
                    return TypeError(
                        f"{function.co_name}(): argument '{name}' (position {position}) must be "
                        f"Tensor, not {_typename(culprit)}"
                    )
            return None
        traceback = traceback.tb_next
    return None


def _typename(value: object) -> str:
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return module + kind.__qualname__
