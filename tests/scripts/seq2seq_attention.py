"""From a3b1c2 to aaabcc: one GRU reads, another writes while it looks back at what was read."""

import random
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim

SIGNS = "_$abcde123"  # "_" fills up, "$" starts and ends
BLANK, EDGE = 0, 1
READ, WRITE = 7, 10


def puzzles(count):
    short = []
    for _ in range(count):
        letters = random.sample("abcde", random.randint(1, 3))
        short.append([(letter, random.randint(1, 3)) for letter in letters])
    questions = ["".join(f"{letter}{n}" for letter, n in line) for line in short]
    answers = ["".join(letter * n for letter, n in line) for line in short]
    return questions, as_table(questions, READ), as_table(answers, WRITE)


def as_table(lines, width):
    table = torch.full((len(lines), width), BLANK, dtype=torch.long)
    for row, line in zip(table, lines):
        row[: len(line) + 1] = torch.tensor([SIGNS.index(c) for c in line + "$"])
    return table


class Unpacker(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.signs = nn.Embedding(len(SIGNS), width)
        self.blur = nn.Dropout(0.05)
        self.reader = nn.GRU(width, width, batch_first=True)
        self.writer = nn.GRU(2 * width, width, batch_first=True)
        self.wanted, self.offered = nn.Linear(width, width), nn.Linear(width, width)
        self.fit = nn.Linear(width, 1, bias=False)
        self.say = nn.Linear(width, len(SIGNS))

    def look(self, memory, offer, state, blank):
        """The memory's mean, weighted by how well each place fits the state; the weights."""
        wish = self.wanted(state.permute(1, 0, 2))
        fit = self.fit(torch.tanh(offer + wish)).squeeze(2).masked_fill(blank, -1e9)
        share = F.softmax(fit, dim=-1).unsqueeze(1)
        return torch.bmm(share, memory), share

    def forward(self, question, dictated=None):
        memory, state = self.reader(self.blur(self.signs(question)))
        offer, blank = self.offered(memory), question == BLANK
        sign = torch.empty(len(question), 1, dtype=torch.long).fill_(EDGE)
        said, looked = [], []
        for step in range(WRITE):
            seen, share = self.look(memory, offer, state, blank)
            out, state = self.writer(torch.cat((self.signs(sign), seen), dim=2), state)
            said.append(self.say(out))
            looked.append(share)
            if dictated is None:
                sign = said[-1].topk(1).indices.squeeze(-1).detach()
            else:
                sign = dictated[:, step].unsqueeze(1)
        return torch.cat(said, dim=1), torch.cat(looked, dim=1)


random.seed(5)
torch.manual_seed(5)
model = Unpacker()
optimizer = optim.Adam(model.parameters(), lr=0.01)
wrong = nn.CrossEntropyLoss(ignore_index=BLANK)
for step in range(1, 41):
    _, question, answer = puzzles(24)
    said, _ = model(question, dictated=answer if step % 4 else None)
    loss = wrong(said.view(-1, len(SIGNS)), answer.view(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 8 == 0:
        print(f"{step / 40:.0%} done, loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    texts, question, answer = puzzles(3)
    said, looked = model(question, dictated=answer)
for text, best, share in zip(texts, said.argmax(-1), looked):
    print(text, "->", "".join(SIGNS[i] for i in best.tolist()), "looked at", share[:3].argmax(-1))
print("shares of the first look", looked[0, 0])

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
