"""What every lesson needs beside its subject: its options, and a place for its picture.

A lesson runs as a script, through ``python -m experiments NN``, or cell by cell in a notebook; this
module is found in all three, as it stands beside the lessons.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # For compare/, whose data sets the lessons use.


def options(**more: dict[str, Any]) -> argparse.Namespace:
    """Reads the command line; in a notebook, which has none, every option has its default.

    Args:
        more: further options of one lesson, ``name=keywords of add_argument``.

    Returns:
        ``quick`` (bool), ``data_root`` (str or None), ``download`` (bool), ``out`` (Path), and
        whatever ``more`` names.
    """
    parser = argparse.ArgumentParser(prog=Path(sys.argv[0]).name)
    parser.add_argument("--quick", action="store_true", help="in seconds: less data, fewer steps")
    parser.add_argument(
        "--data-root",
        metavar="DIR",
        default=os.environ.get("MINITORCH_DATA") or None,
        help="folder with the real data sets (default: MINITORCH_DATA; without: a small stand-in)",
    )
    parser.add_argument(
        "--download", action="store_true", help="fetch the real data set into the data root"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, default=Path("out/experiments"), help="for the pictures"
    )
    for name, keywords in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **keywords)
    return parser.parse_args([] if "ipykernel" in sys.modules else None)


def save(figure: Any, path: Path) -> None:
    """Writes a matplotlib figure, says where, and shows it if this is a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"picture: {path}")
    if "ipykernel" in sys.modules:
        from IPython.display import display

        display(figure)
