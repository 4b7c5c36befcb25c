"""Anomaly mode: which line of the forward pass is behind an error, or a NaN, of the backward pass.

Mirrors torch/autograd/anomaly_mode.py and torch/csrc/autograd/{anomaly_mode.cpp,
python_anomaly_mode.cpp}. While the mode is off, recording a node costs one look at ``state``.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence
from types import FrameType
from typing import Any

from minitorch.autograd.node import Node

_PACKAGE_DIR = os.path.dirname(os.path.dirname(__file__)) + os.sep


class _State:
    """Of the whole process, as in torch."""

    __slots__ = ("enabled", "check_nan")

    def __init__(self) -> None:
        self.enabled = False
        self.check_nan = True


class _Running(threading.local):
    node: Node | None = None  # the node that this thread is running backward


state = _State()
_running = _Running()


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return state.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode, when it is on, looks for NaN."""
    return state.check_nan


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Switch anomaly mode on or off."""
    state.enabled, state.check_nan = mode, check_nan


class set_detect_anomaly:
    """Switch anomaly mode at once, and back at the end of a ``with`` block.

    Args:
        mode: on or off.
        check_nan: whether a gradient that is NaN is an error.
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.previous = state.enabled, state.check_nan
        set_anomaly_enabled(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        set_anomaly_enabled(*self.previous)


class detect_anomaly(set_detect_anomaly):
    """Inside this block every node remembers the line that recorded it. When backward fails in a
    node, a warning shows that line; a gradient that is NaN counts as a failure.

    >>> import minitorch
    >>> x = minitorch.tensor(-1.0, requires_grad=True)
    >>> with set_detect_anomaly(True):
    ...     x.sqrt().backward()
    Traceback (most recent call last):
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
    """

    def __init__(self, check_nan: bool = True) -> None:
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            stacklevel=2,
        )
        self.previous = state.enabled, state.check_nan
        self.check_nan = check_nan

    def __enter__(self) -> None:
        set_anomaly_enabled(True, self.check_nan)


def remember_forward(node: Node) -> None:
    """Note where a node is recorded: the user's lines and, if that is a backward pass, the node
    that is being run. Mirrors store_stack and assign_parent.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE_DIR):
        frame = frame.f_back
    node.metadata["traceback_"] = traceback.format_stack(frame)
    if _running.node is not None:
        node.metadata["parent_"] = _running.node


class watch:
    """While a node runs: warn of the line behind it if it fails. Mirrors thread_on_exception."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def __enter__(self) -> None:
        self.outer, _running.node = _running.node, self.node

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        _running.node = self.outer
        if kind is not None:
            _warn_of(self.node)


def check_nan(node: Node, results: Sequence[Any]) -> None:
    """Refuse NaN among the gradients that a node returned.

    Raises:
        RuntimeError: there is one.
    """
    if not state.check_nan:
        return
    for i, (edge, grad) in enumerate(zip(node.next_edges, results)):  # noqa: B905 (as the engine)
        if edge is not None and grad is not None and bool((grad != grad).any()):
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")


def _warn_of(node: Node) -> None:
    stack = node.metadata.get("traceback_")
    if stack is None:
        warnings.warn(
            f"Error detected in {node.name()}. No forward pass information available. Enable "
            "detect anomaly during forward pass for more information.",
            stacklevel=2,
        )
        return
    warnings.warn(
        f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n"
        + "".join(stack),
        stacklevel=2,
    )
    while (parent := node.metadata.get("parent_")) is not None:
        node = parent
        stack = node.metadata.get("traceback_")
        if stack is None:
            warnings.warn(
                f"\n\nPrevious calculation was induced by {node.name()}. No forward pass "
                "information available. Enable detect anomaly during forward pass for more "
                "information.",
                stacklevel=2,
            )
            return
        warnings.warn(
            f"\n\nPrevious calculation was induced by {node.name()}. Traceback of forward call "
            "that induced the previous calculation:\n" + "".join(stack),
            stacklevel=2,
        )
