"""Word alignment from a translation model's cross-attention (Garg et al. 2019 use one layer of it).

CTranslate2 returns the attention over the source for every token of a translation, given ones
included: with the translation as ``target_prefix`` it is teacher-forced. A converted model gives
that of one head; here all heads of a layer are averaged, for which two numbers of the model are
changed as it is loaded.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt

from labelproj.align.base import AlignedPair, Corpus, Link, TokenPair
from labelproj.align.subwords import Subwords, SubwordTokenizer
from labelproj.errors import ModelConversionError, UsageError
from labelproj.translate.cache import cached_model
from labelproj.translate.ct2 import open_ct2
from labelproj.translate.engine import pick_device
from labelproj.translate.families import Codec, make_codec
from labelproj.translate.model import load_tokenizer, model_digest, read_note

__all__ = ["AttentionAligner", "attention_links"]

Weights = npt.NDArray[np.float64]

#: Target tokens in a batch, padding included, and how many more the longest may have than the
#: shortest: the model goes on by itself behind the end of a shorter one.
BATCH_TOKENS = 2048
_SPREAD = 4
_POSITIONS = 512
_INT16 = b"\x00\x02\x02\x00\x00\x00"  # no dimensions, type 2, two bytes


class AttentionAligner:
    """Aligns by the cross-attention of a translation model from ``src_lang`` to ``tgt_lang``.

    ``model`` is what ``mt.model`` may be: a prepared folder, a CTranslate2 or Hugging Face folder
    or a Hub id (converted with ``quantization``). ``layer`` is a decoder layer from 1, the last
    when None. A word's attention is the mean over its subwords, without what goes to ``</s>`` and
    language tokens. A link is the best source word of a target word, or the best target word of
    a source word; its probability is the mean of the two directions' shares, where the direction
    that does not have it counts 0.
    """

    name = "attention"

    def __init__(
        self,
        *,
        model: str,
        src_lang: str,
        tgt_lang: str,
        layer: int | None = None,
        device: str = "auto",
        compute_type: str = "default",
        quantization: str = "int8",
    ):
        folder = cached_model(model, src=src_lang, tgt=tgt_lang, quantization=quantization)
        note = read_note(folder)
        self._codec: Codec = make_codec(
            load_tokenizer(folder),
            family=note["family"],
            src=src_lang,
            tgt=tgt_lang,
            where=str(folder),
        )
        self._tokenizer = SubwordTokenizer(self._codec.tokenizer)
        positions = note.get("max_positions")
        self._positions = positions if isinstance(positions, int) else _POSITIONS
        self._params: dict[str, object] = {
            "name": self.name,
            "model": model_digest(folder),
            "layer": layer,
        }
        device = pick_device(device, compute_type)
        self._translator: Any = open_ct2(
            ctranslate2.Translator,
            folder,
            device=device,
            compute_type=compute_type,
            files=_with_all_heads(folder, layer),
        )

    def params(self) -> dict[str, object]:
        """Return what shapes the links."""
        return self._params

    def fit(self, corpus: Corpus) -> None:
        """Do nothing: the model comes trained."""

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Return the links of each pair; status ``empty`` or ``too-long`` (for the model)."""
        src = self._tokenizer.split([pair.src for pair in pairs])
        tgt = self._tokenizer.split([pair.tgt for pair in pairs], target=True)
        results = [AlignedPair((), "empty")] * len(pairs)
        todo = []
        around = len(self._codec.head) + len(self._codec.tail), len(self._codec.target_prefix) + 1
        for number, sides in enumerate(zip(src, tgt, strict=True)):
            lengths = [len(side.ids) for side in sides]
            if any(n + m > self._positions for n, m in zip(lengths, around, strict=True)):
                results[number] = AlignedPair((), "too-long")
            elif all(lengths):
                todo.append(number)
        batches = list(_batches(todo, tgt))
        running = [self._start([src[i] for i in b], [tgt[i] for i in b]) for b in batches]
        for batch, waiting in zip(batches, running, strict=True):
            for number, result in zip(batch, waiting, strict=True):
                attention = np.array(result.result().attention[0], dtype=np.float64)
                links = self._links(attention, src[number], tgt[number])
                results[number] = AlignedPair(links)
        return results

    def _start(self, src: Sequence[Subwords], tgt: Sequence[Subwords]) -> list[Any]:
        names, codec = self._codec.tokens, self._codec
        targets = [[*codec.target_prefix, *(names[i] for i in side.ids)] for side in tgt]
        started: list[Any] = self._translator.translate_batch(
            [[*codec.head, *(names[i] for i in side.ids), *codec.tail] for side in src],
            target_prefix=targets,
            beam_size=1,
            max_input_length=0,
            max_decoding_length=max(map(len, targets)),
            return_attention=True,
            asynchronous=True,
        )
        return started

    def _links(self, attention: Weights, src: Subwords, tgt: Subwords) -> tuple[Link, ...]:
        first, before = len(self._codec.target_prefix), len(self._codec.head)
        own = attention[first : first + len(tgt.ids), before : before + len(src.ids)]
        return attention_links(own, src.words, tgt.words)


def attention_links(
    attention: Weights, src_words: npt.NDArray[np.intp], tgt_words: npt.NDArray[np.intp]
) -> tuple[Link, ...]:
    """Return word links from attention of shape (target subwords, source subwords).

    ``src_words`` and ``tgt_words`` are the words of the subwords.
    """
    sources, src_index = np.unique(src_words, return_inverse=True)
    targets, tgt_index = np.unique(tgt_words, return_inverse=True)
    shares = attention / np.maximum(attention.sum(axis=1, keepdims=True), 1e-9)
    mass = np.zeros((len(sources), len(targets)))
    np.add.at(mass, (src_index[None, :], tgt_index[:, None]), shares)
    to_source = mass / np.maximum(mass.sum(axis=0, keepdims=True), 1e-9)
    to_target = mass / np.maximum(mass.sum(axis=1, keepdims=True), 1e-9)
    weights = np.zeros_like(mass)
    rows, columns = np.arange(len(sources)), np.arange(len(targets))
    best_source, best_target = to_source.argmax(axis=0), to_target.argmax(axis=1)
    weights[best_source, columns] += to_source[best_source, columns] / 2
    weights[rows, best_target] += to_target[rows, best_target] / 2
    return tuple(
        Link(int(sources[i]), int(targets[j]), round(min(1.0, float(weights[i, j])), 5))
        for i, j in zip(*np.nonzero(weights > 5e-6), strict=True)
    )


def _batches(numbers: Sequence[int], tgt: Sequence[Subwords]) -> Iterator[list[int]]:
    batch: list[int] = []
    for number in sorted(numbers, key=lambda i: len(tgt[i].ids)):
        length = len(tgt[number].ids)
        too_many = (len(batch) + 1) * length > BATCH_TOKENS
        if batch and (too_many or length > len(tgt[batch[0]].ids) + _SPREAD):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _with_all_heads(folder: Path, layer: int | None) -> dict[str, bytes]:
    """Return the files of a model that gives the attention of all heads of a decoder layer."""
    others = (p for p in folder.iterdir() if p.is_file() and p.name != "model.bin")
    files = {path.name: path.read_bytes() for path in others}
    model = bytearray((folder / "model.bin").stat().st_size)
    with (folder / "model.bin").open("rb") as stream:
        stream.readinto(model)
    count = sum(f"decoder/layer_{n}/attention/".encode() in model for n in range(layer or 0))
    if layer is not None and (layer < 1 or count < layer):
        raise UsageError(
            f"the model has no decoder layer {layer}",
            where=str(folder),
            remedy="--aligner-layer from 1 to the number of its layers; the last, without",
        )
    _set_number(model, "decoder/alignment_heads", 0, where=folder)
    _set_number(model, "decoder/alignment_layer", -1 if layer is None else layer - 1, where=folder)
    return files | {"model.bin": bytes(model)}


def _set_number(model: bytearray, name: str, value: int, *, where: Path) -> None:
    header = name.encode() + b"\0" + _INT16
    start = model.find(header)
    if start < 0:
        raise ModelConversionError(
            f"no {name} in the model: its attention cannot be had",
            where=str(where),
            remedy="prepare the model again from its Hugging Face folder",
        )
    place = start + len(header)
    model[place : place + 2] = value.to_bytes(2, "little", signed=True)
