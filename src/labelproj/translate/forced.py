"""Teacher forcing: what a Hugging Face model makes of a translation that is given."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelproj.devices import torch_device
from labelproj.errors import ModelConversionError
from labelproj.translate.convert import model_config
from labelproj.translate.families import Codec
from labelproj.translate.model import quiet

__all__ = ["Forced", "load_model", "source_ids", "target_ids"]

BATCH_TOKENS = 4096


def load_model(folder: Path, *, device: str, dtype: str = "float32") -> Any:
    """Return the sequence-to-sequence model of a Hugging Face folder, on ``device``.

    Raises DependencyError without torch, DeviceError, and ModelConversionError where transformers
    cannot load it.
    """
    place = torch_device(device)
    import torch
    from transformers import AutoModelForSeq2SeqLM

    model_config(folder)
    try:
        with quiet():
            model = AutoModelForSeq2SeqLM.from_pretrained(
                str(folder), local_files_only=True, dtype=getattr(torch, dtype)
            )
    except Exception as error:  # whatever a broken or unknown model makes transformers raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelConversionError(
            f"cannot be loaded: {reason}",
            where=str(folder),
            remedy="get its files again, or use another model",
        ) from error
    return model.to(place).eval()


def source_ids(codec: Codec, texts: Sequence[str]) -> list[list[int]]:
    """Return the ids of source texts, with language tokens and ``</s>``."""
    known = {name: number for number, name in enumerate(codec.tokens)}
    return [[known[token] for token in tokens] for tokens in codec.encode(texts)]


def target_ids(codec: Codec, texts: Sequence[str]) -> list[list[int]]:
    """Return the ids of target texts as a decoder is to give them, language token to ``</s>``."""
    if not texts:
        return []
    known = {name: number for number, name in enumerate(codec.tokens)}
    prefix = [known[token] for token in codec.target_prefix]
    encoded = codec.tokenizer(
        text_target=[codec.special.sub(r"< \1", text) for text in texts],
        add_special_tokens=False,
        return_attention_mask=False,
        split_special_tokens=True,
        verbose=False,
    )["input_ids"]
    return [[*prefix, *ids, int(codec.tokenizer.eos_token_id)] for ids in encoded]


class Forced:
    """Scores translations under a model, token by token."""

    def __init__(self, model: Any, codec: Codec):
        self._model = model
        self._codec = codec

    def scores(self, sources: Sequence[str], targets: Sequence[str]) -> list[tuple[float, int]]:
        """Return log P(target | source), in nats, and the number of tokens, for each pair.

        The target's language token is given and not counted; ``</s>`` is.
        """
        src, tgt = source_ids(self._codec, sources), target_ids(self._codec, targets)
        results = [(0.0, 0)] * len(src)
        order = sorted(range(len(src)), key=lambda i: len(src[i]) + len(tgt[i]))
        batch: list[int] = []
        for place, index in enumerate(order):
            batch.append(index)
            longest = len(src[index]) + len(tgt[index])
            last = place + 1 == len(order)
            if last or (len(batch) + 1) * (longest + 8) > BATCH_TOKENS:
                found = self._batch([src[i] for i in batch], [tgt[i] for i in batch])
                for i, score in zip(batch, found, strict=True):
                    results[i] = score
                batch = []
        return results

    def _batch(self, src: list[list[int]], tgt: list[list[int]]) -> list[tuple[float, int]]:
        import torch
        from torch.nn.utils.rnn import pad_sequence

        config = self._model.config
        pad, given = config.pad_token_id, len(self._codec.target_prefix)

        def padded(rows: list[list[int]]) -> Any:
            tensors = [torch.tensor(ids) for ids in rows]
            tensor = pad_sequence(tensors, batch_first=True, padding_value=pad)
            return tensor.to(self._model.device)

        lengths = [len(ids) for ids in src]
        mask = torch.arange(max(lengths))[None, :] < torch.tensor(lengths)[:, None]
        shifted = padded([[config.decoder_start_token_id, *ids[:-1]] for ids in tgt])
        with torch.inference_mode():
            logits = self._model(
                input_ids=padded(src),
                attention_mask=mask.long().to(self._model.device),
                decoder_input_ids=shifted,
            ).logits.float()
            chosen = torch.log_softmax(logits, dim=-1).gather(-1, padded(tgt)[..., None])[..., 0]
            chosen = chosen.cpu()
        return [
            (float(row[given : len(ids)].double().sum()), len(ids) - given)
            for row, ids in zip(chosen, tgt, strict=True)
        ]
