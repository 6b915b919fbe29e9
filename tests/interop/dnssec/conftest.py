"""One internet of real servers for all tests of this folder, asked once by everybody."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import interop_observers as observers
import pytest
from interop_internet import Internet, internet
from interop_model import NAMED, UNBOUND
from interop_zones import ZONES

#: Our two resolvers and two ways, each met once.
WAYS = {"alone, by unbound": (UNBOUND, "alone"), "together, by named": (NAMED, "together")}


@dataclass(frozen=True)
class Observed:
    """Everybody's verdict, by (name, type).  `ours`: by the key of `WAYS`."""

    unbound: dict[observers.Asked, str]
    delv: dict[observers.Asked, str]
    ours: dict[str, dict[observers.Asked, observers.Ours]]


@pytest.fixture(scope="session")
def real_internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with internet(tmp_path_factory.mktemp("internet"), ZONES) as running:
        yield running


@pytest.fixture(scope="session")
def observed(real_internet: Internet) -> Observed:
    asked = [question for zone in ZONES for question in zone.expectations()]
    claims = observers.unbound(real_internet, asked)
    with ThreadPoolExecutor(3) as pool:
        delv = pool.submit(observers.delv, real_internet, asked)
        ours = {way: pool.submit(observers.ours, real_internet, asked, *how) for way, how in WAYS.items()}
        return Observed(claims, delv.result(), {way: future.result() for way, future in ours.items()})
