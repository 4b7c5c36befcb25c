"""Turns an array into the text that `repr(tensor)` shows.

Mirrors torch/_tensor_str.py, character for character.

All shown elements share one format and one width, so columns line up: `_Formatter` picks them,
`tensor_str` writes the nested brackets, `format_tensor` adds what stands around the numbers
(`dtype=`, `grad_fn=`). Arrays come in, text goes out; nothing here knows of Tensor.

Left out: sparse, quantized, nested and meta tensors, 8-bit and 4-bit floats, forward-mode tangents,
functorch wrappers, and the `device=` suffix.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

# --------------------------------------------------------------------------------------------------
# Options
# --------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class PrinterOptions:
    """What `set_printoptions` changes."""

    precision: int = 4  # digits after the decimal point
    threshold: float = 1000  # tensors with more elements show their edges only
    edgeitems: int = 3  # elements shown at each end of a cut dimension
    linewidth: int = 80  # characters per line
    sci_mode: bool | None = None  # scientific notation; None: `_Formatter` decides


PRINT_OPTS = PrinterOptions()

_PROFILES = {
    "default": PrinterOptions(),
    "short": PrinterOptions(precision=2, edgeitems=2),
    "full": PrinterOptions(threshold=math.inf),
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets how tensors print; `PrinterOptions` explains each option.

    `profile` ("default", "short" or "full") sets the first four at once; the other arguments
    override it. An option left at None keeps its value, except `sci_mode`, which is always set:
    None means automatic there.

    >>> set_printoptions(precision=2)
    >>> print(format_tensor(np.array([1.12345], np.float32)))
    tensor([1.12])
    >>> set_printoptions(profile="default")
    """
    base = _PROFILES.get(profile or "", PRINT_OPTS)
    PRINT_OPTS.precision = base.precision if precision is None else precision
    PRINT_OPTS.threshold = base.threshold if threshold is None else threshold
    PRINT_OPTS.edgeitems = base.edgeitems if edgeitems is None else edgeitems
    PRINT_OPTS.linewidth = base.linewidth if linewidth is None else linewidth
    PRINT_OPTS.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The current options, as keyword arguments for `set_printoptions`.

    >>> get_printoptions()
    {'precision': 4, 'threshold': 1000, 'edgeitems': 3, 'linewidth': 80, 'sci_mode': None}
    """
    return dataclasses.asdict(PRINT_OPTS)


@contextlib.contextmanager
def printoptions(**kwargs: Any) -> Iterator[None]:
    """`set_printoptions` for the length of a with block.

    >>> with printoptions(sci_mode=True):
    ...     print(format_tensor(np.array([1.5], np.float32)))
    tensor([1.5000e+00])
    """
    saved = get_printoptions()
    set_printoptions(**kwargs)
    try:
        yield
    finally:
        set_printoptions(**saved)


# --------------------------------------------------------------------------------------------------
# One element
# --------------------------------------------------------------------------------------------------


class _Formatter:
    """The format that the real `values` share, and the width of the longest.

    Floats print in one of three ways, chosen from the finite values other than zero:

    - scientific, `1.5000e+00`, where some are very large or very small, or they lie far apart;
    - as integers, `1.`, where all of them are;
    - fixed point, `1.5000`, otherwise.

    Zeros, infinities and nan have no say in the width either: a longer `-0.` or `inf` sticks out
    of its column, as in torch.
    """

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self.floating = values.dtype.kind == "f"
        self.int_mode = True
        self.sci_mode = False

        deciding = values
        if self.floating:
            deciding = values[np.isfinite(values) & (values != 0)]
            if deciding.size > 0:
                self.int_mode = bool(np.all(deciding == np.ceil(deciding)))
                self.sci_mode = _wants_sci_mode(deciding)

        self.width = max((len(self._text(value)) for value in deciding.ravel().tolist()), default=1)

    def format(self, value: float) -> str:
        """The text of `value`, a Python number, padded on the left to the common width."""
        return self._text(value).rjust(self.width)

    def _text(self, value: float) -> str:
        if not self.floating:
            return str(value)
        if self.sci_mode:
            return f"{value:.{PRINT_OPTS.precision}e}"
        if self.int_mode:
            return f"{value:.0f}." if math.isfinite(value) else f"{value}"
        return f"{value:.{PRINT_OPTS.precision}f}"


def _wants_sci_mode(nonzero_finite: npt.NDArray[Any]) -> bool:
    if PRINT_OPTS.sci_mode is not None:
        return PRINT_OPTS.sci_mode
    magnitudes = np.abs(nonzero_finite)
    # Python floats: double precision for every dtype, and the quotient may quietly become inf.
    smallest, largest = float(magnitudes.min()), float(magnitudes.max())
    return largest / smallest > 1000.0 or largest > 1.0e8 or smallest < 1.0e-4


class _ComplexFormatter:
    """`1.5000+2.0000j`: real and imaginary parts choose their formats separately."""

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self.real = _Formatter(values.real)
        self.imag = _Formatter(values.imag)
        self.width = self.real.width + self.imag.width + len("j")

    def format(self, value: complex) -> str:
        """The text of `value`; only the real part is padded, the imaginary one follows its sign."""
        imag = self.imag.format(value.imag).lstrip()
        sign = "" if imag.startswith("-") else "+"
        return f"{self.real.format(value.real)}{sign}{imag}j"


# --------------------------------------------------------------------------------------------------
# The nested brackets
# --------------------------------------------------------------------------------------------------


def tensor_str(array: npt.NDArray[Any], indent: int) -> str:
    """The elements of `array` in nested brackets, to be printed `indent` characters into a line.

    >>> print(tensor_str(np.array([[1.0, 2.5], [-3.0, 0.0]]), indent=0))
    [[ 1.0000,  2.5000],
     [-3.0000,  0.0000]]
    """
    if array.size == 0:
        return "[]"
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    summarize = array.size > PRINT_OPTS.threshold
    cut = tuple(summarize and size > 2 * PRINT_OPTS.edgeitems for size in array.shape)
    shown = _edges(array, cut) if any(cut) else array
    formatter = _ComplexFormatter(shown) if array.dtype.kind == "c" else _Formatter(shown)
    return _nested_str(shown.tolist(), cut, indent, formatter)


def _edges(array: npt.NDArray[Any], cut: tuple[bool, ...]) -> npt.NDArray[Any]:
    """The elements that stay visible, gathered without touching the others.

    A cut dimension keeps `edgeitems` at each end.
    """
    edge = PRINT_OPTS.edgeitems
    kept = [
        [*range(edge), *range(size - edge, size)] if is_cut else range(size)
        for size, is_cut in zip(array.shape, cut, strict=True)
    ]
    edges: npt.NDArray[Any] = array[np.ix_(*kept)]
    return edges


def _nested_str(
    values: Any, cut: tuple[bool, ...], indent: int, formatter: _Formatter | _ComplexFormatter
) -> str:
    """The text of `values`, lists nested `len(cut)` deep; a cut dimension gets its ellipsis."""
    dim = len(cut)
    if dim == 0:
        return formatter.format(values)

    if dim == 1:
        items = [formatter.format(value) for value in values]
        ellipsis = " ..." if items else "..."
    else:
        items = [_nested_str(value, cut[1:], indent + 1, formatter) for value in values]
        ellipsis = "..."
    if cut[0]:
        items.insert(PRINT_OPTS.edgeitems, ellipsis)

    margin = " " * (indent + len("["))
    if dim > 1:  # one line break between rows, one more for each dimension above
        return "[" + ("," + "\n" * (dim - 1) + margin).join(items) + "]"

    room = PRINT_OPTS.linewidth - indent
    per_line = max(1, math.floor(room / (formatter.width + len(", "))))
    lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
    return "[" + (",\n" + margin).join(lines) + "]"


# --------------------------------------------------------------------------------------------------
# What stands around them
# --------------------------------------------------------------------------------------------------


def format_tensor(
    array: npt.NDArray[Any],
    *,
    default_dtype: npt.DTypeLike = np.float32,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    prefix: str = "tensor(",
) -> str:
    """The whole repr of a tensor whose elements are `array`.

    Args:
        array: the elements, of any shape; bool, integer, float or complex.
        default_dtype: what `get_default_dtype()` says, as a NumPy dtype; a tensor of it does not
            print its dtype.
        requires_grad: whether to say so. A `grad_fn_name` says it already.
        grad_fn_name: such as "MulBackward0"; None for a leaf.
        prefix: "tensor(", or a subclass's name and a parenthesis.

    >>> print(format_tensor(np.array([1.0, 2.0]), requires_grad=True))
    tensor([1., 2.], dtype=torch.float64, requires_grad=True)
    """
    suffixes = []
    if _shape_is_hidden(array):
        suffixes.append(f"size={array.shape}")
    if not _dtype_is_obvious(array, np.dtype(default_dtype)):
        suffixes.append(f"dtype=torch.{array.dtype.name}")
    if grad_fn_name is not None:
        suffixes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    indent = len(prefix)
    return _add_suffixes(prefix + tensor_str(array, indent), suffixes, indent)


def _shape_is_hidden(array: npt.NDArray[Any]) -> bool:
    """Whether the brackets do not tell the shape.

    `[]` stands for (0,) alone, and where `edgeitems` is 0 the elements may be one ellipsis.
    """
    return array.ndim != 1 if array.size == 0 else PRINT_OPTS.edgeitems == 0


def _dtype_is_obvious(array: npt.NDArray[Any], default: np.dtype[Any]) -> bool:
    """Whether the printed numbers give their dtype away; `[]` can only mean the default one."""
    if array.size == 0:
        return array.dtype == default
    default_complex = np.complex128 if default == np.float64 else np.complex64
    return array.dtype in (default, default_complex, np.int64, np.bool_)


def _add_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Appends suffixes and a closing parenthesis; what would pass the line's end starts a line."""
    # torch counts two characters too many on the line of the numbers: it breaks a little early.
    length = len(text) - (text.rfind("\n") + 1) + 2
    for suffix in suffixes:
        if length + len(", ") + len(suffix) > PRINT_OPTS.linewidth:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            text += ", " + suffix
            length += len(", ") + len(suffix)
    return text + ")"
