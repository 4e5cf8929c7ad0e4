"""The original weights of a translation model, for what CTranslate2 cannot do."""

from pathlib import Path

from labelproj.errors import ModelNotFoundError
from labelproj.translate.hub import find_model
from labelproj.translate.model import is_ct2_folder, read_note

__all__ = ["find_weights"]


def find_weights(model: str, *, revision: str | None = None) -> Path:
    """Return the Hugging Face folder of ``model``.

    ``model`` is a Hub id, a Hugging Face folder, or a folder that labelproj prepared: then its
    ``hf`` folder (of a model trained here), or the Hub model that it was made from. Raises
    ModelNotFoundError where the weights cannot be found.
    """
    folder = Path(model).expanduser()
    if (folder / "hf" / "config.json").is_file():
        return folder / "hf"
    if not folder.is_dir() or not is_ct2_folder(folder):
        return find_model(model, revision=revision).folder
    note = read_note(folder)
    name, noted = note.get("model"), note.get("revision")
    if isinstance(name, str) and isinstance(noted, str):
        return find_model(name, revision=noted).folder
    raise ModelNotFoundError(
        "there are only the converted weights of the model",
        where=model,
        remedy="name the original Hugging Face folder, or score with CTranslate2 (backend ct2)",
    )
