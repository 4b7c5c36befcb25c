"""Do more brackets open than close? A transformer encoder reads lines, the short ones padded."""

import math
import sys

import torch
from torch import Tensor, nn
from torch.nn import TransformerEncoder, TransformerEncoderLayer

PAD, OPEN, CLOSE, OTHER = range(4)
torch.manual_seed(18)


def waves(places: int, width: int) -> Tensor:
    """(places, 1, width): the hands of width/2 clocks, each slower than the one before."""
    speed = torch.exp(torch.arange(0, width, 2) * (-math.log(500.0) / width))
    angle = torch.arange(places).unsqueeze(1) * speed
    hands = torch.zeros(places, 1, width)
    hands[:, 0, 0::2], hands[:, 0, 1::2] = torch.sin(angle), torch.cos(angle)
    return hands


class LineReader(nn.Module):
    def __init__(self, width: int = 32, heads: int = 4, layers: int = 2) -> None:
        super().__init__()
        self.sign = nn.Embedding(4, width)
        self.register_buffer("place", waves(40, width))
        layer = TransformerEncoderLayer(width, heads, 2 * width, dropout=0.05, bias=False)
        self.encoder = TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.verdict = nn.Linear(width, 2)
        self.sign.weight.data.uniform_(-1, 1)
        self.verdict.bias.data.zero_()

    def forward(self, lines: Tensor) -> Tensor:
        padded = (lines == PAD).t()
        signs = self.sign(lines) + self.place[: lines.size(0)]
        read = self.encoder(signs, src_key_padding_mask=padded)
        real = (~padded).t().unsqueeze(-1)
        return self.verdict((read * real).sum(0) / real.sum(0))


def lines(count: int, longest: int = 14) -> tuple[Tensor, Tensor]:
    """(longest, count) signs, and 1 where more of them open than close."""
    signs = torch.randint(OPEN, OTHER + 1, (longest, count))
    lengths = torch.randint(4, longest + 1, (count,))
    beyond = torch.arange(longest).expand(count, longest) >= lengths.unsqueeze(1)
    signs.masked_fill_(beyond.t(), PAD)
    depth = ((signs == OPEN).int() - (signs == CLOSE).int()).cumsum(0)
    return signs, (depth[-1] > 0).long()


reader = LineReader()
first = reader.encoder.layers[0].self_attn
print([(name, tuple(p.shape)) for name, p in first.named_parameters()])
loss_of = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(reader.parameters(), lr=1e-3)
fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 30)
for step in range(30):
    signs, more = lines(64)
    loss = loss_of(reader(signs), more)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
    optimizer.step()
    fall.step()
    if step % 6 == 5:
        print(f"step {step} loss {loss.item():.4f} rate {fall.get_last_lr()[0]:.6f}")

reader.eval()
with torch.no_grad():
    signs, more = lines(200)
    guessed = reader(signs).argmax(1)
counts = torch.bincount(2 * more + guessed, minlength=4).view(2, 2)
print("lines without brackets:", (~((signs == OPEN) | (signs == CLOSE)).any(0)).sum().item())
print("true down, guessed across:\n", counts, "right:", (counts.diag().sum() / 200).item())
print("what a writer may look at:\n", nn.Transformer.generate_square_subsequent_mask(3))

if len(sys.argv) > 1:
    torch.save(reader.state_dict(), sys.argv[1])
