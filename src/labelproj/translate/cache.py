"""Prepared MT models, kept for the next run."""

import os
from pathlib import Path

from labelproj.provenance import text_digest
from labelproj.translate.convert import model_config
from labelproj.translate.model import is_ct2_folder
from labelproj.translate.prepare import prepare_model

__all__ = ["cache_folder", "cached_model"]


def cache_folder() -> Path:
    """Return the folder for things that can be made again: ``$LABELPROJ_CACHE`` or the user's."""
    own = os.environ.get("LABELPROJ_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "labelproj"


def cached_model(
    model: str,
    *,
    src: str,
    tgt: str,
    tokenizer: str | None = None,
    revision: str | None = None,
    quantization: str = "int8",
) -> Path:
    """Return the prepared folder of a Hub id, Hugging Face folder or CTranslate2 folder.

    A CTranslate2 folder that labelproj prepared is used where it is; anything else is prepared
    once and found again as long as it does not change. Raises what
    :func:`~labelproj.translate.prepare.prepare_model` raises.
    """
    folder = Path(model)
    if is_ct2_folder(folder) and (folder / "mt.json").is_file():
        return folder
    key = [model, revision or "", quantization]
    if folder.is_dir():
        if not is_ct2_folder(folder):
            model_config(folder)  # no model: said before everything in it is looked at
        key = [quantization, *_files(folder)]
    if tokenizer:
        own = Path(tokenizer)
        key += ["tokenizer", *(_files(own) if own.is_dir() else [tokenizer])]
    out = cache_folder() / "mt" / f"{folder.name}-{text_digest(*key)}"
    if not (out / "mt.json").is_file():
        prepare_model(
            model,
            out=out,
            src=src,
            tgt=tgt,
            tokenizer=tokenizer,
            revision=revision,
            quantization=quantization,
        )
    return out


def _files(folder: Path) -> list[str]:
    """Return what changes when a file of ``folder`` does."""
    found = [str(folder.resolve())]
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        stat = path.stat()
        found.append(f"{path.relative_to(folder)} {stat.st_size} {stat.st_mtime_ns}")
    return found
