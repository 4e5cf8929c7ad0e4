"""The encoder that all systems start from: taken, trimmed and adapted where asked, once for all."""

from collections.abc import Callable, Iterator
from pathlib import Path

from labelproj.config import TrainParams
from labelproj.progress import log
from labelproj.provenance import file_digest, signature, stream_digest
from labelproj.train.adapt import adapt_encoder
from labelproj.train.kept import finished, forget_old, mark_finished
from labelproj.train.mt_encoder import is_translation_model, write_encoder
from labelproj.train.trim import Texts, trim_encoder

__all__ = ["prepared_start"]

Facts = dict[str, object]
#: Encoders that stay in the work folder for later runs.
_KEEP = 4


def prepared_start(
    params: TrainParams,
    *,
    own: Texts,
    read: Callable[[tuple[str, ...]], Texts],
    work: Path,
    whole: bool = False,
    resume: bool = True,
) -> tuple[TrainParams, dict[str, Facts]]:
    """Return ``params`` with the encoder that systems are to start from, and how it was made.

    Of a translation model it is the encoder alone, unless it is wanted ``whole``. ``own`` are all
    texts that systems are trained on, ``read`` gives those of files. The
    vocabulary is trimmed first (to both), then the encoder adapted. Each step is kept in ``work``
    and found again where nothing has changed.
    """
    model, made = str(params.model), dict[str, Facts]()
    encoder = not whole and params.backend == "transformers" and params.model is not None
    if encoder and is_translation_model(model):
        translator = model
        step = signature("encoder", {"model": _digest(translator)})
        model, made["encoder"] = _step(
            work, step, lambda out: write_encoder(translator, out=out), resume=resume
        )
    if params.trim is not None:
        extra = read(params.trim.texts)

        def texts() -> Iterator[str]:
            yield from own()
            yield from extra()

        untrimmed = model
        step = signature("trim", {"model": _digest(model), "texts": stream_digest(texts())})
        model, made["trim"] = _step(
            work, step, lambda out: trim_encoder(untrimmed, texts, out=out), resume=resume
        )
    if params.adapt is not None:
        adapt, chosen = params.adapt, read(params.adapt.texts)
        step = signature(
            "adapt",
            adapt.model_dump(exclude={"texts"})
            | {"model": _digest(model), "texts": stream_digest(chosen())}
            | {"max_length": params.max_length, "seed": params.seed},
        )
        start = model
        model, made["adapt"] = _step(
            work,
            step,
            lambda out: adapt_encoder(
                start, chosen, adapt, max_length=params.max_length, seed=params.seed, out=out
            ),
            resume=resume,
        )
    if not made:
        return params, {}
    return params.model_copy(update={"model": model, "trim": None, "adapt": None}), made


def _digest(model: str) -> str:
    return file_digest(Path(model)) if Path(model).is_dir() else model


def _step(
    work: Path, made_by: str, make: Callable[[Path], Facts], *, resume: bool
) -> tuple[str, Facts]:
    home = work / made_by.replace(":", "-")
    known = finished(home) if resume else None
    if known is None:
        known = make(home / "model") | {"signature": made_by}
        mark_finished(home, known)
        forget_old(work, _KEEP)
    else:
        log.info("%s: made before, used again", made_by.partition(":")[0])
    return str(home / "model"), known
