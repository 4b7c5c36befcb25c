"""A multi-layer perceptron on scikit-learn's handwritten digits."""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.optim.lr_scheduler import StepLR


class MLP(nn.Module):
    def __init__(self, hidden=64, num_classes=10):
        super(MLP, self).__init__()
        self.fc1 = nn.Linear(64, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, num_classes)
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = self.dropout(x)
        x = F.relu(self.fc2(x))
        return F.log_softmax(self.fc3(x), dim=1)


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        pred = model(x).argmax(dim=1, keepdim=True)
        correct = pred.eq(y.view_as(pred)).sum().item()
    return 100.0 * correct / len(y)


def main():
    parser = argparse.ArgumentParser(description="digits with an MLP")
    parser.add_argument("output", nargs="?")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--no-cuda", action="store_true", default=False)
    args = parser.parse_args()

    use_cuda = not args.no_cuda and torch.cuda.is_available()
    device = torch.device("cuda" if use_cuda else "cpu")
    torch.manual_seed(0)
    print("training on", device)

    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        digits.data / 16.0, digits.target, test_size=0.25, random_state=0
    )
    x_train = torch.tensor(x_train, dtype=torch.float32, device=device)
    x_test = torch.tensor(x_test, dtype=torch.float32).to(device)
    y_train = torch.from_numpy(y_train).long().to(device)
    y_test = torch.from_numpy(y_test).long().to(device)

    model = MLP().to(device)
    print(model)
    print("parameters:", sum(p.numel() for p in model.parameters() if p.requires_grad))
    optimizer = optim.Adam(model.parameters(), lr=args.lr, weight_decay=1e-4)
    scheduler = StepLR(optimizer, step_size=4, gamma=0.5)

    for epoch in range(1, args.epochs + 1):
        model.train()
        permutation = torch.randperm(x_train.size(0))
        running = 0.0
        for i in range(0, x_train.size(0), 64):
            batch = permutation[i : i + 64]
            optimizer.zero_grad()
            loss = F.nll_loss(model(x_train[batch]), y_train[batch])
            loss.backward()
            optimizer.step()
            running += loss.item() * len(batch)
        scheduler.step()
        print(
            "Epoch: {} lr: {:.5f} loss: {:.4f} test accuracy: {:.2f}%".format(
                epoch,
                scheduler.get_last_lr()[0],
                running / len(x_train),
                accuracy(model, x_test, y_test),
            )
        )

    if args.output:
        torch.save(model.state_dict(), args.output)


if __name__ == "__main__":
    main()
