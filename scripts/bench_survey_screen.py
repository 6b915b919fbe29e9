"""What a key costs on the screen of a survey: `python scripts/bench_survey.py screen [--domains 10000]`.

The store is made of a survey of the lab: its rows, and their walks, under as many names as are asked for.
Printed is, key by key, the work until the screen is drawn again (the median and the slowest of several times,
in milliseconds), then the same while the walks are judged again in the background.  Fails where the median
of a key takes more than a frame.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["TEXTUAL_ANIMATIONS"] = "none"

import msgspec
from textual.widgets import Input

from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab
from mailpath.survey import packing
from mailpath.survey.database import NAME
from mailpath.survey.engine import Asked, Engine
from mailpath.survey.owners import OWN
from mailpath.survey.store import About, Store
from mailpath.tui.surveyapp import SurveyApp

FRAME = 1000 / 60
TIMES = 15
SIZE = (120, 40)
POSTURES = ("postfix-dane", "postfix-sts", "postfix-dane-sts", "postfix-encrypt")


def lab_store(folder: Path) -> None:
    """A survey of the whole lab."""
    about = About(sender=None, today="postfix-may", postures=POSTURES, began=int(time.time()), keep="all")
    postures = tuple(PRESETS[name] for name in POSTURES)
    asked = Asked(today=PRESETS["postfix-may"], postures=postures, politeness=OWN, kind="lab")
    lab = Lab.start()
    try:
        with Store.create(folder, about, {each.domain: 1 for each in lab.scenarios}) as store:
            asyncio.run(Engine(store, lab.settings, asked).run())
    finally:
        lab.stop()


def multiply(small: Path, folder: Path, domains: int, operators: int = 300) -> None:
    """A store like `small` of so many domains, each of which is one of those there under another name."""
    shutil.copytree(small, folder)
    chance = random.Random(1)
    with Store(small) as store:
        rows = list(store.rows())
    with sqlite3.connect(folder / NAME, isolation_level=None) as database:
        found = database.execute("SELECT name, made, walk FROM domains")
        walks = {name: (made, walk) for name, made, walk in found}
        database.execute("BEGIN")
        database.execute("DELETE FROM domains")
        for number in range(domains):
            like = rows[number % len(rows)]
            operator = f"operator{int(chance.paretovariate(0.9)) % operators}.example"
            row = msgspec.structs.replace(
                like,
                domain=f"domain{number}.example",
                mails=int(chance.paretovariate(0.8)),
                operator=operator,
            )
            data = packing.compressed(msgspec.json.encode(row))
            database.execute(
                "INSERT INTO domains (name, mails, state, row, made, walk) VALUES (?, ?, 1, ?, ?, ?)",
                (row.domain, row.mails, data, *walks[like.domain]),
            )
        database.execute("COMMIT")
    database.close()


async def _drawn(screen: Any, act: Callable[[], object]) -> float:
    """Milliseconds of work on `act`, until the screen is drawn again."""
    drawn = asyncio.Event()
    busy = time.thread_time()
    act()
    screen.call_after_refresh(drawn.set)
    await drawn.wait()
    return (time.thread_time() - busy) * 1000


async def _keys(screen: Any, pilot: Any) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}

    async def timed(name: str, act: Callable[[], object]) -> None:
        found.setdefault(name, []).append(await _drawn(screen, act))
        await pilot.pause(0.01)

    field = screen.query_one("#find", Input)
    for number in range(TIMES):
        await timed("down", lambda: screen.action_move(1))
        await timed("page down", lambda: screen.action_page(1))
        await timed("last", lambda: screen.action_end(1))
        await timed("first", lambda: screen.action_end(-1))
        await timed("posture", lambda: screen.action_posture(1))
        await timed("sort", screen.action_sort)
        await timed("only", screen.action_only)
        await timed("group", screen.action_group)
        screen.action_find()
        await pilot.pause()
        for typed in ("d", f"d{number}"):
            await timed("find", lambda typed=typed: setattr(field, "value", typed))  # type: ignore[misc]
        screen.action_back()
        screen.action_back()
        await pilot.pause()
    return found


async def _measured(store: Path) -> tuple[dict[str, list[float]], dict[str, list[float]], float]:
    app = SurveyApp(str(store))
    began = time.perf_counter()
    async with app.run_test(size=SIZE) as pilot:
        screen = app.table
        while screen.judge.read is None:
            await pilot.pause(0.01)
        await pilot.pause()
        loaded = time.perf_counter() - began
        gc.collect()
        gc.freeze()  # as `mailpath.tui.run_survey` does
        still = await _keys(screen, pilot)
        seen = screen.judge.seen
        look = msgspec.structs.replace(seen.look, at=int(time.time()) + 14 * 86400)
        screen.judge.see(msgspec.structs.replace(seen, look=look))
        await pilot.pause(0.5)
        judging = await _keys(screen, pilot)
        screen.action_plain()
        await pilot.pause()
    return still, judging, loaded


def main(words: list[str]) -> int:
    """Prints one JSON object a key.  1 where a key takes longer than a frame."""
    options = argparse.ArgumentParser(prog="bench_survey.py screen")
    options.add_argument("--domains", type=int, default=10_000)
    asked = options.parse_args(words)
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small"), Path(folder, "large")
        lab_store(small)
        multiply(small, large, asked.domains)
        still, judging, loaded = asyncio.run(_measured(large))
    print(json.dumps({"domains": asked.domains, "read_s": round(loaded, 2)}))
    slow = False
    for name, times in still.items():
        figures = [statistics.median(times), max(times), statistics.median(judging[name])]
        slow |= figures[0] > FRAME
        shown = dict(
            zip(("ms", "slowest", "while judging"), (round(each, 1) for each in figures), strict=True)
        )
        print(json.dumps({"key": name, **shown, "of a frame": round(figures[0] / FRAME, 2)}))
    return int(slow)
