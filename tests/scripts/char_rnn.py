"""A character-level recurrent network that learns a few lines of text and writes its own."""

import sys

import torch
import torch.nn as nn

torch.manual_seed(123)
text = (
    "the rain in spain stays mainly in the plain. "
    "in hartford, hereford and hampshire hurricanes hardly happen. "
) * 4
chars = sorted(set(text))
stoi = {ch: i for i, ch in enumerate(chars)}
itos = {i: ch for ch, i in stoi.items()}
vocab_size = len(chars)
data = torch.tensor([stoi[c] for c in text], dtype=torch.long)
print(f"data has {len(data)} characters, {vocab_size} unique: {''.join(chars)!r}")


class CharRNN(nn.Module):
    def __init__(self, vocab_size, hidden_size, num_layers=1):
        super().__init__()
        self.hidden_size = hidden_size
        self.rnn = nn.RNN(vocab_size, hidden_size, num_layers, batch_first=True)
        self.decoder = nn.Linear(hidden_size, vocab_size)

    def forward(self, input, hidden):
        one_hot = nn.functional.one_hot(input, vocab_size).float()
        output, hidden = self.rnn(one_hot, hidden)
        return self.decoder(output), hidden.detach()

    def init_hidden(self, batch_size):
        return torch.zeros(1, batch_size, self.hidden_size)


model = CharRNN(vocab_size, 48)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
batch_size, seq_len = 4, 20

usable = (len(data) - 1) // batch_size * batch_size
inputs = data[:usable].view(batch_size, -1)
targets = data[1 : usable + 1].view(batch_size, -1)

for epoch in range(6):
    hidden = model.init_hidden(batch_size)
    total, count = 0.0, 0
    for i in range(0, inputs.size(1) - seq_len, seq_len):
        x, y = inputs[:, i : i + seq_len], targets[:, i : i + seq_len]
        logits, hidden = model(x, hidden)
        loss = criterion(logits.reshape(-1, vocab_size), y.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total, count = total + loss.item(), count + 1
    print(f"epoch {epoch:2d} | loss {total / count:.4f}")


@torch.no_grad()
def sample(start, length, temperature=0.8):
    hidden = model.init_hidden(1)
    out = start
    logits, hidden = model(torch.tensor([[stoi[c] for c in start]]), hidden)
    for _ in range(length):
        probs = torch.softmax(logits[0, -1] / temperature, dim=-1)
        index = torch.multinomial(probs, num_samples=1)
        out += itos[index.item()]
        logits, hidden = model(index.view(1, 1), hidden)
    return out


model.eval()
print("sample:", repr(sample("the ", 40)))
print("sample:", repr(sample("h", 40)))

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
