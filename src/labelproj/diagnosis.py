"""What this machine has for labelproj: packages, programs, devices, models, the Hub."""

import ctypes.util
import importlib.util
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata

from labelproj._version import __version__

__all__ = ["Finding", "diagnose"]

#: Optional packages, what they are for, and the extra that brings them.
PACKAGES = {
    "torch": ("converting, training, embedding aligner", "models"),
    "accelerate": ("training with transformers", "models"),
    "datasets": ("hf: inputs, datasets", "data"),
    "huggingface_hub": ("the Hub", "data"),
    "seqeval": ("strict NER scores", "eval"),
    "nervaluate": ("types of errors", "eval"),
    "sacrebleu": ("translation scores", "eval"),
    "dvc": ("dvc repro", "pipeline"),
    "pycld2": ("filter 'language'", "quality"),
    "ruamel.yaml": ("calibrate", "quality"),
    "fasttext-numpy2": ("filter.language_model", "glotlid"),
    "peft": ("adapters", "lora"),
    "stanza": ("splitter 'stanza'", "stanza"),
    "simalign": ("aligner 'simalign'", "simalign"),
}
HUB_TIMEOUT = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked for: whether it is there, what was found, what to do if it is not."""

    what: str
    ok: bool
    found: str
    remedy: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return the finding as JSON values."""
        return asdict(self)


def diagnose() -> list[Finding]:
    """Look for everything labelproj can use."""
    findings = [
        Finding("labelproj", True, f"{__version__} on Python {platform.python_version()}"),
        Finding("CPU", True, f"{os.cpu_count()} cores, {platform.machine()}"),
    ]
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _gpu,
        _aligner,
        _packages,
        _jemalloc,
        _models,
        _hub,
    )
    for look in looks:
        findings.extend(look())
    return findings


def _gpu() -> Iterator[Finding]:
    import ctranslate2

    number = ctranslate2.get_cuda_device_count()
    types = ", ".join(sorted(ctranslate2.get_supported_compute_types("cpu")))
    yield Finding("GPU", number > 0, f"{number} CUDA devices", "" if number else "runs on the CPU")
    yield Finding("CTranslate2", True, f"{ctranslate2.__version__}; on the CPU: {types}")


def _aligner() -> Iterator[Finding]:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    installed = importlib.util.find_spec("eflomal") is not None
    remedy = "" if compiler else "install one (gcc or clang): eflomal is built with it"
    yield Finding("C compiler", compiler is not None, compiler or "none", remedy)
    remedy = "pip install 'labelproj[eflomal]'; until then the weaker aligner 'systran' is used"
    found = metadata.version("eflomal") if installed else "not installed"
    yield Finding("eflomal (default aligner)", installed, found, "" if installed else remedy)


def _packages() -> Iterator[Finding]:
    for name, (purpose, extra) in PACKAGES.items():
        try:
            found, ok = metadata.version(name), True
        except metadata.PackageNotFoundError:
            found, ok = "not installed", False
        remedy = "" if ok else f"pip install 'labelproj[{extra}]'"
        yield Finding(f"{name} ({purpose})", ok, found, remedy)


def _jemalloc() -> Iterator[Finding]:
    library = ctypes.util.find_library("jemalloc")
    remedy = "" if library else "install libjemalloc2: training on a CPU is much faster with it"
    yield Finding("jemalloc", library is not None, library or "not installed", remedy)


def _models() -> Iterator[Finding]:
    from labelproj.translate.cache import cache_folder

    folder = cache_folder() / "mt"
    models = sorted(path.parent for path in folder.glob("*/mt.json"))
    size = sum(file.stat().st_size for model in models for file in model.iterdir())
    found = f"{len(models)}, {size / 2**20:,.0f} MiB" if models else "none yet"
    yield Finding(f"prepared MT models in {folder}", True, found)


def _hub() -> Iterator[Finding]:
    import urllib.request

    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    if os.environ.get("HF_HUB_OFFLINE", "0") not in {"", "0"}:
        yield Finding("Hub", False, "switched off by HF_HUB_OFFLINE", "use local models and files")
        return
    try:
        with urllib.request.urlopen(endpoint, timeout=HUB_TIMEOUT):
            yield Finding("Hub", True, f"{endpoint} answers")
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        remedy = "use local models and files, or check the network"
        yield Finding("Hub", False, f"{endpoint}: {reason}", remedy)
