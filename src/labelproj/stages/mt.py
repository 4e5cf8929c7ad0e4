"""Stage ``mt``: make the translation model ready, training it from bitext where asked to."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

from labelproj.config import MtParams, MtTrainParams, TranslateParams
from labelproj.errors import ConfigError, MissingInputError
from labelproj.languages import iso_code
from labelproj.progress import log
from labelproj.provenance import file_digest, now, signature, versions
from labelproj.shards import write_manifest
from labelproj.translate.engine import open_engine
from labelproj.translate.model import NOTE, compute_digest, is_ct2_folder
from labelproj.translate.prepare import prepare_model

__all__ = ["run_mt"]


def run_mt(
    *,
    params: MtParams,
    src: str,
    tgt: str,
    out: Path,
    work: Path,
    resume: bool = True,
    upstream: str = "",
) -> dict[str, object]:
    """Make the model of ``params`` ready for ``src`` to ``tgt`` in the folder ``out``.

    ``params.model`` (``{src}`` and ``{tgt}`` stand for the ISO codes) is fetched and converted;
    without it, ``params.train`` trains one, or ``params.given`` says that none is needed (there is
    only an ``mt.json`` then). Of a trained model, its Hugging Face form goes to ``out/hf`` and chrF
    on held-out pairs to ``out/metrics.json``. The converted model and ``mt.json`` lie in
    ``out``. What is there already and was made the same way is left alone.

    Returns the manifest. Raises ConfigError (neither or both of ``model`` and ``train``),
    ModelError, UnknownLanguageError, HubError, DependencyError, StorageError.
    """
    started = time.monotonic()
    if sum((params.model is not None, params.train is not None, params.given)) != 1:
        raise ConfigError(
            "one of `model`, `train` and `given` is needed, and no more",
            where="mt",
            remedy="name a model, or give `train: {bitext: [...]}`, or `given: true`",
        )
    mark = signature("mt", _made_from(params, src=src, tgt=tgt) | {"upstream": upstream})
    if resume and (done := _done(out, mark)) is not None:
        log.info("the model in %s is ready", out)
        return done
    figures: dict[str, Any] = {}
    if params.train is not None:
        figures = _train(params, params.train, src=src, tgt=tgt, out=out, work=work, resume=resume)
        note: dict[str, Any] = figures.pop("note")
    elif params.given:
        note = {"model": None, "source": "came with the input", "licence": params.licence}
        write_manifest(out / NOTE, note)
    else:
        note = prepare_model(
            _filled(params, src=src, tgt=tgt),
            out=out,
            src=src,
            tgt=tgt,
            tokenizer=params.tokenizer,
            revision=params.revision,
            quantization=params.quantization,
            licence=params.licence,
        )
    manifest: dict[str, object] = {
        "stage": "mt",
        "signature": mark,
        "params": params.model_dump(mode="json") | {"src": src, "tgt": tgt},
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 3),
        "counts": {"in": 1, "kept": 1, "rejected": 0, "failed": 0},
        "model": note,
        "training": figures,
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _filled(params: MtParams, *, src: str, tgt: str) -> str:
    model = params.model or ""
    return model.replace("{src}", iso_code(src)).replace("{tgt}", iso_code(tgt))


def _made_from(params: MtParams, *, src: str, tgt: str) -> dict[str, object]:
    """Return what the model is made from: parameters and the contents of local files."""
    made = params.model_dump(mode="json", exclude={"back"}) | {"src": src, "tgt": tgt}
    if params.train is not None:
        made["bitext"] = [_digest(Path(name)) for name in params.train.bitext]
    elif (folder := Path(_filled(params, src=src, tgt=tgt)).expanduser()).is_dir():
        made["files"] = _digest(folder)
    if params.tokenizer is None:
        del made["tokenizer"]
    elif (folder := Path(params.tokenizer).expanduser()).is_dir():
        made["tokenizer_files"] = _digest(folder)
    return made


def _digest(path: Path) -> str:
    if not path.exists():
        raise MissingInputError(
            "no such file", where=str(path), remedy="check `mt.train.bitext` in params.yaml"
        )
    return file_digest(path)


def _done(out: Path, mark: str) -> dict[str, object] | None:
    """Return the manifest of ``out`` when it is whole and carries the signature ``mark``."""
    try:
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("signature") != mark:
        return None
    noted = manifest.get("model", {}).get("digest")
    if not is_ct2_folder(out) or compute_digest(out) != noted:
        return None
    return manifest


def _train(
    params: MtParams,
    training: MtTrainParams,
    *,
    src: str,
    tgt: str,
    out: Path,
    work: Path,
    resume: bool,
) -> dict[str, Any]:
    from labelproj.translate.train import read_pairs, split_pairs, train_model

    # Its own folder for each way of training: a checkpoint is never taken for another's.
    made = _made_from(params.model_copy(update={"quantization": ""}), src=src, tgt=tgt)
    place = work / signature("train", made).replace(":", "-")
    trained = place / f"mt-{iso_code(src)}-{iso_code(tgt)}"
    figures = train_model(training, out=trained, src=src, tgt=tgt, work=place, resume=resume)
    note = prepare_model(
        str(trained),
        out=out,
        src=src,
        tgt=tgt,
        quantization=params.quantization,
        licence=params.licence,
    )
    _, dev = split_pairs(read_pairs(training.bitext), dev=training.dev_pairs, seed=training.seed)
    metrics = {**figures, "dev_chrf": _chrf(out, dev, src=src, tgt=tgt)}
    text = json.dumps(metrics, indent=2, sort_keys=True)
    (out / "metrics.json").write_text(text + "\n", encoding="utf-8")
    (out / "hf").mkdir(exist_ok=True)
    for path in sorted(trained.iterdir()):
        shutil.copyfile(path, out / "hf" / path.name)
    shutil.rmtree(place)
    log.info("dev chrF %s on %d pairs", metrics["dev_chrf"], len(dev))
    return {**metrics, "note": note}


def _chrf(model: Path, dev: list[tuple[str, str]], *, src: str, tgt: str) -> float | None:
    """Return chrF of the model on held-out pairs; None without sacrebleu or without pairs."""
    try:
        import sacrebleu
    except ImportError:
        log.warning("no chrF: pip install 'labelproj[eval]'")
        return None
    if not dev:
        return None
    engine = open_engine(model, src=src, tgt=tgt)
    found = engine.translate([source for source, _ in dev], TranslateParams())
    score = sacrebleu.corpus_chrf([t.text for t in found], [[target for _, target in dev]])
    return round(float(score.score), 2)
