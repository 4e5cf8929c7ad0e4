"""What a prepared model folder holds: ``model.bin``, vocabularies, tokenizer, ``mt.json``."""

import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labelproj.errors import (
    DependencyError,
    ModelConversionError,
    ModelNotFoundError,
    StorageError,
)
from labelproj.provenance import file_digest, text_digest

__all__ = [
    "NOTE",
    "compute_digest",
    "ct2_vocabulary",
    "is_ct2_folder",
    "load_tokenizer",
    "model_digest",
    "quiet",
    "read_note",
    "tokenizer_class",
    "vocabulary_files",
    "write_hf",
]

#: The name of the file that says where a prepared model came from.
NOTE = "mt.json"
_NOT_WEIGHTS = {NOTE, "manifest.json", "metrics.json", "README.md"}


def is_ct2_folder(folder: Path) -> bool:
    """Say whether ``folder`` holds a CTranslate2 model."""
    return (folder / "model.bin").is_file() and bool(vocabulary_files(folder))


def vocabulary_files(folder: Path) -> list[Path]:
    """Return the vocabulary files of a CTranslate2 model: shared, or source and target."""
    names = ("shared_vocabulary", "source_vocabulary", "target_vocabulary")
    paths = [folder / f"{name}.{kind}" for name in names for kind in ("json", "txt")]
    return [path for path in paths if path.is_file()]


def ct2_vocabulary(folder: Path) -> list[str]:
    """Return the target tokens of a CTranslate2 model, in the order of their ids."""
    path = next(p for p in reversed(vocabulary_files(folder)))
    text = path.read_text(encoding="utf-8")
    return list(json.loads(text)) if path.suffix == ".json" else text.split("\n")[:-1]


def read_note(folder: Path) -> dict[str, Any]:
    """Return the provenance of a prepared model; empty for a CTranslate2 folder without it.

    Raises ModelNotFoundError where there is no CTranslate2 model and StorageError for a note
    that cannot be read.
    """
    if not is_ct2_folder(folder):
        raise ModelNotFoundError(
            "no translation model here (model.bin and a vocabulary are needed)",
            where=str(folder),
            remedy="run the stage 'mt' first, or give a Hub id or a model folder",
        )
    path = folder / NOTE
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, UnicodeDecodeError) as error:
        raise StorageError(
            "not readable", where=str(path), remedy="prepare the model again"
        ) from error


def model_digest(folder: Path) -> str:
    """Return the digest that stands for a prepared model; the one in its note if it has one."""
    noted = read_note(folder).get("digest")
    return noted if isinstance(noted, str) else compute_digest(folder)


def compute_digest(folder: Path) -> str:
    """Return a digest of the model's and the tokenizer's files (notes and subfolders apart)."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name not in _NOT_WEIGHTS)
    return text_digest(*(f"{path.name}={file_digest(path)}" for path in files))


def load_tokenizer(folder: Path) -> Any:
    """Return the transformers tokenizer of ``folder``.

    Raises DependencyError where transformers is missing and ModelConversionError where the
    tokenizer's files are missing or broken.
    """
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise DependencyError(
            "translating needs transformers", remedy="pip install 'labelproj'"
        ) from error
    try:
        with warnings.catch_warnings():
            # Marian's tokenizer normalises punctuation with sacremoses where that is installed.
            warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
            return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except ImportError as error:
        raise DependencyError(
            f"the tokenizer cannot be loaded: {_first_line(error)}",
            where=str(folder),
            remedy="pip install 'labelproj[models]'",
        ) from error
    except Exception as error:  # transformers raises whatever the broken file makes it raise
        raise ModelConversionError(
            f"the tokenizer cannot be loaded: {_first_line(error)}",
            where=str(folder),
            remedy="put the tokenizer files of the original model into this folder",
        ) from error


def tokenizer_class(folder: Path) -> str | None:
    """Return the class named in ``tokenizer_config.json``, if there is one."""
    try:
        raw = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    name = raw.get("tokenizer_class") if isinstance(raw, dict) else None
    return name if isinstance(name, str) else None


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from writing messages and progress bars of its own."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def write_hf(model: Any, tokenizer: Any, out: Path) -> None:
    """Write a Hugging Face folder, whole or not at all. Raises StorageError."""
    partial = out.parent / f".{out.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        with quiet():
            model.save_pretrained(partial)
            tokenizer.save_pretrained(partial)
        shutil.rmtree(out, ignore_errors=True)
        partial.replace(out)
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror or error}", where=str(out)
        ) from error
