# %% [markdown]
# # 13. Tuning: a search that learns
#
# Layers, learning rate, dropout, batch size: hyperparameters have no gradient, so one can only try.
# Bayesian optimisation tries cleverly: it models which regions of the space gave good results so
# far, and draws the next trial from there. Optuna's TPE does so, its pruner stops trials that fall
# behind, and its journal, a file that only grows, lets several processes work on one study.

# %%
from __future__ import annotations

import contextlib
import multiprocessing
import statistics

import lesson
import numpy as np
import optuna
from matplotlib.figure import Figure
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import Trial, TrialState
from tqdm import tqdm

import minitorch as torch  # `import torch` gives the same numbers.
from compare.data import load
from minitorch import nn
from minitorch.utils.data import DataLoader, TensorDataset

options = lesson.options(
    trials={"type": int, "help": "how many the study shall have (default: 40; with --quick, 6)"},
    fresh={"action": "store_true", "help": "forget the trials of earlier runs"},
)
planned = options.trials or (6 if options.quick else 40)
data = load("fashion_mnist", options.data_root, options.download)
print(data.note)
optuna.logging.set_verbosity(optuna.logging.ERROR)

# %% [markdown]
# ## Three parts of the data
#
# Weights are chosen by the training part, hyperparameters by the validation part. What has chosen
# something can't judge it: the best of many trials was also the luckiest one. The test part judges,
# once, at the end. (Of real Fashion-MNIST 12,000 images suffice; the study then takes minutes.)

# %%
known = min(len(data.train[1]), 600 if options.quick else 12_000)
images, labels = (torch.from_numpy(array[:known]) for array in data.train)
cut = len(labels) * 5 // 6
training = TensorDataset(images[:cut], labels[:cut])
validation = images[cut:], labels[cut:]


def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    model.eval()
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


# %% [markdown]
# ## One trial
#
# Each `suggest_...` names a hyperparameter and its range, and returns what the sampler has chosen.
# Rates span decades, so they are drawn on a logarithmic scale. After each epoch the trial reports;
# the pruner stops it if it is below the median of what the others had reached by that epoch.


# %%
def train(trial: Trial) -> tuple[nn.Module, float]:
    widths = [trial.suggest_int("neurons", 16, 256, log=True)] * trial.suggest_int("layers", 1, 3)
    dropout = trial.suggest_float("dropout", 0.0, 0.5)
    optimizer_class = getattr(
        torch.optim, trial.suggest_categorical("optimizer", ["SGD", "RMSprop", "AdamW"])
    )
    lr = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    weight_decay = trial.suggest_float("weight_decay", 1e-6, 1e-1, log=True)
    batch_size = trial.suggest_categorical("batch_size", [16, 32, 64, 128])
    epochs = trial.suggest_int("epochs", 2, 4 if options.quick else 12)

    torch.manual_seed(0)  # Trials shall differ in their hyperparameters only.
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in zip([784, *widths], widths, strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(dropout)]
    model = nn.Sequential(*layers, nn.Linear(widths[-1], 10))
    optimizer = optimizer_class(model.parameters(), lr=lr, weight_decay=weight_decay)
    for epoch in range(epochs):
        model.train()
        for batch, targets in DataLoader(training, batch_size=batch_size, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batch), targets).backward()
            optimizer.step()
        score = accuracy(model, *validation)
        trial.report(score, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return model, score


# %% [markdown]
# ## A study that two processes share
#
# Each process opens the journal, asks it for all results so far before it draws a trial, and adds
# its own. Nothing else is shared. So the study also outlives the program: a run that was stopped
# (Ctrl-C) is continued by the next one, and `--fresh` starts anew. Seeds differ by process and by
# what is already known; otherwise the same first trials would be drawn twice.

# %%
journal = options.out / f"13_tuning_{data.name}{'_quick' if options.quick else ''}.journal"
journal.parent.mkdir(parents=True, exist_ok=True)
if options.fresh:
    journal.unlink(missing_ok=True)


def open_study(seed: int = 0) -> optuna.Study:
    return optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(journal))),
        study_name="tuning",
        load_if_exists=True,
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=1),
    )


def finished(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """Without those that were cut off."""
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def work(seed: int, trials: int) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        open_study(seed).optimize(lambda trial: train(trial)[1], n_trials=trials)


torch.set_num_threads(1)  # Two processes: a thread for each.
study = open_study()
known_trials = len(finished(study))
missing = max(planned - known_trials, 0)
print(f"{known_trials} trials in {journal}, {missing} to go")
fork = multiprocessing.get_context("fork")
workers = [
    fork.Process(target=work, args=(2 * known_trials + i, (missing + i) // 2)) for i in range(2)
]
try:
    for worker in workers:
        worker.start()
    with tqdm(total=missing, desc="trials", leave=False) as bar:
        while any(worker.is_alive() for worker in workers):
            workers[0].join(0.1)
            workers[1].join(0.1)
            bar.update(len(finished(study)) - known_trials - bar.n)
except KeyboardInterrupt:
    for worker in workers:
        worker.join()
    raise SystemExit(f"stopped; {journal} has the study, and the next run continues it") from None

# %% [markdown]
# ## The result, from the file
#
# The study is read anew. The best trial is trained once more, and meets the test part.

# %%
reloaded = open_study()
trials = finished(reloaded)
best = reloaded.best_trial
pruned = [trial for trial in trials if trial.state == TrialState.PRUNED]
print(f"{len(trials)} trials, {len(pruned)} of them pruned")
for name, value in best.params.items():
    print(f"    {name:13}{value:.3g}" if isinstance(value, float) else f"    {name:13}{value}")
model, score = train(optuna.trial.FixedTrial(best.params))
test = accuracy(model, *(torch.from_numpy(array) for array in data.test))
median = statistics.median(trial.value for trial in trials)
print(f"validation accuracy: best {best.value:.2%} (again: {score:.2%}), median {median:.2%}")
print(f"test accuracy of the best: {test:.2%}")

# %% [markdown]
# ## What to see
#
# Above: the trials in their order, and each one's way through its epochs. The first ten are drawn
# at random; later ones crowd where results are good, and hopeless ones end early (grey). Below:
# how much of the spread of the results each hyperparameter explains, by a random forest that was
# fitted to the completed trials (functional ANOVA). From so few trials that is a rough estimate:
# run `--trials 200` and see what stays. At the right, what the sampler found of learning rates.

# %%
figure = Figure(figsize=(10.5, 7.5), layout="constrained")
(history, curves), (importance, rates) = figure.subplots(2, 2)


def curve(trial: optuna.trial.FrozenTrial) -> tuple[list[int], list[float]]:
    reports = trial.intermediate_values
    return [epoch + 1 for epoch in reports], list(reports.values())


completed = [trial for trial in trials if trial.state == TrialState.COMPLETE]
for name, group, color in (("pruned", pruned, "#888888"), ("completed", completed, "#1f5fa8")):
    numbers, values = [trial.number for trial in group], [trial.value for trial in group]
    history.plot(numbers, values, "o", color=color, label=name)
    for trial in group:
        curves.plot(*curve(trial), color=color, lw=1)
best_so_far = np.maximum.accumulate(values)  # Of the completed ones, which came last.
history.step(numbers, best_so_far, where="post", color="#ee8c3a", label="best so far")
curves.plot(*curve(best), color="#ee8c3a", lw=3, label=f"the best, number {best.number}")
history.set(xlabel="trial", ylabel="validation accuracy", title="History")
curves.set(xlabel="epoch", ylabel="validation accuracy", title="Each trial")
forest = optuna.importance.FanovaImportanceEvaluator(seed=0)
importances = optuna.importance.get_param_importances(reloaded, evaluator=forest)
importance.barh(list(importances), list(importances.values()), color="#2a9d4a")
importance.invert_yaxis()
importance.set(xlabel="share of the variance of the results", title="What mattered")
for name, color in (("SGD", "#1f5fa8"), ("RMSprop", "#c0392b"), ("AdamW", "#2a9d4a")):
    group = [trial for trial in trials if trial.params["optimizer"] == name]
    drawn = [trial.params["lr"] for trial in group]
    rates.semilogx(drawn, [trial.value for trial in group], "o", color=color, label=name)
rates.set(xlabel="learning rate", ylabel="validation accuracy", title="Learning rates")
for axes in (history, curves, rates):
    axes.legend()
lesson.save(figure, options.out / "13_tuning.png")

# %%
assert len(trials) == max(planned, known_trials), "a process did not do its share"
assert (reloaded.best_value, reloaded.best_params) == (study.best_value, study.best_params)
assert best.value > median
assert pruned or options.quick, "no trial was pruned"
