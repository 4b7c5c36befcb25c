"""minitorch stands on its own: it never imports torch, and it imports little at start-up."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import Any

TRAIN_WITHOUT_TORCH = """
    import sys

    class NoTorch:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in ("torch", "torchvision", "torchtext", "torchaudio"):
                raise ImportError(f"{name} must not be imported")

    sys.meta_path.insert(0, NoTorch())

    import minitorch
    from minitorch import nn
    from minitorch.utils.data import DataLoader, TensorDataset

    minitorch.manual_seed(0)
    x = minitorch.randn(64, 4)
    y = (x.sum(1) > 0).long()
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 2))
    optimizer = minitorch.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for epoch in range(8):
        for inputs, targets in DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(inputs), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0], losses
    assert not any(name.split(".")[0] == "torch" for name in sys.modules)
    print("trained")
"""

IMPORTED = """
    import json, sys
    import minitorch
    print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def run(program: str) -> str:
    command = [sys.executable, "-c", textwrap.dedent(program)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_trains_where_importing_torch_raises() -> None:
    assert run(TRAIN_WITHOUT_TORCH).split() == ["trained"]


def test_importing_minitorch_imports_neither_torch_nor_anything_slow() -> None:
    imported: list[Any] = json.loads(run(IMPORTED).splitlines()[-1])
    assert "numpy" in imported
    assert not {"torch", "numba", "llvmlite", "matplotlib", "scipy", "sklearn"} & set(imported)
