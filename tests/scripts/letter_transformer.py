"""A decoder-only transformer is shown sums, 3+5=08, as text and has to write the answers."""

import sys

import torch
import torch.nn as nn
from torch.nn import functional as F

SYMBOLS = "0123456789+=;"
WINDOW, WIDTH, HEADS, FLOORS = 20, 32, 4, 2


class Scale(nn.Module):
    """A layer norm that learns only a gain."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(WIDTH))
        self.register_parameter("shift", None)

    def forward(self, x):
        return F.layer_norm(x, self.gain.shape, self.gain, self.shift, 1e-5)


class LookBack(nn.Module):
    """Every letter gathers what it needs from the letters up to itself."""

    def __init__(self):
        super().__init__()
        self.ask = nn.Linear(WIDTH, 3 * WIDTH, bias=False)
        self.forget = nn.Dropout(0.1)
        self.answer = nn.Linear(WIDTH, WIDTH, bias=False)
        self.register_buffer("past", torch.tril(torch.ones(WINDOW, WINDOW)))

    def forward(self, x):
        batch, length, _ = x.size()
        apart = (batch, length, HEADS, WIDTH // HEADS)
        query, key, value = (t.view(apart).transpose(1, 2) for t in self.ask(x).split(WIDTH, dim=2))
        match = query @ key.transpose(-2, -1) / apart[-1] ** 0.5
        match = match.masked_fill(self.past[:length, :length] == 0, float("-inf"))
        heard = self.forget(F.softmax(match, dim=-1)) @ value
        return self.answer(heard.transpose(1, 2).contiguous().view(x.shape))


def floor():
    wide, narrow = nn.Linear(WIDTH, 3 * WIDTH, bias=False), nn.Linear(3 * WIDTH, WIDTH, bias=False)
    think = nn.Sequential(Scale(), wide, nn.GELU(approximate="tanh"), narrow)
    return nn.ModuleDict({"look": nn.Sequential(Scale(), LookBack()), "think": think})


class Writer(nn.Module):
    def __init__(self):
        super().__init__()
        self.letter = nn.Embedding(len(SYMBOLS), WIDTH)
        self.place = nn.Embedding(WINDOW, WIDTH)
        self.floors = nn.ModuleList([floor() for _ in range(FLOORS)])
        self.guess = nn.Sequential(Scale(), nn.Linear(WIDTH, len(SYMBOLS)))
        self.guess[1].weight = self.letter.weight

    def forward(self, letters):
        places = torch.arange(letters.size(1), dtype=torch.long, device=letters.device)
        x = self.letter(letters) + self.place(places)
        for floor in self.floors:
            x = x + floor.look(x)
            x = x + floor.think(x)
        return self.guess(x)


@torch.no_grad()
def finish(writer, start, count, choices):
    letters = torch.tensor([[SYMBOLS.index(c) for c in start]])
    for _ in range(count):
        scores = writer(letters)[:, -1]
        best, _ = torch.topk(scores, choices)
        scores[scores < best[:, [-1]]] = -float("Inf")
        drawn = torch.multinomial(F.softmax(scores, dim=-1), num_samples=1)
        letters = torch.cat((letters, drawn), dim=1)
    return "".join(SYMBOLS[i] for i in letters[0].tolist())


def sums(count):
    """Lines of three sums, and what follows each letter: -1 where nothing could know it."""
    a, b = torch.randint(10, (2, count, 3))
    plus, equal, end = (torch.full_like(a, SYMBOLS.index(c)) for c in "+=;")
    text = torch.stack([a, plus, b, equal, (a + b) // 10, (a + b) % 10, end], dim=2).flatten(1)
    target = text[:, 1:].clone()
    target[:, 1::7] = -1
    return text[:, :-1], target


torch.manual_seed(77)
writer = Writer()
matrices = {name: p for name, p in writer.named_parameters() if p.dim() >= 2}
others = [p for p in writer.parameters() if p.dim() < 2]
for matrix in matrices.values():
    nn.init.normal_(matrix, mean=0.0, std=0.05)
groups = [{"params": list(matrices.values())}, {"params": others, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.95), weight_decay=0.1)
print(f"{sum(p.numel() for p in matrices.values()):,} numbers in", *matrices)

for step in range(36):
    rate = 4e-3 * min((step + 1) / 6, (36 - step) / 30)
    for group in optimizer.param_groups:
        group["lr"] = rate
    text, target = sums(16)
    loss = F.cross_entropy(writer(text).flatten(0, 1), target.view(-1), ignore_index=-1)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(writer.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    if step % 5 == 0:
        print(f"step {step}: loss {loss.item():.4f} at rate {rate:e}")

writer.eval()
print(finish(writer, "4+5=", count=10, choices=3))
if len(sys.argv) > 1:
    torch.save(writer.state_dict(), sys.argv[1])
