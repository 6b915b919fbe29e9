"""A store: one survey at a time, what is learnt stays, and what cannot be used is one clear sentence."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
from surveys import about

from mailpath.exchanges import DnsExchange, Failure, Question, SmtpExchange, SmtpRequest
from mailpath.survey import database, packing
from mailpath.survey.results import Row
from mailpath.survey.store import Store, StoreError, delete, keeper

SESSION = SmtpExchange(request=SmtpRequest(address="192.0.2.1", sni="mx.b.example"), injected=b"x" * 5000)
BOMB = packing.compressed(bytes(50 * 1024 * 1024))
LOST = DnsExchange(question=Question(name="b.example", rdtype="MX"), failure=Failure.TIMEOUT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store of one domain that was walked, and one that was not."""
    with Store.create(tmp_path / "deep" / "store", about(), {"b.example": 7, "c.example": 9}) as store:
        store.finish(Row(domain="b.example", mails=7), 5, [SESSION], [b"root"])
        return store.folder


def test_what_was_learnt_is_there_when_it_is_opened_again(folder: Path) -> None:
    with Store(folder) as store:
        assert (store.volumes, store.done, [*store.todo()]) == ((2, 16), 1, [("c.example", 9)])
        assert [row.domain for row in store.rows()] == ["c.example", "b.example"]
        assert store.known(SESSION.request) == SESSION
        assert store.known(SmtpRequest(address="192.0.2.1")) is None
        with pytest.raises(StoreError, match="was not walked yet"):
            store.capture("c.example")
        with pytest.raises(StoreError, match="has no domain"):
            store.capture("d.example")
        with pytest.raises(StoreError, match="readonly"):
            store.finish(Row(domain="c.example", mails=9), 5, [], [])


def test_the_list_is_read_some_domains_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailpath.survey.store.AT_A_TIME", 2)
    mails = {"e.example": 1, "d.example": 3, "c.example": 3, "b.example": 9, "a.example": 3}
    with Store.create(tmp_path / "store", about(), mails) as store:
        todo = store.todo()
        read = [next(todo)[0]]
        store.finish(Row(domain="b.example", mails=9), 5, [], [])
        store.finish(Row(domain="d.example", mails=3), 5, [], [])
        read += [name for name, _ in todo]
    assert read == ["b.example", "a.example", "c.example", "e.example"]


def test_it_is_its_owners_alone(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


def test_the_same_content_is_there_once(folder: Path) -> None:
    with Store(folder, writes=True) as store:
        again = SmtpExchange(request=SESSION.request, injected=SESSION.injected)
        store.finish(Row(domain="c.example", mails=9), 5, [again, LOST], [b"root"])
    with sqlite3.connect(folder / "survey.sqlite") as database:
        assert database.execute("SELECT count(*) FROM contents").fetchone() == (3,)
    database.close()


def test_a_dns_failure_soon_holds_no_more(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(folder, writes=True) as store:
        store.keep(LOST)
        assert store.known(LOST.question) == LOST
        monkeypatch.setattr("time.time", lambda: 10**10)
        assert store.known(LOST.question) is None


def test_dns_answers_wait_for_what_is_written_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailpath.survey.store.MOST_NOTED", 3)
    asked = [Question(name=f"n{number}.example", rdtype="MX") for number in range(4)]
    with Store(folder, writes=True) as store, Store(folder) as reader:
        for number, question in enumerate(asked):
            store.note(DnsExchange(question=question, failure=Failure.TIMEOUT))
            assert store.known(question) is not None
            assert sum(reader.known(each) is not None for each in asked) == (0, 0, 3, 3)[number]
        store.note(SESSION)
        assert reader.known(asked[3]) is not None


def test_a_walk_that_cannot_be_written_as_a_whole_is_not_written(folder: Path) -> None:
    with Store(folder, writes=True) as store:
        with pytest.raises(AttributeError):
            store.finish(Row(domain="c.example", mails=9), 5, [LOST, None], [])  # type: ignore[list-item]
        assert (store.done, store.known(LOST.question)) == (1, None)
        store.finish(Row(domain="c.example", mails=9), 5, [LOST], [])
        assert (store.done, store.known(LOST.question)) == (2, LOST)


def test_two_surveys_on_one_store_are_refused(folder: Path) -> None:
    with Store(folder, writes=True):
        for attempt in (lambda: Store(folder, writes=True), lambda: delete(folder)):
            with pytest.raises(StoreError, match="Another survey is at work"):
                attempt()
        Store(folder).close()
    Store(folder, writes=True).close()


def test_only_a_store_is_deleted_and_only_its_own_files(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no survey in this folder"):
        delete(tmp_path)
    shutil.copytree(folder, tmp_path / "other")
    (tmp_path / "other" / "mine").write_text("x")
    delete(folder)
    delete(tmp_path / "other")
    assert not folder.exists()
    assert os.listdir(tmp_path / "other") == ["mine"]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda file: execute(file, "PRAGMA user_version = 99"), "of a newer version of mailpath: schema 99"),
        (lambda file: execute(file, "PRAGMA application_id = 5"), "not a survey's"),
        (lambda file: file.write_bytes(b"\0\1\2" * 4000), "damaged"),
        (lambda file: file.write_bytes(b""), "not a survey's"),
        (lambda file: execute(file, "UPDATE domains SET row = x'0178', walk = x'00'"), "damaged"),
        (lambda file: execute(file, "DELETE FROM contents"), "damaged"),
        (lambda file: execute(file, "UPDATE contents SET data = x'0064ff'"), "damaged"),
        (lambda file: execute(file, f"UPDATE domains SET walk = x'{BOMB.hex()}'"), "damaged"),
        (lambda file: execute(file, "UPDATE survey SET about = x'7b7d'"), "damaged"),
    ],
    ids=["newer", "other", "binary", "empty", "row", "missing", "content", "bomb", "about"],
)
def test_a_store_that_cannot_be_used_is_one_sentence(folder: Path, spoil, told: str) -> None:
    spoil(folder / "survey.sqlite")

    def use() -> None:
        with Store(folder, writes=True) as store:
            assert store.about
            assert list(store.rows())
            store.capture("b.example")

    with pytest.raises(StoreError, match=told):
        use()


def execute(file: Path, sql: str) -> None:
    database = sqlite3.connect(file)
    with database:
        database.execute(sql)
    database.close()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(StoreError, match="something other than a survey"):
        Store.create(tmp_path, about(), {"b.example": 1})
    with pytest.raises(StoreError, match="cannot be used"):
        Store.create(tmp_path / "mine" / "store", about(), {"b.example": 1})
    assert os.listdir(tmp_path) == ["mine"]


def test_a_full_disk_is_told_and_loses_nothing(folder: Path) -> None:
    with Store(folder, writes=True) as store:
        store._database.all("PRAGMA max_page_count = 1")
        large = SmtpExchange(request=SESSION.request, injected=os.urandom(200_000))
        with pytest.raises(StoreError, match=r"The disk is full: .* --resume"):
            store.finish(Row(domain="c.example", mails=9), 5, [large], [])
        assert (store.done, store.known(SESSION.request)) == (1, SESSION)


def test_a_disk_that_is_full_from_the_start_promises_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(database, "_TABLES", f"PRAGMA max_page_count = 1; {database._TABLES}")
        with pytest.raises(StoreError, match="there is no room for the store") as told:
            Store.create(tmp_path / "store", about(), {"b.example": 1})
    assert "--resume" not in str(told.value)
    Store.create(tmp_path / "store", about(), {"b.example": 1}).close()


def test_what_is_kept_for_good_is_asked_for_or_depends_on_how_many_there_are() -> None:
    rows = [Row(domain=f"d{number}.example", mails=1) for number in range(2000)]

    def kept(keep: str, domains: int) -> int:
        keeps = keeper(keep, domains, lambda row: row.domain == "d7.example")
        return len(rows) if keeps is None else sum(map(keeps, rows))

    assert (kept("", 20_000), kept("all", 90_000), kept("none", 5), kept("breaks", 5)) == (2000, 2000, 0, 1)
    assert 1 < kept("", 20_001) < 100
