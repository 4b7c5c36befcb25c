"""A library's first minute in a process that has imported nothing else: import, first step.

``python -m benchmarks.fresh_process LIBRARY THREADS SEED`` prints one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import time


def main(library: str, threads: int, seed: int) -> None:
    """Imports the library, builds the MLP of `compare` and takes one training step."""
    start = time.perf_counter()
    torch = importlib.import_module(library)
    imported = time.perf_counter()
    from compare.models import mlp  # Imports nothing that a library would need.
    from compare.recipe import Facts

    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    images, labels = torch.randn(64, 1, 28, 28), torch.arange(64) % 10
    model, criterion, optimizer = mlp.build(torch, Facts(classes=10))
    loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    stepped = time.perf_counter()
    result = {
        "import": imported - start,
        "step": stepped - imported,
        "loss": loss.item(),
        "version": str(torch.__version__),
        "threads": torch.get_num_threads(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
