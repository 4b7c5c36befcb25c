"""What users get wrong most often with layers: the error is torch's, word for word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch
from tests.parity import assert_raises_alike, assert_same

pytestmark = pytest.mark.filterwarnings("ignore")


def state(t: Any, **changes: Any) -> Any:
    """The state of a small model, with some keys changed; None takes a key out."""
    values = t.nn.Sequential(t.nn.Linear(3, 4), t.nn.BatchNorm1d(4)).state_dict()
    for name, value in changes.items():
        key = name.replace("_", ".", 1)
        values.pop(key, None)
        if value is not None:
            values[key] = value
    return values


def load(t: Any, changed: Any) -> Any:
    return t.nn.Sequential(t.nn.Linear(3, 4), t.nn.BatchNorm1d(4)).load_state_dict(changed)


def labels(t: Any, *values: int) -> Any:
    return t.tensor(values)


MISTAKES = {
    # ----- sizes
    "linear: features": lambda t: t.nn.Linear(3, 4)(t.ones(2, 5)),
    "linear: features of a batch": lambda t: t.nn.Linear(3, 4)(t.ones(2, 7, 5)),
    "linear: features, no bias": lambda t: t.nn.Linear(3, 4, bias=False)(t.ones(2, 5)),
    "linear: one sample": lambda t: t.nn.Linear(3, 4)(t.ones(5)),
    "conv2d: channels": lambda t: t.nn.Conv2d(3, 8, 3)(t.ones(2, 1, 8, 8)),
    "conv2d: no channels": lambda t: t.nn.Conv2d(1, 8, 3)(t.ones(28, 28)),
    "conv2d: batch of gray images": lambda t: t.nn.Conv2d(1, 8, 3)(t.ones(64, 28, 28)),
    "conv2d: too small": lambda t: t.nn.Conv2d(1, 8, 5)(t.ones(2, 1, 3, 3)),
    "conv1d: channels": lambda t: t.nn.Conv1d(3, 8, 3)(t.ones(2, 8, 3)),
    "conv3d: channels": lambda t: t.nn.Conv3d(3, 8, 3)(t.ones(2, 1, 8, 8, 8)),
    "conv transpose: channels": lambda t: t.nn.ConvTranspose2d(3, 8, 3)(t.ones(2, 1, 8, 8)),
    "conv: groups": lambda t: t.nn.Conv2d(3, 8, 3, groups=2),
    "conv: padding and stride": lambda t: t.nn.Conv2d(3, 8, 3, 2, padding="same"),
    "pool: too small": lambda t: t.nn.MaxPool2d(4)(t.ones(1, 1, 2, 2)),
    "pool: padding": lambda t: t.nn.MaxPool2d(2, padding=3)(t.ones(1, 1, 8, 8)),
    "pool: dimensions": lambda t: t.nn.MaxPool2d(2)(t.ones(8, 8)),
    "batch norm: features": lambda t: t.nn.BatchNorm1d(3)(t.ones(2, 4)),
    "batch norm: images": lambda t: t.nn.BatchNorm1d(3)(t.ones(2, 3, 4, 4)),
    "batch norm: no images": lambda t: t.nn.BatchNorm2d(3)(t.ones(2, 3)),
    "batch norm: channels": lambda t: t.nn.BatchNorm2d(3)(t.ones(2, 4, 5, 5)),
    "batch norm: one sample": lambda t: t.nn.BatchNorm1d(3)(t.ones(1, 3)),
    "layer norm: features": lambda t: t.nn.LayerNorm(3)(t.ones(2, 4)),
    "group norm: channels": lambda t: t.nn.GroupNorm(2, 4)(t.ones(2, 6, 3)),
    "group norm: groups": lambda t: t.nn.GroupNorm(3, 4),
    "prelu: channels": lambda t: t.nn.PReLU(3)(t.ones(2, 4)),
    "flatten: dimension": lambda t: t.nn.Flatten(3)(t.ones(2, 4)),
    "unflatten: sizes": lambda t: t.nn.Unflatten(1, (2, 3))(t.ones(2, 4)),
    "pixel shuffle: channels": lambda t: t.nn.PixelShuffle(2)(t.ones(1, 3, 4, 4)),
    "upsample: dimensions": lambda t: t.nn.Upsample(scale_factor=2, mode="bilinear")(
        t.ones(1, 2, 4)
    ),
    "rnn: features": lambda t: t.nn.RNN(3, 4)(t.ones(5, 2, 2)),
    "lstm: dimensions": lambda t: t.nn.LSTM(3, 4)(t.ones(5, 2, 3, 1)),
    "attention: heads": lambda t: t.nn.MultiheadAttention(10, 3),
    "attention: width": lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(2, 3, 6)] * 3),
    # ----- dtypes
    "linear: integers": lambda t: t.nn.Linear(3, 4)(t.ones(2, 3, dtype=t.int64)),
    "linear: doubles": lambda t: t.nn.Linear(3, 4)(t.ones(2, 3, dtype=t.float64)),
    "linear: half": lambda t: t.nn.Linear(3, 4).half()(t.ones(2, 3)),
    "conv2d: bytes": lambda t: t.nn.Conv2d(3, 8, 3)(t.ones(1, 3, 8, 8, dtype=t.uint8)),
    "conv2d: doubles": lambda t: t.nn.Conv2d(3, 8, 3)(t.ones(1, 3, 8, 8, dtype=t.float64)),
    "embedding: floats": lambda t: t.nn.Embedding(5, 2)(t.ones(3)),
    "cross entropy: int32": lambda t: t.nn.CrossEntropyLoss()(
        t.ones(2, 3), labels(t, 0, 1).to(t.int32)
    ),
    "cross entropy: float labels": lambda t: t.nn.CrossEntropyLoss()(
        t.ones(2, 3), t.tensor([0.0, 1.0])
    ),
    "bce: integers": lambda t: t.nn.BCELoss()(t.full((2,), 0.5), labels(t, 0, 1)),
    "mse: strings": lambda t: t.nn.MSELoss(reduction="average")(t.ones(2), t.ones(2)),
    "module: to integers": lambda t: t.nn.Linear(2, 2).to(t.int64),
    # ----- targets
    "cross entropy: class too large": lambda t: t.nn.CrossEntropyLoss()(
        t.ones(2, 3), labels(t, 0, 3)
    ),
    "cross entropy: negative class": lambda t: t.nn.CrossEntropyLoss()(
        t.ones(2, 3), labels(t, 0, -1)
    ),
    "cross entropy: batch": lambda t: t.nn.CrossEntropyLoss()(t.ones(2, 3), labels(t, 0, 1, 2)),
    "cross entropy: column of labels": lambda t: t.nn.CrossEntropyLoss()(
        t.ones(2, 3), t.zeros(2, 1, dtype=t.int64)
    ),
    "cross entropy: weights": lambda t: t.nn.CrossEntropyLoss(t.ones(4))(
        t.ones(2, 3), labels(t, 0, 1)
    ),
    "cross entropy: image sizes": lambda t: t.nn.CrossEntropyLoss()(
        t.ones(2, 3, 4, 4), t.zeros(2, 5, 5, dtype=t.int64)
    ),
    "nll: class too large": lambda t: t.nn.NLLLoss()(t.ones(2, 3), labels(t, 0, 7)),
    "embedding: index too large": lambda t: t.nn.Embedding(5, 2)(labels(t, 0, 5)),
    "embedding: negative index": lambda t: t.nn.Embedding(5, 2)(labels(t, -1)),
    "embedding: padding index": lambda t: t.nn.Embedding(5, 2, padding_idx=5),
    "bag: index too large": lambda t: t.nn.EmbeddingBag(5, 2, mode="max")(
        labels(t, 0, 5).reshape(1, 2)
    ),
    "bag: no offsets": lambda t: t.nn.EmbeddingBag(5, 2)(labels(t, 0, 4)),
    "bce: beyond 0 and 1": lambda t: t.nn.BCELoss()(t.tensor([1.5]), t.tensor([1.0])),
    "bce: shapes": lambda t: t.nn.BCELoss()(t.full((2, 1), 0.5), t.ones(2)),
    "bce with logits: shapes": lambda t: t.nn.BCEWithLogitsLoss()(t.ones(2, 1), t.ones(2)),
    "mse: shapes": lambda t: t.nn.MSELoss()(t.ones(2, 3), t.ones(4)),
    "multi margin: class too large": lambda t: t.nn.MultiMarginLoss()(t.ones(1, 3), labels(t, 3)),
    "ctc: lengths": lambda t: t.nn.CTCLoss()(
        t.zeros(4, 1, 3), labels(t, 1, 1).reshape(1, 2), labels(t, 5), labels(t, 2)
    ),
    # ----- states
    "state: missing": lambda t: load(t, state(t, **{"0_weight": None, "1_bias": None})),
    "state: unexpected": lambda t: load(t, state(t, **{"2_weight": t.ones(2)})),
    "state: sizes": lambda t: load(
        t, state(t, **{"0_weight": t.ones(4, 2), "1_running_mean": t.ones(3)})
    ),
    "state: all at once": lambda t: load(
        t, state(t, **{"0_weight": t.ones(4, 2), "0_bias": None, "5_bias": t.ones(1)})
    ),
    "state: no tensors": lambda t: load(t, state(t, **{"0_weight": [1.0]})),
    "state: no dictionary": lambda t: load(t, [1, 2]),
    # ----- modules
    "no forward": lambda t: t.nn.Module()(t.ones(2)),
    "no attribute": lambda t: t.nn.Linear(2, 2).weights,
    "no super().__init__": lambda t: type(
        "Net", (t.nn.Module,), {"__init__": lambda self: setattr(self, "fc", t.nn.Linear(2, 2))}
    )(),
    "tensor for a parameter": lambda t: setattr(t.nn.Linear(2, 2), "weight", t.ones(2, 2)),
    "wrong argument": lambda t: t.nn.Linear(2, 2, biases=False),
    "missing argument": lambda t: t.nn.Linear(2),
    "dropout: probability": lambda t: t.nn.Dropout(2),
    "sequential of functions": lambda t: t.nn.Sequential(lambda x: x),
    "module list called": lambda t: t.nn.ModuleList([t.nn.ReLU()])(t.ones(2)),
    "two inputs to linear": lambda t: t.nn.Linear(2, 2)(t.ones(2), t.ones(2)),
    # ----- in place
    "in place on a leaf": lambda t: t.nn.ReLU(inplace=True)(t.ones(2, requires_grad=True)),
    "in place before backward": lambda t: (
        t.nn.Sequential(t.nn.Linear(2, 2), t.nn.Sigmoid(), t.nn.ReLU(True))(t.ones(1, 2))
        .sum()
        .backward()
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    assert_raises_alike(MISTAKES[name])


NO_TENSORS = {
    "linear": lambda t, x: t.nn.Linear(3, 4)(x),
    "in a model": lambda t, x: t.nn.Sequential(t.nn.Flatten(0), t.nn.Linear(3, 4))(x),
    "softmax": lambda t, x: t.nn.Softmax(0)(x),
    "batch norm": lambda t, x: t.nn.Bilinear(3, 3, 1)(x, x),
    "embedding": lambda t, x: t.nn.Embedding(5, 2)(x),
}


@pytest.mark.parametrize("kind", ["array", "list", "None"])
@pytest.mark.parametrize("name", NO_TENSORS)
def test_what_is_no_tensor_is_refused_by_type(name: str, kind: str) -> None:
    x = {"array": np.ones(3, "float32"), "list": [1.0, 2.0, 3.0], "None": None}[kind]
    with pytest.raises((TypeError, AttributeError)):
        NO_TENSORS[name](minitorch, x)
    assert_raises_alike(lambda t: t.nn.Linear(3, 4)(x))


def test_errors_of_ones_own_are_left_alone() -> None:
    def call(t: Any) -> Any:
        class Net(t.nn.Module):  # type: ignore[misc, name-defined]
            def forward(self, x: Any) -> Any:
                return x.no_such_thing

        return Net()(None)

    assert_same(call)
