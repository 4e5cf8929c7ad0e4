"""The method on texts made to break it, with a small trained model."""

import json
import shutil
from pathlib import Path

import pytest

from labelproj.config import ConstrainedParams, ProjectParams
from labelproj.errors import ModelError, ModelNotFoundError, UsageError
from labelproj.project import LabelledPair, Projector, open_projector
from labelproj.project.constrained.texts import token_offsets
from labelproj.records import Projection, Span, span_problem


@pytest.fixture(scope="module")
def projector(tiny_hf: Path, tmp_path_factory: pytest.TempPathFactory) -> Projector:
    return opened(tiny_hf, tmp_path_factory.mktemp("work"))


def opened(model: Path, work: Path, **params: object) -> Projector:
    constrained = ConstrainedParams.model_validate(params)
    return open_projector(
        ProjectParams(method="constrained", constrained=constrained),
        work=work,
        src_lang="en",
        tgt_lang="ha",
        device="cpu",
        mt=str(model),
    )


def span(text: str, surface: str, *, number: int = 1, label: str = "PER", after: int = 0) -> Span:
    start = text.index(surface, after)
    return Span(f"s{number}", start, start + len(surface), label)


def project(projector: Projector, src: str, tgt: str, *spans: Span) -> tuple[Projection, ...]:
    (found,) = projector.project([LabelledPair(src, spans, tgt)])
    for projection in found:
        if projection.start is not None:
            assert span_problem(projection.span(), tgt) is None
            assert 0 <= projection.score <= 1
    return found


def surface(projection: Projection, text: str) -> str:
    return projection.span().surface(text)


def test_a_name_goes_where_the_model_puts_it(projector: Projector) -> None:
    src, tgt = "Musa lives in Kano.", "Musa yana zaune a Kano."
    (person,) = project(projector, src, tgt, span(src, "Musa"))
    assert surface(person, tgt) == "Musa"
    assert person.method == "constrained"
    assert person.evidence["scored"] >= 1
    assert person.evidence["candidates"] >= person.evidence["scored"]
    assert person.evidence["proven"] in (0.0, 1.0)
    assert "margin" in person.evidence
    assert (person.nbest[0].start, person.nbest[0].end) == (person.start, person.end)


def test_an_entity_twice_gets_two_places(projector: Projector) -> None:
    src, tgt = (
        "Musa went to Kano. Musa lives in Kano.",
        "Musa ya tafi Kano. Musa yana zaune a Kano.",
    )
    second = span(src, "Musa", number=2, after=5)
    found = project(projector, src, tgt, span(src, "Musa"), second)
    places = {(p.start, p.end) for p in found if p.start is not None}
    assert len(places) == len([p for p in found if p.start is not None])


def test_spans_may_overlap_only_where_the_sources_do(projector: Projector) -> None:
    src, tgt = "The market of Kano is open, said Musa.", "Musa ya ce kasuwar Kano a bude take."
    outer, inner = span(src, "market of Kano"), span(src, "Kano", number=2)
    found = project(projector, src, tgt, outer, inner, span(src, "Musa", number=3))
    assert all(p.start is not None for p in found)


@pytest.mark.parametrize(
    ("src", "piece", "tgt"),
    [
        ("Musa [the one] lives in Kano.", "Musa", "Musa [na] yana zaune a Kano."),
        ("[ Musa ] ] [", "Musa", "[ Musa ] ] ["),
        ("<a>Musa</a> lives", "Musa", "<a>Musa</a> yana"),
        ("</s> Musa <unk> lives", "Musa", "Musa </s> yana <pad>"),
        ("Mu\u200bsa lives\u200b in", "Mu\u200bsa", "Mu\u200bsa ya\u200bna"),
        ("Musa 😀 lives", "Musa", "😀 Musa"),
        ("Musa", "Musa", "Musa"),
        ("Musa lives", "Musa", "."),
        ("Musa, !", "!", "Musa !"),
        ("Musa lives", "Musa", "我们在卡诺"),
        ("line\nMusa", "Musa", "layi\r\nMusa"),
    ],
)
def test_odd_texts(projector: Projector, src: str, piece: str, tgt: str) -> None:
    (found,) = project(projector, src, tgt, span(src, piece))
    assert found.start is not None or found.reason


@pytest.mark.parametrize("tgt", ["", "   ", "\u200b"])
def test_nothing_to_search_in(projector: Projector, tgt: str) -> None:
    (found,) = project(projector, "Musa lives", tgt, span("Musa lives", "Musa"))
    if found.start is None:
        assert found.reason


@pytest.mark.parametrize("tgt", ["", "   ", " \t \n "])
def test_a_translation_without_words_is_not_searched(projector: Projector, tgt: str) -> None:
    (found,) = project(projector, "Musa lives", tgt, span("Musa lives", "Musa"))
    assert (found.start, found.reason) == (None, "not searched: empty")


def test_brackets_in_the_text_are_put_back(projector: Projector) -> None:
    src, tgt = "Musa [1] lives in Kano.", "Musa [1] yana zaune a Kano."
    (found,) = project(projector, src, tgt, span(src, "Musa"))
    assert surface(found, tgt).startswith("Musa")


def test_a_long_text_is_searched_by_sentences(projector: Projector) -> None:
    src = "Amina went to Zaria. " * 8 + "Musa lives in Kano. " + "Rain fell in Lagos. " * 8
    tgt = "Amina ta tafi Zaria. " * 8 + "Musa yana zaune a Kano. " + "An yi ruwa a Lagos. " * 8
    (found,) = project(projector, src.strip(), tgt.strip(), span(src, "Musa"))
    assert surface(found, tgt) == "Musa"
    assert found.evidence["proven"] == 0.0
    assert found.evidence["candidates"] < 20


def test_six_hundred_words(projector: Projector) -> None:
    src = "Musa lives in Kano. " * 150
    tgt = "Musa yana zaune a Kano. " * 130
    (found,) = project(projector, src.strip(), tgt.strip(), span(src, "Kano"))
    assert found.start is not None or found.reason


def test_a_batch_of_many_is_as_each_alone(
    projector: Projector, tiny_hf: Path, tmp_path: Path
) -> None:
    src, tgt = "Musa went to Kano.", "Musa ya tafi Kano."
    pairs = [LabelledPair(src, (span(src, "Kano"),), tgt)] * 3 + [
        LabelledPair("Rain fell in Lagos.", (), "An yi ruwan sama a Lagos."),
        LabelledPair("Amina", (Span("s1", 0, 5, "PER"),), "Amina"),
    ]
    small = opened(tiny_hf, tmp_path, batch_tokens=1)
    for one, other in zip(projector.project(pairs), small.project(pairs), strict=True):
        assert [(p.start, p.end) for p in one] == [(p.start, p.end) for p in other]
        assert [p.score for p in one] == pytest.approx([p.score for p in other], abs=1e-3)


def test_scores_by_ctranslate2(projector: Projector, tiny_hf: Path, tmp_path: Path) -> None:
    src, tgt = "Musa lives in Kano.", "Musa yana zaune a Kano."
    light = opened(tiny_hf, tmp_path, backend="ct2")
    expected = project(projector, src, tgt, span(src, "Musa"))
    found = project(light, src, tgt, span(src, "Musa"))
    assert [(p.start, p.end) for p in found] == [(p.start, p.end) for p in expected]


def test_only_converted_weights(tiny_mt: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="converted weights"):
        opened(tiny_mt, tmp_path, backend="torch")
    src, tgt = "Musa lives in Kano.", "Musa yana zaune a Kano."
    (found,) = project(opened(tiny_mt, tmp_path), src, tgt, span(src, "Musa"))
    assert surface(found, tgt) == "Musa"


def test_a_model_without_marks(tiny_hf: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(tiny_hf, folder)
    path = folder / "tokenizer.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(raw["model"], ensure_ascii=False).replace('"[', '"X').replace("▁[", "▁X")
    raw["model"] = json.loads(text)
    path.write_text(json.dumps(raw, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(ModelError, match="cannot write the marks"):
        opened(folder, tmp_path)


def test_no_model() -> None:
    with pytest.raises(UsageError, match="needs a translation model"):
        open_projector(
            ProjectParams(method="constrained"), work=Path(), src_lang="en", tgt_lang="ha"
        )


def test_offsets_of_a_tokenizer_that_does_not_say() -> None:
    text = "l'eau  est bonne."
    tokens = ["▁l", "'", "eau", "▁est", "▁bo", "nne", "."]
    found = [text[start:end] for start, end in token_offsets(text, tokens)]
    assert found == ["l", "'", "eau", "est", "bo", "nne", "."]
    # A token that stands for something else is where its neighbours leave room.
    odd = token_offsets("a ﬁn b", ["▁a", "▁fin", "▁b"])
    assert [("a ﬁn b")[a:b] for a, b in odd] == ["a", "ﬁn", "b"]
    assert token_offsets("a b", ["▁a", "▁", "b"])[1] == (1, 1)
