"""One library, training in a process of its own: ``python -m compare.worker``.

Its requests, which `compare.process` reads, are ``start``, ``train``, ``evaluate``, ``parameters``,
``save`` and ``finish``. The one training loop of all models is `Session.train`.
"""

from __future__ import annotations

import hashlib
import importlib
import math
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np

from compare import array_files
from compare.cpu_dropout import cpu_dropout
from compare.errors import UsageError
from compare.metrics import METRICS
from compare.models import MODELS
from compare.process import peak_memory_bytes, serve, wait_until_idle

EVALUATED_TRAINING_SAMPLES = 10_000  # All 60,000 after each epoch would cost as much as training.


class Session:
    """A model, its data and its optimizer in one library; each public method answers a request.

    Args:
        library: the name to import.
        model: a name in `compare.models.MODELS`.
        data_folder: what `compare.array_files.save` wrote.
        batch_size: samples a step.
        total_steps: the length of the whole run, for the schedule of the learning rate.
        lr: None means the model's own.
        dtype: of the parameters and of all inputs that are not whole numbers.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        checked_steps: how many steps must have the dropout masks of the CPU.
        start_file: the trained weights that the model starts from.
        checkpoint: what `save` wrote; training goes on from there.
    """

    def __init__(
        self,
        library: str,
        model: str,
        data_folder: str,
        batch_size: int,
        total_steps: int,
        lr: float | None,
        seed: int,
        threads: int,
        dtype: str,
        device: str,
        checked_steps: int,
        start_file: str | None,
        checkpoint: str | None,
    ) -> None:
        self.torch = torch = importlib.import_module(library)
        if library == "torch" and "minitorch" in sys.modules:
            raise RuntimeError("minitorch, which sets up its process for speed, was imported here")
        torch.set_num_threads(threads)
        torch.set_default_dtype(getattr(torch, dtype))
        self.device = _choose_device(torch, device)
        self.recipe = recipe = MODELS[model]
        self.checked_steps = checked_steps
        self.steps_done = 0

        train, test, facts = array_files.load(data_folder)
        self.train_data, self.test_data = (self._tensors(arrays) for arrays in (train, test))
        # A generator of its own keeps the shuffles equal where a GPU draws the dropout masks.
        self.generator = torch.Generator().manual_seed(seed)
        self.loader = torch.utils.data.DataLoader(
            torch.utils.data.TensorDataset(*self.train_data),
            batch_size=batch_size,
            shuffle=True,
            drop_last=True,
            generator=self.generator,
        )
        torch.manual_seed(seed)
        dropped = torch.nn.functional.dropout(torch.ones(64, 512), 0.5, training=True)
        torch.manual_seed(seed)
        choices = {} if lr is None else {"lr": lr}
        if start_file is not None:
            choices["start"] = torch.load(start_file)
        self.model, self.criterion, self.optimizer = recipe.build(torch, facts, **choices)
        self.lr = self.optimizer.param_groups[0]["lr"]
        self.scheduler = recipe.schedule and recipe.schedule(torch, self.optimizer, total_steps)

        self.digests = {
            "initial weights": _digest(*self.model.state_dict().values()),
            "dropout mask": _digest(dropped),
        }
        self.batches_digest = ""
        self.batches = self._all_batches()
        if self.device == "cuda":
            torch.backends.cudnn.allow_tf32 = False  # TF32 keeps 10 bits of the fraction, not 23.
            self.model.to(self.device)
            self.criterion.to(self.device)
        if checkpoint is not None:
            self._restore(checkpoint)

    def describe(self) -> dict[str, Any]:
        """Returns what was built, and the digests that must be equal in both libraries."""
        return {
            "version": str(self.torch.__version__),
            "device": self._device_name(),
            "threads": self.torch.get_num_threads(),
            "lr": self.lr,
            "digests": self.digests,
        }

    def train(self, steps: int) -> dict[str, Any]:
        """Takes the next steps and returns the loss and the time of each."""
        self.model.train()
        losses, step_ms = [], []
        for _ in range(steps):
            batch = next(self.batches)
            self.batches_digest = _digest(*batch, after=self.batches_digest)
            loss, elapsed_ms = self._step(*(self._move(tensor) for tensor in batch))
            losses.append(loss)
            step_ms.append(elapsed_ms)
        if self.steps_done > self.checked_steps:  # Earlier ones count for no time.
            wait_until_idle()
        return {"losses": losses, "step_ms": step_ms}

    def evaluate(self) -> dict[str, Any]:
        """Returns the metric on training samples, at most 10,000, and on all test samples.

        They are spread over all, as a file may be sorted: the first half of IMDB is negative.
        """
        every = math.ceil(len(self.train_data[0]) / EVALUATED_TRAINING_SAMPLES)
        few = [tensor[::every] for tensor in self.train_data]
        self.model.eval()
        with self.torch.no_grad():
            reply = {"train": self._metric(few), "test": self._metric(self.test_data)}
        wait_until_idle()
        return reply

    def parameters(self, path: str) -> dict[str, Any]:
        """Writes all parameters, one after the other, as one array ``.npy``."""
        arrays = [parameter.detach().cpu().numpy() for parameter in self.model.parameters()]
        np.save(path, np.concatenate([array.ravel() for array in arrays]))
        return {}

    def save(self, path: str, weights_only: bool = False) -> dict[str, Any]:
        """Writes all that the next steps depend on; with ``weights_only``, the state dict alone."""
        if weights_only:
            self.torch.save(self.model.state_dict(), path)
            return {}
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler and self.scheduler.state_dict(),
            "random_state": self.torch.get_rng_state(),
            "epoch_random_state": self.epoch_random_state,
            "batches_of_epoch": self.batches_of_epoch,
            "batches_digest": self.batches_digest,
            "steps_done": self.steps_done,
        }
        if self.device == "cuda":
            state["cuda_random_state"] = self.torch.cuda.get_rng_state()
        self.torch.save(state, path)
        return {}

    def finish(self) -> dict[str, Any]:
        """Returns what is known only at the end: peak memory, and the digest of every batch."""
        gpu_bytes = self.torch.cuda.max_memory_allocated() if self.device == "cuda" else None
        return {
            "peak_memory_mb": peak_memory_bytes() / 1e6,
            "peak_gpu_memory_mb": None if gpu_bytes is None else gpu_bytes / 1e6,
            "batches_digest": self.batches_digest,
        }

    def _restore(self, checkpoint: str) -> None:
        """Shuffles the epoch as it was shuffled, and skips the batches that were trained on."""
        state = self.torch.load(checkpoint)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.scheduler:
            self.scheduler.load_state_dict(state["scheduler"])
        self.generator.set_state(state["epoch_random_state"])
        for _ in range(state["batches_of_epoch"]):
            next(self.batches)
        self.batches_digest = state["batches_digest"]
        self.steps_done = state["steps_done"]
        self.torch.set_rng_state(state["random_state"])
        if self.device == "cuda":
            self.torch.cuda.set_rng_state(state["cuda_random_state"])

    def _all_batches(self) -> Iterator[Any]:
        while True:
            self.epoch_random_state = self.generator.get_state()
            self.batches_of_epoch = 0
            for batch in self.loader:
                self.batches_of_epoch += 1
                yield batch

    def _step(self, *batch: Any) -> tuple[float, float]:
        *inputs, target = batch
        checked = self.steps_done < self.checked_steps
        self.steps_done += 1
        masks = cpu_dropout(self.torch) if checked and self.device == "cuda" else nullcontext()
        with masks:
            self._synchronize()
            start = time.perf_counter()
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(*inputs), target)
            loss.backward()
            if self.recipe.clip_norm is not None:
                parameters = self.model.parameters()
                self.torch.nn.utils.clip_grad_norm_(parameters, self.recipe.clip_norm)
            self.optimizer.step()
            self._synchronize()
            elapsed_ms = (time.perf_counter() - start) * 1e3
        if self.scheduler:
            self.scheduler.step()
        return loss.item(), elapsed_ms

    def _metric(self, tensors: list[Any]) -> float:
        metric = METRICS[self.recipe.metric]()
        size = self.recipe.evaluation_batch_size
        for start in range(0, len(tensors[0]), size):
            *inputs, target = (tensor[start : start + size] for tensor in tensors)
            outputs = self.model(*(self._move(tensor) for tensor in inputs))
            metric.update(outputs.cpu().numpy(), target.numpy())
        return metric.value()

    def _tensors(self, arrays: list[Any]) -> list[Any]:
        tensors = [self.torch.from_numpy(array) for array in arrays]
        dtype = self.torch.get_default_dtype()
        return [tensor.to(dtype) if tensor.is_floating_point() else tensor for tensor in tensors]

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


def _digest(*tensors: Any, after: str = "") -> str:
    """Returns one SHA-256 over the types, shapes and bytes of all tensors, and an earlier one."""
    digest = hashlib.sha256(after.encode())
    for tensor in tensors:
        array = tensor.detach().numpy()
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    serve(Session)
