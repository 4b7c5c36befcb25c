"""Sequences of unequal length: padded, packed, through a bidirectional GRU, sorted or not."""

import sys

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(4)


class Brackets(Dataset):
    """Random strings of 2 kinds of brackets; the label says which kind is more frequent."""

    def __init__(self, n):
        lengths = torch.randint(3, 15, (n,)).tolist()
        self.items = []
        for length in lengths:
            tokens = torch.randint(1, 5, (length,))
            self.items.append((tokens, float((tokens > 2).sum() * 2 > length)))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


def collate(batch):
    tokens, labels = zip(*batch)
    lengths = torch.tensor([len(t) for t in tokens])
    return pad_sequence(tokens, batch_first=True, padding_value=0), lengths, torch.tensor(labels)


class Classifier(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.embedding = nn.Embedding(5, 8, padding_idx=0)
        self.gru = nn.GRU(8, hidden, batch_first=True, bidirectional=True)
        self.out = nn.Linear(4 * hidden, 1)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(
            self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False
        )
        output, h = self.gru(packed)
        output, lengths = pad_packed_sequence(output, batch_first=True)
        mask = torch.arange(output.size(1))[None, :] < lengths[:, None]
        mean = (output * mask.unsqueeze(-1)).sum(1) / lengths.unsqueeze(-1)
        return self.out(torch.cat([h[0], h[1], mean], dim=-1)).squeeze(-1)


train_set, test_set = Brackets(300), Brackets(100)
loader = DataLoader(train_set, batch_size=25, shuffle=True, collate_fn=collate)
tokens, lengths, labels = next(iter(DataLoader(test_set, batch_size=4, collate_fn=collate)))
print(tokens, lengths, labels)
packed = pack_padded_sequence(tokens, lengths, batch_first=True, enforce_sorted=False)
print("packed:", packed.data.shape, packed.batch_sizes, packed.sorted_indices)

model = Classifier()
print(model)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(4):
    model.train()
    losses = []
    for tokens, lengths, labels in loader:
        loss = criterion(model(tokens, lengths), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        tokens, lengths, labels = collate([test_set[i] for i in range(len(test_set))])
        correct = ((model(tokens, lengths) > 0) == labels.bool()).sum()
    print(f"epoch {epoch} loss {sum(losses) / len(losses):.4f} correct {correct}/{len(test_set)}")
print("padding stays zero:", model.embedding.weight[0])

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
