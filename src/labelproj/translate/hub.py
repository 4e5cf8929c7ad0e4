"""Finding a model's folder: a local one, or one from the Hub."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from labelproj.errors import DependencyError, HubError, ModelNotFoundError
from labelproj.network import hub_answers
from labelproj.progress import log

__all__ = ["Source", "card_licence", "find_model", "loading_options", "local_folder"]

_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_NEEDED = ("*.json", "*.txt", "*.model", "*.spm", "README.md")


@dataclass(frozen=True, slots=True)
class Source:
    """A model's files: the name to quote, the folder, and the Hub revision if it is from there."""

    name: str
    folder: Path
    revision: str | None = None


def find_model(model: str, *, revision: str | None = None, weights: bool = True) -> Source:
    """Return the folder of ``model``, from the Hub where it is no local folder.

    Without ``weights`` only the tokenizer and configuration of a Hub model are fetched.
    A Hub model that was fetched before is found without a network. Raises ModelNotFoundError
    (no such folder, no such model or revision) or HubError (the Hub cannot be reached).
    """
    path = local_folder(model)
    return Source(path.resolve().name, path) if path else _from_hub(model, revision, weights)


def local_folder(model: str) -> Path | None:
    """Return the folder that ``model`` names; None where it can only be a Hub id.

    Raises ModelNotFoundError for a path at which there is no folder.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    is_path = path.is_absolute() or model.startswith((".", "~")) or path.exists()
    if is_path or not _HUB_ID.fullmatch(model):
        raise ModelNotFoundError(
            "no such model folder",
            where=model,
            remedy="give a Hub id (owner/name), a Hugging Face folder or a CTranslate2 folder",
        )
    return None


def loading_options(model: str) -> dict[str, bool]:
    """Return options for ``from_pretrained`` of a Hub id or folder: nothing, as a rule.

    Where the Hub does not answer, only what was fetched before is to be looked for.
    """
    here = Path(model).exists() or not _HUB_ID.fullmatch(model)
    return {} if here or hub_answers() else {"local_files_only": True}


def _from_hub(model: str, revision: str | None, weights: bool) -> Source:
    try:
        import huggingface_hub as hub
        from huggingface_hub import errors
    except ImportError as error:
        raise DependencyError(
            "a model from the Hub needs huggingface_hub", remedy="pip install 'labelproj[models]'"
        ) from error
    missing = ModelNotFoundError(
        f"no model {model!r} on the Hub"
        + (f" at revision {revision!r}" if revision else "")
        + ", or it is private, and no such folder here",
        remedy="check the id, or log in with `hf auth login`",
    )
    try:
        return _cached(model, revision, weights)
    except (errors.LocalEntryNotFoundError, FileNotFoundError):
        pass
    except errors.HFValidationError as error:
        raise missing from error
    try:
        info = hub.HfApi().model_info(model, revision=revision)
        files = {sibling.rfilename for sibling in info.siblings or ()}
        patterns = [*_NEEDED, *(_weight_patterns(files) if weights else ())]
        log.info("fetching %s (%s)", model, info.sha)
        folder = hub.snapshot_download(model, revision=info.sha, allow_patterns=patterns)
    except (
        errors.RepositoryNotFoundError,
        errors.RevisionNotFoundError,
        errors.HFValidationError,
    ) as error:
        raise missing from error
    except Exception as error:  # httpx, OSError, LocalEntryNotFoundError: all say "no network"
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise HubError(
            f"no folder {model!r} here, and the Hub cannot be reached: {reason}",
            remedy="check the network and HF_HUB_OFFLINE, or give a local model folder",
        ) from error
    return Source(model, Path(folder), info.sha)


def _cached(model: str, revision: str | None, weights: bool) -> Source:
    """Return a model that is already here; a pinned revision needs no network to be checked."""
    import huggingface_hub as hub

    if revision is None and os.environ.get("HF_HUB_OFFLINE", "0") in ("", "0"):
        raise FileNotFoundError(model)  # the newest is wanted, and only the Hub knows it
    folder = Path(hub.snapshot_download(model, revision=revision, local_files_only=True))
    files = ("*.safetensors", "*.bin") if weights else ("tokenizer*", "*.model", "*.spm")
    if not any(path for pattern in files for path in folder.glob(pattern)):
        raise FileNotFoundError(model)
    return Source(model, folder, folder.name)


def _weight_patterns(files: set[str]) -> list[str]:
    """Return what to fetch of the weights: one format of them, safetensors if there is any."""
    if "model.bin" in files:
        return ["model.bin"]
    if any(name.endswith(".safetensors") and "/" not in name for name in files):
        return ["*.safetensors"]
    return ["pytorch_model*.bin"]


def card_licence(folder: Path) -> str | None:
    """Return the licence that the model card in ``folder`` names, if there is one."""
    try:
        text = (folder / "README.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    match = re.match(r"---\s*\n(.*?)\n---\s*(\n|$)", text, re.DOTALL)
    if not match:
        return None
    try:
        head = yaml.safe_load(match.group(1))
    except yaml.YAMLError:
        return None
    licence = head.get("license") if isinstance(head, dict) else None
    if isinstance(licence, list):
        licence = ", ".join(str(part) for part in licence)
    return str(licence) if licence else None
