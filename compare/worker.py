"""One library, training in a process of its own: ``python -m compare.worker``.

Two libraries in one process would share its threads and its memory allocator, and neither time nor
peak memory could be told apart. So each has a process, and the parent leads both by the hand: it
writes one request per line to standard input and reads one reply per line, both in JSON.
The requests are ``start``, ``train``, ``evaluate`` and ``finish``.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from compare.cpu_dropout import cpu_dropout
from compare.errors import UsageError
from compare.models import MODELS

EVALUATION_BATCH_SIZE = 256
EVALUATED_TRAINING_IMAGES = 10_000  # All 60,000 after each epoch would cost as much as training.


class Session:
    """A model, its data and its optimizer in one library; each public method answers a request."""

    def __init__(
        self,
        library: str,
        model: str,
        data_folder: str,
        batch_size: int,
        lr: float | None,
        seed: int,
        threads: int,
        device: str,
        checked_steps: int,
    ) -> None:
        self.torch = torch = importlib.import_module(library)
        torch.set_num_threads(threads)
        self.threads = torch.get_num_threads()
        self.device = _choose_device(torch, device)
        self.checked_steps = checked_steps
        self.steps_done = 0

        torch.manual_seed(seed)
        dropped = torch.nn.functional.dropout(torch.ones(64, 512), 0.5, training=True)
        torch.manual_seed(seed)
        build_options = {} if lr is None else {"lr": lr}
        self.model, self.criterion, self.optimizer = MODELS[model](torch, **build_options)

        files = Path(data_folder).iterdir()
        arrays = {file.stem: torch.from_numpy(np.load(file)) for file in files}
        train = arrays["train_images"], arrays["train_labels"]
        few = tuple(tensor[:EVALUATED_TRAINING_IMAGES] for tensor in train)
        test = arrays["test_images"], arrays["test_labels"]
        self.loader = torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(*train),
            batch_size=batch_size,
            shuffle=True,
            drop_last=True,
            # A generator of its own keeps the shuffles equal where a GPU draws the dropout masks.
            generator=torch.Generator().manual_seed(seed),
        )
        self.evaluation_sets = {"train_accuracy": few, "test_accuracy": test}
        self.batches = self._all_batches()
        first_batch = next(self.batches)
        self.batches = chain([first_batch], self.batches)
        self.batches_digest = hashlib.sha256()

        self.digests = {
            "initial weights": _digest(*self.model.state_dict().values()),
            "first batch": _digest(*first_batch),
            "dropout mask": _digest(dropped),
        }
        if self.device == "cuda":
            torch.backends.cudnn.allow_tf32 = False  # TF32 keeps 10 bits of the fraction, not 23.
            self.model.to(self.device)

    def describe(self) -> dict[str, Any]:
        """Returns what was built, and the digests that must be equal in both libraries."""
        return {
            "version": str(self.torch.__version__),
            "device": self._device_name(),
            "threads": self.threads,
            "lr": self.optimizer.param_groups[0]["lr"],
            "steps_per_epoch": len(self.loader),
            "digests": self.digests,
        }

    def train(self, steps: int) -> dict[str, Any]:
        """Takes the next steps and returns the loss and the time of each."""
        self.model.train()
        losses, step_ms = [], []
        for _ in range(steps):
            batch = next(self.batches)
            for tensor in batch:
                self.batches_digest.update(tensor.numpy())
            loss, elapsed_ms = self._step(*(self._move(tensor) for tensor in batch))
            losses.append(loss)
            step_ms.append(elapsed_ms)
        wait_until_idle()
        return {"losses": losses, "step_ms": step_ms}

    def evaluate(self) -> dict[str, Any]:
        """Returns the accuracy on (the first 10,000) training images and on all test images."""
        self.model.eval()
        with self.torch.no_grad():
            reply = {name: self._accuracy(*pair) for name, pair in self.evaluation_sets.items()}
        wait_until_idle()
        return reply

    def finish(self) -> dict[str, Any]:
        """Returns what is known only at the end: peak memory, and the digest of every batch."""
        gpu_bytes = self.torch.cuda.max_memory_allocated() if self.device == "cuda" else None
        return {
            "peak_memory_mb": _peak_memory_bytes() / 1e6,
            "peak_gpu_memory_mb": None if gpu_bytes is None else gpu_bytes / 1e6,
            "batches_digest": self.batches_digest.hexdigest(),
        }

    def _all_batches(self) -> Iterator[Any]:
        while True:
            yield from self.loader

    def _step(self, images: Any, labels: Any) -> tuple[float, float]:
        checked = self.steps_done < self.checked_steps
        self.steps_done += 1
        masks = cpu_dropout(self.torch) if checked and self.device == "cuda" else nullcontext()
        with masks:
            self._synchronize()
            start = time.perf_counter()
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(images), labels)
            loss.backward()
            self.optimizer.step()
            self._synchronize()
            elapsed_ms = (time.perf_counter() - start) * 1e3
        return loss.item(), elapsed_ms

    def _accuracy(self, images: Any, labels: Any) -> float:
        correct = 0
        for start in range(0, len(images), EVALUATION_BATCH_SIZE):
            batch = slice(start, start + EVALUATION_BATCH_SIZE)
            scores = self.model(self._move(images[batch]))
            correct += (scores.argmax(1) == self._move(labels[batch])).sum().item()
        return correct / len(images)

    def _move(self, tensor: Any) -> Any:
        return tensor.to(self.device) if self.device == "cuda" else tensor

    def _synchronize(self) -> None:
        if self.device == "cuda":
            self.torch.cuda.synchronize()

    def _device_name(self) -> str:
        return f"cuda ({self.torch.cuda.get_device_name()})" if self.device == "cuda" else "cpu"


def _choose_device(torch: Any, wanted: str) -> str:
    if wanted != "cpu" and torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise UsageError(f"--device cuda: PyTorch {torch.__version__} finds no CUDA device here")
    return "cpu"


def _digest(*tensors: Any) -> str:
    """Returns one SHA-256 over the types, shapes and bytes of all tensors."""
    digest = hashlib.sha256()
    for tensor in tensors:
        array = tensor.detach().numpy()
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _peak_memory_bytes() -> int:
    """Returns the most physical memory this process ever held: interpreter, library and data."""
    try:
        # getrusage's maximum begins with that of the starting process, VmHWM with zero.
        status = Path("/proc/self/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def wait_until_idle(limit_s: float = 1.0) -> None:
    """Waits for this library's threads to fall asleep, so that they take no time from the other's.

    After a parallel loop, OpenMP's idle threads spin for 5 ms and OpenBLAS's for 120 ms. Telling
    them not to (OMP_WAIT_POLICY=PASSIVE) would slow PyTorch itself by a fifth, so we wait instead.
    """
    deadline = time.perf_counter() + limit_s
    while time.perf_counter() < deadline:
        busy_s = time.process_time()
        time.sleep(0.005)
        if time.process_time() - busy_s < 0.001:
            return


def serve(session_type: Callable[..., Any]) -> None:
    """Answers requests until standard input ends, as it does when the parent is gone.

    The request ``start`` makes the session and is answered by its ``describe``; every other request
    is a call of the session's method of that name.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # On Ctrl-C it is the parent who ends this.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    # What a library prints must not get between the replies.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    session = None
    for line in sys.stdin:
        request = json.loads(line)
        action = request.pop("action")
        try:
            if action == "start":
                session = session_type(**request)
                reply = session.describe()
            else:
                reply = getattr(session, action)(**request)
        except UsageError as error:
            reply = {"usage_error": str(error)}
        print(json.dumps(reply), file=replies)


if __name__ == "__main__":
    serve(Session)
