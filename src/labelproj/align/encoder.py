"""Hidden states of any Hugging Face encoder, or of an MT model's encoder, for words in batches."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from array_api_compat import array_namespace, device

from labelproj.align.ct2_states import CONVERTIBLE, Ct2States
from labelproj.align.matching import Array
from labelproj.align.states import States, TorchStates, check_layer, read_config
from labelproj.align.subwords import SubwordTokenizer
from labelproj.errors import UsageError

__all__ = ["BACKENDS", "BATCH_TOKENS", "Encoded", "EncodedTexts", "Encoder", "Text"]

BACKENDS = ("auto", "torch", "ct2")
#: Tokens in a batch, padding included: on a processor, more only costs memory.
BATCH_TOKENS = {"cpu": 2048, "cuda": 32768}
_LONGEST = 512


class Text(NamedTuple):
    """A text as a list of words, and its language where the model wants to know it."""

    words: Sequence[str]
    language: str | None = None


class Encoded(NamedTuple):
    """Subwords of one text among others: their rows in the vectors, and the word of each."""

    rows: npt.NDArray[np.intp]
    words: npt.NDArray[np.intp]


class EncodedTexts(NamedTuple):
    """Vectors of shape (subwords of all texts, dimensions), where they were computed; the texts."""

    vectors: Array
    texts: list[Encoded]


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
        check_layer(model, layer, layers)
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
        self._tokenizing = Lock()
        self.on_gpu = _on_gpu(device)

    def encode(self, texts: Sequence[Text]) -> EncodedTexts:
        """Return the subword vectors of the texts, which keep their order.

        All texts go through the encoder together, the like in length in one batch. A text longer
        than the model's limit is encoded in windows; none of it is cut. Threads may call it.
        """
        windows: list[_Window] = []
        texts_words: list[list[npt.NDArray[np.intp]]] = [[] for _ in texts]
        for language in dict.fromkeys(text.language for text in texts):
            numbers = [i for i, text in enumerate(texts) if text.language == language]
            with self._tokenizing:
                before, after = self._tokenizer.special(language)
                parts = self._tokenizer.split([texts[i].words for i in numbers])
            for number, part in zip(numbers, parts, strict=True):
                for start in range(0, len(part.ids), self._max_tokens):
                    ids = part.ids[start : start + self._max_tokens]
                    windows.append(_Window(number, before + ids + after, len(before), len(ids)))
                texts_words[number].append(part.words)
        found: list[list[npt.NDArray[np.intp]]] = [[] for _ in texts]
        vectors: list[Array] = []
        total = 0
        rows: dict[int, npt.NDArray[np.intp]] = {}
        for batch, states in self._forward([window.ids for window in windows]):
            width = states.shape[1]
            own = []
            for place, index in enumerate(batch):
                window = windows[index]
                own.append(place * width + window.first + np.arange(window.length))
                rows[index] = total + np.arange(window.length)
                total += window.length
            vectors.append(_taken(states, np.concatenate(own)))
        for index, window in enumerate(windows):
            found[window.text].append(rows[index])
        encoded = [
            Encoded(_concatenated(own), _concatenated(words))
            for own, words in zip(found, texts_words, strict=True)
        ]
        if not vectors:
            return EncodedTexts(np.zeros((0, 1), np.float32), encoded)
        return EncodedTexts(array_namespace(*vectors).concat(vectors), encoded)

    def _forward(self, rows: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Array]]:
        """Yield batches (indices of rows) with their states."""
        batches: list[list[int]] = []
        # The longest first, so that workers end together.
        for index in sorted(range(len(rows)), key=lambda i: -len(rows[i])):
            if batches and (len(batches[-1]) + 1) * len(rows[batches[-1][0]]) <= self._batch_tokens:
                batches[-1].append(index)
            else:
                batches.append([index])

        def run(batch: list[int]) -> Array:
            return self._states.forward([rows[index] for index in batch])

        if self._states.workers == 1 or len(batches) < 2:
            yield from zip(batches, map(run, batches), strict=True)
            return
        with ThreadPoolExecutor(self._states.workers) as pool:
            yield from zip(batches, pool.map(run, batches), strict=True)


class _Window(NamedTuple):
    """A part of a text that the encoder takes at once: which of its ids are the text's."""

    text: int
    ids: list[int]
    first: int
    length: int


def _taken(states: Array, index: npt.NDArray[np.intp]) -> Array:
    """Return vectors of states (batch, longest, dimensions) by their number in the batch."""
    xp = array_namespace(states)
    numbers = xp.asarray(index, device=device(states))
    return xp.take(xp.reshape(states, (-1, states.shape[-1])), numbers, axis=0)


def _concatenated(parts: Sequence[npt.NDArray[np.intp]]) -> npt.NDArray[np.intp]:
    return np.concatenate(parts) if parts else np.zeros(0, np.intp)


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
