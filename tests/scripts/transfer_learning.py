"""Transfer learning: a network trained on digits 0-4 lends its frozen features to digits 5-9."""

import copy
import sys
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(10)
digits = load_digits()
images = torch.from_numpy(digits.images).float().unsqueeze(1) / 8 - 1
targets = torch.from_numpy(digits.target)


def loaders(low, high, size, batch=40):
    chosen = ((targets >= low) & (targets < high)).nonzero().squeeze(1)[:size]
    x, y = images[chosen], targets[chosen] - low
    cut = int(0.8 * len(x))
    return {
        "train": DataLoader(TensorDataset(x[:cut], y[:cut]), batch_size=batch, shuffle=True),
        "val": DataLoader(TensorDataset(x[cut:], y[cut:]), batch_size=batch),
    }


def make_net():
    backbone = nn.Sequential(
        OrderedDict(
            [
                ("conv1", nn.Conv2d(1, 12, 3, padding=1)),
                ("norm1", nn.BatchNorm2d(12)),
                ("relu1", nn.ReLU()),
                ("pool", nn.AvgPool2d(2)),
                ("conv2", nn.Conv2d(12, 24, 3, padding=1)),
                ("relu2", nn.ReLU()),
            ]
        )
    )
    return nn.Sequential(
        OrderedDict(
            [
                ("backbone", backbone),
                ("pool", nn.AdaptiveMaxPool2d(2)),
                ("flatten", nn.Flatten()),
                ("fc", nn.Linear(96, 5)),
            ]
        )
    )


def train_model(model, dataloaders, criterion, optimizer, scheduler, num_epochs):
    best_model_wts, best_acc = copy.deepcopy(model.state_dict()), 0.0
    for epoch in range(num_epochs):
        for phase in ["train", "val"]:
            model.train() if phase == "train" else model.eval()
            running_loss, running_corrects = 0.0, 0
            for inputs, labels in dataloaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    _, preds = torch.max(outputs, 1)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * inputs.size(0)
                running_corrects += torch.sum(preds == labels.data)
            if phase == "train":
                scheduler.step()
            size = len(dataloaders[phase].dataset)
            epoch_acc = running_corrects.double() / size
            print(f"  {epoch} {phase} Loss: {running_loss / size:.4f} Acc: {epoch_acc:.4f}")
            if phase == "val" and epoch_acc > best_acc:
                best_acc, best_model_wts = epoch_acc, copy.deepcopy(model.state_dict())
    print("  Best val Acc: {:4f}".format(best_acc))
    model.load_state_dict(best_model_wts)
    return model


criterion = nn.CrossEntropyLoss()
print("pretraining on 0-4")
source = make_net()
optimizer = optim.SGD(source.parameters(), lr=0.02, momentum=0.9)
source = train_model(
    source,
    loaders(0, 5, 600),
    criterion,
    optimizer,
    lr_scheduler.StepLR(optimizer, 2, gamma=0.3),
    3,
)

print("transferring to 5-9")
model = make_net()
weights = {k: v for k, v in source.state_dict().items() if not k.startswith("fc.")}
print(" ", model.load_state_dict(weights, strict=False))
for param in model.backbone.parameters():
    param.requires_grad = False
model.fc = nn.Linear(model.fc.in_features, 5)
print("  trainable:", [n for n, p in model.named_parameters() if p.requires_grad])
before = model.backbone.conv1.weight.clone()
optimizer = optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=0.01)
model = train_model(
    model,
    loaders(5, 10, 300),
    criterion,
    optimizer,
    lr_scheduler.MultiStepLR(optimizer, [2], 0.1),
    3,
)
print(
    "  backbone unchanged:",
    torch.equal(before, model.backbone.conv1.weight),
    model.backbone.conv1.weight.grad,
)

if len(sys.argv) > 1:
    torch.save({"source": source.state_dict(), "model": model.state_dict()}, sys.argv[1])
