"""The Parquet tables of a survey, read by DuckDB: each query beside a figure finds that figure."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pages import Page

from mailpath.lab import Lab
from mailpath.survey.out.decision import NO_OPERATOR, Decision, Share, decisions
from mailpath.survey.out.queries import Queries
from mailpath.survey.results import Results, results_of
from mailpath.survey.store import Store

POSTURES = ("postfix-dane", "postfix-encrypt", "gmail")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    """Tables, a page and a text of the whole lab, in a folder with a quote in its name; volumes differ."""
    folder = tmp_path_factory.mktemp("it's")
    with Lab.start() as lab, contextlib.chdir(folder):
        network = lab.write_network_file(folder)
        lines = [f"{number}\t{each.domain}\n" for number, each in enumerate(lab.scenarios, 1)]
        Path("list").write_text("".join(lines), encoding="utf-8")
        words = ["survey", "list", "--network", str(network), "--store", "store", "--today", "postfix-may"]
        words += [word for posture in POSTURES for word in ("--posture", posture)]
        words += [word for name in ("parquet", "html", "txt") for word in ("-o", f"it's.{name}")]
        ran = subprocess.run([sys.executable, "-m", "mailpath", *words], stderr=subprocess.PIPE, check=False)
        assert ran.returncode == 1, ran.stderr
    with Store(folder / "store") as store:
        return folder, results_of(store.rows(), store="store", today="postfix-may", postures=POSTURES)


def asked(query: str) -> list[tuple[Any, ...]]:
    import duckdb  # only `make interop` installs it

    return duckdb.sql(query).fetchall()


def counted(query: str) -> list[tuple[object, int, int]]:
    return [(name or NO_OPERATOR, domains, int(mails)) for name, domains, mails in asked(query)]


def figures(shares: Iterable[Share]) -> list[tuple[object, int, int]]:
    return [(each.of, each.count.domains, each.count.mails) for each in shares]


def test_each_query_finds_its_figure(written: tuple[Path, Results]) -> None:
    folder, results = written
    queries = Queries({table: f"it's-{table}.parquet" for table in ("domains", "hosts", "verdicts")})

    def check(decision: Decision) -> None:
        posture = decision.posture
        totals = {name: (domains, mails) for name, domains, mails in counted(queries.totals(posture))}
        for group, count in decision.totals.to_dict().items():
            assert totals.get(group, (0, 0)) == (count["domains"], count["mails"])
        assert counted(queries.operators(posture)) == figures(decision.operators)
        assert counted(queries.causes(posture)) == figures(decision.causes)
        assert counted(queries.untold(posture)) == figures(decision.untold)
        broken = [(each.row.domain, each.row.mails, each.said) for each in decision.broken]
        assert [(row[0], row[1], row[-1]) for row in asked(queries.broken(posture))] == broken

    with contextlib.chdir(folder):
        decided = decisions(results)
        for decision in decided:
            check(decision)
        assert any(decision.broken for decision in decided)
        assert any(decision.untold for decision in decided)
        assert len(asked(queries.totals())) == sum(len(asked(queries.totals(name))) for name in POSTURES)
        expected = [
            (row.domain, row.mails, row.operator or None, *(row.outcomes[each] for each in row.outcomes))
            for row in results.rows
        ]
        assert asked(queries.domains(results)) == expected
        hosts = asked("SELECT domain, list(host ORDER BY place) FROM 'it''s-hosts.parquet' GROUP BY domain")
        assert dict(hosts) == {row.domain: list(row.hosts) for row in results.rows if row.hosts}


def test_what_stands_in_the_reports_runs_as_it_stands(written: tuple[Path, Results]) -> None:
    folder, results = written
    with contextlib.chdir(folder):
        page = Page(Path("it's.html").read_text(encoding="utf-8"))
        page.assert_self_contained()
        queries = [text for text in page.inside["pre"] if text.startswith("SELECT")]
        assert len(queries) > 3 * len(results.postures)
        text = Path("it's.txt").read_text(encoding="utf-8").partition("with DuckDB:")[2]
        queries += ["SELECT" + each.partition(";")[0] for each in text.split("SELECT")[1:]]
        for query in queries:
            asked(query)
