"""Linear regression twice: by hand with autograd, then with nn.Linear and an optimizer."""

import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)


def synthetic_data(w, b, num_examples):
    X = torch.normal(0, 1, (num_examples, len(w)))
    y = torch.matmul(X, w) + b
    y += torch.normal(0, 0.01, y.shape)
    return X, y.reshape((-1, 1))


true_w = torch.tensor([2, -3.4])
true_b = 4.2
features, labels = synthetic_data(true_w, true_b, 1000)
print("features:", features[0], "\nlabel:", labels[0])


# --- by hand


def data_iter(batch_size, features, labels):
    indices = torch.randperm(len(features)).tolist()
    for i in range(0, len(indices), batch_size):
        j = torch.tensor(indices[i : min(i + batch_size, len(indices))])
        yield features[j], labels[j]


def squared_loss(y_hat, y):
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def sgd(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for epoch in range(3):
    for X, y in data_iter(10, features, labels):
        loss = squared_loss(X @ w + b, y)
        loss.sum().backward()
        sgd([w, b], 0.03, 10)
    with torch.no_grad():
        train_l = squared_loss(features @ w + b, labels)
        print(f"epoch {epoch + 1}, loss {float(train_l.mean()):f}")
print(f"error in estimating w: {true_w - w.reshape(true_w.shape)}")
print(f"error in estimating b: {true_b - b}")

# --- with the library

net = nn.Sequential(nn.Linear(2, 1))
net[0].weight.data.normal_(0, 0.01)
net[0].bias.data.fill_(0)
criterion = nn.MSELoss()
trainer = torch.optim.SGD(net.parameters(), lr=0.03)
loader = DataLoader(TensorDataset(features, labels), batch_size=10, shuffle=True)
for epoch in range(3):
    for X, y in loader:
        loss = criterion(net(X), y)
        trainer.zero_grad()
        loss.backward()
        trainer.step()
    loss = criterion(net(features), labels)
    print(f"epoch {epoch + 1}, loss {loss:f}")
print("w:", net[0].weight.data, "b:", net[0].bias.data)

if len(sys.argv) > 1:
    torch.save({"w": w, "b": b, **net.state_dict()}, sys.argv[1])
