"""An LSTM reads recipes word by word; the words it reads and those it says share one table."""

import math
import random
import sys
from collections import Counter

import torch
import torch.nn as nn
import torch.nn.functional as F

STRETCH = 8
random.seed(2)
torch.manual_seed(2)


def recipe():
    what = random.choice(["onions", "two eggs", "the flour", "carrots"])
    how = random.choice(["finely", "slowly", "with butter"])
    rest = random.choice(["wait a minute", "add salt", "serve hot"])
    return f"{random.choice(['chop', 'mix', 'fry'])} {what} {how} , then {rest} .".split()


class Cook(nn.Module):
    def __init__(self, words, width, layers=2):
        super().__init__()
        self.read = nn.Embedding(words, width)
        self.think = nn.LSTM(width, width, layers, dropout=0.1)
        self.speak = nn.Linear(width, words)
        self.skip = nn.Dropout(p=0.1)
        self.speak.weight = self.read.weight
        nn.init.uniform_(self.read.weight, -0.4, 0.4)
        nn.init.zeros_(self.speak.bias)

    def empty_mind(self, lanes):
        blank = self.read.weight.new_zeros(self.think.num_layers, lanes, self.think.hidden_size)
        return blank, blank.clone()

    def forward(self, words, mind):
        thought, mind = self.think(self.skip(self.read(words)), mind)
        return F.log_softmax(self.speak(self.skip(thought)), dim=-1), tuple(
            m.detach() for m in mind
        )


def in_lanes(words, lanes):
    """One long text as columns that are read side by side."""
    words = words.narrow(0, 0, len(words) // lanes * lanes)
    return words.view(lanes, -1).t().contiguous()


def read_through(cook, lanes, rate=None):
    """Nats per word; where a rate is given, learns after every stretch."""
    cook.train(rate is not None)
    mind, nats, norm = cook.empty_mind(lanes.size(1)), 0.0, torch.zeros(())
    for now, coming in zip(lanes[:-1].split(STRETCH), lanes[1:].split(STRETCH)):
        said, mind = cook(now, mind)
        loss = surprise(said.flatten(0, 1), coming.reshape(-1))
        nats += loss.item() * len(now)
        if rate:
            cook.zero_grad()
            loss.backward()
            norm = nn.utils.clip_grad_norm_(cook.parameters(), 1.0)
            for p in cook.parameters():
                p.data.add_(p.grad, alpha=-rate)
    return nats / (len(lanes) - 1), norm


text = [word for _ in range(80) for word in recipe()]
places = {word: place for place, (word, _) in enumerate(Counter(text).most_common())}
words = torch.LongTensor([places[word] for word in text])
book, rest = in_lanes(words[:600], 10), in_lanes(words[600:], 4)
print(len(places), "words; the book", tuple(book.shape), "and the rest", tuple(rest.shape))

cook, surprise = Cook(len(places), 32), nn.NLLLoss()
rate, lowest = 4.0, math.inf
for reading in range(1, 7):
    _, norm = read_through(cook, book, rate)
    with torch.no_grad():
        nats, _ = read_through(cook, rest)
    print(f"reading {reading}: slope {norm:.3f}, {nats:.3f} nats, 1 in {math.exp(nats):7.3f} words")
    rate, lowest = (rate if nats < lowest else rate / 2), min(nats, lowest)

if len(sys.argv) > 1:
    torch.save(cook.state_dict(), sys.argv[1])
