"""New project folders: one template of dvc.yaml, a params.yaml for each preset."""

import shutil
from importlib import resources
from pathlib import Path

import jinja2
import langcodes

from labelproj.errors import UsageError
from labelproj.languages import flores_code, language_name

__all__ = ["PRESETS", "demo_data", "render", "write_project"]

PRESETS = ("demo", "nllb", "madlad", "opus")


def render(name: str, *, preset: str, src: str = "en", tgt: str = "ha") -> str:
    """Return a file of a new project: ``dvc.yaml``, ``params.yaml``, ``README.md``, ``gitignore``.

    ``src`` and ``tgt`` are ISO 639 codes.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("labelproj", "presets"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # dvc.yaml has ${...} of its own; ours are << >>.
        variable_start_string="<<",
        variable_end_string=">>",
    )
    template = f"params.{preset}.yaml" if name == "params.yaml" else name
    return environment.get_template(f"{template}.j2").render(
        preset=preset,
        src=src,
        tgt=tgt,
        src_name=language_name(src),
        tgt_name=language_name(tgt),
        tgt_alpha3=langcodes.Language.get(tgt).to_alpha3(),
        tgt_flores=flores_code(tgt),
    )


def demo_data() -> Path:
    """Return the folder of the demo corpus: inside the installed package, or in the repository."""
    packaged = Path(str(resources.files("labelproj"))) / "presets" / "demo" / "data" / "demo"
    checkout = Path(__file__).parents[3] / "data" / "demo"
    return packaged if packaged.is_dir() else checkout


def write_project(folder: Path, *, preset: str, src: str, tgt: str) -> None:
    """Write a new project folder. Raises UsageError when there is a project in it already."""
    if (folder / "dvc.yaml").exists() or (folder / "params.yaml").exists():
        raise UsageError(
            "there is a project here already", where=str(folder), remedy="choose another folder"
        )
    if preset == "demo" and (src, tgt) != ("en", "ha"):
        raise UsageError(
            "the demo is from English (en) to Hausa (ha) only",
            remedy="leave --src and --tgt out, or take another preset",
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError("is a file, not a folder", where=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("dvc.yaml", "params.yaml", "README.md", "gitignore"):
        text = render(name, preset=preset, src=src, tgt=tgt)
        target = folder / (".gitignore" if name == "gitignore" else name)
        target.write_text(text, encoding="utf-8")
    if preset == "demo":
        corpus = demo_data()
        for file in (*sorted(corpus.glob("*/*.jsonl")), *sorted(corpus.glob("*.tsv"))):
            target = folder / "data" / "demo" / file.relative_to(corpus)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
