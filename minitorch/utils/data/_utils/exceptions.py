"""An exception on its way to another process.

Mirrors ExceptionWrapper of torch/_utils.py.
"""

from __future__ import annotations

import traceback
from typing import NoReturn

__all__ = ["ExceptionWrapper"]


class ExceptionWrapper:
    """The type and the words of an exception, which a traceback object could not carry over.

    Args:
        where: completes "Caught ValueError", such as "in DataLoader worker process 0".
    """

    def __init__(self, exception: BaseException, where: str) -> None:
        self.exc_type = type(exception)
        self.exc_msg = "".join(traceback.format_exception(exception))
        self.where = where

    def reraise(self) -> NoReturn:
        """Raise an exception of the same type, or a RuntimeError if that takes no message."""
        message = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        if self.exc_type is KeyError:
            message = _ShownAsItIs(message)
        elif getattr(self.exc_type, "message", None):  # a class may ask for it by name
            raise self.exc_type(message=message)  # type: ignore[call-arg]
        try:
            exception = self.exc_type(message)
        except Exception:
            exception = RuntimeError(message)
        raise exception


class _ShownAsItIs(str):
    """A KeyError shows the ``repr`` of its message, which would write a traceback in one line."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
