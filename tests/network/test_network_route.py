"""A connection that this machine itself cannot make is told apart from one that the network stops."""

import errno
import os
import resource
import socket
from contextlib import ExitStack

import pytest

from mailpath.exchanges import Failure, HttpsRequest, Question, SmtpRequest, Stage
from mailpath.network.live import LiveNetwork
from mailpath.network.live_route import connect_failure
from mailpath.network.settings import Settings

#: TCP has no broadcast: the kernel knows no way, whatever the network is like.
NO_WAY = "255.255.255.255"


def numbered(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.fixture
def no_descriptors():
    """Every descriptor that this process may have is in use while `with` lasts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as held:

        def exhaust() -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
            held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
            while True:
                try:
                    descriptor = os.open(os.devnull, os.O_RDONLY)
                except OSError:
                    return
                held.callback(os.close, descriptor)

        yield exhaust


async def exchanged(address: str, before=lambda: None):
    """One exchange of each kind, with a resolver, a policy host and a mail server at `address`."""
    where = f"[{address}]:53" if ":" in address else f"{address}:53"
    settings = Settings(resolver=where, timeout=0.5, greeting_timeout=0.5, allow_private=True)
    async with LiveNetwork(settings, policy_host_check=lambda chain, host: None) as network:
        before()
        return (
            await network.ask(Question(name="b.example", rdtype="MX")),
            await network.fetch(HttpsRequest(url="https://mta-sts.b.example/x", address=address)),
            await network.converse(SmtpRequest(address=address)),
        )


async def test_out_of_descriptors(no_descriptors):
    found = await exchanged("127.0.0.1", no_descriptors)
    assert [each.failure for each in found] == [Failure.LOCAL] * 3
    assert all(os.strerror(errno.EMFILE) in each.detail for each in found)
    assert found[2].failed_at is Stage.CONNECT


async def test_no_such_address_family(monkeypatch):
    """As on a kernel without IPv6."""

    class Without(socket.socket):
        def __init__(self, family=-1, *args, **options):
            if family == socket.AF_INET6:
                raise numbered(errno.EAFNOSUPPORT)
            super().__init__(family, *args, **options)

    monkeypatch.setattr(socket, "socket", Without)
    found = await exchanged("2001:db8::1")
    assert [each.failure for each in found] == [Failure.LOCAL] * 3


async def test_no_route():
    _, fetch, session = await exchanged(NO_WAY)
    assert session.failure is fetch.failure is Failure.LOCAL
    assert session.failed_at is Stage.CONNECT
    assert session.detail.startswith(f"This machine has no route to {NO_WAY}")


@pytest.mark.parametrize("number", [errno.ENETUNREACH, errno.EHOSTUNREACH])
def test_a_router_that_knows_no_way_is_not_this_machine(number):
    """There is a route from here to the loopback: somebody else said so."""
    failure, detail = connect_failure(numbered(number), "127.0.0.1", 25)
    assert failure is Failure.UNREACHABLE
    assert detail.startswith("There is no route to this address from here")


@pytest.mark.parametrize(
    ("number", "failure"),
    [
        (errno.ECONNREFUSED, Failure.REFUSED),
        (errno.EPERM, Failure.BLOCKED),
        (errno.EADDRNOTAVAIL, Failure.LOCAL),
        (errno.ENOBUFS, Failure.LOCAL),
    ],
)
def test_what_names_its_cause_needs_no_look_at_the_routes(number, failure):
    assert connect_failure(numbered(number), "127.0.0.1", 25)[0] is failure
