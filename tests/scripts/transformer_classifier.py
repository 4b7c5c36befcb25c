"""nn.TransformerEncoder with sinusoidal positions and a padding mask, on made-up sentences."""

import math
import sys

import torch
from torch import Tensor, nn
from torch.nn import TransformerEncoder, TransformerEncoderLayer

torch.manual_seed(9)


class PositionalEncoding(nn.Module):
    def __init__(self, d_model: int, dropout: float = 0.1, max_len: int = 50):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, 1, d_model)
        pe[:, 0, 0::2] = torch.sin(position * div_term)
        pe[:, 0, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.pe[: x.size(0)]
        return self.dropout(x)


class TransformerModel(nn.Module):
    def __init__(self, ntoken: int, d_model: int, nhead: int, d_hid: int, nlayers: int):
        super().__init__()
        self.pos_encoder = PositionalEncoding(d_model)
        layer = TransformerEncoderLayer(d_model, nhead, d_hid, dropout=0.1, bias=False)
        self.transformer_encoder = TransformerEncoder(layer, nlayers, enable_nested_tensor=False)
        self.embedding = nn.Embedding(ntoken, d_model)
        self.d_model = d_model
        self.linear = nn.Linear(d_model, 2)
        self.init_weights()

    def init_weights(self) -> None:
        self.embedding.weight.data.uniform_(-0.5, 0.5)
        self.linear.bias.data.zero_()
        self.linear.weight.data.uniform_(-0.1, 0.1)

    def forward(self, src: Tensor, padding: Tensor) -> Tensor:
        src = self.embedding(src) * math.sqrt(self.d_model)
        src = self.pos_encoder(src)
        output = self.transformer_encoder(src, src_key_padding_mask=padding)
        keep = (~padding).t().unsqueeze(-1)
        return self.linear((output * keep).sum(0) / keep.sum(0))


def make_batch(n: int, length: int = 12):
    """Tokens 1-9, padded with 0; class 1 if a 3 comes somewhere before a 7."""
    tokens = torch.randint(1, 10, (length, n))
    lengths = torch.randint(5, length + 1, (n,))
    padding = torch.arange(length).expand(n, length) >= lengths.unsqueeze(1)
    tokens.masked_fill_(padding.t(), 0)
    threes, sevens = (tokens == 3).int().cumsum(0), tokens == 7
    return tokens, padding, ((threes > 0) & sevens).any(0).long()


model = TransformerModel(10, 32, 4, 64, 2)
print([tuple(p.shape) for p in model.transformer_encoder.layers[0].self_attn.parameters()])
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40)
for step in range(40):
    tokens, padding, labels = make_batch(64)
    loss = criterion(model(tokens, padding), labels)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
    optimizer.step()
    scheduler.step()
    if step % 10 == 9:
        print(f"step {step} loss {loss.item():.4f} lr {scheduler.get_last_lr()[0]:.5f}")

model.eval()
with torch.no_grad():
    tokens, padding, labels = make_batch(200)
    predictions = model(tokens, padding).argmax(1)
matrix = torch.zeros(2, 2, dtype=torch.long)
for t, p in zip(labels.view(-1), predictions.view(-1)):
    matrix[t.long(), p.long()] += 1
print(matrix, "accuracy", (matrix.diag().sum() / matrix.sum()).item())

square = nn.Transformer.generate_square_subsequent_mask(4)
print(square)

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
