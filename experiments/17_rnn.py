# %% [markdown]
# # 17. Recurrent networks: one weight, used at every step
#
# A recurrent network reads a sequence step by step. Its memory is a vector, the hidden state `h`:
# each step makes the new state from the input and the old state, always with the same weights. We
# unroll `nn.RNN` by hand, see why it forgets, and what the LSTM adds so that it need not.

# %%
from __future__ import annotations

from typing import Any

import lesson
import numpy as np
from matplotlib.figure import Figure

import minitorch as torch  # `import torch` gives the same numbers.
from minitorch import nn

options = lesson.options()
torch.manual_seed(0)

# %% [markdown]
# ## One step, and the loop over time
#
# A step is two linear layers and a tanh: h = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh). With
# `batch_first=True` the input is (N, T, features): samples, steps, numbers a step.

# %%
x = torch.randn(5, 12, 3)  # (N, T, features)
rnn = nn.RNN(input_size=3, hidden_size=8, batch_first=True)

h = torch.zeros(5, 8)
by_hand = []
for t in range(12):
    from_input = x[:, t] @ rnn.weight_ih_l0.T + rnn.bias_ih_l0
    h = torch.tanh(from_input + h @ rnn.weight_hh_l0.T + rnn.bias_hh_l0)
    by_hand.append(h)

output, h_n = rnn(x)  # (N, T, 8): the state after each step; (1, N, 8): the last one.
print("largest difference to nn.RNN:", (torch.stack(by_hand, 1) - output).abs().max().item())
torch.testing.assert_close(torch.stack(by_hand, 1), output)
assert torch.equal(output[:, -1], h_n[0])

# %% [markdown]
# ## What comes out of more layers and directions
#
# A second layer reads the states of the first. A bidirectional layer has a twin that reads from the
# end; `output` puts both states of a step side by side. `h_n` has the last state of each layer and
# direction: for the twin, that is its state at the *first* step. `h_n` ignores `batch_first`.

# %%
for keywords in ({}, {"num_layers": 2}, {"bidirectional": True}):
    output, h_n = nn.RNN(3, 8, batch_first=True, **keywords)(x)
    print(f"{keywords!s:24} output {tuple(output.shape)!s:12} h_n {tuple(h_n.shape)}")
assert torch.equal(output[:, 0, 8:], h_n[1])

# %% [markdown]
# ## What the LSTM adds: a cell that is added to, and gates
#
# The new state of the RNN is squeezed through W_hh and tanh at every step. The LSTM has a second
# memory, the cell `c`, which is only scaled and added to. Three gates, numbers from 0 to 1, rule
# it: `f` what is kept, `i` what is written, `o` what is shown.

# %%
lstm = nn.LSTM(input_size=3, hidden_size=8, batch_first=True)
h, c = torch.zeros(5, 8), torch.zeros(5, 8)
for t in range(12):
    sums = x[:, t] @ lstm.weight_ih_l0.T + lstm.bias_ih_l0 + h @ lstm.weight_hh_l0.T
    i, f, g, o = (sums + lstm.bias_hh_l0).chunk(4, dim=1)  # PyTorch's order of the four parts.
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    h = torch.sigmoid(o) * torch.tanh(c)

_, (h_n, c_n) = lstm(x)
torch.testing.assert_close(h, h_n[0])
torch.testing.assert_close(c, c_n[0])

# %% [markdown]
# ## A task for the memory
#
# The first of 40 numbers is 1 or -1, the rest is noise; after the last step, the network is asked
# for the first. A fresh LSTM has gates near 0.5, so it forgets half of its cell at each step. Its
# third version here starts with the bias of the forget gate at 3, so f is about 0.95.

# %%
STEPS, HIDDEN = 40, 16


def sequences(count: int) -> tuple[Any, Any]:
    inputs = 0.3 * torch.randn(count, STEPS, 1)
    labels = torch.randint(0, 2, (count,))
    inputs[:, 0, 0] = 2.0 * labels - 1
    return inputs, labels


class Rememberer(nn.Module):
    def __init__(self, layer: Any, forget_bias: float | None = None) -> None:
        super().__init__()
        self.recurrent = layer(1, HIDDEN, batch_first=True)
        self.linear = nn.Linear(HIDDEN, 2)
        if forget_bias is not None:
            nn.init.constant_(self.recurrent.bias_ih_l0.data[HIDDEN : 2 * HIDDEN], forget_bias)

    def forward(self, inputs: Any) -> Any:
        output, _ = self.recurrent(inputs)
        return self.linear(output[:, -1])


def gradient_by_step(model: Any) -> np.ndarray:
    """How much the loss changes with the input of each step, (T,)."""
    inputs, labels = sequences(64)
    inputs.requires_grad_()
    nn.functional.cross_entropy(model(inputs), labels).backward()
    model.zero_grad()
    return inputs.grad.abs().mean((0, 2)).numpy()


def train(model: Any, updates: int) -> list[float]:
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    accuracies = []
    for _ in range(updates):
        inputs, labels = sequences(32)
        scores = model(inputs)
        loss = nn.functional.cross_entropy(scores, labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        accuracies.append((scores.argmax(1) == labels).float().mean().item())
    return accuracies


models = {
    "RNN": Rememberer(nn.RNN),
    "LSTM": Rememberer(nn.LSTM),
    "LSTM, forget bias 3": Rememberer(nn.LSTM, forget_bias=3.0),
}
gradients = {name: gradient_by_step(model) for name, model in models.items()}
curves = {name: train(model, 160 if options.quick else 200) for name, model in models.items()}
for name, curve in curves.items():
    print(f"{name:20} gradient at the first step {gradients[name][0]:.0e}", end=", ")
    print(f"accuracy of the last 20 updates {np.mean(curve[-20:]):.0%}")

# %% [markdown]
# ## What to see
#
# Top: two sequences that differ in the first number alone. The color is the difference of their
# hidden states, unit by unit. The RNN forgets within ten steps, the LSTM keeps it.
#
# Bottom left, before training: what the RNN forgets on the way forward, the gradient misses on the
# way back. It shrinks by a constant factor at each step, a straight line on this scale. A fresh
# LSTM is no better; one number, the bias of the forget gate, makes it so. Bottom right: without a
# gradient from the first step, nothing is learned.

# %%
figure = Figure(figsize=(10, 6.6), layout="constrained")
panels = figure.subplots(2, 2)
pair = sequences(1)[0].repeat(2, 1, 1)
pair[:, 0, 0] = torch.tensor([1.0, -1.0])
for axes, name in zip(panels[0], ("RNN", "LSTM, forget bias 3"), strict=True):
    with torch.no_grad():
        states, _ = models[name].recurrent(pair)
    difference = (states[0] - states[1]).T.numpy()  # (units, T)
    image = axes.imshow(difference, cmap="RdBu", vmin=-2, vmax=2, aspect="auto")
    axes.set(title=f"{name}: what is left of the first number", xlabel="step", ylabel="unit")
figure.colorbar(image, ax=panels[0], label="difference of hidden states")
colors = dict(zip(models, ("#1f5fa8", "#888888", "#ee8c3a"), strict=True))
for name, color in colors.items():
    panels[1, 0].semilogy(gradients[name], color=color, label=name)
    smooth = np.convolve(curves[name], np.ones(10) / 10, "valid")
    panels[1, 1].plot(100 * smooth, color=color, label=name)
panels[1, 0].set(title="Gradient by step, before training", xlabel="step", ylabel="|d loss / d x|")
panels[1, 1].set(title="Training (mean of 10)", xlabel="update", ylabel="accuracy in %")
panels[1, 0].legend()
panels[1, 1].legend()
lesson.save(figure, options.out / "17_rnn.png")

# %%
assert gradients["RNN"][0] < 1e-6 * gradients["RNN"][-1]
assert gradients["LSTM, forget bias 3"][0] > 1e-3 * gradients["LSTM, forget bias 3"][-1]
assert np.mean(curves["RNN"][-20:]) < 0.6 < 0.95 < np.mean(curves["LSTM, forget bias 3"][-20:])
