"""Fixtures for all tests: a real translation model, tiny, made once a session."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run: a failure is one of the code, not of the day.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# Models this small are fastest on one core, and tests may run beside each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

NAMES = ("Amina", "Bello", "Kano", "Zaria", "Musa", "Lagos", "Abuja", "Sokoto")
PATTERNS = (
    ("{a} went to {b}.", "{a} ya tafi {b}."),
    ("{a} lives in {b}.", "{a} yana zaune a {b}."),
    ("The market of {b} is open, said {a}.", "{a} ya ce kasuwar {b} a bude take."),
    ("Rain fell in {b}.", "An yi ruwan sama a {b}."),
)


@pytest.fixture(scope="session")
def tiny_bitext(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TSV file of a few dozen invented English-Hausa pairs."""
    pairs = [
        (src.format(a=a, b=b), tgt.format(a=a, b=b))
        for src, tgt in PATTERNS
        for a in NAMES[:4]
        for b in NAMES[4:]
    ]
    path = tmp_path_factory.mktemp("bitext") / "tiny.en-ha.tsv"
    lines = "".join(f"{src}\t{tgt}\n" for src, tgt in dict.fromkeys(pairs))
    path.write_text(lines, encoding="utf-8")
    return path


def train_tiny(bitext: Path, folder: Path, *, src: str, tgt: str, marker_share: float) -> Path:
    """Train an M2M-100 with 32 dimensions for seconds; return its Hugging Face folder."""
    from labelproj.config import MtTrainParams
    from labelproj.translate.train import train_model

    params = MtTrainParams(
        bitext=(str(bitext),),
        vocab_size=200,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        heads=2,
        ffn=64,
        steps=300,
        batch_tokens=300,
        learning_rate=1e-2,
        warmup_steps=10,
        dropout=0.0,
        label_smoothing=0.0,
        marker_share=marker_share,
        rename_share=0.0,
        checkpoint_every=1000,
    )
    train_model(params, out=folder / "hf", src=src, tgt=tgt, work=folder / "work")
    return folder / "hf"


@pytest.fixture(scope="session")
def tiny_hf(tiny_bitext: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face folder: a tiny model, en to ha."""
    folder = tmp_path_factory.mktemp("tiny-hf")
    return train_tiny(tiny_bitext, folder, src="en", tgt="ha", marker_share=0.1)


@pytest.fixture(scope="session")
def back_mt(tiny_bitext: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared model folder, ha to en, made like ``tiny_mt`` with the sides changed."""
    from labelproj.translate.prepare import prepare_model

    folder = tmp_path_factory.mktemp("back-mt")
    lines = (line.split("\t") for line in tiny_bitext.read_text().splitlines())
    turned = folder / "tiny.ha-en.tsv"
    turned.write_text("".join(f"{tgt}\t{src}\n" for src, tgt in lines))
    made = train_tiny(turned, folder, src="ha", tgt="en", marker_share=0.0)
    prepare_model(str(made), out=folder / "model", src="ha", tgt="en")
    return folder / "model"


@pytest.fixture(scope="session")
def tiny_mt(tiny_hf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared model folder (CTranslate2, int8), en to ha."""
    from labelproj.translate.prepare import prepare_model

    out = tmp_path_factory.mktemp("tiny-mt") / "model"
    prepare_model(str(tiny_hf), out=out, src="en", tgt="ha", licence="Apache-2.0")
    return out
