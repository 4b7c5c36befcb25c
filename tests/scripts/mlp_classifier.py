"""Which of three growers made this wine? A small network judges by thirteen measurements."""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from torch.optim.lr_scheduler import StepLR


class Taster(nn.Module):
    def __init__(self, measured, growers, width):
        super(Taster, self).__init__()
        self.nose = nn.Linear(measured, width)
        self.tongue = nn.Linear(width, width)
        self.verdict = nn.Linear(width, growers)
        self.forget = nn.Dropout(0.1)

    def forward(self, wine):
        smell = self.forget(F.relu(self.nose(wine)))
        taste = F.relu(self.tongue(smell))
        return F.log_softmax(self.verdict(taste), dim=1)


def read_cellar(device):
    wines, growers = load_wine(return_X_y=True)
    parts = train_test_split(wines, growers, test_size=0.3, random_state=7, stratify=growers)
    train, test = (torch.tensor(part, dtype=torch.float32, device=device) for part in parts[:2])
    center, spread = train.mean(0), train.std(0)
    labels = [torch.from_numpy(part).long().to(device) for part in parts[2:]]
    return (train - center) / spread, (test - center) / spread, *labels


@torch.no_grad()
def confusion(taster, wines, growers):
    """How often a wine of grower i was taken for one of grower j."""
    taster.eval()
    guess = taster(wines).argmax(dim=1, keepdim=True)
    right = guess.eq(growers.view_as(guess)).sum().item()
    table = torch.zeros(3, 3, dtype=torch.long)
    for true, guessed in zip(growers, guess.view(-1)):
        table[true, guessed] += 1
    return table, 100.0 * right / len(growers)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=12)
    options.add_argument("--rate", type=float, default=5e-3)
    options.add_argument("--width", type=int, default=24)
    options.add_argument("--cpu", action="store_true", help="even where there is a GPU")
    options.add_argument("where", nargs="?", help="file for the parameters")
    options = options.parse_args()

    device = torch.device("cuda" if torch.cuda.is_available() and not options.cpu else "cpu")
    torch.manual_seed(1)
    wines, unknown, growers, secret = read_cellar(device)
    taster = Taster(wines.size(1), 3, options.width).to(device)
    learning = sum(p.numel() for p in taster.parameters() if p.requires_grad)
    print(taster, "on", device, "with", learning, "parameters")

    optimizer = optim.Adam(taster.parameters(), lr=options.rate, weight_decay=1e-3)
    slower = StepLR(optimizer, step_size=4, gamma=0.5)
    for round in range(options.rounds):
        taster.train()
        total = 0.0
        for some in torch.randperm(wines.size(0)).split(31):
            loss = F.nll_loss(taster(wines[some]), growers[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(some)
        rate = slower.get_last_lr()[0]
        slower.step()
        if round % 3 == 2:
            table, percent = confusion(taster, unknown, secret)
            print("%2d: rate %.5f loss %.4f " % (round, rate, total / len(wines)), end="")
            print("right: {:.1f}%".format(percent))
    print(table)
    if options.where:
        torch.save(taster.state_dict(), options.where)


if __name__ == "__main__":
    main()
