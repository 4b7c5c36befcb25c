"""A denoising autoencoder with convolutions down and transposed convolutions up."""

import sys

import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
images = torch.tensor(load_digits().images, dtype=torch.float).div_(16).unsqueeze(1)[:600]
loader = DataLoader(TensorDataset(images), batch_size=60, shuffle=True, drop_last=True)


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1),
            nn.ELU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.GroupNorm(4, 16),
            nn.ELU(),
            nn.Flatten(),
            nn.Linear(64, 8),
        )
        self.decoder = nn.Sequential(
            nn.Linear(8, 64),
            nn.Unflatten(1, (16, 2, 2)),
            nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1),
            nn.ELU(),
            nn.ConvTranspose2d(8, 1, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


model = Autoencoder()
criterion = nn.BCELoss()
optimizer = optim.AdamW(model.parameters(), lr=5e-3)
for epoch in range(4):
    total = 0.0
    for (clean,) in loader:
        noisy = (clean + 0.2 * torch.randn_like(clean)).clamp(0.0, 1.0)
        loss = criterion(model(noisy), clean)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("====> Epoch: {} Average loss: {:.4f}".format(epoch, total / len(loader)))

with torch.no_grad():
    code = model.encoder(images[:5])
    restored = model(images[:5])
print("codes", code.shape, "mean", code.mean(0))
print("reconstruction error {:.4f}".format(nn.functional.mse_loss(restored, images[:5]).item()))
print((restored[0, 0] * 9).round().int())

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
