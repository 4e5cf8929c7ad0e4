"""Both backends behind the one interface, on invented sentences they can learn."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from invented import TINY, invented_documents
from labelproj.config import TrainParams
from labelproj.errors import MissingInputError, ModelNotFoundError
from labelproj.progress import Silent
from labelproj.provenance import file_digest
from labelproj.records import Document, Segment, Span
from labelproj.text import words
from labelproj.train import BACKENDS, load_tagger
from labelproj.train.base import Tagger, dev_f1, examples_of
from labelproj.train.token_classification import TransformersTagger

ODD_TEXTS = (
    "",
    "   \n ",
    "Kano",
    "\u200b\u200d",
    "👩‍👩‍👧 Amina Bello 🎉 ta isa\r\nKano\u00a0.",
    "Musa ta isa Kano jiya. " * 60,
    "a" * 5000,
)


def fitted(name: str, train: Sequence[Document] | None = None, **changed: object) -> Tagger:
    tagger = BACKENDS[name](TrainParams.model_validate(TINY | {"backend": name} | changed))
    dev = invented_documents(15, seed=2)
    report = tagger.fit(train or invented_documents(60, seed=1), dev, progress=Silent())
    assert 0 < report.best_step <= report.steps <= 60
    assert report.dev_f1 == max(f1 for _, _, f1 in report.history)
    return tagger


@pytest.fixture(scope="module", params=list(BACKENDS))
def tagger(request: pytest.FixtureRequest) -> Tagger:
    return fitted(request.param)


def test_it_learns(tagger: Tagger) -> None:
    assert tagger.labels == ("LOC", "PER")
    assert dev_f1(tagger, examples_of(invented_documents(30, seed=3))) > 0.8


def test_predictions_are_whole_words_and_do_not_overlap(tagger: Tagger) -> None:
    for text, spans in zip(ODD_TEXTS, tagger.predict(ODD_TEXTS), strict=True):
        tokens = words(text)
        last = 0
        for span in spans:
            assert last <= span.start < span.end <= len(text)
            assert span.start in {start for start, _ in tokens}
            assert span.end in {end for _, end in tokens}
            last = span.end
    assert tagger.predict([]) == []


def test_a_long_text_is_read_to_its_end(tagger: Tagger) -> None:
    text = "Musa ta isa Kano jiya. " * 60
    (spans,) = tagger.predict([text])
    assert max(span.end for span in spans) > len(text) - 30
    assert len(spans) > 100


def test_the_order_of_texts_changes_nothing(tagger: Tagger) -> None:
    texts = [text for text, _ in examples_of(invented_documents(20, seed=4))]
    assert tagger.predict(texts[::-1])[::-1] == tagger.predict(texts)


def test_saved_and_loaded_it_predicts_the_same(tagger: Tagger, tmp_path: Path) -> None:
    texts = [text for text, _ in examples_of(invented_documents(20, seed=5))]
    tagger.save(tmp_path / "model")
    again = type(tagger).load(tmp_path / "model")
    assert again.labels == tagger.labels
    assert again.predict(texts) == tagger.predict(texts)


@pytest.mark.parametrize("name", list(BACKENDS))
def test_training_twice_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    for run in ("a", "b"):
        fitted(name, max_steps=20, eval_every=10).save(tmp_path / run)
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b")


def awkward_documents() -> list[Document]:
    """Return documents with spans inside words, overlapping, with line breaks; and without."""
    text = "Musa ta isa  Port\n\nHarcourt-Kano."
    spans = (
        Span("a", 1, 3, "PER"),
        Span("b", 13, 27, "LOC"),
        Span("c", 19, 32, "LOC"),
        Span("d", 4, 8, "PER"),
    )
    empty = Document("e", "ha", (Segment("0", "text", "  "),))
    return [Document("d", "ha", (Segment("0", "text", text, spans),)), empty]


@pytest.mark.parametrize("name", list(BACKENDS))
def test_awkward_documents_can_be_trained_on(name: str) -> None:
    documents = invented_documents(20, seed=1) + awkward_documents()
    assert fitted(name, documents, max_steps=5).labels == ("LOC", "PER")


@pytest.mark.parametrize("name", list(BACKENDS))
def test_without_labels_there_is_nothing_to_learn(name: str) -> None:
    bare = Document("d", "ha", (Segment("0", "text", "Manoma sun gode."),))
    with pytest.raises(MissingInputError, match="no labelled span"):
        BACKENDS[name](TrainParams()).fit([bare], [], progress=Silent())


def test_an_encoder_in_a_local_folder_is_fine_tuned(tmp_path: Path) -> None:
    fitted("transformers", max_steps=2).save(tmp_path / "encoder")
    named = invented_documents(20, seed=1, lang="ha")
    other = [
        Document(
            d.id,
            d.lang,
            tuple(
                Segment(
                    s.id, s.role, s.text, tuple(Span(x.id, x.start, x.end, "NAME") for x in s.spans)
                )
                for s in d.segments
            ),
        )
        for d in named
    ]
    tagger = fitted("transformers", other, max_steps=2, model=str(tmp_path / "encoder"))
    assert tagger.labels == ("NAME",)


def write_roberta(folder: Path, texts: list[str]) -> None:
    """Write an untrained XLM-RoBERTa with a unigram tokenizer and 34 positions (32 usable)."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(
        texts,
        trainers.UnigramTrainer(
            vocab_size=300, special_tokens=special, unk_token="<unk>", show_progress=False
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=34,
        type_vocab_size=1,
        pad_token_id=1,
    )
    XLMRobertaModel(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(folder)


def test_a_roberta_with_few_positions_reads_long_texts(tmp_path: Path) -> None:
    train = invented_documents(60, seed=1)
    write_roberta(tmp_path, [text for text, _ in examples_of(train)])
    tagger = fitted("transformers", train, model=str(tmp_path), learning_rate=3e-3, max_length=256)
    text = "Musa ta isa Kano jiya. " * 60
    (spans,) = tagger.predict([text])
    assert {span.surface(text) for span in spans} <= {"Musa", "Kano", "Musa ta", "Kano jiya"}
    assert len(spans) > 100
    assert dev_f1(tagger, examples_of(invented_documents(30, seed=3))) > 0.8


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="run the train stage"):
        load_tagger(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    for backend in BACKENDS.values():
        with pytest.raises(ModelNotFoundError):
            backend.load(tmp_path)
    params = TrainParams(backend="transformers", model=str(tmp_path))
    with pytest.raises(ModelNotFoundError, match="no encoder"):
        TransformersTagger(params).fit(invented_documents(3), [], progress=Silent())
