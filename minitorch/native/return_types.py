"""Named tuples that print as torch's: what operations with several results return.

Mirrors torch/return_types.py.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any


def return_type(name: str, *fields: str) -> Any:
    """The class of the results of the function ``name``.

    Args:
        fields: the names of the results; ``values`` and ``indices`` if none are given.

    >>> return_type("linalg_qr", "Q", "R")(1, 2)
    torch.return_types.linalg_qr(
    Q=1,
    R=2)
    """
    fields = fields or ("values", "indices")
    base: Any = namedtuple(name, fields)  # type: ignore[misc]  # the fields are not literals

    def __repr__(self: Any) -> str:
        shown = ",\n".join([f"{f}={value!r}" for f, value in zip(fields, self, strict=True)])
        return f"torch.return_types.{name}(\n{shown})"

    return type(name, (base,), {"__slots__": (), "__repr__": __repr__})
