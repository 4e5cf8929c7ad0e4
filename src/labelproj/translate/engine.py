"""The translation engine: CTranslate2 over a prepared model, batch in and batch out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2

from labelproj.config import TranslateParams
from labelproj.errors import DeviceError, ModelConversionError, ModelError
from labelproj.languages import is_unspaced_language
from labelproj.records import Translation
from labelproj.translate.convert import model_config
from labelproj.translate.ct2 import open_ct2
from labelproj.translate.families import Codec, detect_family, make_codec, vocabulary_of
from labelproj.translate.model import (
    is_ct2_folder,
    load_tokenizer,
    model_digest,
    read_note,
    tokenizer_class,
)
from labelproj.translate.split import clean, is_translatable, split_long

__all__ = ["Engine", "check_model", "open_engine", "pick_device"]


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    score: float
    tokens: int
    flags: tuple[str, ...]


class Engine:
    """A model that is open for one language pair. Made by :func:`open_engine`."""

    def __init__(
        self,
        translator: Any,
        codec: Codec,
        *,
        digest: str,
        tgt: str,
        max_positions: int | None = None,
    ):
        self.digest = digest
        self._translator = translator
        self._codec = codec
        self._join_with_spaces = not is_unspaced_language(tgt)
        self._max_positions = max_positions

    @property
    def codec(self) -> Codec:
        """How this model's texts become tokens and back."""
        return self._codec

    @property
    def translator(self) -> Any:
        """The ``ctranslate2.Translator``."""
        return self._translator

    @property
    def max_positions(self) -> int | None:
        """How many tokens the model can take, where it is known."""
        return self._max_positions

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of source tokens of each text, language tokens included."""
        return [len(tokens) for tokens in self._codec.encode([clean(text) for text in texts])]

    def translate(self, texts: Sequence[str], params: TranslateParams) -> list[Translation]:
        """Translate ``texts``; as many translations come back, in the same order.

        A text of more than ``params.max_input_tokens`` tokens is translated in pieces (flag
        ``split``). A translation that was stopped at ``params.max_output_tokens`` is flagged
        ``at-limit``, one with unknown tokens (which are left out) ``unknown-token``. A text
        without letters and numbers is ``copied``; one whose translation, or that of a piece,
        comes out empty is ``failed`` with the flag ``empty``. Raises DeviceError or ModelError.
        """
        limit = min(params.max_input_tokens, self._max_positions or params.max_input_tokens)
        results: list[Translation | None] = [None] * len(texts)
        todo: list[int] = []
        cleaned: list[str] = []
        for index, text in enumerate(texts):
            if not is_translatable(text):
                results[index] = Translation(text, None, "copied")
            else:
                todo.append(index)
                cleaned.append(clean(text))
        units = split_long(cleaned, count=self._lengths, limit=limit)
        pieces = iter(self._pieces([p for unit in units for p, _ in unit], params))
        for index, unit in zip(todo, units, strict=True):
            parts = [(next(pieces), joint) for _, joint in unit]
            results[index] = self._join(parts)
        return [result for result in results if result is not None]

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        return [len(tokens) for tokens in self._codec.encode(texts)]

    def _pieces(self, texts: list[str], params: TranslateParams) -> list[_Piece | str]:
        """Translate pieces; what has nothing to translate comes back as it is (a str)."""
        results: list[_Piece | str] = list(texts)
        todo = [i for i, text in enumerate(texts) if is_translatable(text)]
        if not todo:
            return results
        codec = self._codec
        limit = min(params.max_output_tokens, self._max_positions or params.max_output_tokens)
        prefix = [list(codec.target_prefix)] * len(todo) if codec.target_prefix else None
        try:
            raw = self._translator.translate_batch(
                codec.encode([texts[i] for i in todo]),
                target_prefix=prefix,
                batch_type="tokens",
                max_batch_size=params.batch_tokens,
                beam_size=params.beam_size,
                max_input_length=0,  # units are cut here, at clauses, never there
                max_decoding_length=limit,
                return_scores=True,
                return_end_token=True,
            )
        except RuntimeError as error:
            raise _translation_error(error) from error
        hypotheses = [result.hypotheses[0] for result in raw]
        eos, unknown = codec.tail[0], str(codec.tokenizer.unk_token)
        ended = [tokens[-1:] == [eos] for tokens in hypotheses]
        bare = [t[:-1] if end else t for t, end in zip(hypotheses, ended, strict=True)]
        for i, result, tokens, end, text in zip(
            todo, raw, bare, ended, codec.decode(bare), strict=True
        ):
            flags: tuple[str, ...] = () if end else ("at-limit",)
            flags += ("unknown-token",) if unknown in tokens else ()
            results[i] = _Piece(text, float(result.scores[0]), len(tokens) + 1, flags)
        return results

    def _join(self, parts: Sequence[tuple[_Piece | str, str]]) -> Translation:
        text = ""
        for part, joint in parts:
            text += (part if isinstance(part, str) else part.text) + (
                joint if self._join_with_spaces else ""
            )
        done = [part for part, _ in parts if isinstance(part, _Piece)]
        flags = {flag for part in done for flag in part.flags}
        if len(parts) > 1:
            flags.add("split")
        empty = any(not part.text for part in done)
        if empty:
            flags.add("empty")
        tokens = sum(part.tokens for part in done)
        # Scores move in the last digits with the make-up of a batch.
        score = round(sum(part.score * part.tokens for part in done) / tokens, 4)
        status = "failed" if empty else "translated"
        return Translation(text.strip(), score, status, tuple(sorted(flags)))


def open_engine(
    folder: Path,
    *,
    src: str,
    tgt: str,
    device: str = "auto",
    compute_type: str = "default",
    threads: int | None = None,
) -> Engine:
    """Open a prepared model for translating ``src`` into ``tgt``.

    ``folder`` is one that :func:`labelproj.translate.prepare.prepare_model` wrote, or a
    CTranslate2 folder with its tokenizer's files. ``device`` is ``auto``, ``cpu`` or ``cuda``
    (all GPUs); ``threads`` the number of cores to use (all by default).

    Raises ModelNotFoundError, ModelConversionError (broken files), UnknownLanguageError (with
    the nearest codes that the model has) and DeviceError.
    """
    note = read_note(folder)
    device = pick_device(device, compute_type)
    codec = check_model(folder, src=src, tgt=tgt)
    options: dict[str, object] = {}
    if device == "cuda":
        options["device_index"] = list(range(ctranslate2.get_cuda_device_count()))
    try:
        translator = open_ct2(
            ctranslate2.Translator,
            folder,
            device=device,
            compute_type=compute_type,
            threads=threads,
            **options,
        )
    except ValueError as error:
        raise DeviceError(str(error), where=str(folder)) from error
    except RuntimeError as error:
        if "CUDA" in str(error):
            raise _translation_error(error) from error
        raise ModelConversionError(
            f"CTranslate2 cannot load the model: {error}",
            where=str(folder),
            remedy="prepare the model again",
        ) from error
    positions = note.get("max_positions")
    return Engine(
        translator,
        codec,
        digest=model_digest(folder),
        tgt=tgt,
        max_positions=positions if isinstance(positions, int) else None,
    )


def check_model(folder: Path, *, src: str, tgt: str, tokens: Path | None = None) -> Codec:
    """Return how the model in ``folder`` (CTranslate2 or Hugging Face) takes this language pair.

    ``tokens`` is the folder of its tokenizer where that is another. Loads the tokenizer, not the
    model. Raises UnknownLanguageError, with the nearest codes that the model has,
    ModelConversionError (broken files) and DependencyError.
    """
    own = tokens or folder
    converted = is_ct2_folder(folder)
    note = read_note(folder) if converted else {}
    tokenizer = load_tokenizer(own)
    family = note.get("family") or detect_family(
        vocabulary_of(tokenizer),
        model_type=None if converted else model_config(folder).get("model_type"),
        tokenizer_class=tokenizer_class(own) or type(tokenizer).__name__,
        where=str(folder),
    )
    return make_codec(tokenizer, family=family, src=src, tgt=tgt, where=str(folder))


def pick_device(device: str, compute_type: str = "default") -> str:
    """Return ``cpu`` or ``cuda`` for a wish of ``auto``, ``cpu`` or ``cuda``.

    Raises DeviceError where there is no GPU, or where the device cannot compute in
    ``compute_type``.
    """
    gpus = ctranslate2.get_cuda_device_count()
    if device == "auto":
        device = "cuda" if gpus else "cpu"
    if device not in ("cpu", "cuda"):
        raise DeviceError(f"no device {device!r}", remedy="use 'auto', 'cpu' or 'cuda'")
    if device == "cuda" and not gpus:
        raise DeviceError(
            "no CUDA device that CTranslate2 can use",
            remedy="use --device cpu, or check the driver with nvidia-smi",
        )
    supported = ctranslate2.get_supported_compute_types(device)
    if compute_type not in {"default", "auto", *supported}:
        raise DeviceError(
            f"{device} cannot compute in {compute_type!r}",
            remedy=f"use 'default' or one of: {', '.join(sorted(supported))}",
        )
    return device


def _translation_error(error: RuntimeError) -> DeviceError | ModelError:
    text = str(error).splitlines()[0]
    if "out of memory" in text.lower():
        return DeviceError(
            "the device's memory is full", remedy="lower --batch-tokens or --beam-size"
        )
    if "CUDA" in text:
        return DeviceError(f"the GPU failed: {text}", remedy="try --device cpu")
    return ModelError(f"CTranslate2 could not translate: {text}")
