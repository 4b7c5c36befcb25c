# %% [markdown]
# # 10. From samples to batches
#
# A training step wants a batch: tensors of many samples. A disk has single samples, one after the
# other. Between them stand three small parts: a data set, which knows how to fetch sample i; a
# sampler, which says in what order; and a function that collates samples into a batch. The
# `DataLoader` joins them, and can let other processes do the fetching while the model trains.

# %%
from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import lesson
from matplotlib.figure import Figure

import minitorch as torch  # `import torch` gives the same numbers.
from compare.data import load
from minitorch import nn
from minitorch.utils.data import DataLoader, Dataset, TensorDataset, get_worker_info

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

    def __getitem__(self, i: int) -> tuple[Any, int]:
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


def batches_by_hand(dataset: Any, order: list[int], batch_size: int) -> Iterator[Any]:
    for start in range(0, len(order), batch_size):
        yield collate([dataset[i] for i in order[start : start + batch_size]])


generator = torch.Generator().manual_seed(0)
torch.empty((), dtype=torch.int64).random_(generator=generator)
order = torch.randperm(len(labels), generator=generator).tolist()
by_hand = list(batches_by_hand(Images(), order, 64))

generator = torch.Generator().manual_seed(0)
by_loader = list(DataLoader(Images(), batch_size=64, shuffle=True, generator=generator))
same = [
    torch.equal(our_images, their_images) and torch.equal(our_labels, their_labels)
    for (our_images, our_labels), (their_images, their_labels) in zip(
        by_hand, by_loader, strict=True
    )
]
print(f"{sum(same)} of the loader's {len(same)} batches equal those made by hand")

# %% [markdown]
# Tensors that lie in memory need no class of one's own: a `TensorDataset` is their rows. The last
# batch has what is left over. `drop_last` leaves it out, for models that need all batches alike.

# %%
rows = TensorDataset(images, labels)
print("a last batch of", list(DataLoader(rows, batch_size=64))[-1][1].numel())
print("with drop_last of", list(DataLoader(rows, batch_size=64, drop_last=True))[-1][1].numel())

# %% [markdown]
# ## A collate function of one's own
#
# Samples of different lengths can't be stacked. Here a sample is the list of the bright pixels of
# an image. The collate function pads all lists to the longest, and hands on the true lengths.


# %%
class BrightPixels(Images):
    def __getitem__(self, i: int) -> tuple[Any, int]:
        return torch.nonzero(images[i, 0] > 0.5), int(labels[i])  # (pixels, 2): row and column


def pad(samples: Sequence[tuple[Any, int]]) -> tuple[Any, Any]:
    pixels = [pixels for pixels, _ in samples]
    padded = nn.utils.rnn.pad_sequence(pixels, batch_first=True, padding_value=-1)
    return padded, torch.tensor([len(each) for each in pixels])


padded, lengths = next(iter(DataLoader(BrightPixels(), batch_size=4, collate_fn=pad)))
print(f"lists of {lengths.tolist()} pixels became one tensor {tuple(padded.shape)}")

# %% [markdown]
# ## Workers
#
# Now fetching costs time: each sample waits as for a slow disk. With `num_workers=0` the loop
# fetches, then trains, then fetches. With one worker, the next batch is fetched during the training
# step; with two, two batches are fetched at a time. Workers are processes: decoding and augmenting
# images gain from them too, where there are cores for it.

# %%
WAIT_S, BATCH_SIZE, BATCHES = 0.002, 32, 16 if options.quick else 30


class SlowImages(Images):
    def __len__(self) -> int:
        return BATCH_SIZE * BATCHES

    def __getitem__(self, i: int) -> tuple[Any, ...]:
        began = time.monotonic()
        time.sleep(WAIT_S)
        return *super().__getitem__(i), began


def collate_and_note(samples: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Also returns who fetched the batch (0 is this process), from when, and until when."""
    worker = get_worker_info()
    lane = 0 if worker is None else worker.id + 1
    return *collate([sample[:2] for sample in samples]), lane, samples[0][2], time.monotonic()


def step(inputs: Any, targets: Any) -> None:
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(inputs), targets).backward()
    optimizer.step()


torch.manual_seed(0)
layers = nn.Conv2d(1, 64, 5), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(2304, 10)
model = nn.Sequential(*layers)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
step(images[:BATCH_SIZE], labels[:BATCH_SIZE])  # The first step also loads the compiled kernels.

seconds: dict[int, float] = {}
timelines: dict[int, list[tuple[str, int, float, float]]] = {}  # (what, lane, from, until)
for workers in (0, 1, 2):
    start, timelines[workers] = time.monotonic(), []
    loader = DataLoader(
        SlowImages(), batch_size=BATCH_SIZE, num_workers=workers, collate_fn=collate_and_note
    )
    for inputs, targets, lane, since, until in loader:
        timelines[workers].append(("fetch", lane, since - start, until - start))
        since = time.monotonic()
        step(inputs, targets)
        timelines[workers].append(("train", 0, since - start, time.monotonic() - start))
    seconds[workers] = time.monotonic() - start
    print(f"num_workers={workers}: {seconds[workers]:.2f} s for {BATCHES} batches")

# %% [markdown]
# ## What to see
#
# A row is a process. Without workers, blue (fetching) and orange (training) take turns in one row.
# With them, the main process's row is orange alone, and where it has gaps, it still waits for data.
# A gap before the first blue bar is the start of the workers: they must live long to be worth it.

# %%
COLORS = {"fetch": "#1f5fa8", "train": "#ee8c3a"}
figure = Figure(figsize=(9, 4.6), layout="constrained")
for axes, (workers, bars) in zip(figure.subplots(3, sharex=True), timelines.items(), strict=True):
    for what, lane, since, until in bars:
        axes.barh(lane, until - since, left=since, color=COLORS[what], edgecolor="white", lw=0.5)
    names = ["main", *(f"worker {i}" for i in range(workers))]
    axes.set(yticks=range(workers + 1), yticklabels=names, title=f"num_workers={workers}")
    axes.invert_yaxis()
axes.set_xlabel("time (s)")
figure.legend(figure.axes[0].patches[:2], COLORS, loc="outside upper right", ncols=2)
lesson.save(figure, options.out / "10_data_loading.png")

# %%
assert all(same), "the loader's batches differ from those made by hand"
assert seconds[2] < seconds[0], "two workers should hide some of the waiting"
