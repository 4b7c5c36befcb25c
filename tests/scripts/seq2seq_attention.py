"""Sequence to sequence with additive attention: a GRU learns to reverse strings of letters."""

import random
import string
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim

random.seed(1)
torch.manual_seed(1)
SOS_token, EOS_token, PAD = 0, 1, 2
letters = string.ascii_lowercase[:8]
index = {ch: i + 3 for i, ch in enumerate(letters)}
MAX_LENGTH, n_tokens = 6, len(letters) + 3


def make_batch(size):
    words = ["".join(random.choices(letters, k=random.randint(2, 5))) for _ in range(size)]
    source = torch.full((size, MAX_LENGTH), PAD, dtype=torch.long)
    target = torch.full((size, MAX_LENGTH), PAD, dtype=torch.long)
    for i, word in enumerate(words):
        ids = [index[c] for c in word]
        source[i, : len(ids) + 1] = torch.tensor(ids + [EOS_token])
        target[i, : len(ids) + 1] = torch.tensor(ids[::-1] + [EOS_token])
    return words, source, target


class EncoderRNN(nn.Module):
    def __init__(self, input_size, hidden_size, dropout_p=0.1):
        super().__init__()
        self.embedding = nn.Embedding(input_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout_p)

    def forward(self, input):
        return self.gru(self.dropout(self.embedding(input)))


class BahdanauAttention(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.Wa = nn.Linear(hidden_size, hidden_size)
        self.Ua = nn.Linear(hidden_size, hidden_size)
        self.Va = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, query, keys, mask):
        scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys))).squeeze(2).unsqueeze(1)
        weights = F.softmax(scores.masked_fill(mask.unsqueeze(1), -1e9), dim=-1)
        return torch.bmm(weights, keys), weights


class AttnDecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size):
        super().__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.attention = BahdanauAttention(hidden_size)
        self.gru = nn.GRU(2 * hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)

    def forward(self, encoder_outputs, hidden, mask, target=None):
        token = torch.empty(encoder_outputs.size(0), 1, dtype=torch.long).fill_(SOS_token)
        outputs, attentions = [], []
        for i in range(MAX_LENGTH):
            embedded = self.embedding(token)
            context, weights = self.attention(hidden.permute(1, 0, 2), encoder_outputs, mask)
            output, hidden = self.gru(torch.cat((embedded, context), dim=2), hidden)
            output = self.out(output)
            outputs.append(output)
            attentions.append(weights)
            if target is not None:
                token = target[:, i].unsqueeze(1)  # teacher forcing
            else:
                _, topi = output.topk(1)
                token = topi.squeeze(-1).detach()
        return torch.cat(outputs, dim=1), torch.cat(attentions, dim=1)


encoder, decoder = EncoderRNN(n_tokens, 32), AttnDecoderRNN(32, n_tokens)
encoder_optimizer = optim.Adam(encoder.parameters(), lr=0.01)
decoder_optimizer = optim.Adam(decoder.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss(ignore_index=PAD)
for it in range(1, 41):
    _, source, target = make_batch(32)
    teacher = target if random.random() < 0.7 else None
    encoder_outputs, hidden = encoder(source)
    logits, _ = decoder(encoder_outputs, hidden, source == PAD, teacher)
    loss = criterion(logits.view(-1, logits.size(-1)), target.view(-1))
    encoder_optimizer.zero_grad()
    decoder_optimizer.zero_grad()
    loss.backward()
    encoder_optimizer.step()
    decoder_optimizer.step()
    if it % 10 == 0:
        print(f"{it} ({it / 40:.0%}) {loss.item():.4f}")

encoder.eval()
decoder.eval()
with torch.no_grad():
    words, source, target = make_batch(3)
    logits, attentions = decoder(*encoder(source), source == PAD)
for word, ids, attention in zip(words, logits.argmax(-1).tolist(), attentions):
    decoded = "".join(letters[i - 3] for i in ids if i > 2)
    print(word, "->", decoded, "| looks first at", attention[0].argmax().item())
print(attentions[0, :2])

if len(sys.argv) > 1:
    torch.save({"encoder": encoder.state_dict(), "decoder": decoder.state_dict()}, sys.argv[1])
