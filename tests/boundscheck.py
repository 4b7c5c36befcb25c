"""Every kernel once with index checks: ``python -m tests.boundscheck``.

Compiled kernels do not check their indices: one that reads past the end of an array returns noise,
or crashes elsewhere. Here Numba compiles all of them anew with ``NUMBA_BOUNDSCHECK=1``, the tests
that call kernels run on one thread (an exception does not leave a parallel loop), and a kernel that
none of them called is an error. So is an index of fewer than 64 bits, which would wrap around in a
tensor of more than 2^31 elements: no test could hold one, but the types of the compiled code tell.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minitorch._jit import Kernel

TESTS = (
    "test_ops.py", "test_modules.py", "test_native_nn.py", "test_random.py", "test_optim.py",
    "test_rnn.py", "test_jit.py", "test_backends.py::test_a_split_product_equals_torchs",
    "test_tuned_arrays.py", "test_convolution_tuned.py", "test_rnn_tuned.py",
    "test_matrix_products.py::test_multiply", "test_matrix_products.py::test_products_with_vectors",
    "test_attention_kernels.py", "test_multi_tensor.py", "test_indexing.py",
    "test_nn_utils.py::test_gradients_and_vectors", "test_ufunc.py", "test_denormals.py",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    os.environ["NUMBA_BOUNDSCHECK"] = "1"
    with tempfile.TemporaryDirectory() as cache:
        os.environ["NUMBA_CACHE_DIR"] = cache  # checked code must not be kept for other runs
        import pytest

        import minitorch
        from minitorch import _jit

        minitorch.set_num_threads(1)
        _jit._has_thread_pool = False  # tests of threads run the sequential forms
        here = os.path.dirname(__file__)
        options = ["-q", "-p", "no:cacheprovider", "-k", "not standin", *arguments]
        code = pytest.main([*[os.path.join(here, name) for name in TESTS], *options])
        complaints = []
        if not arguments:
            kernels = all_kernels()
            complaints = [f"no test called {name}" for name in uncalled(kernels)]
            complaints += [f"{name} has an index of type {t}" for name, t in narrow(kernels)]
            summary = f"{len(kernels)} kernels, all called, with 64-bit indices"
            print("\n".join(complaints) or summary)
    return int(code) or bool(complaints)


def all_kernels() -> dict[str, Kernel]:
    """Every kernel of minitorch by its name."""
    import minitorch
    from minitorch._jit import Kernel

    kernels: dict[str, Kernel] = {}
    for module in pkgutil.walk_packages(minitorch.__path__, "minitorch."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Kernel):
                function = value.function
                kernels[f"{function.__module__}.{function.__qualname__}"] = value
    return kernels


def uncalled(kernels: dict[str, Kernel]) -> list[str]:
    """Kernels that were neither called nor compiled into one that was."""
    return sorted(name for name, kernel in kernels.items() if not kernel._compiled)


def narrow(kernels: dict[str, Kernel]) -> set[tuple[str, str]]:
    """The indices of fewer than 64 bits in compiled kernels."""
    return {
        (name, str(index))
        for name, kernel in kernels.items()
        for dispatcher in kernel._compiled.values()
        for result in getattr(dispatcher, "overloads", {}).values()
        for index in _index_types(result.type_annotation.calltypes)
        if getattr(index, "bitwidth", 64) < 64
    }


def _index_types(typed_calls: Any) -> Iterator[Any]:
    """The types of all indices that compiled code reads or writes at."""
    from numba.core import ir, types

    for call, signature in typed_calls.items():
        reads = isinstance(call, ir.Expr) and call.op == "getitem"
        if signature is not None and (reads or isinstance(call, ir.SetItem)):
            index = signature.args[1]
            yield from index.types if isinstance(index, types.BaseTuple) else (index,)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
