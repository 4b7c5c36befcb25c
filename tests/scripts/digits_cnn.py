"""Convolutions learn to read digits that a Dataset pushes about by a pixel."""

import sys
import time
from contextlib import nullcontext

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset, random_split


class Jittered(Dataset):
    """Digits as (1, 8, 8) pictures in 0 ... 1, each seen from a slightly different place."""

    def __init__(self, reach=1):
        pictures, self.names = load_digits(return_X_y=True)
        self.pictures = (pictures / 16).astype(np.float32).reshape(-1, 1, 8, 8)
        self.reach = reach

    def __len__(self):
        return len(self.names)

    def __getitem__(self, place):
        place = place.item() if torch.is_tensor(place) else place
        down, right = torch.randint(-self.reach, self.reach + 1, (2,)).tolist()
        picture = torch.from_numpy(self.pictures[place])
        return torch.roll(picture, shifts=(down, right), dims=(1, 2)), int(self.names[place])


class Reader(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 8, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(inplace=True),
            nn.Conv2d(8, 12, 3),
            nn.LeakyReLU(0.1),
            nn.MaxPool2d(2),
            nn.Dropout2d(0.1),
        )
        self.names = nn.Linear(12 * 3 * 3, 10)

    def forward(self, pictures):
        for layer in list(self)[:-1]:
            pictures = layer(pictures)
        return self.names(torch.flatten(pictures, 1))


began = time.time()
torch.manual_seed(8)
torch.backends.cudnn.benchmark = True
where = "cuda" if torch.cuda.is_available() else "cpu"
half = nullcontext() if where == "cpu" else torch.amp.autocast(where, dtype=torch.float16)
shown, kept = random_split(Jittered(), [1200, 597])
lessons = DataLoader(shown, batch_size=60, shuffle=True, num_workers=0, pin_memory=False)
exams = DataLoader(kept, batch_size=199)
for pictures, names in exams:
    print("an exam:", pictures.shape, pictures.dtype, names.shape, names.dtype)
    break

reader = Reader().to(where)
optimizer = torch.optim.SGD(reader.parameters(), lr=0.04, momentum=0.9)
unlike = nn.CrossEntropyLoss()


def learn():
    reader.train()
    for pictures, names in lessons:
        optimizer.zero_grad(set_to_none=True)
        with half:
            loss = unlike(reader(pictures.to(where)), names.to(where))
        loss.backward()
        optimizer.step()
        yield loss.item()


def mistakes():
    reader.eval()
    with torch.no_grad():
        for pictures, names in exams:
            _, guess = torch.max(reader(pictures.to(where)).data, 1)
            yield names.size(0) - (guess == names.to(where)).sum().item()


for round in range(3):
    losses, wrong = list(learn()), sum(mistakes())
    print(f"round {round}: loss {np.mean(losses):.4f}, {1 - wrong / len(kept):.1%} of exams right")
print("of", reader.names.in_features, "features, the usual edges:", reader[1].running_mean)
assert time.time() - began < 120

if len(sys.argv) > 1:
    torch.save(reader.state_dict(), sys.argv[1])
