"""One check: a property of an entry for a dtype, counted over its samples."""

from __future__ import annotations

import random
import signal
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import minitorch
from tests.scoreboard.compare import Differs
from tests.scoreboard.counterpart import Missing

SECONDS_PER_CHECK = 240


@dataclass
class Check:
    """One property of one entry for one dtype."""

    entry: str
    family: str
    property: str
    dtype: str
    samples: int = 0
    passed: int = 0
    first_error: str = ""
    rules: list[str] = field(default_factory=list)
    main: bool = False  # the forward check that stands for the entry: float32 where it takes it

    @property
    def ok(self) -> bool:
        return 0 < self.samples == self.passed and not self.first_error

    @property
    def key(self) -> str:
        return f"{self.entry} | {self.property} | {self.dtype}"

    def note_rule(self, rule: str) -> None:
        if rule not in self.rules:
            self.rules.append(rule)


def seed_everything(text: str) -> None:
    seed = zlib.crc32(text.encode()) & 0x7FFFFFFF
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def seed_both() -> None:
    torch.manual_seed(123)
    minitorch.manual_seed(123)


def note_error(check: Check, error: Exception) -> None:
    if not check.first_error:
        kind = "" if isinstance(error, (Differs, Missing)) else f"{type(error).__name__}: "
        check.first_error = f"{kind}{' '.join(str(error).split())}"[:300] or kind


def judge_refusal(check: Check, theirs: Exception | None, ours: Exception | None) -> None:
    """Count a bad input that torch refused with ``theirs``; what torch accepts does not count."""
    if theirs is None:
        return
    check.samples += 1
    if type(ours).__name__ == type(theirs).__name__:
        check.passed += 1
    elif isinstance(ours, Missing):
        note_error(check, ours)
    else:
        note_error(check, Differs(f"torch raises {theirs!r:.160}; here {ours!r:.160}"))


@contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


@contextmanager
def lean_samples() -> Iterator[None]:
    """torch's sample functions look through the call stack for the test that they serve, and seed
    CUDA, XPU and MTIA, each noting the stack again: two thirds of a run under pytest.
    """
    from torch.testing._internal import common_utils
    from torch.testing._internal.opinfo import core

    find_test, seed_all_devices = common_utils.extract_test_fn, torch.manual_seed
    common_utils.extract_test_fn = core.extract_test_fn = lambda: None
    torch.manual_seed = torch.default_generator.manual_seed
    try:
        yield
    finally:
        common_utils.extract_test_fn = core.extract_test_fn = find_test
        torch.manual_seed = seed_all_devices


@contextmanager
def time_limit(check: Check) -> Iterator[None]:
    def expire(*_: Any) -> None:
        raise TimeoutError(f"not done after {SECONDS_PER_CHECK} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(SECONDS_PER_CHECK)
    try:
        yield
    except TimeoutError as error:
        note_error(check, error)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
