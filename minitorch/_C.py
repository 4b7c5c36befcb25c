"""The few names of torch's compiled half that packages built on torch call by themselves.

Mirrors torch/csrc/Module.cpp. What else is C++ in torch stands in autograd/ and native/.
"""

from __future__ import annotations


def _get_tracing_state() -> None:
    """The program that is being traced: None."""


def _log_api_usage_once(event: str, /) -> None:
    """Count a use of an API, for those who make it: nothing is counted."""
