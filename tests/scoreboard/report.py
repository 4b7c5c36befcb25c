"""What the scoreboard prints and publishes: docs/scoreboard.md and docs/scoreboard.json."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

from tests.scoreboard import scope
from tests.scoreboard.checks import Check
from tests.scoreboard.entry import Entry

DOCS = Path(__file__).parents[2] / "docs"
Results = dict[Entry, list[Check]]


def print_checks(results: Results, only_misses: bool = False) -> None:
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


def publish(results: Results) -> None:
    """Write docs/scoreboard.md and docs/scoreboard.json."""
    DOCS.mkdir(exist_ok=True)
    (DOCS / "scoreboard.json").write_text(as_json(results))
    (DOCS / "scoreboard.md").write_text(as_markdown(results))
    for line in headline(results):
        print(line)


def published(entries: Iterable[Entry]) -> Results:
    """What docs/scoreboard.json says."""
    return from_json((DOCS / "scoreboard.json").read_text(), entries)


# --------------------------------------------------------------------------- JSON


def as_json(results: Results) -> str:
    """One line for each entry: what it passes and on how many samples, and the first error of what
    it misses.
    """
    lines = []
    for entry, checks in results.items():
        row: dict[str, Any] = {"table": entry.table, "family": entry.family}
        if entry.reason:
            row["out of scope"] = entry.reason
        else:
            row["main"] = next(label(c) for c in checks if c.main)
            row["passes"] = {label(c): c.samples for c in checks if c.ok}
            row["misses"] = {
                label(c): [c.passed, c.samples, c.first_error] for c in checks if not c.ok
            }
            row["rules"] = {label(c): c.rules for c in checks if c.rules}
        lines.append(f"  {json.dumps(entry.name)}: {json.dumps(row)}")
    rows = ",\n".join(lines)
    return f'{{\n"torch": "{torch.__version__}",\n"entries": {{\n{rows}\n}}\n}}\n'


def from_json(text: str, entries: Iterable[Entry]) -> Results:
    """The results that ``as_json`` wrote; KeyError names an entry that is not among them."""
    rows = json.loads(text)["entries"]
    return {entry: _checks(entry, rows[entry.name]) for entry in entries}


def _checks(entry: Entry, row: dict[str, Any]) -> list[Check]:
    if entry.reason:
        return []
    found = {name: [samples, samples, ""] for name, samples in row["passes"].items()}
    found.update(row["misses"])
    checks = []
    for name, (passed, samples, error) in found.items():
        property_, _, dtype = name.rpartition(" ") if name != "error inputs" else (name, "", "")
        check = Check(entry.name, entry.family, property_, dtype, samples, passed, error)
        check.rules = row["rules"].get(name, [])
        check.main = name == row["main"]
        checks.append(check)
    return checks


def label(check: Check) -> str:
    """The name of a check inside its entry: ``forward float32``."""
    return f"{check.property} {check.dtype}".strip()


# --------------------------------------------------------------------------- Markdown


def as_markdown(results: Results) -> str:
    """The public table: what passes, by family, and every miss."""
    return "\n".join(
        [
            "# The scoreboard",
            "",
            "PyTorch tests itself with tables of its operations, layers and optimizers "
            "(`torch.testing._internal`: `op_db`, `module_db`, `optim_db`): inputs to call each "
            "on, bad inputs that it must refuse, and the names it goes by. This page is the result "
            f"of running those tables of torch {torch.__version__} against minitorch, entry by "
            "entry, and comparing with what torch itself returns. Written by",
            "",
            "    python -m tests.scoreboard",
            "",
            "A check passes when it holds for **all** of the entry's inputs, at the default "
            "tolerances of `torch.testing.assert_close`. `make test` runs a fixed sample of every "
            "entry and fails if one of the checks that pass here does not.",
            "",
            *headline(results, "- "),
            "",
            *_family_table(results),
            "",
            "*fwd, grad*: values and gradients (random cotangents); *2nd*: second derivatives; "
            "*edge*: torch's reference inputs: large and small values, NaN, infinity, strides, "
            "empty and 0-dim tensors; *variants*: method, operator, in-place twin, `out=`, other "
            "names; *errors*: bad inputs raise the same type of exception. Counted in entries; an "
            "entry counts where the property exists in torch.",
            "",
            *_other_dtypes(results),
            "",
            *_misses(results),
            "",
            *_rules(results),
            "",
            *_out_of_scope(results),
            "",
        ]
    )


def headline(results: Results, bullet: str = "") -> list[str]:
    """The promises, counted."""
    operations = {e: c for e, c in results.items() if e.table == "operations" and not e.reason}
    dense = {e: c for e, c in operations.items() if _takes_dense_real(c)}
    everyday = {e: c for e, c in dense.items() if e.family in scope.EVERYDAY}

    def line(text: str, count: tuple[int, int]) -> str:
        passed, total = count
        share = f" ({100 * passed / total:.1f} %)" if total else ""
        return f"{bullet}{text}: **{passed} of {total}**{share}"

    errors = [c for checks in dense.values() for c in checks if c.property == "error inputs"]
    return [
        line("everyday families, forward and gradient, float32", _count(everyday, _is_first_order)),
        line("all entries for dense real tensors, the same", _count(dense, _is_first_order)),
        line("second derivatives", _count(dense, _is("second derivative"))),
        line(
            "bad inputs that raise the same type of exception",
            (sum(c.passed for c in errors), sum(c.samples for c in errors)),
        ),
        line("forward, int64", _count(dense, _is("forward", "int64"))),
        line("forward, bool", _count(dense, _is("forward", "bool"))),
        line("methods, operators, in-place twins, `out=`, aliases", _count(dense, _is_variant)),
    ]


def _takes_dense_real(checks: list[Check]) -> bool:
    return any(c.property == "forward" and not c.dtype.startswith("complex") for c in checks)


def _is(name: str, dtype: str | None = None) -> Callable[[Check], bool]:
    return lambda c: c.property == name and dtype in (None, c.dtype)


def _is_first_order(check: Check) -> bool:
    """Forward and gradient in float32; for an entry without float32 the forward of the others."""
    return (check.property == "gradient" and check.dtype == "float32") or check.main


def _is_variant(check: Check) -> bool:
    return check.property in ("method", "inplace", "operator", "inplace operator", "out", "aliases")


def _count(results: Results, chosen: Callable[[Check], bool]) -> tuple[int, int]:
    """Entries of which all chosen checks pass, and entries that have such checks."""
    passed = total = 0
    for checks in results.values():
        mine = [c for c in checks if chosen(c)]
        if mine:
            total += 1
            passed += all(c.ok for c in mine)
    return passed, total


_COLUMNS: list[tuple[str, Callable[[Check], bool]]] = [
    ("fwd + grad float32", _is_first_order),
    ("float64", lambda c: c.property in ("forward", "gradient", "steps") and c.dtype == "float64"),
    ("int64", _is("forward", "int64")),
    ("bool", _is("forward", "bool")),
    ("2nd", _is("second derivative")),
    ("edge", _is("edge inputs")),
    ("variants", _is_variant),
    ("errors", _is("error inputs")),
]


def _family_table(results: Results) -> list[str]:
    families: dict[str, Results] = defaultdict(dict)
    for entry, checks in results.items():
        if not entry.reason:
            families[entry.family][entry] = checks
    order = [f for f in scope.EVERYDAY if f in families]
    last = [f for f in ("modules", "optimizers") if f in families]
    order += sorted(f for f in families if f not in order and f not in last) + last
    rows = [
        "| family | entries | " + " | ".join(name for name, _ in _COLUMNS) + " |",
        "|---|---:|" + "---:|" * len(_COLUMNS),
    ]
    for family in order:
        cells = [_cell(_count(families[family], chosen)) for _, chosen in _COLUMNS]
        name = f"**{family}**" if family in scope.EVERYDAY else family
        rows.append(f"| {name} | {len(families[family])} | " + " | ".join(cells) + " |")
    rows += ["", "Bold: the families of everyday use."]
    return rows


def _cell(count: tuple[int, int]) -> str:
    passed, total = count
    return "" if not total else f"{total}" if passed == total else f"{passed} of {total}"


def _other_dtypes(results: Results) -> list[str]:
    names = [str(d).removeprefix("torch.") for d in scope.OTHER_DTYPES]
    counts = [_count(results, _is("forward", name)) for name in names]
    cells = [
        f"{name} {passed} of {total}" for name, (passed, total) in zip(names, counts, strict=True)
    ]
    return [f"Forward in the other dtypes, on the first inputs of each entry: {', '.join(cells)}."]


def _misses(results: Results) -> list[str]:
    misses = [c for checks in results.values() for c in checks if not c.ok]
    if not misses:
        return ["## Misses", "", "None."]
    lines = ["## Misses", "", "Each with its first error.", ""]
    lines += ["| entry | property | passes | first error |", "|---|---|---:|---|"]
    for c in misses:
        error = c.first_error.replace("|", "\\|")[:180]
        lines.append(f"| {c.entry} | {label(c)} | {c.passed} of {c.samples} | {error} |")
    return lines


def _rules(results: Results) -> list[str]:
    counts: Counter[str] = Counter()
    entries: dict[str, set[str]] = defaultdict(set)
    for entry, checks in results.items():
        for check in checks:
            for rule in check.rules:
                counts[rule] += 1
                entries[rule].add(entry.name)
    lines = ["## Rules", "", "Checks that pass by more than the default comparison:", ""]
    for rule, count in counts.most_common():
        lines.append(
            f"- {rule}: {count} checks of {len(entries[rule])} entries ({_listed(entries[rule])})"
        )
    return lines


def _out_of_scope(results: Results) -> list[str]:
    reasons: dict[str, list[str]] = defaultdict(list)
    for entry in results:
        if entry.reason:
            reasons[entry.reason].append(entry.name)
    lines = ["## Out of scope", ""]
    lines += [f"- {reason}: {len(names)} ({_listed(names)})" for reason, names in reasons.items()]
    return lines


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
