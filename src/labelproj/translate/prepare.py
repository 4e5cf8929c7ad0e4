"""Making a model ready: find it, convert it to CTranslate2, check it, note where it came from."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labelproj.errors import LabelprojError, ModelConversionError, StorageError
from labelproj.progress import log
from labelproj.provenance import versions
from labelproj.translate.convert import convert, model_config
from labelproj.translate.engine import open_engine
from labelproj.translate.families import detect_family, make_codec, vocabulary_of
from labelproj.translate.hub import card_licence, find_model
from labelproj.translate.model import (
    NOTE,
    compute_digest,
    ct2_vocabulary,
    is_ct2_folder,
    load_tokenizer,
    read_note,
    tokenizer_class,
)

__all__ = ["prepare_model"]


def prepare_model(
    model: str,
    *,
    out: Path,
    src: str,
    tgt: str,
    tokenizer: str | None = None,
    revision: str | None = None,
    quantization: str = "int8",
    licence: str | None = None,
) -> dict[str, Any]:
    """Make ``model`` ready in the folder ``out``; return its note (also ``out/mt.json``).

    ``model`` is a Hub id, a local Hugging Face folder, or a CTranslate2 folder with the
    tokenizer's files beside ``model.bin`` (copied as it is). ``tokenizer`` is a Hub id or folder
    with the tokenizer of a model that comes without one. ``revision`` pins a Hub model.
    ``licence`` overrides what the model card says. The model is checked after converting:
    vocabulary, both languages, a translation, and its scores against the original's. ``out``
    appears whole or not at all; what was there before is replaced.

    The note holds ``model``, ``tokenizer`` (where it is another), ``revision``, ``licence``,
    ``quantization``, ``family``, ``src``, ``tgt``, ``max_positions``, ``digest`` (of the files),
    ``check`` and ``versions``.

    Raises ModelNotFoundError, HubError, ModelConversionError, UnknownLanguageError,
    DependencyError (no torch), StorageError.
    """
    found = find_model(model, revision=revision)
    folder = found.folder
    with _new_folder(out) as new:
        if is_ct2_folder(folder):
            note = _copy(folder, new, src=src, tgt=tgt)
            note.setdefault("quantization", None)
        else:
            own = find_model(tokenizer, weights=False) if tokenizer else found
            note = _convert(
                folder, new, src=src, tgt=tgt, quantization=quantization, tokens=own.folder
            )
            if tokenizer:
                note["tokenizer"] = own.name
            note["quantization"] = quantization
        if not note.get("model"):
            note |= {"model": found.name, "revision": found.revision}
        note["licence"] = licence or note.get("licence") or card_licence(folder)
        note |= {"src": src, "tgt": tgt, "versions": versions(), "digest": compute_digest(new)}
        text = json.dumps(note, indent=2, ensure_ascii=False, sort_keys=True)
        (new / NOTE).write_text(text + "\n", encoding="utf-8")
        if not note["licence"]:
            log.warning(
                "%s does not say its licence; name it as `license:` in its README.md, or as "
                "mt.licence in params.yaml",
                model,
            )
    return note


def _convert(
    folder: Path, new: Path, *, src: str, tgt: str, quantization: str, tokens: Path
) -> dict[str, Any]:
    config = model_config(folder)
    tokenizer = load_tokenizer(tokens)
    family = detect_family(
        vocabulary_of(tokenizer),
        model_type=config.get("model_type"),
        tokenizer_class=tokenizer_class(tokens),
        where=str(folder),
    )
    # Before the long work: are these languages there at all?
    codec = make_codec(tokenizer, family=family, src=src, tgt=tgt, where=str(folder))
    check = convert(folder, new, codec=codec, quantization=quantization, tokens=tokens)
    note = {
        "family": family,
        "max_positions": _positions(config),
        "check": check,
    }
    _try(new, note, src=src, tgt=tgt)
    return note


def _copy(folder: Path, new: Path, *, src: str, tgt: str) -> dict[str, Any]:
    note = read_note(folder)
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name not in (NOTE, "manifest.json", "metrics.json"):
            shutil.copyfile(path, new / path.name)
    if "family" not in note:
        tokenizer = load_tokenizer(folder)
        vocabulary = vocabulary_of(tokenizer)
        name = tokenizer_class(folder) or type(tokenizer).__name__
        note["family"] = detect_family(vocabulary, tokenizer_class=name, where=str(folder))
        known = set(ct2_vocabulary(folder))
        strange = [token for token in vocabulary if token not in known]
        if 10 * len(strange) > len(vocabulary):
            raise ModelConversionError(
                f"{len(strange)} of the tokenizer's {len(vocabulary)} tokens are not in the "
                f"model's vocabulary",
                where=str(folder),
                remedy="put the tokenizer files of this very model into the folder",
            )
    _try(new, note, src=src, tgt=tgt)
    return note


def _try(folder: Path, note: dict[str, Any], *, src: str, tgt: str) -> None:
    """Open the new model and translate with it: a broken one fails here, not a stage later."""
    from labelproj.config import TranslateParams

    (folder / NOTE).write_text(json.dumps(note), encoding="utf-8")
    engine = open_engine(folder, src=src, tgt=tgt, device="cpu", threads=1)
    known = set(ct2_vocabulary(folder))
    missing = [token for token in engine.codec.target_prefix if token not in known]
    if missing:
        raise ModelConversionError(
            f"the converted model has no {missing[0]!r}",
            where=str(folder),
            remedy="use the original model's tokenizer files, or another version of transformers",
        )
    engine.translate(["Hello."], TranslateParams(beam_size=1, max_output_tokens=16))


def _positions(config: dict[str, Any]) -> int | None:
    positions = config.get("max_position_embeddings")
    return positions if isinstance(positions, int) else None


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """Give a new folder beside ``out`` that becomes ``out`` when all went well."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as error:
        raise _storage(error, out) from error
    try:
        yield new
        new.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        new.replace(out)
    except LabelprojError:
        raise
    except OSError as error:
        raise _storage(error, out) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _storage(error: OSError, out: Path) -> StorageError:
    return StorageError(
        f"cannot be written: {error.strerror or error}",
        where=str(out),
        remedy="free some space or choose another folder, then run the same command again",
    )
