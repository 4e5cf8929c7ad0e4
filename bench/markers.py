"""Joint or two steps? Translations of gold pairs with and without marks in the source.

    python bench/markers.py GOLD --mt MODEL --markers brackets|xml|none [--bitext FILE] [--json]

GOLD has spans on both sides (JSONL). With `none` the texts are translated as they are and spans
are placed by word alignment (eflomal, which also learns from --bitext); else the source is
marked and the marks are read. A translation is never the gold translation, so spans are compared
by their words (labelproj.evaluate.surfaces), not by their offsets.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import sacrebleu

from labelproj.config import AlignParams, ProjectParams, TranslateParams
from labelproj.evaluate.projection import read_gold
from labelproj.evaluate.surfaces import surface_scores
from labelproj.project import LabelledPair, open_projector
from labelproj.translate.cache import cached_model
from labelproj.translate.engine import open_engine
from labelproj.translate.marked import MarkedTranslation, translate_marked
from labelproj.translate.schemes import SCHEMES


def measure(gold_file: Path, *, model: str, markers: str, bitext: str | None) -> dict[str, object]:
    """Return chrF, span scores by surface, and seconds of translating and placing."""
    gold = read_gold(gold_file)
    src, tgt = gold[0].src_lang, gold[0].tgt_lang
    engine = open_engine(cached_model(model, src=src, tgt=tgt), src=src, tgt=tgt)
    params = TranslateParams()
    engine.translate([pair.src_text for pair in gold[:8]], params)
    started = time.monotonic()
    if markers == "none":
        plain = engine.translate([pair.src_text for pair in gold], params)
        found = [MarkedTranslation(one, None) for one in plain]
    else:
        labelled = [(pair.src_text, pair.src_spans) for pair in gold]
        found = translate_marked(engine, labelled, params, scheme=SCHEMES[markers])
    translated = time.monotonic()
    pairs = [
        LabelledPair(pair.src_text, pair.src_spans, one.translation.text, marked=one.marked)
        for pair, one in zip(gold, found, strict=True)
    ]
    with tempfile.TemporaryDirectory() as work:
        align = AlignParams(extra_bitext=(bitext,) if bitext else ())
        params_of = ProjectParams(
            method="alignment" if markers == "none" else "markers", align=align
        )
        projector = open_projector(
            params_of,
            work=Path(work),
            src_lang=src,
            tgt_lang=tgt,
            markers=None if markers == "none" else markers,
        )
        projector.fit(lambda: pairs)
        placed = projector.project(pairs)
    seconds = time.monotonic() - translated
    texts = [one.translation.text for one in found]
    chrf = sacrebleu.corpus_chrf(texts, [[pair.tgt_text for pair in gold]])
    scores = surface_scores(
        ((pair.tgt_text, pair.tgt_spans), (text, [p.span() for p in own if p.start is not None]))
        for pair, text, own in zip(gold, texts, placed, strict=True)
    )
    again = sum(any("marks" in f for f in one.translation.flags) for one in found)
    return {
        "model": Path(model).name,
        "markers": markers,
        "texts": len(gold),
        "chrf": round(chrf.score, 2),
        **scores,
        "translated_again": again,
        "translate_seconds": round(translated - started, 1),
        "place_seconds": round(seconds, 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gold", type=Path)
    parser.add_argument("--mt", required=True)
    parser.add_argument("--markers", choices=["none", *SCHEMES], default="none")
    parser.add_argument("--bitext")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result = measure(given.gold, model=given.mt, markers=given.markers, bitext=given.bitext)
    print(json.dumps(result) if given.json else "\n".join(f"{k}: {v}" for k, v in result.items()))


if __name__ == "__main__":
    main()
