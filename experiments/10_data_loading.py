# %% [markdown]
# # 10. From samples to batches
#
# A training step wants a batch of samples; a disk has single ones. Between them stand three small
# parts: a data set fetches sample i, a sampler says in what order, and a function collates samples
# into a batch. The `DataLoader` joins them, and can have other processes fetch ahead of the model.

# %%
from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import lesson
from matplotlib.figure import Figure

import minitorch as torch  # `import torch` gives the same numbers.
from compare.data import load
from minitorch import nn
from minitorch.utils.data import DataLoader, Dataset, Subset, TensorDataset, get_worker_info

options = lesson.options()
data = load("fashion_mnist", options.data_root, options.download)
images, labels = (torch.from_numpy(array[:1500]) for array in data.train)
print(data.note)

# %% [markdown]
# ## A data set is two methods
#
# How many samples there are, and what sample i is. Where it comes from is the data set's own
# business: here from memory, below from something slow.


# %%
class Images(Dataset):
    def __len__(self) -> int:
        return len(labels)

    def __getitem__(self, i: int) -> tuple[Any, ...]:
        return images[i], int(labels[i])


# %% [markdown]
# ## Batches by hand
#
# Cut the order into pieces, fetch the samples of a piece, and put them together. The loader does
# the same. It shuffles with `randperm`, after it has drawn one number for the seeds of its workers
# (also when it has none), so the same generator gives us the same order.


# %%
def collate(samples: Sequence[tuple[Any, int]]) -> tuple[Any, Any]:
    return torch.stack([image for image, _ in samples]), torch.tensor([y for _, y in samples])


generator = torch.Generator().manual_seed(0)
torch.empty((), dtype=torch.int64).random_(generator=generator)
order = torch.randperm(len(labels), generator=generator).tolist()
pieces = [order[start : start + 64] for start in range(0, len(order), 64)]
by_hand = [collate([Images()[i] for i in piece]) for piece in pieces]

generator = torch.Generator().manual_seed(0)
by_loader = DataLoader(Images(), batch_size=64, shuffle=True, generator=generator)
same = [
    torch.equal(ours[0], theirs[0]) and torch.equal(ours[1], theirs[1])
    for ours, theirs in zip(by_hand, by_loader, strict=True)
]
print(f"{sum(same)} of the loader's {len(same)} batches equal those made by hand")

# %% [markdown]
# Tensors in memory need no class of one's own: a `TensorDataset` is their rows. The last batch is
# what is left over; `drop_last` leaves it out, for models that need all batches alike. A list is a
# data set too. Samples of different lengths can't be stacked; `pad_sequence` makes columns of them.

# %%
rows = TensorDataset(images, labels)
for drop_last in (False, True):
    sizes = [len(batch) for batch, _ in DataLoader(rows, batch_size=64, drop_last=drop_last)]
    print(f"drop_last={drop_last}: {len(sizes)} batches, the last one of {sizes[-1]}")
sentences = [torch.arange(1, length) for length in (3, 5, 4)]
print(next(iter(DataLoader(sentences, batch_size=3, collate_fn=nn.utils.rnn.pad_sequence))))

# %% [markdown]
# ## Workers
#
# Now fetching costs time: each sample waits as for a slow disk. With `num_workers=0` the loop
# fetches, then trains, then fetches. With one worker, the next batch is fetched during the training
# step; with two, two batches are fetched at a time. Workers are processes: decoding and augmenting
# images gain from them too, where there are cores for it.


# %%
class SlowImages(Images):
    def __getitem__(self, i: int) -> tuple[Any, ...]:
        """Also returns who fetched the sample (0 is the main process), from when, until when."""
        worker, began = get_worker_info(), time.monotonic()
        time.sleep(0.003)
        row = 0 if worker is None else worker.id + 1
        return *super().__getitem__(i), row, began, time.monotonic()


torch.manual_seed(0)
model = nn.Sequential(nn.Conv2d(1, 32, 5), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(1152, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)


def step(inputs: Any, targets: Any) -> None:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(inputs), targets).backward()
    optimizer.step()


step(images[:32], labels[:32])  # The first step also loads the compiled kernels.
some = Subset(SlowImages(), range(32 * (12 if options.quick else 20)))
seconds: dict[int, float] = {}
timelines: dict[int, list[tuple[str, int, float, float]]] = {}  # (what, row, from, until)
for workers in (0, 1, 2):
    start, timelines[workers] = time.monotonic(), []
    for inputs, targets, row, began, ended in DataLoader(some, 32, num_workers=workers):
        fetched = (row[0].item(), began[0].item() - start, ended[-1].item() - start)
        since = time.monotonic() - start
        step(inputs, targets)
        timelines[workers] += [("fetch", *fetched), ("train", 0, since, time.monotonic() - start)]
    seconds[workers] = time.monotonic() - start
    print(f"num_workers={workers}: {seconds[workers]:.2f} s for {len(some) // 32} batches")

# %% [markdown]
# ## What to see
#
# A row is a process. Without workers, blue (fetching) and orange (training) take turns in one row.
# With them, the main process's row is orange alone, and where it has gaps, it still waits for data.
# The gap before the first blue bar is the start of the workers: they must live long to be worth it.

# %%
COLORS = {"fetch": "#1f5fa8", "train": "#ee8c3a"}
figure = Figure(figsize=(9, 4.6), layout="constrained")
for axes, (workers, bars) in zip(figure.subplots(3, sharex=True), timelines.items(), strict=True):
    for what, row, since, until in bars:
        axes.barh(row, until - since, left=since, color=COLORS[what], edgecolor="white", lw=0.5)
    axes.set_yticks(range(workers + 1), ["main", "worker 0", "worker 1"][: workers + 1])
    axes.set_title(f"num_workers={workers}")
    axes.invert_yaxis()
axes.set(xlabel="time (s)", xlim=(0, None))
figure.legend(figure.axes[0].patches[:2], COLORS, loc="outside upper right", ncols=2)
lesson.save(figure, options.out / "10_data_loading.png")

assert all(same), "the loader's batches differ from those made by hand"
assert seconds[2] < seconds[0], "two workers should hide some of the waiting"
