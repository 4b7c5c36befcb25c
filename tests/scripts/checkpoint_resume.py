"""Half the training today, half tomorrow from a file: nobody can tell the difference."""

import os
import sys
import tempfile

import torch
from torch import nn
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    Subset,
    WeightedRandomSampler,
)


class Ring(Dataset):
    """Points around a center; rare rings are drawn as often as others by their weight."""

    def __init__(self, kind, radius, count, dice):
        turn = torch.linspace(0, 2 * torch.pi, count)
        self.where = radius * torch.stack([turn.cos(), turn.sin()], 1)
        self.where += 0.1 * torch.randn(count, 2, generator=dice)
        self.kind = kind

    def __len__(self):
        return len(self.where)

    def __getitem__(self, place):
        return {"where": self.where[place], "kind": self.kind}


def join(points):
    kinds = torch.as_tensor([point["kind"] for point in points], dtype=torch.long)
    return torch.stack([point["where"] for point in points]), kinds


class Training:
    """Everything that a run changes."""

    def __init__(self, batches):
        torch.manual_seed(44)
        self.batches, self.day = batches, 0
        self.net = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Dropout(0.05), nn.Linear(24, 2))
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=0.05, amsgrad=True)
        self.fall = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=0.8)

    def run(self, until):
        while self.day < until:
            total = 0.0
            for where, kind in self.batches:
                loss = nn.functional.cross_entropy(self.net(where), kind)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                total += loss.item() / len(self.batches)
            self.fall.step()
            self.day += 1
            print(f"  day {self.day}: {total:.5f}, next rate {self.fall.get_last_lr()[0]:.6f}")

    def parts(self):
        return {"net": self.net, "optimizer": self.optimizer, "fall": self.fall}

    def save(self, path):
        states = {name: part.state_dict() for name, part in self.parts().items()}
        torch.save({"day": self.day, "dice": torch.get_rng_state(), **states}, path)

    def load(self, path):
        saved = torch.load(path, map_location="cpu", weights_only=True)
        print("  found", sorted(saved), "with", list(saved["net"]))
        for name, part in self.parts().items():
            part.load_state_dict(saved[name])
        self.day = saved["day"]
        torch.set_rng_state(saved["dice"])


dice = torch.Generator()
dice.manual_seed(6)
rings = ConcatDataset([Ring(0, 0.6, 150, dice), Ring(1, 1.5, 50, dice)])
fair = WeightedRandomSampler([1.0] * 150 + [3.0] * 50, num_samples=200, replacement=True)
batches = DataLoader(rings, batch_sampler=BatchSampler(fair, 40, drop_last=False), collate_fn=join)
print(len(rings), "points, the last of kind", rings[-1]["kind"])

print("at one go")
at_one_go = Training(batches)
at_one_go.run(until=4)

print("with a night between")
today = Training(batches)
today.run(until=2)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "night.pt")
    today.save(path)
    tomorrow = Training(batches)
    tomorrow.load(path)
steps = tomorrow.optimizer.state[tomorrow.net[0].weight]["step"].item()
print("  after", steps, "steps on", tomorrow.optimizer.state_dict()["param_groups"][0]["params"])
tomorrow.run(until=4)

ours, theirs = at_one_go.net.state_dict(), tomorrow.net.state_dict()
print("the same:", all(torch.equal(ours[name], theirs[name]) for name in ours))
tomorrow.net.eval()
every_fifth = Subset(rings, range(0, 200, 5))
where, kind = join([every_fifth[i] for i in range(len(every_fifth))])
print("right:", (tomorrow.net(where).argmax(-1) == kind).float().mean().item())

if len(sys.argv) > 1:
    torch.save({name: tensor.clone() for name, tensor in theirs.items()}, sys.argv[1])
