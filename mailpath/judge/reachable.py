"""What becomes of the mail where an attacker drops the packets to every MX host but one.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from mailpath.exchanges import Failure, Stage
from mailpath.facts import MxHost, Session, StsPolicy, Walk
from mailpath.judge import Outcome, Posture, Verdict, message_options
from mailpath.judge.consulted import note, unwatched, watched_too
from mailpath.judge.course import Course, Play, Round
from mailpath.judge.destination import Target
from mailpath.judge.destinations import Destinations
from mailpath.judge.message_options import Message
from mailpath.judge.policy import host_policy
from mailpath.judge.sts import Applied

_T = TypeVar("_T")

#: So many hosts are played one by one: what their deliveries share is less than what it takes to share it.
FEW = 4
#: What an attacker likes best, first.
BEST_FOR_ATTACKER = (
    Outcome.PLAINTEXT,
    Outcome.ENCRYPTED,
    Outcome.AUTHENTICATED,
    Outcome.UNKNOWN,
    Outcome.DEFERRED,
    Outcome.BOUNCED,
)


def _keep(walk: Walk, host: MxHost | None, dropped: list[Session]) -> Walk:
    """The walk in which `host` answers, and of other MX hosts' sessions there are those in `dropped`."""
    kept = set(host.addresses) if host is not None else set()
    others = {address for other in walk.mx.hosts for address in other.addresses} - kept
    held = zip(walk.starttls.sessions, dropped, strict=True)
    sessions = tuple(silent if each.address in others else each for each, silent in held)
    return replace(walk, starttls=replace(walk.starttls, sessions=sessions))


def _drop_packets(session: Session) -> Session:
    return Session(
        address=session.address,
        port=session.port,
        sni=session.sni,
        profile=session.profile,
        not_tried=session.not_tried,
        failure=Failure.TIMEOUT,
        failed_at=Stage.CONNECT,
    )


def each_only_reachable(
    walk: Walk,
    posture: Posture,
    cached: StsPolicy | None = None,
    message: Message = Message.ORDINARY,
    *,
    destinations: Destinations | None = None,
) -> Iterator[tuple[str, Verdict]]:
    """What happens to the mail when a host is the only one that can be reached, by host, in path order.

    Of those that the walk did not talk to, the first stands for all: nothing is known of any.
    `destinations`: what is known of where the mail goes.
    """
    held = {session.address for session in walk.starttls.sessions if not session.not_tried}
    hosts = [host for host in walk.mx.hosts if host.addresses]
    unknown = [host for host in hosts if held.isdisjoint(host.addresses)]
    dropped = [_drop_packets(session) for session in walk.starttls.sessions]
    known = destinations or Destinations()
    few = len(hosts) <= FEW
    play = Play(destinations=known) if few else _Blocked(_keep(walk, None, dropped), known)
    for host in hosts:
        if host not in unknown[1:]:
            if isinstance(play, _Blocked):
                play.left = host
            yield (
                host.name,
                message_options.verdict(_keep(walk, host, dropped), posture, cached, message, play),
            )


class _Blocked(Play):
    """Deliveries of which each finds another host reachable, `left`, and no other.

    Up to that host they go alike, so that this part of them is played once for all: what it costs to find
    the weakest host would grow with the square of their number.
    """

    def __init__(self, silent: Walk, destinations: Destinations) -> None:
        super().__init__(destinations=destinations)
        self.left: MxHost | None = None
        self._silent = silent.starttls
        self._ways: list[tuple[object, _Way]] = []

    def run(
        self,
        walk: Walk,
        posture: Posture,
        applied: Applied,
        targets: tuple[Target, ...],
        *,
        is_retry: bool = False,
    ) -> Round:
        assert self.left is not None
        key = (self.course, is_retry, applied, walk.mx, walk.tlsa, unwatched(posture))
        way = next((way for known, way in self._ways if known == key), None)
        if way is None:
            silent = replace(walk, starttls=self._silent)
            own, consulted = watched_too(posture)
            course = self.course(silent, own, applied, is_retry=is_retry)
            way = _Way(course, targets, consulted)
            self._ways.append((key, way))
        way.left = {*self.left.addresses}
        start = next((i for i, each in enumerate(targets) if way.left & {*each.host.addresses}), len(targets))
        so_far, names, over = way.to(start)
        note(posture, names)
        return so_far.result() if over else so_far.forked(walk, posture).run(targets[start:])


class _Way:
    """One pass at whose `targets` nobody answers, but for those `left`: how it goes, and what is then made of
    each target, is worked out once.
    """

    def __init__(self, course: Course, targets: tuple[Target, ...], consulted: dict[str, None]) -> None:
        course.memory = self
        self.left: set[str] = set()
        self._targets, self._consulted = targets, consulted
        self._posture, self._read = watched_too(course.posture)
        self._after: list[tuple[Course, tuple[str, ...], bool]] = [(course, (), False)]
        self._known: dict[tuple[object, int], list[tuple[tuple[object, ...], Any, tuple[str, ...]]]] = {}

    def to(self, start: int) -> tuple[Course, tuple[str, ...], bool]:
        """The pass before target number `start`, the names of the fields read by then, whether it is over."""
        while len(self._after) <= start and not self._after[-1][2]:
            before, read, _ = self._after[-1]
            self._consulted.clear()
            course = before.forked(before.walk, before.posture)
            target = self._targets[len(self._after) - 1]
            over = course.tries(target, last=target is self._targets[-1])
            self._after.append((course, tuple(dict.fromkeys((*read, *self._consulted))), over))
        return self._after[min(start, len(self._after) - 1)]

    def told(self, course: Course, of: Callable[..., _T], target: Target, *more: object) -> _T:
        if target.address in self.left and of is not host_policy:
            return of(course.walk, course.posture, target, *more)
        known = self._known.setdefault((of, id(target)), [])
        for asked, found, names in known:
            if asked == more:
                note(course.posture, names)
                return cast("_T", found)
        self._read.clear()
        made = of(self._after[0][0].walk, self._posture, target, *more)
        known.append((more, made, tuple(self._read)))
        note(course.posture, self._read)
        return made
