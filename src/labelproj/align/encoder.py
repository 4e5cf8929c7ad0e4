"""Hidden states of any Hugging Face encoder, or of an MT model's encoder, for words in batches."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelproj.align.ct2_states import CONVERTIBLE, Ct2States
from labelproj.align.states import Rows, States, TorchStates, read_config
from labelproj.align.subwords import SubwordTokenizer
from labelproj.errors import UsageError

__all__ = ["BACKENDS", "BATCH_TOKENS", "Encoded", "Encoder", "Text"]

BACKENDS = ("auto", "torch", "ct2")
#: Tokens in a batch, padding included: on a processor, more only costs memory.
BATCH_TOKENS = {"cpu": 2048, "cuda": 32768}
_LONGEST = 512


class Text(NamedTuple):
    """A text as a list of words, and its language where the model wants to know it."""

    words: Sequence[str]
    language: str | None = None


class Encoded(NamedTuple):
    """Subwords of one text: vectors of shape (n, dimensions), and the word of each, of (n,)."""

    vectors: Rows
    words: npt.NDArray[np.intp]


class Encoder:
    """One layer of a transformer encoder.

    ``model`` is a Hub id or local folder; ``layer`` counts hidden states from 0 (embeddings).
    ``backend`` is ``torch``, ``ct2`` (faster on a processor) or ``auto``: ``ct2`` on a processor
    where the model converts. ``compute_type`` is ``float32`` or what the backend has besides.

    Raises DependencyError, ModelNotFoundError, DeviceError and UsageError (no such layer).
    """

    def __init__(
        self,
        model: str,
        *,
        layer: int,
        device: str = "auto",
        backend: str = "auto",
        compute_type: str = "float32",
        batch_tokens: int | None = None,
    ):
        config, layers = read_config(model)
        if not 0 <= layer <= layers:
            raise UsageError(f"{model} has hidden states 0 to {layers}, not {layer}")
        self._tokenizer = SubwordTokenizer.load(model)
        self.backend = pick_backend(backend, config.model_type, layer=layer, device=device)
        self._states: States
        if self.backend == "ct2":
            self._states = Ct2States(model, layer=layer, device=device, compute_type=compute_type)
        else:
            self._states = TorchStates(
                model,
                layer=layer,
                layers=layers,
                pad=self._tokenizer.pad,
                device=device,
                compute_type=compute_type,
            )
        self._batch_tokens = batch_tokens or BATCH_TOKENS["cuda" if _on_gpu(device) else "cpu"]
        limit = getattr(config, "max_position_embeddings", _LONGEST)
        self._max_tokens = min(limit, self._tokenizer.max_length, _LONGEST) - 4

    def encode(self, texts: Sequence[Text]) -> list[Encoded]:
        """Return the subword vectors of each text, in order.

        All texts go through the encoder together, the like in length in one batch. A text longer
        than the model's limit is encoded in windows; none of it is cut.
        """
        windows: list[tuple[int, list[int], npt.NDArray[np.intp]]] = []
        special: list[tuple[list[int], list[int]]] = [([], [])] * len(texts)
        for language in dict.fromkeys(text.language for text in texts):
            numbers = [i for i, text in enumerate(texts) if text.language == language]
            around = self._tokenizer.special(language)
            parts = self._tokenizer.split([texts[i].words for i in numbers])
            for number, part in zip(numbers, parts, strict=True):
                special[number] = around
                for start in range(0, len(part.ids), self._max_tokens):
                    cut = slice(start, start + self._max_tokens)
                    windows.append((number, part.ids[cut], part.words[cut]))
        rows = [special[number][0] + ids + special[number][1] for number, ids, _ in windows]
        vectors: list[Rows] = [np.zeros((0, 1), np.float32)] * len(windows)
        for batch, states in self._forward(rows):
            for place, index in enumerate(batch):
                first = len(special[windows[index][0]][0])
                vectors[index] = states[place, first : first + len(windows[index][1])]
        found: list[list[int]] = [[] for _ in texts]
        for index, (number, _, _) in enumerate(windows):
            found[number].append(index)
        return [_joined([(vectors[i], windows[i][2]) for i in indices]) for indices in found]

    def _forward(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Rows]]:
        """Yield batches (indices of rows) with their states."""
        batches: list[list[int]] = []
        # The longest first, so that workers end together.
        for index in sorted(range(len(rows)), key=lambda i: -len(rows[i])):
            if batches and (len(batches[-1]) + 1) * len(rows[batches[-1][0]]) <= self._batch_tokens:
                batches[-1].append(index)
            else:
                batches.append([index])

        def run(batch: list[int]) -> Rows:
            return self._states.forward([rows[index] for index in batch])

        if self._states.workers == 1 or len(batches) < 2:
            yield from zip(batches, map(run, batches), strict=True)
            return
        with ThreadPoolExecutor(self._states.workers) as pool:
            yield from zip(batches, pool.map(run, batches), strict=True)


def pick_backend(backend: str, model_type: str, *, layer: int, device: str) -> str:
    """Return ``torch`` or ``ct2`` for a wish of ``auto``, ``torch`` or ``ct2``."""
    if backend not in BACKENDS:
        raise UsageError(f"no backend {backend!r}", remedy=f"one of {', '.join(BACKENDS)}")
    if backend != "auto":
        return backend
    convertible = model_type in CONVERTIBLE and layer >= 1
    return "ct2" if convertible and not _on_gpu(device) else "torch"


def _on_gpu(device: str) -> bool:
    import torch

    return device == "cuda" or (device == "auto" and bool(torch.cuda.is_available()))


def _joined(parts: Sequence[tuple[Rows, npt.NDArray[np.intp]]]) -> Encoded:
    if len(parts) == 1:
        return Encoded(*parts[0])
    if not parts:
        return Encoded(np.zeros((0, 1), np.float32), np.zeros(0, np.intp))
    return Encoded(
        np.concatenate([vectors for vectors, _ in parts]), np.concatenate([w for _, w in parts])
    )
