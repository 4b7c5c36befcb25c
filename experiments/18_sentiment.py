# %% [markdown]
# # 18. Sentiment: from a review to a probability
#
# Is a film review kind or not? We turn words into numbers, numbers into vectors, let a recurrent
# network read them, and compare the plain RNN with the LSTM. Without data, a small grammar makes
# the reviews. With `--data-root`, they are the 50,000 of IMDB; that takes about five minutes.

# %%
from __future__ import annotations

import textwrap
from typing import Any

import lesson
import numpy as np
from compare.data import load
from compare.data.imdb import to_numbers
from matplotlib.figure import Figure
from tqdm import tqdm

import minitorch as torch  # `import torch` gives the same numbers.
from minitorch import nn
from minitorch.text.data import get_tokenizer
from minitorch.text.vocab import Vocab, build_vocab_from_iterator

options = lesson.options()

# %% [markdown]
# ## From a sentence to numbers
#
# The tokenizer cuts a text into words and signs. The vocabulary numbers them, the most frequent
# first, after two special tokens: `<pad>` fills up short sentences so that a batch is one array,
# and `<unk>` stands for every word that was not in the training texts.

# %%
texts = ["I liked it.", "I did not like it, it's a bad film.", "Not bad!"]
tokenize = get_tokenizer("basic_english")
reviews = [tokenize(text) for text in texts]
words = build_vocab_from_iterator(reviews, specials=["<pad>", "<unk>"])
words.set_default_index(words["<unk>"])
print("tokens:    ", reviews[1])
print("vocabulary:", words.get_itos())
print("numbers:   ", words(reviews[1]), "| a new word:", words(["popcorn"]))

numbers = torch.from_numpy(to_numbers(reviews, words, length=12))
print("padded:", numbers, sep="\n")

# %% [markdown]
# ## From numbers to vectors
#
# An embedding is a table with one row of weights for each word; looking a word up takes its row.
# The row of `<pad>` is 0, and stays so.

# %%
embedding = nn.Embedding(len(words), 4, padding_idx=0)
vectors = embedding(numbers)
print(f"embedded: {tuple(numbers.shape)} -> {tuple(vectors.shape)}")
assert torch.equal(vectors[2, 0], embedding.weight[words["not"]])
assert not vectors[2, -1].any()

# %% [markdown]
# ## The reviews
#
# A review is cut to its last words, where the verdict tends to stand. In the made ones, a bag of
# words says nothing about the verdict: it matters which word the "not" belongs to.

# %%
data = load("imdb", options.data_root, options.download)
is_imdb = data.name == "IMDB"
print(data.note)
train_count, test_count = (5_000, 2_000) if options.quick else (None, None)
order = np.random.RandomState(0)  # The bad reviews of IMDB come first.
train_rows = order.permutation(len(data.train[0]))[:train_count]
test_rows = order.permutation(len(data.test[0]))[:test_count]
train_set = torch.utils.data.TensorDataset(*(torch.from_numpy(a[train_rows]) for a in data.train))
tokens, labels = (torch.from_numpy(array[test_rows]) for array in data.test)
vocabulary = Vocab(data.vocabulary, default_index=1)

# %% [markdown]
# ## The model
#
# The recurrent layer makes one state for each word, knowing all words before it. The mean of the
# states, padding left out, goes to a linear layer.


# %%
class ReviewReader(nn.Module):
    def __init__(self, recurrent_layer: Any) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(vocabulary), 64, padding_idx=0)
        self.recurrent = recurrent_layer(64, 64, batch_first=True)
        self.dropout = nn.Dropout(0.3)
        self.linear = nn.Linear(64, 2)

    def forward(self, tokens: Any) -> Any:
        states, _ = self.recurrent(self.dropout(self.embedding(tokens)))  # (N, T, 64)
        is_word = (tokens != 0).unsqueeze(2)
        mean = (states * is_word).sum(1) / is_word.sum(1)
        return self.linear(self.dropout(mean))


def probabilities(model: Any, tokens: Any) -> np.ndarray:
    """The probability that each review is kind, (N,)."""
    model.eval()
    with torch.no_grad():
        parts = [model(part).softmax(1)[:, 1].numpy() for part in tokens.split(250)]
    model.train()
    return np.concatenate(parts)


def accuracy(model: Any) -> float:
    return float(((probabilities(model, tokens) > 0.5) == labels.numpy()).mean())


# %% [markdown]
# ## Training
#
# The learning rate rises, then falls to 0 (one cycle). Clipping the norm of the gradient keeps a
# single bad batch from throwing a recurrent network far off.


# %%
def train(recurrent_layer: Any, lr: float, epochs: int) -> tuple[Any, list[float]]:
    torch.manual_seed(0)
    model = ReviewReader(recurrent_layer)
    loader = torch.utils.data.DataLoader(train_set, batch_size=64, shuffle=True, drop_last=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * len(loader)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    accuracies = [accuracy(model)]
    with tqdm(total=steps, desc=recurrent_layer.__name__, leave=False) as bar:
        for _ in range(epochs):
            for inputs, targets in loader:
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(inputs), targets).backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                bar.update()
            accuracies.append(accuracy(model))
    return model, accuracies


epochs = 3 if is_imdb else 5
models, curves = {}, {}
for layer, lr in ((nn.RNN, 2e-3), (nn.LSTM, 4e-3)):
    name = layer.__name__
    models[name], curves[name] = train(layer, lr, epochs)
    print(f"{name:5} test accuracy by epoch:", *(f"{share:.1%}" for share in curves[name]))
