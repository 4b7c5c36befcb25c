"""A text as characters, to be continued: Shakespeare, or minitorch's own source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

import minitorch
from compare.data.dataset import Data
from compare.errors import MissingData, UsageError
from compare.recipe import Facts
from minitorch.utils import _download

URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
STAND_IN_NOTE = (
    "the source text of minitorch's own layers: a small stand-in. For Shakespeare's plays add "
    "--download, or --data-root DIR (or MINITORCH_DATA=DIR) if you have text/tinyshakespeare.txt."
)
CHUNK = 64
_STAND_IN_CHARACTERS = 150_000


def load(root: str | None, download: bool) -> Data:
    """Chunks of the text (N, 64) and the same one character later; the last tenth is for testing.

    A character's number is its place in the sorted alphabet of the whole text.
    """
    if root is None and not download:
        return _in_chunks("minitorch's source", STAND_IN_NOTE, _stand_in())
    path = Path(root or "data", "text", "tinyshakespeare.txt")
    try:
        if download:
            _download.download(URL, path, sha256=SHA256)
        text = path.read_text(encoding="utf-8")
    except RuntimeError as error:
        raise UsageError(str(error)) from None
    except FileNotFoundError:
        raise MissingData(f"{path}: there is no such file; add --download") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 at byte {error.start}") from None
    if len(text) < 20 * CHUNK:
        raise UsageError(f"{path}: has {len(text)} characters, expected at least {20 * CHUNK}")
    return _in_chunks("Shakespeare's plays", f"Shakespeare's plays from {path}", text)


def _stand_in() -> str:
    folder = Path(minitorch.__file__).with_name("nn") / "modules"
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))]
    return "".join(texts)[:_STAND_IN_CHARACTERS]


def _in_chunks(name: str, note: str, text: str) -> Data:
    alphabet = tuple(sorted(set(text)))
    number = {character: i for i, character in enumerate(alphabet)}
    numbers = np.array([number[character] for character in text])
    split = len(numbers) * 9 // 10
    facts = Facts(classes=len(alphabet), words=len(alphabet))
    train, test = _chunks(numbers[:split]), _chunks(numbers[split:])
    return Data(name, note, train, test, facts, alphabet, alphabet)


def _chunks(numbers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
    """Inputs and targets; the last input's last target is the first character that is left over."""
    length = (len(numbers) - 1) // CHUNK * CHUNK
    inputs, targets = numbers[:length], numbers[1 : length + 1]
    return inputs.reshape(-1, CHUNK), targets.reshape(-1, CHUNK)
