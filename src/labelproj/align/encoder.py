"""Hidden states of any Hugging Face encoder, or of an MT model's encoder, for words in batches."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelproj.errors import DependencyError, DeviceError, ModelNotFoundError, UsageError
from labelproj.languages import flores_code, nearest

__all__ = ["Encoded", "Encoder"]

#: Subwords of one text: vectors of shape (n_subwords, dim), and each one's word.
Encoded = tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]


class Encoder:
    """One layer of a transformer encoder.

    ``model`` is a Hub id or local folder; ``layer`` counts hidden states from 0 (embeddings).
    ``language`` is used where the model's tokenizer wants one (NLLB and its kin).
    """

    def __init__(self, model: str, *, layer: int, device: str = "cpu", batch_tokens: int = 4096):
        try:
            import torch
            from transformers import AutoModel, AutoTokenizer
        except ImportError as error:
            raise DependencyError(
                "the embedding aligner needs PyTorch", remedy="pip install 'labelproj[models]'"
            ) from error
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        if device == "cuda" and not torch.cuda.is_available():
            raise DeviceError("there is no CUDA device here", remedy="use --device cpu")
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(model)
            loaded: Any = AutoModel.from_pretrained(model)
        except (OSError, ValueError) as error:
            kind = "folder" if Path(model).exists() else "folder or Hub model"
            raise ModelNotFoundError(
                f"no encoder in the {kind} {model!r}: {str(error).splitlines()[0]}",
                remedy="give a Hub id or the folder of a Hugging Face model",
            ) from error
        encoder = loaded.get_encoder() if loaded.config.is_encoder_decoder else loaded
        layers = loaded.config.num_hidden_layers
        if not 0 <= layer <= layers:
            raise UsageError(f"{model} has hidden states 0 to {layers}, not {layer}")
        self._model: Any = encoder.eval().to(device)
        self._layer = layer
        self._device = device
        self._batch_tokens = batch_tokens
        self._multilingual = hasattr(self._tokenizer, "src_lang")
        limit = getattr(loaded.config, "max_position_embeddings", 512)
        self._max_tokens = min(limit, self._tokenizer.model_max_length, 512) - 4

    def encode(self, texts: Sequence[Sequence[str]], *, language: str | None) -> list[Encoded]:
        """Return the subword vectors of each text (a list of words), in order.

        A text longer than the model's limit is encoded in windows, none of it is cut.
        """
        if self._multilingual and language:
            self._tokenizer.src_lang = self._language(language)
        windows: list[tuple[int, list[int], npt.NDArray[np.intp]]] = []
        for number, words in enumerate(texts):
            for ids, word_ids in self._windows(words):
                windows.append((number, ids, word_ids))
        vectors: list[npt.NDArray[np.float32] | None] = [None] * len(windows)
        order = sorted(range(len(windows)), key=lambda i: len(windows[i][1]))
        batch: list[int] = []
        for index in order:
            if batch and (len(batch) + 1) * len(windows[index][1]) > self._batch_tokens:
                self._run(batch, windows, vectors)
                batch = []
            batch.append(index)
        if batch:
            self._run(batch, windows, vectors)
        parts: list[list[Encoded]] = [[] for _ in texts]
        for (number, _, word_ids), states in zip(windows, vectors, strict=True):
            assert states is not None
            parts[number].append((states, word_ids))
        empty = np.zeros((0, 1), np.float32), np.zeros(0, np.intp)
        return [
            (np.concatenate([s for s, _ in p]), np.concatenate([w for _, w in p])) if p else empty
            for p in parts
        ]

    def _language(self, language: str) -> str:
        known = set(self._tokenizer.get_vocab())
        for code in (flores_code(language), language, f"__{language}__"):
            if code in known:
                return code
        codes = [c for c in known if len(c) == 8 and c[3] == "_"]
        raise UsageError(
            f"the aligner's model has no language {language!r}",
            remedy=f"its nearest: {', '.join(nearest(flores_code(language), codes))}",
        )

    def _windows(self, words: Sequence[str]) -> list[tuple[list[int], npt.NDArray[np.intp]]]:
        if not words:
            return []
        encoding = self._tokenizer(list(words), is_split_into_words=True, add_special_tokens=False)
        ids, word_ids = encoding["input_ids"], encoding.word_ids()
        windows = []
        for start in range(0, len(ids), self._max_tokens):
            stop = start + self._max_tokens
            windows.append((ids[start:stop], np.array(word_ids[start:stop], dtype=np.intp)))
        return windows

    def _run(
        self,
        batch: Sequence[int],
        windows: Sequence[tuple[int, list[int], npt.NDArray[np.intp]]],
        vectors: list[npt.NDArray[np.float32] | None],
    ) -> None:
        import torch

        prefix, suffix = self._special_tokens()
        rows = [prefix + windows[index][1] + suffix for index in batch]
        inputs = self._tokenizer.pad({"input_ids": rows}, return_tensors="pt", padding=True)
        with torch.inference_mode():
            states = self._model(
                input_ids=inputs["input_ids"].to(self._device),
                attention_mask=inputs["attention_mask"].to(self._device),
                output_hidden_states=True,
            )
        layer = states.hidden_states[self._layer].float().cpu().numpy()
        for row, index in enumerate(batch):
            length = len(windows[index][1])
            vectors[index] = layer[row, len(prefix) : len(prefix) + length]

    def _special_tokens(self) -> tuple[list[int], list[int]]:
        """Return the ids that the tokenizer puts before and after a text."""
        ids = self._tokenizer(["a"], is_split_into_words=True)["input_ids"]
        bare = self._tokenizer(["a"], is_split_into_words=True, add_special_tokens=False)
        start = ids.index(bare["input_ids"][0])
        return ids[:start], ids[start + len(bare["input_ids"]) :]
