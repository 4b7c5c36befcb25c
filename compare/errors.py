"""The two ways in which a comparison can end without a result."""

from __future__ import annotations


class UsageError(Exception):
    """What the user asked for cannot be done; one clear line, exit code 2."""


class MissingData(UsageError):
    """A data root does not hold a data set at all; ``compare all`` then takes its stand-in."""


class WorkerError(Exception):
    """A worker process broke; one clear line and the end of its own traceback, exit code 1."""

    def __init__(self, message: str, traceback_tail: str) -> None:
        super().__init__(message)
        self.traceback_tail = traceback_tail
