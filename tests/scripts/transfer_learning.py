"""Learn to see which way up a digit is, without labels; then read digits with the same eyes."""

import copy
import sys
from collections import OrderedDict

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.optim import SGD, Adam, lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(3)
digits = load_digits()
images = torch.from_numpy(digits.images).float().unsqueeze(1) / 8 - 1
names = torch.from_numpy(digits.target)


def turned(pictures):
    """Every picture in its four quarter turns, and how often it was turned."""
    turns = torch.cat([torch.rot90(pictures, k, dims=(2, 3)) for k in range(4)])
    return turns, torch.arange(4).repeat_interleave(len(pictures))


def network(answers):
    eyes = OrderedDict(
        edges=nn.Conv2d(1, 12, 3, padding=1),
        level=nn.BatchNorm2d(12),
        light=nn.ReLU(),
        shrink=nn.AvgPool2d(2),
        parts=nn.Conv2d(12, 20, 3, padding=1),
        bright=nn.ReLU(),
    )
    whole = OrderedDict(
        eyes=nn.Sequential(eyes), best=nn.AdaptiveMaxPool2d(2), flat=nn.Flatten()
    )
    whole["mouth"] = nn.Linear(80, answers)
    return nn.Sequential(whole)


class Lessons:
    """Trains on one set, examines on the other, and remembers the best state."""

    def __init__(self, lesson, exam, size=50):
        self.lesson = DataLoader(TensorDataset(*lesson), size, shuffle=True)
        self.exam = DataLoader(TensorDataset(*exam), size)
        self.loss = nn.CrossEntropyLoss()

    def go_through(self, net, pages, optimizer):
        learning = optimizer is not None
        net.train() if learning else net.eval()
        cost, right = 0.0, 0
        with torch.set_grad_enabled(learning):
            for picture, answer in pages:
                scores = net(picture)
                loss = self.loss(scores, answer)
                if learning:
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                cost += loss.item() * picture.size(0)
                right += torch.sum(torch.max(scores, 1)[1] == answer)
        count = len(pages.dataset)
        return cost / count, right.double() / count

    def teach(self, net, optimizer, scheduler, rounds):
        top, best = 0.0, None
        for round in range(rounds):
            cost, _ = self.go_through(net, self.lesson, optimizer)
            scheduler.step()
            missed, share = self.go_through(net, self.exam, None)
            print(f"  {round}: lesson {cost:.4f} exam {missed:.4f}, right {share:.3f}")
            if share > top:
                top, best = share, copy.deepcopy(net.state_dict())
        print("  best exam: {:4f}".format(top), net.load_state_dict(best))


print("which way up?")
seer = network(4)
optimizer = SGD(seer.parameters(), lr=0.02, momentum=0.9)
Lessons(turned(images[:200]), turned(images[200:250])).teach(
    seer, optimizer, lr_scheduler.StepLR(optimizer, 1, gamma=0.5), 3
)

print("which digit?")
reader = network(10)
kept = {key: value for key, value in seer.state_dict().items() if key.startswith("eyes")}
print(" ", reader.load_state_dict(kept, strict=False))
reader.eyes.requires_grad_(False)
reader.eyes.level.weight.requires_grad = True  # the level of each edge may still move
reader.mouth = nn.Linear(reader.mouth.in_features, 10)
moving = [name for name, p in reader.named_parameters() if p.requires_grad]
print("  learning:", moving)
edges = reader.eyes.edges.weight.clone()
optimizer = Adam(filter(lambda p: p.requires_grad, reader.parameters()), lr=0.01)
some = (names < 6).nonzero().squeeze(1)
picked, asked = some[:400], some[400:600]
Lessons((images[picked], names[picked]), (images[asked], names[asked])).teach(
    reader, optimizer, lr_scheduler.MultiStepLR(optimizer, [2], 0.1), 3
)
print("  same eyes:", torch.equal(edges, reader.eyes.edges.weight), reader.eyes.edges.weight.grad)

if len(sys.argv) > 1:
    torch.save([seer.state_dict(), reader.state_dict()], sys.argv[1])
