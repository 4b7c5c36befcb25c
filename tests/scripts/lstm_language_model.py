"""A word-level LSTM language model: truncated backpropagation, clipping, tied weights, perplexity."""

import math
import random
import sys
from collections import Counter

import torch
import torch.nn as nn
import torch.nn.functional as F

random.seed(0)
torch.manual_seed(1111)


def make_corpus(sentences):
    subjects, verbs = ["the cat", "a dog", "the old man"], ["sees", "likes", "follows"]
    endings = ["the cat .", "a dog .", "nobody .", "the red house ."]
    words = []
    for _ in range(sentences):
        words += (
            f"{random.choice(subjects)} {random.choice(verbs)} {random.choice(endings)}".split()
        )
    return words


class RNNModel(nn.Module):
    """Container module with an encoder, a recurrent module, and a decoder."""

    def __init__(self, ntoken, ninp, nlayers, dropout=0.1, tie_weights=True):
        super().__init__()
        self.ntoken, self.nhid, self.nlayers = ntoken, ninp, nlayers
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.LSTM(ninp, ninp, nlayers, dropout=dropout)
        self.decoder = nn.Linear(ninp, ntoken)
        if tie_weights:
            self.decoder.weight = self.encoder.weight
        initrange = 0.3
        nn.init.uniform_(self.encoder.weight, -initrange, initrange)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, input, hidden):
        emb = self.drop(self.encoder(input))
        output, hidden = self.rnn(emb, hidden)
        decoded = self.decoder(self.drop(output)).view(-1, self.ntoken)
        return F.log_softmax(decoded, dim=1), hidden

    def init_hidden(self, bsz):
        weight = next(self.parameters())
        shape = self.nlayers, bsz, self.nhid
        return weight.new_zeros(shape), weight.new_zeros(shape)


def batchify(data, bsz):
    nbatch = data.size(0) // bsz
    data = data.narrow(0, 0, nbatch * bsz)
    return data.view(bsz, -1).t().contiguous()


def repackage_hidden(h):
    """Wraps hidden states in new Tensors, to detach them from their history."""
    if isinstance(h, torch.Tensor):
        return h.detach()
    return tuple(repackage_hidden(v) for v in h)


words = make_corpus(120)
vocabulary = {word: i for i, (word, _) in enumerate(Counter(words).most_common())}
ids = torch.LongTensor([vocabulary[word] for word in words])
train_data, val_data = batchify(ids[:500], 10), batchify(ids[500:], 5)
print("vocabulary", len(vocabulary), "train", tuple(train_data.shape), "val", tuple(val_data.shape))

model = RNNModel(len(vocabulary), 32, 2)
criterion = nn.NLLLoss()
lr, bptt, best = 5.0, 10, None


def get_batch(source, i):
    seq_len = min(bptt, len(source) - 1 - i)
    return source[i : i + seq_len], source[i + 1 : i + 1 + seq_len].view(-1)


def evaluate(source):
    model.eval()
    total = 0.0
    hidden = model.init_hidden(source.size(1))
    with torch.no_grad():
        for i in range(0, source.size(0) - 1, bptt):
            data, targets = get_batch(source, i)
            output, hidden = model(data, hidden)
            total += len(data) * criterion(output, targets).item()
    return total / (len(source) - 1)


for epoch in range(1, 9):
    model.train()
    hidden = model.init_hidden(train_data.size(1))
    for i in range(0, train_data.size(0) - 1, bptt):
        data, targets = get_batch(train_data, i)
        model.zero_grad()
        hidden = repackage_hidden(hidden)
        output, hidden = model(data, hidden)
        loss = criterion(output, targets)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for p in model.parameters():
            p.data.add_(p.grad, alpha=-lr)
    val_loss = evaluate(val_data)
    print(
        f"| end of epoch {epoch} | grad norm {norm:.3f} | valid loss {val_loss:5.3f} "
        f"| valid ppl {math.exp(val_loss):8.3f}"
    )
    if not best or val_loss < best:
        best = val_loss
    else:
        lr /= 4.0

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
