# %% [markdown]
# # 11. California housing: regression on a table
#
# A regression network predicts a number instead of a class. The table has one row for each of
# 20,640 blocks of houses in California in 1990. From eight numbers (income, age of the houses,
# rooms, place, ...) we predict the median price of a house. Most of the work is to look at the
# table first. With `--data-root DIR` it takes some seconds; without, a small table stands in.

# %%
from __future__ import annotations

import lesson
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from scipy.stats import skew

import minitorch as torch
from compare.data import housing
from minitorch import nn

options = lesson.options()
torch.manual_seed(0)

# %% [markdown]
# ## Look at the table
#
# The columns have different units and spreads. `skew` is the third moment of a column: 0 if it is
# symmetric. A few values are enormous: 1,243 persons per household.

# %%
table = housing.load_table(options.data_root, options.download)
is_housing = table.name == "housing"
print(table.note, "\n")
print(f"{'column':<12}{'min':>10}{'mean':>10}{'max':>10}{'skew':>10}")
for name, column in zip(table.columns, table.features.T, strict=True):
    numbers = (column.min(), column.mean(), column.max(), skew(column))
    print(f"{name:<12}" + "".join(f"{number:10.2f}" for number in numbers))

# %% [markdown]
# ## Prepare it
#
# A logarithm brings the enormous values of the skewed columns near the others. Then every column is
# standardised, (x - mean) / std, so that no weight must be a thousand times another. Mean and std
# are those of the training rows: the test rows stand for houses that nobody has seen yet.

# %%
train, test = housing.split(len(table.target))
features = table.features.copy()
for i, name in enumerate(table.columns):
    if name in housing.SKEWED_COLUMNS:
        features[:, i] = np.log(features[:, i])
mean, std = features[train].mean(0), features[train].std(0)
inputs = torch.tensor((features - mean) / std, dtype=torch.float32)  # (N, 8)
target = torch.tensor(table.target[:, np.newaxis], dtype=torch.float32)  # (N, 1)

# %% [markdown]
# ## Train two models
#
# A linear layer can only add up the effects of the columns. Two hidden layers can also learn that
# an effect depends on another column: on the place, say. The last layer has no activation, as a
# price may be any number.

# %%
steps_per_epoch = len(train) // 64
epochs = (3 if options.quick else 15) if is_housing else 60


def trained(model: nn.Module, lr: float) -> nn.Module:
    optimizer = torch.optim.Adam(model.parameters())
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, epochs * steps_per_epoch)
    for _ in range(epochs):
        order = torch.tensor(train)[torch.randperm(len(train))]
        for rows in order[: steps_per_epoch * 64].split(64):
            loss = nn.functional.mse_loss(model(inputs[rows]), target[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
    return model


linear = trained(nn.Linear(len(table.columns), 1), lr=0.05)
hidden = (nn.Linear(len(table.columns), 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
network = trained(nn.Sequential(*hidden, nn.Linear(64, 1)), lr=0.01)

# %% [markdown]
# ## Measure
#
# RMSE, the root of the mean squared error, has the unit of the target. R² compares the squared
# error with that of a model that always answers the mean: 0 is no better than that, 1 is perfect.

# %%
true = table.target[test]  # (N,)


def predict(model: nn.Module) -> np.ndarray:
    with torch.no_grad():
        return model(inputs[torch.tensor(test)]).numpy()[:, 0]


def r2(predicted: np.ndarray) -> float:
    return 1 - ((predicted - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()


unit, scale = ("dollars", 100_000) if is_housing else ("points of progress", 100)
for name, model in (("linear", linear), ("network", network)):
    rmse = np.sqrt(((predict(model) - true) ** 2).mean()) * scale
    print(f"{name:<8} R² {r2(predict(model)):.3f}, RMSE {rmse:,.0f} {unit}")
error = predict(network) - true

# %% [markdown]
# ## What to see
#
# Left: a perfect model would put all points on the line. The stripe at the right edge is in the
# data: prices above 500,000 dollars were cut off. Right: the mean error of each field of the map.
# Houses in blue fields cost more than predicted, in orange ones less. The strong colours stand at
# the coast and at the rim, where prices vary or blocks are few. (The small table has no map.)

# %%
figure = Figure(figsize=(10.5, 4.8), layout="constrained")
scatter, where = figure.subplots(1, 2)
scatter.scatter(
    true, predict(network), s=6 if is_housing else 20, alpha=0.5, color="#1f5fa8", edgecolors="none"
)
scatter.axline((true.mean(), true.mean()), slope=1, color="#888888", label="predicted = true")
axis = "price in 100,000 dollars" if is_housing else "progress in 100 points"
title = f"Test rows: R² {r2(predict(network)):.3f} (linear: {r2(predict(linear)):.3f})"
scatter.set(xlabel=f"true {axis}", ylabel=f"predicted {axis}", title=title)
scatter.legend(loc="upper left")
if is_housing:
    latitude, longitude = table.features[test, 6], table.features[test, 7]
    blue_to_orange = LinearSegmentedColormap.from_list("", ["#1f5fa8", "white", "#ee8c3a"])
    fields = where.hexbin(longitude, latitude, error, gridsize=40, cmap=blue_to_orange)
    fields.set(clim=(-1, 1), edgecolor="#cccccc", linewidth=0.5)
    figure.colorbar(fields, ax=where, label="mean of predicted - true, in 100,000 dollars")
    where.set(xlabel="longitude in degrees", ylabel="latitude in degrees", aspect=1.25)
    where.set_title("Where the network is wrong")
else:
    errors = [predict(linear) - true, error]
    where.hist(errors, bins=15, color=["#888888", "#1f5fa8"], label=["linear", "network"])
    where.set(xlabel="predicted - true, in 100 points", ylabel="patients", title="Errors")
    where.legend()
lesson.save(figure, options.out / "11_california_housing.png")

# %%
if is_housing:
    assert r2(predict(network)) >= (0.7 if options.quick else 0.75)
    assert r2(predict(network)) > r2(predict(linear)) + 0.05
assert r2(predict(network)) > 0.5
