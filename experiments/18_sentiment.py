# %% [markdown]
# # 18. Sentiment: from a review to a probability
#
# Is a film review kind or not? We turn words into numbers, numbers into vectors, let a recurrent
# network read them, and compare the plain RNN with the LSTM. Without data, a small grammar makes
# the reviews. With `--data-root`, they are the 50,000 of IMDB; that takes about four minutes.

# %%
from __future__ import annotations

from typing import Any

import lesson
import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

import minitorch as torch  # `import torch` gives the same numbers.
from compare.data import load
from compare.data.imdb import to_numbers
from minitorch import nn
from minitorch.text.data import get_tokenizer
from minitorch.text.vocab import Vocab, build_vocab_from_iterator
from minitorch.utils.data import DataLoader, TensorDataset

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

rows = [torch.tensor(words(tokens)) for tokens in reviews]
numbers = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=words["<pad>"])
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
assert torch.equal(vectors[2, 0], embedding.weight[words["not"]]) and not vectors[2, -1].any()

# %% [markdown]
# ## The reviews
#
# A review is cut to its last words, where the verdict tends to stand. In the made ones, a bag of
# words says nothing about the verdict: it matters which word the "not" belongs to.

# %%
data = load("imdb", options.data_root, options.download)
is_imdb = data.name == "IMDB"
print(data.note)
random = np.random.RandomState(0)  # A mere slice of IMDB would be of bad reviews alone.
train_rows, test_rows = (random.permutation(len(half[0])) for half in (data.train, data.test))
few = slice(3_000 if options.quick and is_imdb else None)
train_set = [torch.from_numpy(array[train_rows[few]]) for array in data.train]
tokens, labels = (torch.from_numpy(array[test_rows[few]]) for array in data.test)
vocabulary = Vocab(data.vocabulary, default_index=1)

# %% [markdown]
# ## The model
#
# The recurrent layer makes a state for each word, knowing all words before it. The states' mean and
# highest values, padding left out, go to a linear layer: no verdict need be carried to the end.


# %%
class ReviewReader(nn.Module):
    def __init__(self, recurrent_layer: Any) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(vocabulary), 64, padding_idx=0)
        self.recurrent = recurrent_layer(64, 64, batch_first=True)
        self.dropout = nn.Dropout(0.3)
        self.linear = nn.Linear(2 * 64, 2)

    def forward(self, tokens: Any) -> Any:
        states, _ = self.recurrent(self.dropout(self.embedding(tokens)))  # (N, T, 64)
        is_word = (tokens != 0).unsqueeze(2)
        mean = (states * is_word).sum(1) / is_word.sum(1)
        highest = states.masked_fill(~is_word, -1.0).amax(1)  # No state is below -1.
        return self.linear(self.dropout(torch.cat([mean, highest], 1)))


def probabilities(model: Any, tokens: Any) -> np.ndarray:
    """The probability that each review is kind."""
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
    loader = DataLoader(TensorDataset(*train_set), batch_size=64, shuffle=True, drop_last=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    steps = epochs * len(loader)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    accuracies = [accuracy(model)]
    for _ in range(epochs):
        for inputs, targets in tqdm(loader, desc=recurrent_layer.__name__, leave=False):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), targets).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        accuracies.append(accuracy(model))
    return model, accuracies


models, curves, epochs = {}, {}, 3
for layer in (nn.RNN, nn.LSTM):
    name = layer.__name__
    models[name], curves[name] = train(layer, 4e-3, epochs)
    print(f"{name:5} test accuracy by epoch:", *(f"{share:.1%}" for share in curves[name]))

# %% [markdown]
# ## A probability after each word
#
# Given the first word, the first two words, and so on, a model shows what each word changes. And
# does it know what "not" does?


# %%
def by_prefix(sentence: str) -> dict[str, np.ndarray]:
    heard = sentence.split()
    prefixes = [heard[: count + 1] for count in range(len(heard))]
    prefix_tokens = torch.from_numpy(to_numbers(prefixes, vocabulary, tokens.shape[1]))
    return {name: probabilities(model, prefix_tokens) for name, model in models.items()}


if is_imdb:
    turns_bad = "i hoped for a good film , but it is boring , and the ending is terrible ."
    turns_good = "at first i was bored , but the second half is great and the ending is wonderful ."
else:
    turns_bad = "the ticket was cheap . the film was not very good ."
    turns_good = "the street was very cold . the ending was not dull ."
running = {sentence: by_prefix(sentence) for sentence in (turns_bad, turns_good)}

for opinion in ("good", "not good", "bad", "not bad"):
    shares = {name: after[-1] for name, after in by_prefix(f"the film was {opinion} .").items()}
    print(f"{opinion:9}", *(f"{name} {share:6.1%}" for name, share in shares.items()), sep="  ")

# %% [markdown]
# ## What to see
#
# Left: test accuracy. The made reviews are learned to the last one; on IMDB, the LSTM is ahead by
# about two points. Right: the probability jumps at the words that matter, and a later verdict
# outweighs an earlier one. In the made reviews, "not" does little alone; it turns the word after it
# around. On IMDB, "not bad" counts as bad: 5,824 of the training reviews say "bad", but only 149
# say "not bad".

# %%
figure = Figure(figsize=(10.5, 6), layout="constrained")
panels = figure.subplot_mosaic([["left", "top"], ["left", "bottom"]], width_ratios=(1, 1.8))
left, *right = panels.values()
for name, color in (("RNN", "#1f5fa8"), ("LSTM", "#ee8c3a")):
    left.plot(100 * np.array(curves[name]), "o-", color=color, label=name)
    for axes, after in zip(right, running.values(), strict=True):
        axes.plot(100 * after[name], "o-", color=color, label=name)
left.set(title=f"Test accuracy, {data.name}", xlabel="epoch", ylabel="accuracy in %")
left.set_xticks(range(epochs + 1))
left.legend()
panels["top"].set_title("After each word of two reviews")
for axes, sentence in zip(right, running, strict=True):
    heard = sentence.split()
    axes.axhline(50, color="#888888", lw=1)
    axes.set(ylabel="P(positive) in %", ylim=(-5, 105))
    axes.set_xticks(range(len(heard)), heard, rotation=50, ha="right", rotation_mode="anchor")
lesson.save(figure, options.out / "18_sentiment.png")

# %%
if is_imdb:
    assert curves["LSTM"][-1] > (0.6 if options.quick else 0.85)
else:
    assert min(curves["RNN"][-1], curves["LSTM"][-1]) > 0.95
assert (is_imdb and options.quick) or (
    running[turns_bad]["LSTM"][-1] < 0.5 < running[turns_good]["LSTM"][-1]
)
