"""Every kernel once with index checks: ``python -m tests.boundscheck``.

Compiled kernels do not check their indices: one that reads past the end of an array returns noise,
or crashes elsewhere. Here Numba compiles all of them anew with ``NUMBA_BOUNDSCHECK=1``, the tests
that call kernels run on one thread (an exception does not leave a parallel loop), and a kernel that
none of them called is an error.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile

TESTS = (
    "test_ops.py", "test_modules.py", "test_native_nn.py", "test_random.py", "test_optim.py",
    "test_rnn.py", "test_jit.py",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    os.environ["NUMBA_BOUNDSCHECK"] = "1"
    with tempfile.TemporaryDirectory() as cache:
        os.environ["NUMBA_CACHE_DIR"] = cache  # checked code must not be kept for other runs
        import pytest

        import minitorch

        minitorch.set_num_threads(1)
        here = os.path.dirname(__file__)
        options = ["-q", "-p", "no:cacheprovider", "-k", "not standin", *arguments]
        code = pytest.main([*[os.path.join(here, name) for name in TESTS], *options])
        unused = [] if arguments else uncalled_kernels()
    for name in unused:
        print(f"no test called {name}")
    return int(code) or bool(unused)


def uncalled_kernels() -> list[str]:
    """Kernels of minitorch that were neither called nor compiled into one that was."""
    import minitorch
    from minitorch._jit import Kernel

    kernels: dict[str, Kernel] = {}
    for module in pkgutil.walk_packages(minitorch.__path__, "minitorch."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Kernel):
                function = value.function
                kernels[f"{function.__module__}.{function.__qualname__}"] = value
    return sorted(name for name, kernel in kernels.items() if not kernel._compiled)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
