"""A small convolutional network on 8x8 digits, with a Dataset, transforms and batch norm."""

import sys
import time

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, random_split


class DigitsDataset(Dataset):
    """Images as (1, 8, 8) float tensors, shifted by a random pixel when training."""

    def __init__(self, transform=None):
        digits = load_digits()
        self.images = digits.images.astype(np.float32) / 16
        self.labels = digits.target
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, idx):
        if torch.is_tensor(idx):
            idx = idx.tolist()
        image = torch.from_numpy(self.images[idx]).unsqueeze(0)
        if self.transform:
            image = self.transform(image)
        return image, int(self.labels[idx])


def random_shift(image):
    shift = torch.randint(-1, 2, (2,)).tolist()
    return torch.roll(image, shifts=shift, dims=(1, 2))


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.LeakyReLU(0.1),
            nn.MaxPool2d(2),
            nn.Dropout2d(0.1),
        )
        self.classifier = nn.Linear(16 * 4 * 4, 10)

    def forward(self, x):
        x = self.features(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)


device = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(42)
torch.backends.cudnn.benchmark = True
dataset = DigitsDataset(transform=random_shift)
train_set, val_set = random_split(dataset, [1400, 397])
train_loader = DataLoader(train_set, batch_size=50, shuffle=True, num_workers=0, pin_memory=False)
val_loader = DataLoader(val_set, batch_size=100)
images, labels = next(iter(val_loader))
print("batch:", images.shape, images.dtype, labels.shape, labels.dtype)

model = ConvNet().to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

start = time.time()
for epoch in range(3):
    model.train()
    train_loss = 0.0
    for images, labels in train_loader:
        images, labels = images.to(device), labels.to(device)
        outputs = model(images)
        loss = criterion(outputs, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        train_loss += loss.item()

    model.eval()
    correct = total = 0
    with torch.no_grad():
        for images, labels in val_loader:
            outputs = model(images.to(device))
            _, predicted = torch.max(outputs.data, 1)
            total += labels.size(0)
            correct += (predicted == labels).sum().item()
    print(
        f"[{epoch + 1}] train loss {train_loss / len(train_loader):.4f} "
        f"val accuracy {correct / total:.4f}"
    )
print("running mean of the first norm:", model.features[1].running_mean)
assert time.time() - start < 120

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
