"""Converting a Hugging Face folder to CTranslate2, and checking what came out."""

import copy
import errno
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelproj.errors import DependencyError, LabelprojError, ModelConversionError
from labelproj.translate.ct2 import open_ct2
from labelproj.translate.families import Codec, vocabulary_of
from labelproj.translate.model import load_tokenizer, quiet

__all__ = ["convert", "convert_open", "model_config"]

#: Mean log-probability a token may differ by between a converted model and the original. int8
#: costs a few hundredths; a wrong vocabulary or a wrong scale costs several units.
_TOLERANCE = 0.3
_PROBE = "The President of Kenya visited Abuja on Monday, 12 March 2018."
_PROBE_TOKENS = 12


@dataclass(frozen=True, slots=True)
class _Probe:
    """What the original model makes of one sentence, and how likely it finds that."""

    source: list[str]
    target: list[str]
    score: float


def model_config(folder: Path) -> dict[str, Any]:
    """Return ``config.json`` of a Hugging Face folder.

    Raises ModelConversionError where it is missing or is not JSON.
    """
    path = folder / "config.json"
    remedy = "give a Hugging Face model folder (config.json, weights, tokenizer files)"
    if not path.is_file():
        raise ModelConversionError(
            "not a model folder: no config.json", where=str(folder), remedy=remedy
        )
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise ModelConversionError(f"not JSON: {error}", where=str(path), remedy=remedy) from error
    if not isinstance(raw, dict):
        raise ModelConversionError("not a model's config", where=str(path), remedy=remedy)
    return raw


def convert(
    folder: Path, out: Path, *, codec: Codec, quantization: str, tokens: Path
) -> dict[str, object]:
    """Convert the model in ``folder`` into the empty folder ``out``, tokenizer included.

    ``tokens`` is the folder of the tokenizer, which may be the model's own.
    Returns what was checked: the size of the vocabulary, and the mean log-probability a token
    of one translation under the original and the converted model. Raises DependencyError
    without torch and ModelConversionError where it cannot be done or comes out wrong.
    """
    try:
        import torch  # noqa: F401
        from ctranslate2.converters import TransformersConverter
        from ctranslate2.specs.model_spec import ACCEPTED_MODEL_TYPES
    except ImportError as error:
        raise DependencyError(
            "converting a model needs torch", remedy="pip install 'labelproj[models]'"
        ) from error
    if quantization not in ACCEPTED_MODEL_TYPES:
        raise ModelConversionError(
            f"no quantization {quantization!r}",
            remedy=f"use one of: {', '.join(ACCEPTED_MODEL_TYPES)}",
        )
    probes: list[_Probe] = []
    tokenizer = load_tokenizer(tokens)
    rows = 0

    def load_model(model_class: Any, path: str, **options: Any) -> Any:
        nonlocal rows
        model = model_class.from_pretrained(path, local_files_only=True, **options)
        rows = int(model.get_input_embeddings().weight.shape[0])
        if len(codec.tokens) > rows:
            raise ModelConversionError(
                f"the tokenizer has {len(codec.tokens)} tokens and the model {rows}",
                where=str(folder),
                remedy="use the tokenizer files of this very model",
            )
        # Before the converter has it: quantizing works on the weights in place.
        probes.append(_probe(model, codec))
        _name_all_tokens(tokenizer, codec.tokens, rows)
        _restore_config(model.config, tokenizer)
        return model

    converter = TransformersConverter(str(folder))
    converter.load_model = load_model
    converter.load_tokenizer = lambda *_, **__: tokenizer
    try:
        with quiet():
            converter.convert(str(out), quantization=quantization, force=True)
            codec.tokenizer.save_pretrained(str(out))
    except LabelprojError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # not the model's fault
            raise
        raise _unconvertible(error, folder) from error
    except Exception as error:  # whatever a broken or unknown model makes transformers raise
        raise _unconvertible(error, folder) from error
    probe = probes[0]
    score = _score(out, probe)
    if not abs(score - probe.score) <= _TOLERANCE:
        raise ModelConversionError(
            f"the converted model gives a translation {score:.2f} a token, the original "
            f"{probe.score:.2f}",
            where=str(folder),
            remedy="try quantization float32, or another version of transformers",
        )
    return {
        "vocabulary": rows,
        "log_probability": round(score, 2),
        "log_probability_original": round(probe.score, 2),
    }


def convert_open(model: Any, tokenizer: Any, name: str, out: Path) -> list[str]:
    """Convert a model that is open into the empty folder ``out``, in float32.

    ``name`` is the folder or the Hub id that it was read from. Model and tokenizer stay as they
    are. Returns the names of all tokens, by id. Raises ModelConversionError.
    """
    from ctranslate2.converters import TransformersConverter

    tokenizer, usual = copy.deepcopy(tokenizer), model.config
    model.config = copy.deepcopy(usual)
    converter = TransformersConverter(name)
    converter.load_model = lambda *_, **__: model
    converter.load_tokenizer = lambda *_, **__: tokenizer
    try:
        rows = model.get_input_embeddings().weight.shape[0]
        names = {index: name for name, index in vocabulary_of(tokenizer).items()}
        tokens = [names.get(index, f"<unused{index}>") for index in range(rows)]
        _name_all_tokens(tokenizer, tokens, rows)
        _restore_config(model.config, tokenizer)
        with quiet():
            converter.convert(str(out), quantization="float32", force=True)
    except LabelprojError:
        raise
    except Exception as error:  # as above
        raise _unconvertible(error, Path(name)) from error
    finally:
        model.config = usual
    return tokens


def _unconvertible(error: Exception, folder: Path) -> ModelConversionError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ModelConversionError(
        f"cannot be converted: {reason}",
        where=str(folder),
        remedy="check that the folder is whole; download it again if in doubt",
    )


def _name_all_tokens(tokenizer: Any, tokens: Sequence[str], rows: int) -> None:
    """Make the tokenizer give the converter a token for every row of the embeddings.

    Since transformers 5, that of M2M-100 keeps the language tokens to itself, and the model
    cannot be converted, or converts with fillers in their place.
    """
    names = [*tokens, *(f"<unused{i}>" for i in range(len(tokens), rows))]
    vocabulary = {name: index for index, name in enumerate(names)}
    tokenizer.get_vocab = lambda: vocabulary
    tokenizer.num_madeup_words = 0
    # A null in its config stops CTranslate2.
    if tokenizer.bos_token is None:  # mBART-50
        tokenizer.bos_token = "<s>" if "<s>" in vocabulary else tokenizer.eos_token
    if tokenizer.unk_token is None:  # byte-level ones
        tokenizer.unk_token = tokenizer.pad_token or tokenizer.eos_token


def _restore_config(config: Any, tokenizer: Any) -> None:
    """Give a config the keys that the converter reads and transformers 5 has taken out."""
    if config.model_type == "mbart":
        if not type(tokenizer).__name__.startswith("MBart50"):
            raise ModelConversionError(
                "of the mBART models only mBART-50 can be used",
                remedy="use facebook/mbart-large-50-many-to-many-mmt or a model made from it",
            )
        config.tokenizer_class = "MBart50Tokenizer"
        config.normalize_before = True
        config.normalize_embedding = True
    if config.model_type in ("t5", "mt5") and hasattr(config, "scale_decoder_outputs"):
        # The converter scales the output where the embeddings are tied; transformers 5 ties
        # them in every config and says in another key whether to scale (MADLAD does not).
        config.tie_word_embeddings = bool(config.scale_decoder_outputs)


def _probe(model: Any, codec: Codec) -> _Probe:
    """Translate one sentence greedily, token by token, without any special token."""
    import torch

    names = codec.tokens
    ids = {name: index for index, name in enumerate(names)}
    source = codec.encode([_PROBE])[0]
    special = {i for i, name in enumerate(names) if name in ids and _is_special(codec, name)}
    banned = sorted(special | set(range(len(names), model.config.vocab_size)))
    start = [model.config.decoder_start_token_id, *[ids[t] for t in codec.target_prefix]]
    output = list(start)
    total = 0.0
    model.eval()
    with torch.no_grad():
        inputs = torch.tensor([[ids[name] for name in source]])
        encoded = model.get_encoder()(input_ids=inputs)
        for _ in range(_PROBE_TOKENS):
            logits = (
                model(encoder_outputs=encoded, decoder_input_ids=torch.tensor([output]))
                .logits[0, -1]
                .float()
            )
            if codec.family == "marian":  # the converter takes <pad> out
                logits[model.config.pad_token_id] = float("-inf")
            scores = torch.log_softmax(logits, dim=-1)
            allowed = scores.clone()
            allowed[banned] = float("-inf")
            best = int(allowed.argmax())
            total += float(scores[best])
            output.append(best)
    target = [names[i] for i in output[1:]]
    return _Probe(source, target, total / _PROBE_TOKENS)


def _is_special(codec: Codec, name: str) -> bool:
    return name in codec.tokenizer.all_special_tokens or name.startswith(("<", "__", ">>"))


def _score(out: Path, probe: _Probe) -> float:
    """Return what the converted model gives the probe's translation, a token."""
    import ctranslate2

    translator = open_ct2(ctranslate2.Translator, out, device="cpu", threads=1)
    # It scores the prefix too and adds </s>: what was chosen lies between.
    scores = translator.score_batch([probe.source], [probe.target])[0].log_probs
    own = scores[len(probe.target) - _PROBE_TOKENS : len(probe.target)]
    return float(sum(own) / len(own))
