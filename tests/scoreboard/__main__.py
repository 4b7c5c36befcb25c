"""``python -m tests.scoreboard``: run torch's tables against minitorch, and publish the result."""

from __future__ import annotations

import argparse
import os
import re
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the entries run in parallel, not their loops


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scoreboard", description=__doc__)
    parser.add_argument("--only", default="", help="entries whose full name matches this regex")
    parser.add_argument("--family", default="", help="entries of this family")
    parser.add_argument("--samples", type=int, help="at most this many samples for each property")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="worker processes")
    parser.add_argument("--misses", action="store_true", help="print nothing but the misses")
    parser.add_argument(
        "--update", action="store_true", help="put the chosen entries into the published tables"
    )
    options = parser.parse_args()
    if options.update and options.samples:
        parser.error("what is published runs on all samples: --update without --samples")

    from tests.scoreboard import report, table

    pattern = re.compile(options.only)
    entries = [
        e for e in table.entries() if pattern.search(e.name) and options.family in ("", e.family)
    ]
    if not entries:
        parser.error("no entry matches")
    results = table.run_all(entries, options.samples, options.jobs)
    if options.update:
        report.publish(report.published(table.entries()) | results)
    elif options.only or options.family or options.samples:
        report.print_checks(results, only_misses=options.misses)
    else:
        report.publish(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
