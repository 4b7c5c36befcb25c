"""Views that are copies: each ``*_copy`` has the elements of its view, and memory of its own.

Mirrors torchgen/gen_functionalization_type.py, which generates them from the views. Our graph shows
the view and its copy as two nodes, where torch's has one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from minitorch.native import splitting, strided_views, views
from minitorch.native.conversions import Contiguous
from minitorch.native.diagonal import diagonal
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _copying(view: Callable[..., Any], name: str = "") -> Callable[..., Any]:
    @functools.wraps(view)
    def copy(input: Any, *args: Any, **kwargs: Any) -> Any:
        out = view(input, *args, **kwargs)
        if isinstance(out, tuple):
            return tuple([Contiguous.apply(part) for part in out])
        return Contiguous.apply(out)

    copy.__name__ = copy.__qualname__ = name or f"{view.__name__}_copy"
    copy.__doc__ = f"A copy of ``{copy.__name__.removesuffix('_copy')}``."
    copy.__module__ = __name__
    return accepts_out(copy)


alias_copy = _copying(views.alias)
as_strided_copy = _copying(strided_views.as_strided)
detach_copy = _copying(views.detach)
diagonal_copy = _copying(diagonal)
expand_copy = _copying(views.expand)
permute_copy = _copying(views.permute)
select_copy = _copying(splitting.select)
slice_copy = _copying(splitting.slice_along, "slice_copy")
split_copy = _copying(splitting.split)
split_with_sizes_copy = _copying(splitting.split_with_sizes)
squeeze_copy = _copying(views.squeeze)
t_copy = _copying(views.t)
transpose_copy = _copying(views.transpose)
unbind_copy = _copying(splitting.unbind)
unfold_copy = _copying(strided_views.unfold)
unsqueeze_copy = _copying(views.unsqueeze)
view_copy = _copying(views.view)


@accepts_out
def narrow_copy(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """A copy of ``narrow``.

    Raises:
        RuntimeError: there is no such dimension, where ``narrow`` raises an IndexError.
    """
    if dim >= input._array.ndim > 0:
        raise RuntimeError(
            "Expected dim < static_cast<int64_t>(self_sizes.size()) to be true, but got false.  "
            "(Could this error message be improved?  If so, please report an enhancement request "
            "to PyTorch.)"
        )
    return Contiguous.apply(splitting.narrow(input, dim, start, length))
