"""`mailpath survey`: from a list to what would change, kept in a store that other commands read."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from io import BufferedReader, BytesIO, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailpath.commands import survey_grammar
from mailpath.judge import Outcome
from mailpath.survey import lists, out
from mailpath.survey.results import Row
from mailpath.survey.store import Store

if TYPE_CHECKING:
    from mailpath.lab import Lab

Run = Callable[..., tuple[int, str, str]]
LIST = "3\tdane-stale.example\ndane-good.example\nuser@plaintext.example\n"


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of three domains, in a home of its own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    file = tmp_path / "list"
    file.write_text(LIST)
    return file


def test_from_a_list_to_what_would_break(run: Run, network: Path, listed: Path, lab: Lab) -> None:
    store = listed.with_name("store")
    page = listed.with_name("page.html")
    words = ("--store", store, "--network", network)
    code, found, err = run("survey", listed, *words, "--posture", "dane", "-o", page, "-o", "-")
    assert code == 1
    assert "Such a list does not say" in err
    assert "3 of 5 mails" in found
    assert "<html" in page.read_text()

    # Other postures judge what is kept: not a session more.
    before = lab.sessions
    again = ("survey", "--resume", *words, "--posture", "encrypt", "--format", "json")
    code, found, err = run(*again, listed)
    assert "Goes on with" in err
    results = json.loads(found)
    assert (code, lab.sessions) == (1, before)
    assert (results["today"], results["domains"], results["mails"]) == ("postfix-may", 3, 5)
    assert results["postures"]["postfix-encrypt"]["newly_deferred"] == {"domains": 1, "mails": 1}
    row = next(each for each in results["rows"] if each["domain"] == "plaintext.example")
    assert row["outcomes"] == {"postfix-may": "plaintext", "postfix-encrypt": "deferred"}
    assert (row["event"], row["side"]) == ("starttls-absent", "sender-admin")

    # A walk that is kept is a capture.
    replay = (
        "check",
        "dane-stale.example",
        "--replay",
        store,
        "--posture",
        "postfix-dane",
        "--trust-capture",
    )
    code, found, _ = run(*replay, "--format", "json")
    assert (code, json.loads(found)["verdicts"]["postfix-dane"]["event"]) == (2, "tlsa-mismatch")
    refused: tuple[tuple[tuple[str | Path, ...], str], ...] = (
        (("check", "--replay", store), "a survey of 3 domains"),
        (("open", store), "needs a terminal; use `mailpath survey --resume --store"),
        (("check", "other.example", "--replay", store), "no domain 'other.example'"),
        (("check", "b.example", "--replay", listed.parent), "no survey in this folder"),
        (("survey", listed, "--store", store), "holds a survey already: --resume goes on"),
        (("survey", "--store", listed.parent, "--resume"), "There is no survey in"),
    )
    for typed, told in refused:
        code, _, err = run(*typed)
        assert (code, told in err) == (64, True), err


def test_who_watches_is_told_what_went_into_files(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailpath.commands.surveying.watched", lambda: True)
    page, store = tmp_path / "survey.html", tmp_path / "store"
    asked = ("survey", "--lab", "dane-stale", "--store", store, "--posture", "postfix-dane")
    code, found, err = run(*asked, "-o", page)
    assert (code, found) == (1, "")
    assert "Under postfix-dane, 1 of 1 domain would stop getting mail" in err
    assert f"Written: {page}." in err
    assert f"mailpath open {store}" in err
    # On the page of text the same stands at the end.
    code, found, err = run("survey", "--resume", "--store", store)
    assert found.endswith(f"  mailpath open {store}\n")
    assert "Written" not in err


def test_what_changed_between_two_surveys(run: Run, network: Path, listed: Path) -> None:
    old, new = listed.with_name("old"), listed.with_name("new")
    run("survey", listed, "--store", old, "--network", network, "--posture", "dane")
    run("survey", listed, "--store", new, "--network", network, "--posture", "dane")
    with Store(new, writes=True) as store:
        row = next(each for each in store.rows() if each.domain == "dane-good.example")
        store._database.all("DELETE FROM domains WHERE name = 'dane-stale.example'")
        outcomes = {**row.outcomes, "postfix-dane": Outcome.BOUNCED}
        store.judge_again(Row(domain=row.domain, mails=2, outcomes=outcomes))
    code, found, _ = run("survey", "diff", old, new)
    assert code == 1
    assert "authenticated -> bounced" in found
    assert "dane-stale.example  gone" in found
    code, found, _ = run("survey", "diff", old, new, "--json")
    assert json.loads(found)["went"] == ["dane-stale.example"]
    assert run("survey", "diff", old, old) == (0, "Nothing changed.\n", "")
    assert run("survey", "delete", old) == (0, "", "")
    assert not old.exists()
    code, _, err = run("survey", "delete", listed.parent)
    assert (code, "no survey in this folder" in err) == (64, True)


def test_the_lab_the_data_home_and_a_list_that_is_named_like_a_command(
    run: Run, listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--posture", "rfc", "--format", "csv")
    code, found, _ = run("survey", "--lab", "plaintext", *words, "--keep", "none")
    assert (code, "plaintext.example,1," in found) == (0, True)
    (store,) = (listed.parent / "data" / "mailpath" / "surveys").iterdir()
    with Store(store) as kept:
        assert (kept.done, kept.kept(), kept._database.one("SELECT count(*) FROM contents")) == (1, [], (0,))
    code, found, _ = run("survey", "--resume", "--lab", "plaintext", *words)
    assert "plaintext.example,1," in found
    code, _, err = run("survey", "--resume", "--lab", "plaintext", "--posture", "dane")
    assert (code, "1 walk cannot be judged by other postures" in err) == (3, True)
    monkeypatch.chdir(listed.parent)
    os.rename(listed, "diff")
    code, found, _ = run(
        "survey",
        "./diff",
        "--lab",
        "plaintext",
        "--limit",
        1,
        *words,
        "--store",
        "s",
        "--engine",
        "processes:1",
    )
    assert "dane-stale.example,3," in found
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BufferedReader(BytesIO(b"plaintext.example\n"))))
    code, found, err = run("survey", "-", "--lab", "plaintext", *words, "--store", "t")
    assert (code, "plaintext.example,1," in found) == (0, True), err


def test_an_interrupt_says_how_to_go_on(run: Run, network: Path, listed: Path, lab: Lab) -> None:
    store = listed.with_name("store")
    # One new session a second, as all of the lab is in one network: there is time to interrupt it.
    words = ("survey", listed, "--store", store, "--network", network, "--rate", "1", "--posture", "dane")
    command = [sys.executable, "-m", "mailpath", *map(str, words)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    before, until = lab.sessions, time.monotonic() + 20
    while lab.sessions == before and running.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert (running.returncode, out) == (130, "")
    assert f"stopped after 0 of 3 domains; to go on: mailpath survey --resume --store {store}" in err
    assert run("survey", "--resume", "--store", store, "--network", network, "--rate", "0")[0] == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Missing argument 'LIST...'"),
        (("--resume",), "There is no survey in"),
        (("LIST", "--posture", "dame"), "no posture 'dame'"),
        (("LIST", "--rate", "-1"), "'--rate': -1 is not a number of 0 or more."),
        (("LIST", "--jobs", "0"), "'--jobs': 0 is not a whole number from 1 to 256."),
        (("LIST", "--engine", "processes:0"), "'processes:0' is none of local, processes:N (N from 1 to 64)"),
        (("LIST", "--cluster", "127.0.0.1:1"), "--cluster is for --engine ray."),
        (("LIST", "--per-host", "x"), "'--per-host': 'x' is not a whole number."),
        (("LIST", "-o", "a", "-o", "a"), "a is named by two -o."),
        (("LIST", "-o", "LIST"), "would overwrite the file that the list"),
        (("LIST", "-o", "no/folder"), "cannot be written"),
        (("LIST", "--format", "policy-map"), "give one --posture"),
        (("LIST", "--store", "."), "something other than a survey"),
        (("none",), "none: "),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_what_cannot_be_used_is_told_before_anything_is_asked(
    words: tuple[str, ...], told: str, run: Run, listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(listed.parent)
    listed.rename("LIST")
    code, found, err = run("survey", *words)
    assert (code, found) == (64, "")
    assert told in err
    assert not (listed.parent / "data").exists()


def test_the_words_for_formats_are_those_that_there_are() -> None:
    assert set(survey_grammar.LOG_FORMATS) == set(lists.FORMATS)
    assert tuple(survey_grammar.FORMATS) == tuple(out.FORMATS)


def test_a_cluster_has_to_be_named_and_needs_ray(
    run: Run, listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    words = ("survey", listed, "--lab", "plaintext", "--store", listed.with_name("s"), "--engine", "ray")
    monkeypatch.setattr("mailpath.survey.cluster.find_spec", lambda name: name)
    code, _, err = run(*words)
    assert (code, "--engine ray needs --cluster ADDRESS" in err) == (64, True)
    monkeypatch.setattr("mailpath.survey.cluster.find_spec", lambda name: None)
    code, _, err = run(*words, "--cluster", "127.0.0.1:1")
    assert (code, "A cluster needs more than was installed: pip install 'mailpath[ray]'" in err) == (64, True)
    assert not listed.with_name("s").exists()


def test_a_store_that_another_holds_or_a_newer_version_made_stays_as_it_is(
    run: Run, network: Path, listed: Path
) -> None:
    store = listed.with_name("store")
    words = ("survey", "--resume", "--store", store, "--network", network, "--posture", "dane")
    assert run(*words, listed)[0] == 1
    with Store(store, writes=True):
        for command in (words, ("survey", "delete", store)):
            code, _, err = run(*command)
            assert (code, "Another survey is at work on this store." in err) == (64, True)
    with Store(store) as kept:
        rows = list(kept.rows())
    file = store / "survey.sqlite"
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    replay = ("check", "plaintext.example", "--replay", store)
    refused: tuple[tuple[str | Path, ...], ...] = (
        words,
        ("survey", "diff", store, store),
        ("open", store),
        replay,
    )
    for refusal in refused:
        code, _, err = run(*refusal)
        assert (code, "The store is of a newer version of mailpath: schema 99" in err) == (64, True)
    assert file.read_bytes() == before
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA user_version = 1")
    with Store(store) as kept:
        assert list(kept.rows()) == rows
