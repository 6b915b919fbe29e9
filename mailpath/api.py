"""The public face: what other programs use, and all that `docs/api.md` promises.

    walk = api.walk_sync("b.example")
    api.judge(walk, api.posture("postfix-dane")).outcome

What is given and cannot be used raises a `MailpathError`; what the world does is a record, never an
exception.  Records are frozen and have `to_dict()`.  Where a function is not `async`, it may be called from
within a running event loop as well, which then waits for it.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar

from mailpath import validation
from mailpath.errors import MailpathError, concerning
from mailpath.facts import Path, Walk
from mailpath.findings import Finding, find
from mailpath.judge import Posture, Verdict, because
from mailpath.judge import judge as judged
from mailpath.judge.custom import custom_posture
from mailpath.judge.presets import PRESETS
from mailpath.judge.presets import posture as preset
from mailpath.names import to_domain
from mailpath.network.bounded import Bounded
from mailpath.network.capture import Capture, capture_of, dump, load
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay
from mailpath.network.settings import Settings, settings_of
from mailpath.network.settings import load as load_settings
from mailpath.online import live_network
from mailpath.validation import Validation
from mailpath.walk import walk as walk_over
from mailpath.whatif import AttackOutcome, Rewalks, attack_outcome

if TYPE_CHECKING:
    from mailpath.lab import Lab
    from mailpath.plan import Plan
    from mailpath.survey.results import Results

__all__ = [
    "AttackOutcome",
    "Capture",
    "Finding",
    "MailpathError",
    "Posture",
    "Settings",
    "Validation",
    "Verdict",
    "Walk",
    "attack",
    "findings",
    "judge",
    "load",
    "plan",
    "plan_sync",
    "posture",
    "postures",
    "record",
    "record_sync",
    "replay",
    "save",
    "survey",
    "survey_sync",
    "under_attack",
    "validate",
    "validate_sync",
    "walk",
    "walk_sync",
]

#: Where to ask: settings, their keys in a mapping, a network file, a lab that is up; None: as this system is
#: set up, and never as the user's config file says.
Where: TypeAlias = "Settings | Mapping[str, Any] | str | os.PathLike[str] | Lab | None"
#: Unix seconds, or a time that knows its zone; None: now, of a capture when it was made.
Moment: TypeAlias = int | datetime | None

_Given = ParamSpec("_Given")
_Answer = TypeVar("_Answer")


# --- Over the network ------------------------------------------------------------------------------


async def walk(
    recipient: str, *, sender: str | None = None, network: Where = None, at: Moment = None
) -> Walk:
    """Walk the path of a mail from `sender` to `recipient`: domains, or addresses.

    Takes no longer, and asks no more, than `mailpath check` would.  Raises `MailpathError`.
    """
    return (await _walked(recipient, sender, network, at))[0]


async def record(
    recipient: str, *, sender: str | None = None, network: Where = None, at: Moment = None
) -> Capture:
    """As `walk`, and keep each exchange: for `replay`, `attack` and `save`."""
    return (await _walked(recipient, sender, network, at))[1]


async def validate(name: str, type: str = "A", *, network: Where = None, at: Moment = None) -> Validation:
    """Look up `type` (a mnemonic, or its number) at `name` and validate the answer from the trust anchor
    down.  Raises `MailpathError`.
    """
    owner, rdtype = validation.asked(name, type)
    async with _network(network) as live:
        return await validation.validate(owner, rdtype, live, None if at is None else _seconds(at))


async def survey(
    recipients: Iterable[str] | None = None,
    *,
    store: str | os.PathLike[str],
    today: str | Mapping[str, Any] | Posture = "postfix-may",
    postures: Sequence[str | Mapping[str, Any] | Posture] = ("postfix-dane",),
    sender: str | None = None,
    network: Where = None,
) -> Results:
    """What `postures` would change for mail to `recipients`, under which `today` counts now: domains or
    addresses, or a mapping with how many mails go there.

    As `mailpath survey`, it is as polite to the servers, and keeps all in the folder `store`.  Without
    `recipients` it goes on with the survey that is there, and asks nobody again.  Raises `MailpathError`.
    """
    from mailpath.survey import api as surveys

    settings, kind = _where(network)
    mails: Counter[str] | None = None
    if recipients is not None:
        mails = Counter()
        given = recipients.items() if isinstance(recipients, Mapping) else ((each, 1) for each in recipients)
        for recipient, number in given:
            mails[_domain(recipient)] += number
    asked = surveys.asked(
        today if isinstance(today, Posture) else posture(today),
        [each if isinstance(each, Posture) else posture(each) for each in postures],
        sender=None if sender is None else _domain(sender),
        settings=settings,
        kind=kind,
    )
    return await surveys.survey(store, mails, settings, asked)


async def plan(
    goal: str,
    path: str | Capture,
    *,
    hosts: Sequence[str] = (),
    key: bytes | None = None,
    cert: bytes | None = None,
    to: str | None = None,
    network: Where = None,
) -> Plan:
    """The steps to `goal`, proven in the lab.  `path`: a recipient, to whom the path is walked, or a capture.

    `goal`, and the options: of `mailpath plan`; `key`, `cert`: PEM.  Raises `MailpathError`, also where the
    goal has no use for an option.
    """
    from mailpath.plan import Asked, Goal, make
    from mailpath.plan.next_key import NextKey, read_certificate, read_key

    if goal not in [each.value for each in Goal]:
        raise MailpathError(f"{goal!r} is not a goal.")
    wanted = Goal(goal)
    if (to is not None) != (wanted is Goal.NEW_MX):
        raise MailpathError("new-mx needs a new host, and no other goal takes one.")
    if (key is not None or cert is not None) and not (wanted.takes_key and (key is None or cert is None)):
        takes = "either a key or a certificate" if wanted.takes_key else "no key"
        raise MailpathError(f"{goal} takes {takes}.")
    named = read_key(key) if key is not None else NextKey() if cert is None else read_certificate(cert)
    asked = Asked(hosts=tuple(map(_domain, hosts)), key=named, to="" if to is None else _domain(to))
    capture = path if isinstance(path, Capture) else await record(path, network=network)
    return (await make(wanted, capture, asked)).plan


def _waited(work: Callable[_Given, Coroutine[Any, Any, _Answer]]) -> Callable[_Given, _Answer]:
    @wraps(work)
    def wait(*given: _Given.args, **named: _Given.kwargs) -> _Answer:
        return _wait(work(*given, **named))

    return wait


#: The same, waited for.
walk_sync = _waited(walk)
record_sync = _waited(record)
validate_sync = _waited(validate)
survey_sync = _waited(survey)
plan_sync = _waited(plan)


# --- On a capture: no network ----------------------------------------------------------------------


def save(capture: Capture, path: str | os.PathLike[str]) -> None:
    """Write `capture` to a file, compressed where its name ends in ".gz".  Raises `MailpathError`."""
    dump(capture, path)


def replay(capture: Capture, at: Moment = None) -> Walk:
    """The walk on what `capture` holds.  Raises `MailpathError` where its trust anchor cannot be read."""
    moment = capture.ground.made if at is None else _seconds(at)
    return _wait(walk_over(capture.path, Replay(capture), moment))


def attack(capture: Capture, name: str, at: Moment = None) -> Walk:
    """The walk on what an attacker on the path makes of `capture`.  `name`: of `mailpath attacks`, or "a+b".

    Raises `MailpathError`.
    """
    rewalks = Rewalks(capture, at=None if at is None else _seconds(at))
    return _wait(rewalks.under(name)).walk


def under_attack(capture: Capture, name: str, posture: Posture, at: Moment = None) -> AttackOutcome:
    """What the attack `name` makes of this posture's mail: its outcome, and whether the attacker reads it.

    Raises `MailpathError`.
    """
    rewalks = Rewalks(capture, at=None if at is None else _seconds(at))
    return _wait(attack_outcome(rewalks, posture, name))


# --- Pure ------------------------------------------------------------------------------------------


def postures() -> dict[str, Posture]:
    """Every preset by name; the user's own are in the config file, which a library does not read."""
    return dict(PRESETS)


def posture(what: str | Mapping[str, Any]) -> Posture:
    """The preset of this name; or one of your own: a table as `[posture.NAME]` in the config file is, with
    its "name" beside the fields.  Raises `MailpathError`.
    """
    if isinstance(what, str):
        return preset(what)
    table = dict(what)
    return custom_posture(str(table.pop("name", "own")), table)


def judge(walk: Walk, posture: Posture) -> Verdict:
    """What a sender with `posture` does with mail for this path; `because`: which of its habits decided."""
    verdict = judged(walk, posture)
    told = because.explained({posture.name: verdict}, [posture], lambda other: judged(walk, other))
    return told[posture.name]


def findings(walk: Walk) -> tuple[Finding, ...]:
    """What `walk` shows, the same for every posture: by step, the gravest first."""
    return find(walk)


# --------------------------------------------------------------------------------------------------


async def _walked(recipient: str, sender: str | None, network: Where, at: Moment) -> tuple[Walk, Capture]:
    path = Path(recipient=_domain(recipient), sender=None if sender is None else _domain(sender))
    async with _network(network) as live:
        recording = Recording(live)
        found = await walk_over(path, recording, live.ground.made if at is None else _seconds(at))
    return found, capture_of(recording, path, found.roots)


def _network(where: Where) -> Bounded:
    """The live network, with the bounds of one walk."""
    settings, kind = _where(where)
    return live_network(settings, kind=kind)


def _where(where: Where) -> tuple[Settings, str]:
    """The settings, and the kind of network."""
    if where is None or isinstance(where, Settings):
        return where or Settings(), "live"
    if isinstance(where, Mapping):
        return settings_of(where), "live"
    if isinstance(where, str | os.PathLike):
        return load_settings(os.fspath(where)), "live"
    return where.settings, "lab"


def _domain(text: str) -> str:
    with concerning(key=repr(text)):
        return to_domain(text)


def _seconds(at: int | datetime) -> int:
    if isinstance(at, int):
        return at
    if at.tzinfo is None:
        raise MailpathError(f"{at.isoformat()} does not say in which time zone.")
    return int(at.timestamp())


def _wait(work: Coroutine[Any, Any, _Answer]) -> _Answer:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as beside:  # a loop that runs cannot run another one
        return beside.submit(asyncio.run, work).result()
