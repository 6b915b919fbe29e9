"""Where a survey walks: in this process, in several, on a cluster.  What each needs is loaded then."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

import click

from mailpath.network.settings import Settings
from mailpath.survey.engine import Asked, Engine, Survey
from mailpath.survey.store import Store

#: Makes an engine, and lets go of what it needs.
Made = Callable[[Store, Settings, Asked], contextlib.AbstractContextManager[Survey]]


def cluster_of(engine: tuple[str, int], given: str | None) -> str | None:
    """The address of the cluster to walk on; None for this machine.  Raises `click.UsageError`,
    `ClusterError`: before anything was asked.
    """
    if engine[0] != "ray":
        if given is not None:
            raise click.UsageError("--cluster is for --engine ray.")
        return None
    from mailpath.survey.cluster import refuse_missing

    refuse_missing()
    address = given or os.environ.get("RAY_ADDRESS")
    if address is None:
        raise click.UsageError("--engine ray needs --cluster ADDRESS, that of the cluster's head: host:port.")
    return address


def engine_of(engine: tuple[str, int], cluster: str | None) -> Made:
    """What makes the engine; `cluster`: as `cluster_of` has it."""
    workers = engine[1]

    @contextlib.contextmanager
    def made(store: Store, settings: Settings, asked: Asked) -> Iterator[Survey]:
        if cluster is not None:
            from mailpath.survey.cluster import joined
            from mailpath.survey.team import Team

            with joined(cluster) as transport:
                yield Team(store, settings, asked, transport)
        elif workers:
            from mailpath.survey.processes import Processes
            from mailpath.survey.team import Team

            yield Team(store, settings, asked, Processes(workers))
        else:
            yield Engine(store, settings, asked)

    return made
