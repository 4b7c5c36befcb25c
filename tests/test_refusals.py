"""What torch refuses to compute with is refused here, too: every entry of ``op_db`` is called with
each dtype that it does not list, and must raise the same type of exception as torch.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.parity import SAME_WORDS
from tests.scoreboard import operations
from tests.scoreboard.checks import lean_samples, quiet, seed_everything
from tests.scoreboard.counterpart import Translator, function
from tests.scoreboard.operations import Call

DTYPES = (torch.bool, torch.int64, torch.float16, torch.complex64)

_NO_OPTIONS = "the options, which say how torch saves memory, are accepted and not looked at"
_NO_NAMESPACE = "the entry calls torch.ops.aten itself"
DIFFERENT = {
    "nn.functional.linear_cross_entropy.chunked": _NO_OPTIONS,
    "nn.functional.linear_cross_entropy.chunked_none": _NO_OPTIONS,
    "max_pool2d_with_indices_backward": _NO_NAMESPACE,
}
"""Entries that raise another type of exception. This table may only shrink."""


def in_dtype(x: Any, dtype: torch.dtype) -> Any:
    """The floating and complex tensors of a sample in another dtype."""
    if isinstance(x, torch.Tensor):
        is_number = x.is_floating_point() or x.is_complex()
        return x.detach().to(dtype) if is_number else x
    if type(x) in (tuple, list):
        return type(x)([in_dtype(i, dtype) for i in x])
    return {k: in_dtype(v, dtype) for k, v in x.items()} if isinstance(x, dict) else x


def error_of(call: Call, op: Any) -> Exception | None:
    try:
        call(op)
    except Exception as error:
        return error
    return None


def differences(name: str) -> list[str]:
    """Where the two libraries disagree about an entry, over all dtypes that it does not list."""
    op = operations._infos()[name]
    own = next((d for d in (torch.float32, torch.complex64) if d in op.dtypes), None)
    refused = [d for d in DTYPES if d not in op.dtypes]
    if own is None or not refused:
        return []
    found = []
    with quiet(), lean_samples():
        seed_everything(name)
        sample = next(iter(op.sample_inputs("cpu", own)))
        for dtype in refused:
            arguments = in_dtype((sample.input, tuple(sample.args), dict(sample.kwargs)), dtype)
            theirs = error_of(Call(*arguments), op.op)
            if theirs is None:
                continue
            ours = error_of(Call(*Translator()(arguments)), function(op.op, op.name))
            if type(ours) is not type(theirs):
                found.append(f"{dtype}: {ours!r}, but torch raises {theirs!r}")
    return found


@pytest.mark.skipif(not SAME_WORDS, reason="torch's own table is that of another version")
@pytest.mark.parametrize("name", [e.name for e in operations.entries() if e.reason is None])
def test_a_refused_dtype_raises_as_in_torch(name: str) -> None:
    found = differences(name)
    if name in DIFFERENT:
        assert found, f"{name} raises as in torch now: remove it from DIFFERENT"
    else:
        assert not found, "\n".join(found)
