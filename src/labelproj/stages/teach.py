"""``labelproj mt finetune-markers``: a model, bitext -> the model with markers, checked."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from labelproj.align import check_aligner
from labelproj.config import AlignParams
from labelproj.devices import torch_device
from labelproj.errors import MissingInputError
from labelproj.evaluate.marker_samples import samples_of
from labelproj.evaluate.markers import check_markers
from labelproj.progress import log
from labelproj.provenance import file_digest, now, signature, versions
from labelproj.shards import read_manifest, write_manifest
from labelproj.translate.bitext_spans import aligned_spans
from labelproj.translate.engine import check_model
from labelproj.translate.finetune import Teaching, finetune
from labelproj.translate.hub import card_licence, find_model
from labelproj.translate.marked import check_marks
from labelproj.translate.model import NOTE, compute_digest, is_ct2_folder
from labelproj.translate.prepare import prepare_model
from labelproj.translate.schemes import scheme
from labelproj.translate.train import read_pairs, split_pairs
from labelproj.translate.weights import find_weights

__all__ = ["run_teach"]

#: Sentence pairs held out to check the model on.
HELD_OUT = 200


def run_teach(
    model: str,
    *,
    bitext: Sequence[Path],
    src: str,
    tgt: str,
    out: Path,
    teaching: Teaching,
    tokenizer: str | None = None,
    revision: str | None = None,
    quantization: str = "int8",
    licence: str | None = None,
    device: str = "auto",
    resume: bool = True,
) -> dict[str, object]:
    """Teach ``model`` the markers of ``teaching`` and write it to ``out``.

    ``out`` becomes a prepared model folder (see
    :func:`~labelproj.translate.prepare.prepare_model`) whose ``mt.json`` also says what it was
    made from, with the Hugging Face form in ``out/hf``, the checks before and after on held-out
    pairs in ``out/metrics.json`` and, last, ``manifest.json``, which is returned. What is there
    and was made the same way is left alone; a run that was stopped goes on.

    Raises what reading bitext, opening the model and
    :func:`~labelproj.translate.finetune.finetune` raise.
    """
    started = time.monotonic()
    how = scheme(teaching.markers)
    torch_device(device)
    aligner = check_aligner(AlignParams())
    folder = find_weights(model, revision=revision)
    tokens = find_model(tokenizer, weights=False).folder if tokenizer else None
    codec = check_model(folder, tokens=tokens, src=src, tgt=tgt)
    check_marks(codec, how, where=model)
    pairs = read_pairs([str(path) for path in bitext])
    made_from = {
        "model": file_digest(folder),
        "tokenizer": file_digest(tokens) if tokens else None,
        "bitext": [file_digest(path) for path in bitext],
        "src": src,
        "tgt": tgt,
        "aligner": aligner,
        "quantization": quantization,
        "licence": licence,
        **asdict(teaching),
    }
    mark = signature("teach", made_from)
    done = read_manifest(out / "manifest.json") if resume else None
    if done and done.get("signature") == mark and _intact(out, done):
        log.info("the model in %s is ready", out)
        return done
    # Beside `out`, which is replaced as a whole; its own folder for each way of teaching.
    work = out.parent / f".{out.name}.{mark.partition(':')[2]}"
    spans = aligned_spans(pairs, src=src, tgt=tgt, work=work / "align")
    train, held = split_pairs(pairs, dev=HELD_OUT, seed=teaching.seed)
    samples = samples_of({pair: spans[pair] for pair in held if pair in spans}, number=HELD_OUT)
    taught = sum(pair in spans for pair in train)
    if not taught or not samples:
        raise MissingInputError(
            "hardly any words of this bitext align confidently",
            where=", ".join(map(str, bitext)),
            remedy="give more bitext of these two languages",
        )
    log.info("%d of %d pairs have spans that align confidently", taught, len(train))
    check = partial(
        check_markers, markers=teaching.markers, src=src, tgt=tgt, device=device, samples=samples
    )
    before = check(str(folder), tokenizer=tokenizer)
    trained = work / f"{out.name}-hf"
    figures = finetune(
        folder,
        codec=codec,
        pairs=train,
        spans=spans,
        teaching=teaching,
        out=trained,
        work=work,
        device=device,
        resume=resume,
    )
    after = check(str(trained))
    note = prepare_model(
        str(trained), out=out, src=src, tgt=tgt, quantization=quantization, licence=licence
    )
    base = _provenance(model, folder, revision=revision)
    note |= {"model": out.resolve().name, "markers": teaching.markers, "finetuned_from": base}
    note["licence"] = note.get("licence") or base["licence"]
    write_manifest(out / NOTE, note)
    shutil.copytree(trained, out / "hf")
    metrics = {**figures, "pairs": len(train), "marked": taught, "before": before, "after": after}
    for one in (before, after):
        one.pop("model")
    text = json.dumps(metrics, indent=2, sort_keys=True)
    (out / "metrics.json").write_text(text + "\n", encoding="utf-8")
    manifest: dict[str, object] = {
        "stage": "teach",
        "signature": mark,
        "params": asdict(teaching) | {"src": src, "tgt": tgt},
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 2),
        "counts": {"in": len(pairs), "kept": len(train), "rejected": len(held), "failed": 0},
        "model": note,
        "training": metrics,
    }
    write_manifest(out / "manifest.json", manifest)
    shutil.rmtree(work)
    return manifest


def _intact(out: Path, manifest: dict[str, object]) -> bool:
    note = manifest.get("model")
    noted = note.get("digest") if isinstance(note, dict) else None
    whole = is_ct2_folder(out) and (out / "hf" / "config.json").is_file()
    return whole and compute_digest(out) == noted


def _provenance(model: str, folder: Path, *, revision: str | None) -> dict[str, object]:
    """Return what is known of the model that was taught: its name, revision and licence."""
    found = find_model(model, revision=revision)
    known = read_manifest(found.folder / NOTE) or {}
    return {
        "model": known.get("model") or found.name,
        "revision": known.get("revision") or found.revision,
        "licence": known.get("licence") or card_licence(folder),
    }
