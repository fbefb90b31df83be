"""The store under all that can happen to a file: nothing wrong comes out of it, and no error."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from concurlint.cache.store import FILE, Kind, Store


def _kept(folder: Path, key: bytes = b"k") -> bytes | None:
    with Store(folder) as store:
        return store.get(Kind.FACTS, key)


def _keep(folder: Path, data: bytes = b"data", key: bytes = b"k") -> None:
    with Store(folder) as store:
        store.put(Kind.FACTS, key, data)


def test_what_was_put_is_there_for_the_next_run_under_its_kind_and_key(tmp_path: Path):
    _keep(tmp_path)
    with Store(tmp_path) as store:
        found = [store.get(Kind.FACTS, b"k"), store.get(Kind.FACTS, b"other"), store.get(Kind.ANSWER, b"k")]
    assert found == [b"data", None, None]


def test_what_was_put_last_counts(tmp_path: Path):
    _keep(tmp_path, b"old")
    _keep(tmp_path, b"new")
    assert _kept(tmp_path) == b"new"


@pytest.mark.parametrize(("error", "kept"), [(RuntimeError, None), (KeyboardInterrupt, b"read")])
def test_of_a_run_that_broke_nothing_is_kept_and_of_one_that_was_stopped_all(
    tmp_path: Path, error: type[BaseException], kept: bytes | None
):
    def run() -> None:
        with Store(tmp_path) as store:
            store.put(Kind.FACTS, b"k", b"read")
            raise error

    with pytest.raises(error):
        run()
    assert _kept(tmp_path) == kept


@pytest.mark.parametrize("damage", [b"", b"no database at all", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_made_anew(tmp_path: Path, damage: bytes):
    (tmp_path / FILE).write_bytes(damage)
    assert _kept(tmp_path) is None
    _keep(tmp_path)
    assert _kept(tmp_path) == b"data"


@pytest.mark.parametrize("part", range(10))
def test_a_file_that_was_damaged_anywhere_gives_what_was_put_or_nothing(tmp_path: Path, part: int):
    _keep(tmp_path, b"\x5a" * 40_000)
    path = tmp_path / FILE
    whole = path.read_bytes()
    start = len(whole) * part // 10
    path.write_bytes(whole[:start] + b"\xa5" * (len(whole) // 20) + whole[start + len(whole) // 20 :])
    assert _kept(tmp_path) in (b"\x5a" * 40_000, None)
    _keep(tmp_path, b"again")
    assert _kept(tmp_path) in (b"again", None)
    _keep(tmp_path, b"again")
    assert _kept(tmp_path) == b"again"


def test_a_file_that_was_cut_short_gives_nothing(tmp_path: Path):
    _keep(tmp_path, b"\x5a" * 40_000)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:9_000])
    assert _kept(tmp_path) is None


def test_a_changed_byte_in_a_row_is_noticed(tmp_path: Path):
    _keep(tmp_path, b"\x5a" * 1000)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes().replace(b"\x5a" * 10, b"\x5a" * 9 + b"\x5b", 1))
    assert _kept(tmp_path) is None


def test_a_file_of_another_layout_is_made_anew(tmp_path: Path):
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE kept (something TEXT)")
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    _keep(tmp_path)
    assert _kept(tmp_path) == b"data"


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_breaks(tmp_path: Path):
    (tmp_path / "file").write_text("")
    _keep(tmp_path / "file")
    _keep(tmp_path / "not" / "there")
    assert [_kept(tmp_path / "file"), _kept(tmp_path / "not" / "there")] == [None, None]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_a_run_does_not_wait_for_ever_for_another_that_writes(tmp_path: Path):
    _keep(tmp_path)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    _keep(tmp_path, b"new")
    other.execute("ROLLBACK")
    other.close()
    assert _kept(tmp_path) == b"data"


def test_it_stays_within_its_bounds_and_keeps_what_was_put_last(tmp_path: Path):
    for number in range(40):
        with Store(tmp_path, most_bytes=10_000) as store:
            store.put(Kind.FACTS, b"%d" % number, bytes(1000))
    with Store(tmp_path, most_bytes=10_000) as store:
        there = [number for number in range(40) if store.get(Kind.FACTS, b"%d" % number) is not None]
    assert len(there) <= 10
    assert there == list(range(40 - len(there), 40))


def _put_many(folder: Path, number: int) -> None:
    for each in range(20):
        _keep(folder, b"%d" % each, b"%d.%d" % (number, each))


def test_several_processes_at_once_lose_nothing(tmp_path: Path):
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_put_many, args=(tmp_path, number)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with Store(tmp_path) as store:
        found = {(n, each): store.get(Kind.FACTS, b"%d.%d" % (n, each)) for n in range(3) for each in range(20)}
    assert found == {(n, each): b"%d" % each for n in range(3) for each in range(20)}


def _count(folder: Path) -> None:
    with Store(folder, patience=60) as store, store.turn() as is_mine:
        assert is_mine
        store.put(Kind.FACTS, b"k", b"%d" % (int(store.get(Kind.FACTS, b"k") or 0) + 1))


def test_those_who_wait_for_their_turn_see_what_was_done_before(tmp_path: Path):
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_count, args=(tmp_path,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert _kept(tmp_path) == b"4"


def test_without_patience_nobody_waits_and_others_may_read_meanwhile(tmp_path: Path):
    _keep(tmp_path)
    with Store(tmp_path, patience=60) as store, store.turn():
        assert _kept(tmp_path) == b"data"
        with Store(tmp_path) as other, other.turn() as is_mine:
            assert not is_mine
        store.put(Kind.FACTS, b"k", b"new")
    assert _kept(tmp_path) == b"new"


def test_a_turn_that_broke_keeps_nothing_and_is_over(tmp_path: Path):
    def run() -> None:
        with Store(tmp_path, patience=60) as store, store.turn():
            store.put(Kind.FACTS, b"k", b"half of it")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run()
    _count(tmp_path)
    assert _kept(tmp_path) == b"1"


def test_a_store_for_reading_changes_nothing_and_is_not_made(tmp_path: Path):
    with Store(tmp_path, reading=True) as store:
        store.put(Kind.FACTS, b"k", b"data")
    assert list(tmp_path.iterdir()) == []
    _keep(tmp_path)
    with Store(tmp_path, reading=True) as store:
        store.put(Kind.FACTS, b"other", b"data")
        assert store.get(Kind.FACTS, b"k") == b"data"
    assert _kept(tmp_path, b"other") is None
