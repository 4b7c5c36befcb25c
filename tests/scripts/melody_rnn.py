"""A recurrent network hears a little song a few times and goes on humming."""

import inspect
import sys

import torch
from torch import nn
from torch.nn.functional import one_hot

SONG = "CDEFG-G-AAAAG---AAAAG---FFFFE-E-DDDDC---"
NOTES = sorted(set(SONG))

torch.manual_seed(6)
heard = torch.tensor([NOTES.index(note) for note in SONG * 6], dtype=torch.long).view(3, -1)
print(f"{heard.numel()} beats of {len(NOTES)} notes {''.join(NOTES)!r}, heard by three ears")

memory = nn.RNN(len(NOTES), 40, num_layers=1, batch_first=True)
voice = nn.Linear(40, len(NOTES))
everything = [*memory.parameters(), *voice.parameters()]
assert "fused" in inspect.signature(torch.optim.Adam).parameters
optimizer = torch.optim.Adam(everything, lr=0.01, fused=torch.cuda.is_available())
wrong = nn.CrossEntropyLoss()


def listen(beats, mood):
    out, mood = memory(one_hot(beats, len(NOTES)).float(), mood)
    return voice(out), mood.detach()


for time in range(6):
    mood, losses = torch.zeros(1, len(heard), memory.hidden_size), []
    for beat in range(0, heard.size(1) - 16, 16):
        now, coming = heard[:, beat : beat + 16], heard[:, beat + 1 : beat + 17]
        sung, mood = listen(now, mood)
        loss = wrong(sung.reshape(-1, len(NOTES)), coming.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(everything, 1.0)
        optimizer.step()
        losses.append(loss.item())
    print(f"time {time}: from {losses[0]:.4f} to {losses[-1]:.4f}")


def hum(start, beats, courage):
    """Goes on after start; the more courage, the more often another note than the likeliest."""
    song, mood = start, torch.zeros(1, 1, memory.hidden_size)
    new = torch.tensor([[NOTES.index(note) for note in start]])
    with torch.no_grad():
        while len(song) < beats:
            sung, mood = listen(new, mood)
            chance = torch.softmax(sung[0, -1] / courage, dim=-1)
            new = torch.multinomial(chance, num_samples=1).view(1, 1)
            song += NOTES[new.item()]
    return song


print("shy:  ", hum("CDE", 40, courage=0.3))
print("brave:", hum("A", 40, courage=0.9))
if len(sys.argv) > 1:
    torch.save({"memory": memory.state_dict(), "voice": voice.state_dict()}, sys.argv[1])
