# %% [markdown]
# # 19. Questions and answers from a table
#
# A recurrent network reads a question word by word, and its last state gives one score for each
# answer in the table. Softmax makes probabilities of the scores, which always sum to 1: so there is
# an answer to everything, and when to say "I don't know" must be added. Try it with
# `--ask "What is the capital of France?"`; `--csv FILE` takes a table of your own.

# %%
from __future__ import annotations

import lesson
import numpy as np
from matplotlib.figure import Figure

import minitorch as torch  # `import torch` gives the same numbers.
from compare.data import load
from compare.data.qa import encode, load_table, tokenize
from minitorch import nn
from minitorch.text.vocab import Vocab

options = lesson.options(
    ask={"metavar": "QUESTION", "help": "answer this question and stop"},
    csv={"metavar": "FILE", "help": "your own table, with the columns question and answer"},
)
own_table = options.csv and load_table(options.csv, f"questions and answers from {options.csv}")
data = own_table or load("qa", options.data_root, options.download)
torch.manual_seed(0)

# %% [markdown]
# ## From questions to numbers
#
# Each word of the table has a number. Shorter questions are filled up with `<pad>`, number 0, on
# the left: so the last word of each question is the last one that the network reads.

# %%
questions, answers = (torch.from_numpy(array) for array in data.train)  # (N, T), (N,)
words = Vocab(data.vocabulary)
print(f"{len(questions)} questions, {data.facts.classes} answers, {len(words)} words: {data.note}")
print("the first one:", words.lookup_tokens(questions[0].tolist()), questions[0].tolist())

# %% [markdown]
# ## The network, and its training
#
# The table is learned by heart: no row is left out for testing. 25 passes in steps of 10 questions
# take about a second, so nothing is saved: `--ask` trains anew.


# %%
class Answerer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(words), 50, padding_idx=0)
        self.rnn = nn.RNN(50, 64, batch_first=True)
        self.linear = nn.Linear(64, data.facts.classes)

    def forward(self, questions: torch.Tensor) -> torch.Tensor:
        states, _ = self.rnn(self.embedding(questions))  # (N, T, 64)
        return self.linear(states[:, -1])  # (N, answers)


model = Answerer()
table = torch.utils.data.TensorDataset(questions, answers)
loader = torch.utils.data.DataLoader(table, batch_size=10, shuffle=True)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 25 * len(loader))
losses = []
for _ in range(25):
    for some_questions, some_answers in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(some_questions), some_answers)
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())

# %% [markdown]
# ## A threshold for "I don't know"
#
# Made-up questions show what the network does where it knows nothing. Some have words that are not
# in the table: all become `<unk>`, whose vector keeps its random first values. Most lie far below
# the known questions, but a few do not. The threshold is halfway between what 95 % of the known
# questions exceed and what 90 % of the made-up ones stay below. Only every second made-up question
# has a part in this; the others tell how good it is.

# %%
MADE_UP = """Who wrote this lesson? Where did I put my keys? What is the capital of Atlantis?
How old is my grandmother? How many hours are there in a week? Why is the sky blue?
Who composed the song I sang yesterday? What is the capital of Vietnam? What is two plus three?
Which river flows through Paris? Which planet is nearest to the earth? How tall is a giraffe?
How many legs does a table have? Who painted the ceiling of our kitchen? Is there life on Venus?
Who wrote Guernica? Which animal lives in my garden? How many sides does a circle have?
On which continent is Rome? How many words are there in this book? What is ninety times eleven?
What is the chemical symbol of happiness? When does the next train leave? What is love?
Which language do cats speak? How many legs does a chessboard have? Which animal gives us cheese?
Which river flows through Greece? What will the weather be tomorrow? Who won the match?"""


def numbers(question: str) -> list[int]:
    return encode(question, words, length=questions.shape[1])


@torch.no_grad()
def surest(questions: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    probability, answer = model(questions).softmax(1).max(1)
    return answer.numpy(), probability.numpy()


made_up = [f"{question.strip()}?" for question in MADE_UP.split("?")[:-1]]
made_up = [question for question in made_up if numbers(question) not in questions.tolist()]
doubtful = np.array([surest(torch.tensor([numbers(question)]))[1][0] for question in made_up])
found, sure = surest(questions)
threshold = (np.quantile(sure, 0.05) + np.quantile(doubtful[::2], 0.9)) / 2


def reply(question: str) -> str:
    answer, probability = surest(torch.tensor([numbers(question)]))
    guess = f"{data.classes[answer[0]]} ({probability[0]:.0%})"
    unknown = ", ".join(word for word in tokenize(question) if word not in words)
    text = guess if probability[0] >= threshold else f"I don't know: {guess}?"
    return f"{text} [unknown: {unknown}]" if unknown else text


if options.ask:
    print(f"{options.ask}\n{reply(options.ask)}")
    raise SystemExit

print(f"\nthreshold: {threshold:.0%}\n")
known = [" ".join(words.lookup_tokens(row[row > 0].tolist())) for row in questions[::8]]
other_wordings = ["Well, what is the capital of France?", "France: its capital?"]
for question in known + made_up[:8] + other_wordings:
    print(f"{question:50}{reply(question)}")

# %% [markdown]
# ## What to see
#
# The known questions stand at the right, most others left of the threshold. A few are beyond it:
# they end like a known question. In the small table the hours in a week are taken for its days. The
# network knows no facts, only sequences of words; a known question in another order is a new one.

# %%
figure = Figure(figsize=(10, 4), layout="constrained")
left, right = figure.subplots(1, 2, width_ratios=(2, 3))
left.plot(losses, color="#1f5fa8")
left.set(xlabel="step", ylabel="cross entropy", title="Learning the table by heart")
has_unknown = np.array([not all(word in words for word in tokenize(q)) for q in made_up])
right.hist(
    [doubtful[has_unknown], doubtful[~has_unknown], sure],
    np.linspace(0, 1, 21),
    stacked=True,
    color=["#888888", "#c0392b", "#1f5fa8"],
    label=["made up, with unknown words", "made up, of known words only", "in the table"],
)
right.axvline(threshold, color="black", linestyle="--", label=f"threshold {threshold:.2f}")
right.set(xlabel="probability of the surest answer", ylabel="questions")
right.set(title="What is known, and what is not")
right.legend(loc="upper left", bbox_to_anchor=(0.02, 1))
lesson.save(figure, options.out / "19_question_answering.png")

# %%
answered = ((found == answers.numpy()) & (sure >= threshold)).mean()
refused = (doubtful[1::2] < threshold).mean()
print(f"answered rightly: {answered:.0%}; refused, of the other half made up: {refused:.0%}")
assert answered >= 0.95 and refused >= 0.8
