"""A whole survey in one call, as other programs make it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

import msgspec

from mailpath.judge import Posture
from mailpath.network.settings import Settings
from mailpath.survey.engine import Asked, Engine, judge_again
from mailpath.survey.owners import usual
from mailpath.survey.results import Results, results_of
from mailpath.survey.store import About, Store


def asked(
    today: Posture, postures: Sequence[Posture], *, sender: str | None, settings: Settings, kind: str
) -> Asked:
    """What is to be found out; a posture that is today's changes nothing."""
    others = {each.name: each for each in postures if each.name != today.name}
    return Asked(
        sender=sender,
        today=today,
        postures=tuple(others.values()),
        politeness=usual(settings, kind),
        kind=kind,
    )


async def survey(
    folder: str | os.PathLike[str], mails: Mapping[str, int] | None, settings: Settings, asked: Asked
) -> Results:
    """Of `mails` (domain -> volume) in a new store; None: of the list in the store that there is, with its
    sender.  Raises `StoreError`.
    """
    names = tuple(each.name for each in asked.postures)
    if mails is None:
        opened = Store(folder, writes=True)
    else:
        about = About(
            sender=asked.sender, today=asked.today.name, postures=names, began=int(time.time()), keep="all"
        )
        opened = Store.create(folder, about, mails)
    with opened as store:
        about = msgspec.structs.replace(store.about, today=asked.today.name, postures=names)
        store.change(about)
        await judge_again(store, asked.today, asked.postures)
        if store.done < store.volumes[0]:
            going_on = msgspec.structs.replace(asked, sender=about.sender)
            await Engine(store, settings, going_on).run()
        return results_of(store.rows(), store=str(store.folder), today=asked.today.name, postures=list(names))
