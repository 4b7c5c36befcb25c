"""Runs an unchanged ``import torch`` script on minitorch: ``python -m minitorch script.py [args]``.

Mirrors the interpreter's own ``python script.py`` and ``python -m module``: the script is
``__main__``, ``sys.argv`` and ``sys.path`` are its own, and tracebacks begin in it.
"""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Sequence
from types import TracebackType

from minitorch import compat


def _hide_runner(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Print an uncaught exception without the frames that only led to the script."""
    script = traceback
    while script and script.tb_frame.f_code.co_filename in (__file__, "<frozen runpy>"):
        script = script.tb_next
    sys.__excepthook__(kind, error.with_traceback(script or traceback), script or traceback)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the script, or the module, that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m minitorch",
        usage="%(prog)s [-h] (script.py | -m module) [arguments of the script ...]",
        description="Run a PyTorch program on minitorch: its `import torch` binds minitorch.",
    )
    parser.add_argument("-m", dest="module", nargs=argparse.REMAINDER, help="run a module")
    parser.add_argument("script", nargs=argparse.REMAINDER, help="run a file")
    options = parser.parse_args(arguments)
    command = options.module or options.script
    if not command:
        parser.error("nothing to run: name a script, or a module after -m")
    if not options.module and not os.path.exists(command[0]):
        parser.error(f"can't open file {command[0]!r}: no such file")

    compat.install()
    sys.excepthook = _hide_runner
    sys.argv = list(command)
    if options.module:
        runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.abspath(command[0]))
        runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    main()
