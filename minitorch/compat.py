"""An unchanged ``import torch`` script runs on minitorch.

After ``install()``, ``import torch`` binds minitorch, ``import torch.nn`` binds ``minitorch.nn``,
and so on: the same module objects under a second name. ``torchvision`` is ``minitorch.vision`` and
``torchtext`` is ``minitorch.text``. What minitorch lacks is missing as in an older torch: an
attribute raises AttributeError, a module raises ImportError, so that ``hasattr`` and
``try: import`` in scripts work; docs/compat.md lists it.

    python -m minitorch train.py --epochs 3    # the same from the shell: see __main__.py

Mirrors torch/__init__.py: the place that scripts enter by.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["install", "installed", "uninstall"]

PACKAGES = {"torch": "minitorch", "torchtext": "minitorch.text", "torchvision": "minitorch.vision"}


def _counterpart(name: str) -> str | None:
    """The module of minitorch that stands for a module of torch; None for anybody else's.

    >>> _counterpart("torch.utils.data"), _counterpart("torchvision"), _counterpart("torchaudio")
    ('minitorch.utils.data', 'minitorch.vision', None)
    """
    package, dot, rest = name.partition(".")
    return PACKAGES[package] + dot + rest if package in PACKAGES else None


class _Alias(Loader):
    """Loads a module by importing another, whose object then stands under both names."""

    def __init__(self, name: str) -> None:
        self.name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.name)
        self.own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.own_spec  # the import system has just put the alias's there


class _Finder(MetaPathFinder):
    """Answers for torch and its companions, before the file system is asked."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        name = _counterpart(fullname)
        if name is None:
            return None
        found = importlib.util.find_spec(name)
        if found is None:
            raise ModuleNotFoundError(f"minitorch has no {fullname}", name=fullname)
        package = found.submodule_search_locations is not None
        return ModuleSpec(fullname, _Alias(name), origin=found.origin, is_package=package)


_finder = _Finder()


def install() -> None:
    """Let ``torch``, ``torchvision`` and ``torchtext`` mean minitorch, in the whole process.

    Raises:
        RuntimeError: the real torch is imported already, and its tensors may be in use.
    """
    if _finder in sys.meta_path:
        return
    for package in PACKAGES:
        if package in sys.modules:
            raise RuntimeError(
                f"{package} is already imported (from {sys.modules[package].__file__}): call "
                f"minitorch.compat.install() before anything imports {package}"
            )
    sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Undo ``install()``: the next ``import torch`` binds the real one, if there is one.

    Modules that have imported minitorch under the name of torch keep it.
    """
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
        for name in [name for name in sys.modules if _counterpart(name)]:
            del sys.modules[name]


@contextmanager
def installed() -> Iterator[None]:
    """``install()`` for a block::

    with minitorch.compat.installed():
        from torch import nn  # minitorch.nn
    """
    install()
    try:
        yield
    finally:
        uninstall()
