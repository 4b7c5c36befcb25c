"""Does a 3 come before a 7? An encoder of nn.TransformerEncoder layers finds out, past the padding."""

import sys

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR

torch.manual_seed(9)
LONGEST, WIDTH = 12, 32


def examples(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Digits (count, LONGEST), 0 where there are none any more; where that is; the answers."""
    digits = torch.randint(1, 10, (count, LONGEST))
    ends = torch.randint(5, LONGEST + 1, (count, 1))
    nothing = torch.arange(LONGEST) >= ends
    digits = digits.masked_fill(nothing, 0)
    seen_three = (digits == 3).cumsum(1) > 0
    return digits, nothing, (seen_three & (digits == 7)).any(1).long()


def waves(length: int, width: int) -> Tensor:
    """A position as the phases of ``width / 2`` waves."""
    frequencies = 10_000.0 ** -torch.linspace(0, 1, width // 2)
    angles = torch.arange(length).outer(frequencies)
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(1)


class Reader(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, WIDTH, padding_idx=0)
        self.register_buffer("positions", waves(LONGEST, WIDTH))
        layer = nn.TransformerEncoderLayer(
            WIDTH, nhead=4, dim_feedforward=64, batch_first=True, bias=False, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.answer = nn.Linear(WIDTH, 2)

    def forward(self, digits: Tensor, nothing: Tensor) -> Tensor:
        x = self.embed(digits) + self.positions
        x = self.encoder(x, src_key_padding_mask=nothing)
        weights = (~nothing).float().unsqueeze(-1)
        return self.answer((x * weights).sum(1) / weights.sum(1))


model = Reader()
print(model.encoder.layers[1])
loss_of = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
schedule = CosineAnnealingLR(optimizer, T_max=40)
for step in range(1, 41):
    digits, nothing, answers = examples(64)
    loss = loss_of(model(digits, nothing), answers)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    if step % 10 == 0:
        print(f"step {step}: loss {loss.item():.4f}, learning rate {schedule.get_last_lr()[0]:.6f}")

model.eval()
with torch.no_grad():
    digits, nothing, answers = examples(300)
    guesses = model(digits, nothing).argmax(1)
table = torch.bincount(2 * answers + guesses, minlength=4).reshape(2, 2)
print("answers by guesses:", table, "right:", (table.trace() / table.sum()).item())
print(nn.Transformer.generate_square_subsequent_mask(4))

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
