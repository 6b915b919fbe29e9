"""`mailpath survey`: what another posture would change for all that we write to."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec

from mailpath import config, ending
from mailpath.commands.asking import files_read, network_of
from mailpath.commands.check import known
from mailpath.commands.narration import LOOK, watched
from mailpath.commands.options import domain_of
from mailpath.commands.stdio import print_json, tell
from mailpath.commands.survey_engines import Made, cluster_of, engine_of
from mailpath.commands.survey_outputs import Outputs, wanted
from mailpath.ending import ExitCode
from mailpath.judge import Posture
from mailpath.judge.presets import posture as posture_named
from mailpath.network.settings import Settings
from mailpath.survey import diff as differing
from mailpath.survey.engine import JOBS, Asked, Survey, judge_kept
from mailpath.survey.lists import read
from mailpath.survey.out.decision import decisions, headline
from mailpath.survey.owners import Politeness, usual
from mailpath.survey.results import Results, Row, exit_code, group_in, results_of
from mailpath.survey.store import About, Store, is_store, keeper
from mailpath.survey.store import delete as delete_store
from mailpath.survey.worker import allow_descriptors
from mailpath.visible import visible
from mailpath.wording.phrases import count
from mailpath.wording.times import span

#: What is judged where nobody says: what most servers do, and what they might be told to do.
TODAY = "postfix-may"
POSTURES = ("postfix-dane", "postfix-sts", "postfix-dane-sts", "postfix-encrypt")
#: Seconds over which the rate is told.
RECENT = 20.0
#: As diff(1) has them.
SAME, DIFFERENT = 0, 1


@dataclass(frozen=True, kw_only=True)
class SurveyOptions:
    """The words of the command line, by the names of their options; `network`: where to ask."""

    lists: tuple[str, ...]
    today: str | None
    postures: tuple[str, ...]
    sender: str | None
    store: str | None
    resume: bool
    engine: tuple[str, int]
    cluster: str | None
    jobs: int | None
    per_host: int | None
    rate: float | None
    keep: str | None
    log_format: str | None
    limit: int | None
    max_unknown: float
    form: str | None
    outputs: tuple[str, ...]
    network: dict[str, Any]


def options_of(words: Mapping[str, Any]) -> SurveyOptions:
    """All that `cli.survey` takes."""
    own = SurveyOptions.__dataclass_fields__.keys() - {"network"}
    network = {key: words[key] for key in words if key not in own}
    return SurveyOptions(network=network, **{key: words[key] for key in own})


def run(options: SurveyOptions) -> ExitCode:
    """Everything that `survey` does.  Raises `click.UsageError`, `MailpathError`."""
    cluster = cluster_of(options.engine, options.cluster)
    outputs = wanted(options.form, options.outputs, _inputs(options))
    with network_of(options.network) as (settings, scenario):
        alone = scenario.domain if scenario is not None and not options.lists else None
        with _store(options, outputs, alone) as store:
            today, postures = _postures(store.about)
            asked = Asked(
                today=today,
                postures=postures,
                politeness=_politeness(options, settings, own=scenario is not None),
                jobs=options.jobs or JOBS,
                kind="live" if scenario is None else "lab",
                sender=store.about.sender,
            )
            _survey(store, settings, asked, engine_of(options.engine, cluster))
            names = [posture.name for posture in postures]
            results = results_of(store.rows(), store=str(store.folder), today=today.name, postures=names)
            outputs.write(results, store, today, postures)
    if watched() and not outputs.shown:
        _tell_written(results, outputs)
    return exit_code(results, options.max_unknown)


def _tell_written(results: Results, outputs: Outputs) -> None:
    """The decision, where it went only into files, and where to go on."""
    for decision in decisions(results):
        tell(f"mailpath survey: {headline(results, decision)}")
    tell(f"mailpath survey: Written: {', '.join(visible(file) for file, _ in outputs.files)}.")
    tell(f"mailpath survey: Every domain on the screen: mailpath open {shlex.quote(results.store)}")


def _inputs(options: SurveyOptions) -> dict[str, str | None]:
    lists = {f"the list {name}": name for name in options.lists}
    return {**lists, **files_read(options.network)}


# --- the store -------------------------------------------------------------------------------------


def _store(options: SurveyOptions, outputs: Outputs, alone: str | None) -> Store:
    """The store: a new one for the list, or with `--resume` the one that there is.  `alone`: the domain of
    the lab's scenario, where there is no list.
    """
    there = Path(options.store) if options.store is not None else None
    if options.resume:
        there = there or _newest()
        if there is not None and is_store(there):
            return _resumed(there, options, outputs)
        if not options.lists:
            where = there or config.surveys_folder()
            raise click.UsageError(f"There is no survey in {where}: name one with --store, or give a LIST.")
    elif there is not None and is_store(there):
        told = visible(str(there))
        raise click.UsageError(
            f"{told} holds a survey already: --resume goes on with it, and `mailpath survey delete {told}`"
            " removes it."
        )
    everyone = known()
    asked = _names(options.postures or POSTURES, everyone)
    outputs.refuse_unfit([everyone[name] for name in asked])
    mails, today = ({alone: 1}, None) if alone is not None else _read(options)
    if options.limit is not None:
        most = sorted(mails, key=lambda domain: (-mails[domain], domain))[: options.limit]
        mails = {domain: mails[domain] for domain in most}
    about = About(
        sender=domain_of(options.sender) if options.sender is not None else None,
        today=posture_named(options.today or today or TODAY, everyone).name,
        postures=asked,
        began=int(time.time()),
        keep=options.keep or "",
    )
    if there is None:
        there = config.surveys_folder() / time.strftime("%Y-%m-%d-%H%M%S", time.gmtime(about.began))
        tell(f"mailpath survey: The survey is kept in {there}.")
    return Store.create(there, about, mails)


def _read(options: SurveyOptions) -> tuple[dict[str, int], str | None]:
    """The volumes, and the posture that the lists tell of."""
    if not options.lists:
        raise click.UsageError("Missing argument 'LIST...'.")
    volumes = read(options.lists, options.log_format, _reading() if watched() else None)
    if watched():
        _line("")  # what comes next begins a line of its own
    for each in volumes.read:
        if each.why:
            tell(f"mailpath survey: {visible(each.path)}: {each.why}")
    if volumes.why and options.today is None:
        tell(f"mailpath survey: Today's posture: {volumes.today or TODAY}. {volumes.why}")
    return volumes.mails, volumes.today


def _resumed(there: Path, options: SurveyOptions, outputs: Outputs) -> Store:
    store = Store(there, writes=True)
    if options.lists or options.limit is not None or options.sender is not None or options.store is None:
        tell(f"mailpath survey: Goes on with {there}, with the list and the sender that are kept there.")
    try:
        everyone, about = known(), store.about
        about = msgspec.structs.replace(
            about,
            today=posture_named(options.today, everyone).name if options.today else about.today,
            postures=_names(options.postures, everyone) or about.postures,
            keep=options.keep or about.keep,
        )
        outputs.refuse_unfit([posture_named(name, everyone) for name in about.postures])
        store.change(about)
    except BaseException:
        store.close()
        raise
    return store


def _newest() -> Path | None:
    with contextlib.suppress(OSError):
        return max((each for each in config.surveys_folder().iterdir() if is_store(each)), default=None)
    return None


def _names(names: Sequence[str], everyone: Mapping[str, Posture]) -> tuple[str, ...]:
    found = everyone if "all" in names else (posture_named(name, everyone).name for name in names)
    return tuple(dict.fromkeys(found))


def _postures(about: About) -> tuple[Posture, tuple[Posture, ...]]:
    everyone = known()
    names = [name for name in about.postures if name != about.today]
    return posture_named(about.today, everyone), tuple(posture_named(name, everyone) for name in names)


def _politeness(options: SurveyOptions, settings: Settings, *, own: bool) -> Politeness:
    given = {"per_host": options.per_host, "rate": options.rate}
    return msgspec.structs.replace(
        usual(settings, "lab" if own else "live"),
        **{key: value for key, value in given.items() if value is not None},
    )


# --- the survey ------------------------------------------------------------------------------------


def _survey(store: Store, settings: Settings, asked: Asked, made: Made) -> None:
    allow_descriptors()
    about = store.about
    lost = judge_kept(store, asked.today, asked.postures)
    if lost:
        told = count(lost, "walk")
        tell(f"mailpath survey: {told} cannot be judged by other postures: their exchanges were not kept.")
    if store.done < store.volumes[0]:
        resume = shlex.join(["mailpath", "survey", "--resume", "--store", str(store.folder)])
        with made(store, settings, asked) as engine:

            def stopped() -> None:
                of = f"{engine.done} of {count(engine.total, 'domain')}"
                tell(f"\nmailpath survey: stopped after {of}; to go on: {resume}")

            with _at_end(stopped):
                asyncio.run(_watched(engine))
    keeps = keeper(about.keep, store.volumes[0], lambda row: _breaks(row, about))
    if keeps is not None:
        store.prune(keeps)


@contextlib.contextmanager
def _at_end(tells: Callable[[], None]) -> Iterator[None]:
    cancel = ending.at_end(tells)
    try:
        yield
    finally:
        cancel()


def _breaks(row: Row, about: About) -> bool:
    return any(group_in(row, about.today, posture) == "newly_deferred" for posture in about.postures)


# --- progress --------------------------------------------------------------------------------------


def _reading() -> Callable[[int, int | None], None]:
    """Tells how much of the lists is read."""
    shown = 0.0

    def tell_read(done: int, total: int | None) -> None:
        nonlocal shown
        if time.monotonic() - shown >= LOOK:
            shown = time.monotonic()
            share = f" of {total >> 20}" if total else ""
            if done >> 20:
                _line(f"reading: {done >> 20}{share} MiB")

    return tell_read


async def _watched(engine: Survey) -> None:
    """The survey, and where somebody reads it, how far it is."""
    if not watched():
        await engine.run()
        return
    telling = asyncio.create_task(_tell(engine))
    try:
        await engine.run()
    finally:
        telling.cancel()
        _line(progress(engine, deque()))
        tell("")


async def _tell(engine: Survey) -> None:
    seen: deque[tuple[float, int]] = deque(maxlen=int(RECENT / LOOK))
    while True:
        seen.append((time.monotonic(), engine.done))
        _line(progress(engine, seen))
        await asyncio.sleep(LOOK)


def progress(engine: Survey, seen: Sequence[tuple[float, int]]) -> str:
    """How far it is, how fast, how long yet, and what it waits for.  `seen`: moments, and what was done."""
    parts = [f"{engine.done} of {count(engine.total, 'domain')}"]
    if len(seen) > 1 and (seconds := seen[-1][0] - seen[0][0]) > 0:
        rate = (seen[-1][1] - seen[0][1]) / seconds
        parts.append(f"{rate:.1f}/s")
        if rate > 0:
            parts.append(f"about {span(round((engine.total - engine.done) / rate))} left")
    if (longest := engine.longest()) is not None:
        parts.append(f"{count(longest[1], 'session')} with {visible(longest[0])}")
    return ", ".join(parts)


def _line(text: str) -> None:
    """`text` in place of the line before."""
    with contextlib.suppress(OSError):
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        sys.stderr.write(f"\r{text[: width - 1]}\x1b[K")
        sys.stderr.flush()


# --- what is done with stores ----------------------------------------------------------------------


def diff(old: str, new: str, as_json: bool) -> int:
    """0 where nothing changed, 1 where something did.  Raises `StoreError`."""
    with Store(old) as before, Store(new) as after:
        difference = differing.compare(before.rows(), after.rows())
    if as_json:
        print_json(difference.to_dict())
    else:
        click.echo(differing.render_text(difference), nl=False)
    return DIFFERENT if difference.changes or difference.came or difference.went else SAME


def delete(store: str) -> None:
    """Raises `StoreError`."""
    delete_store(store)


def told_of(folder: str) -> str:
    """How a survey's store is used, one sentence.  Raises `StoreError`."""
    with Store(folder) as store:
        domains = count(store.volumes[0], "domain")
    return (
        f"This is a survey of {domains}: `mailpath check DOMAIN --replay {folder}` replays the walk to one,"
        f" `mailpath open {folder}` shows them all."
    )


def capture_in(folder: str, recipient: str | None) -> Any:
    """The walk to `recipient` that the store in `folder` keeps, a `Capture`.

    Raises `click.UsageError`, `StoreError`.
    """
    if recipient is None:
        raise click.UsageError(told_of(folder))
    with Store(folder) as store:
        return store.capture(domain_of(recipient))
