"""Metric learning: a siamese network with triplet and contrastive losses, judged by retrieval."""

import random
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

random.seed(0)
np.random.seed(0)
torch.manual_seed(0)
digits = load_digits()


class TripletDataset(Dataset):
    """(anchor, positive, negative) images, with the anchor's label."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.by_label = {label: np.where(labels == label)[0] for label in np.unique(labels)}

    def __getitem__(self, index):
        label = self.labels[index]
        positive = np.random.choice(self.by_label[label])
        other = random.choice([name for name in sorted(self.by_label) if name != label])
        negative = np.random.choice(self.by_label[other])
        chosen = self.images[[index, positive, negative]]
        return *torch.from_numpy(chosen).float().unbind(0), label

    def __len__(self):
        return len(self.images)


class EmbeddingNet(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 64), nn.PReLU(), nn.Linear(64, dim))

    def forward(self, x):
        return F.normalize(self.net(x.flatten(1)), p=2, dim=1)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin

    def forward(self, a, b, same):
        distance = F.pairwise_distance(a, b)
        return torch.mean(
            same * distance.pow(2)
            + (1 - same) * torch.clamp(self.margin - distance, min=0.0).pow(2)
        )


def retrieval_accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        embedded = model(torch.from_numpy(images).float())
    distances = torch.cdist(embedded, embedded).fill_diagonal_(float("inf"))
    nearest = distances.argmin(dim=1)
    labels = torch.as_tensor(labels)
    model.train()
    return (labels[nearest] == labels).float().mean().item()


images, labels = digits.images / 16, digits.target
train_set = TripletDataset(images[:600], labels[:600])
loader = DataLoader(train_set, batch_size=60, shuffle=True)
model = EmbeddingNet()
print(
    f"untrained: retrieval accuracy {retrieval_accuracy(model, images[600:800], labels[600:800]):.3f}"
)
triplet = nn.TripletMarginLoss(margin=0.5)
contrastive = ContrastiveLoss()
cosine = nn.CosineEmbeddingLoss(margin=0.2)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(3):
    sums = torch.zeros(3)
    for anchor, positive, negative, label in loader:
        a, p, n = model(anchor), model(positive), model(negative)
        losses = torch.stack(
            [
                triplet(a, p, n),
                contrastive(
                    torch.cat([a, a]),
                    torch.cat([p, n]),
                    torch.cat([torch.ones(len(a)), torch.zeros(len(a))]),
                ),
                cosine(a, n, -torch.ones(len(a))),
            ]
        )
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        sums += losses.detach()
    accuracy = retrieval_accuracy(model, images[600:800], labels[600:800])
    print(f"epoch {epoch}: losses {sums / len(loader)}, retrieval accuracy {accuracy:.3f}")
print("label of the last batch:", label[:5], label.dtype)

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
