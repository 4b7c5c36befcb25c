# %% [markdown]
# # 13. Tuning: a search that learns
#
# Layers, learning rate, dropout, batch size: hyperparameters have no gradient, so one can only try.
# Bayesian optimisation tries cleverly: it models where in the space the results were good so far,
# and draws the next trial from there. Here Optuna's TPE does so. A pruner stops trials that fall
# behind, and a journal, a file that only grows, lets several processes work on one study.

# %%
from __future__ import annotations

import contextlib
import multiprocessing
import statistics

import lesson
import optuna
from matplotlib.figure import Figure
from optuna.storages.journal import JournalFileBackend, JournalStorage
from optuna.trial import FixedTrial, Trial, TrialState
from tqdm import tqdm

import minitorch as torch  # `import torch` gives the same numbers.
from compare.data import load
from minitorch import nn
from minitorch.utils.data import DataLoader, TensorDataset

options = lesson.options(
    trials={"type": int, "help": "how many the study shall have (default: 40; with --quick, 6)"},
    fresh={"action": "store_true", "help": "forget the trials of earlier runs"},
)
data = load("fashion_mnist", options.data_root, options.download)
print(data.note)
optuna.logging.set_verbosity(optuna.logging.ERROR)

# %% [markdown]
# ## Three parts of the data
#
# The training part chooses weights, the validation part hyperparameters. What has chosen can't
# judge: the best of many was also the luckiest. The test part judges, once, at the end. (12,000
# images of Fashion-MNIST are taken to choose with; the study then takes minutes.)

# %%
count = min(len(data.train[1]), 600 if options.quick else 12_000)
images, labels = (torch.from_numpy(array[:count]) for array in data.train)
cut = count * 5 // 6
training = TensorDataset(images[:cut], labels[:cut])


def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    model.eval()
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


# %% [markdown]
# ## One trial
#
# Each `suggest_...` names a hyperparameter and its range, and returns what the sampler chose. Rates
# span decades: their scale is logarithmic. After each epoch the trial reports, and the pruner stops
# it if it is below the median of what the others had reached by then.

# %%
OPTIMIZERS = {"SGD": "#1f5fa8", "RMSprop": "#c0392b", "AdamW": "#2a9d4a"}  # And their colors.


def train(trial: Trial | FixedTrial) -> tuple[nn.Module, float]:
    widths = [trial.suggest_int("neurons", 16, 256, log=True)] * trial.suggest_int("layers", 1, 3)
    dropout = trial.suggest_float("dropout", 0.0, 0.5)
    kind = trial.suggest_categorical("optimizer", list(OPTIMIZERS))
    lr = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    weight_decay = trial.suggest_float("weight_decay", 1e-6, 1e-1, log=True)
    batch_size = trial.suggest_categorical("batch_size", [16, 32, 64, 128])

    torch.manual_seed(0)  # Trials shall differ in their hyperparameters only.
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in zip([784, *widths], widths, strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(dropout)]
    model = nn.Sequential(*layers, nn.Linear(widths[-1], 10))
    optimizer = getattr(torch.optim, kind)(model.parameters(), lr=lr, weight_decay=weight_decay)
    for epoch in range(trial.suggest_int("epochs", 2, 4 if options.quick else 12)):
        model.train()
        for batch, targets in DataLoader(training, batch_size=batch_size, shuffle=True):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(batch), targets).backward()
            optimizer.step()
        trial.report(accuracy(model, images[cut:], labels[cut:]), epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return model, accuracy(model, images[cut:], labels[cut:])


# %% [markdown]
# ## A study that two processes share
#
# Each process reads all results so far from the journal before it draws a trial, and adds its own.
# So the study outlives the program: if it is stopped (Ctrl-C), the next run continues it, and
# `--fresh` starts anew. Seeds differ, or the same first trials would be drawn twice.

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
    return study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))


def work(seed: int, trials: int) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        open_study(seed).optimize(lambda trial: train(trial)[1], n_trials=trials)


torch.set_num_threads(1)  # Two processes: a thread for each.
study = open_study()
known = len(finished(study))
missing = max((options.trials or (6 if options.quick else 40)) - known, 0)
print(f"{known} trials in {journal}, {missing} to go")
Process = multiprocessing.get_context("fork").Process
workers = [Process(target=work, args=(2 * known + i, (missing + i) // 2)) for i in range(2)]
try:
    for worker in workers:
        worker.start()
    with tqdm(total=missing, desc="trials", leave=False) as bar:
        while alive := [worker for worker in workers if worker.is_alive()]:
            alive[0].join(0.2)
            bar.update(len(finished(study)) - known - bar.n)
except KeyboardInterrupt:
    print("stopped; the next run continues the study")
    raise SystemExit(130) from None

# %% [markdown]
# ## The result, from the file
#
# The study is read anew. The best trial is trained once more, and meets the test part.

# %%
reloaded = open_study()
trials, best = finished(reloaded), reloaded.best_trial
pruned = [trial for trial in trials if trial.state == TrialState.PRUNED]
model, score = train(FixedTrial(best.params))
test = accuracy(model, *(torch.from_numpy(array) for array in data.test))
median = statistics.median(trial.value for trial in trials)
print(f"{len(trials)} trials, {len(pruned)} of them pruned; the best is number {best.number}:")
print("\n".join(f"    {name} {value}" for name, value in best.params.items()))
print(f"validation accuracy: best {best.value:.2%} (again: {score:.2%}), median {median:.2%}")
print(f"test accuracy of the best: {test:.2%}")

# %% [markdown]
# ## What to see
#
# Above: the trials in their order, and each one's way through its epochs. The first ten are drawn
# at random; later ones crowd where results are good, and hopeless ones end early (grey). Below: how
# much of the spread each hyperparameter explains, by a random forest fitted to the completed trials
# (roughly: try `--trials 200`), and what the sampler found out about learning rates.

# %%
figure = Figure(figsize=(10.5, 7.5), layout="constrained")
(history, curves), (importance, rates) = figure.subplots(2, 2)
for trial in [*(trial for trial in trials if trial != best), best]:
    color = "#ee8c3a" if trial == best else "#888888" if trial in pruned else "#1f5fa8"
    reports = trial.intermediate_values
    history.plot(trial.number, trial.value, "o", color=color)
    curves.plot([epoch + 1 for epoch in reports], reports.values(), color=color)
    rates.semilogx(
        trial.params["lr"], trial.value, "o", color=OPTIMIZERS[trial.params["optimizer"]]
    )
for color, name in (("#1f5fa8", "completed"), ("#888888", "pruned"), ("#ee8c3a", "best")):
    history.plot([], [], "o", color=color, label=name)
for name, color in OPTIMIZERS.items():
    rates.plot([], [], "o", color=color, label=name)
forest = optuna.importance.FanovaImportanceEvaluator(seed=0)
importances = optuna.importance.get_param_importances(reloaded, evaluator=forest)
importance.barh(list(importances), list(importances.values()), color="#1f5fa8")
importance.invert_yaxis()
importance.set(xlabel="share of the variance of the results", title="What mattered")
history.set(xlabel="trial", ylabel="validation accuracy", title="History")
curves.set(xlabel="epoch", ylabel="validation accuracy", title="Each trial")
rates.set(xlabel="learning rate", ylabel="validation accuracy", title="Learning rates")
for axes in (history, rates):
    axes.legend()
lesson.save(figure, options.out / "13_tuning.png")

assert len(trials) == known + missing, "a process did not do its share"
assert (reloaded.best_value, reloaded.best_params) == (study.best_value, study.best_params)
assert best.value > median and (pruned or options.quick)
