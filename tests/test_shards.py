"""Work in shards: resumed work is the same work, broken shards are made again."""

from pathlib import Path

import polars as pl
import pytest

from labelproj import tables
from labelproj.errors import LabelprojError, MissingInputError, StorageError
from labelproj.progress import Silent
from labelproj.shards import ShardCounts, read_manifest, run_sharded, shard_key, write_manifest


class Upper:
    """A stage that writes its translations in capitals and stops after ``fuse`` shards."""

    def __init__(self, fuse: int = 1000):
        self.fuse = fuse

    def __call__(self, table: pl.DataFrame) -> pl.DataFrame:
        if not self.fuse:
            raise KeyboardInterrupt
        self.fuse -= 1
        return table.with_columns(pl.col("src_text").str.to_uppercase())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    texts = [f"Sentence number {n}, ɗaya." for n in range(25)]
    rows = [
        {
            **dict.fromkeys(tables.UNITS, ""),
            "id": f"d{n}/text/0",
            "position": 0,
            "start": 0,
            "end": len(text),
            "src_text": text,
            "src_spans": [],
        }
        for n, text in enumerate(texts)
    ]
    path = tmp_path / "in.parquet"
    tables.write(tables.frame(rows, tables.UNITS), path, tables.UNITS)
    return path


def run(
    source: Path, folder: Path, stage: Upper, *, sign: str = "s", resume: bool = True
) -> ShardCounts:
    return run_sharded(
        stage,
        source=source,
        source_schema=tables.UNITS,
        out=folder / "out.parquet",
        out_schema=tables.UNITS,
        signature=sign,
        work=folder / "work",
        rows_per_shard=4,
        progress=Silent(),
        resume=resume,
    )


def test_interrupted_and_resumed_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "through", Upper())
    for fuse in (1, 2, 0, 3):
        with pytest.raises(KeyboardInterrupt):
            run(source, tmp_path / "stopped", Upper(fuse))
        assert not (tmp_path / "stopped" / "out.parquet").exists()
    counts = run(source, tmp_path / "stopped", Upper())
    assert (counts.rows, counts.computed, counts.resumed) == (25, 1, 6)
    through, stopped = (tmp_path / name / "out.parquet" for name in ("through", "stopped"))
    assert through.read_bytes() == stopped.read_bytes()


def test_other_work_is_not_taken_for_this(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path, Upper(), sign="one")
    assert run(source, tmp_path, Upper(), sign="one").resumed == 7
    assert run(source, tmp_path, Upper(), sign="two").resumed == 0
    assert run(source, tmp_path, Upper(), sign="two", resume=False).resumed == 0
    assert len(list((tmp_path / "work").iterdir())) == 7, "stale shards are removed"


def test_a_corrupt_shard_is_made_again(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path, Upper())
    first, second, *_ = sorted((tmp_path / "work").iterdir())
    first.write_bytes(b"PAR1 no")
    second.write_bytes(second.read_bytes()[:-20])
    counts = run(source, tmp_path, Upper())
    assert (counts.computed, counts.resumed) == (2, 5)


def test_a_stage_may_not_lose_rows(source: Path, tmp_path: Path) -> None:
    with pytest.raises(LabelprojError, match="changed the rows"):
        run_sharded(
            lambda table: table[1:],
            source=source,
            source_schema=tables.UNITS,
            out=tmp_path / "out.parquet",
            out_schema=tables.UNITS,
            signature="s",
            work=tmp_path / "work",
            rows_per_shard=4,
            progress=Silent(),
        )


def test_keys_depend_on_order() -> None:
    table = pl.DataFrame({"id": ["a", "b"]})
    assert shard_key(table, "s") != shard_key(table[::-1], "s")
    assert shard_key(table, "s") != shard_key(table, "t")


def test_pieces_have_the_size_asked_for(source: Path) -> None:
    sizes = [len(table) for table in tables.iter_frames(source, tables.UNITS, rows=7)]
    assert sizes == [7, 7, 7, 4]


def test_tables_say_what_is_wrong(source: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no such table"):
        tables.read(tmp_path / "none.parquet", tables.UNITS)
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(source.read_bytes()[:500])
    with pytest.raises(StorageError, match="not a readable table"):
        tables.read(broken, tables.UNITS)
    with pytest.raises(StorageError, match="column"):
        tables.check(pl.DataFrame({"id": ["a"]}), tables.UNITS, where="here")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_manifest(path, {"a": 1})
    with pytest.raises(RuntimeError), tables.atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_manifest(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["manifest.json"]


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        write_manifest(tmp_path / "file" / "manifest.json", {})
