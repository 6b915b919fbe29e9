"""What is counted while a list is read: recipients by domain, and what the sender says of TLS.

Of an address the domain is kept, nothing else: a mail that waits is known again by a keyed hash of its queue
id and its recipient, which differs in every process.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container

from mailpath.names import BadName, to_domain
from mailpath.survey.lists.opening import ListError
from mailpath.visible import visible

#: Most different domains of a survey: with them in a table, as in every store and report, memory has an end.
MOST_DOMAINS = 1_000_000
#: Waiting mails that are remembered; of more than twice as many the oldest are counted again.
MOST_WAITING = 250_000
#: Domains of which the route is noted; and how many must go one way to be sent through a relay.
ROUTES, MANY = 2000, 20
#: A domain is the sender's own that more than one mail in so many comes from.
OWN = 10


class Tally:
    """Recipients by domain as the file has it, in lower case."""

    def __init__(self) -> None:
        self.counts: defaultdict[bytes, int] = defaultdict(int)
        #: The same of mail that the queue holds back for a domain, through whichever transport.
        self.held: defaultdict[bytes, int] = defaultdict(int)
        #: What was said of TLS -> how often.
        self.said: Counter[str] = Counter()
        #: Lines, rows or entries that make no sense.
        self.skipped = 0
        #: Domain -> the host that its mail first went to; of some domains.
        self.routes: dict[bytes, bytes] = {}
        #: Mails by the domain of their sender, where the list may hold mail within it.
        self.senders: Counter[bytes] = Counter()
        self._waiting: set[int] = set()
        self._waited: set[int] = set()

    @property
    def any_waits(self) -> bool:
        """Whether a mail was deferred that has not left since."""
        return bool(self._waiting or self._waited)

    def waits(self, queue: bytes, address: bytes) -> bool:
        """Note that this mail is deferred; whether that is news."""
        key = hash((queue, address))
        if key in self._waiting or key in self._waited:
            return False
        if len(self._waiting) >= MOST_WAITING:
            self._waited, self._waiting = self._waiting, set()
        self._waiting.add(key)
        return True

    def leaves(self, queue: bytes, address: bytes) -> bool:
        """Note that this mail is sent or returned; whether it is news, and was not deferred before."""
        key = hash((queue, address))
        if key in self._waiting:
            self._waiting.discard(key)
            return False
        if key in self._waited:
            self._waited.discard(key)
            return False
        return True

    def check(self) -> None:
        """Raises `ListError` where there are too many domains."""
        if len(self.counts) > MOST_DOMAINS:
            raise too_many()

    def route(self, domain: bytes, host: bytes) -> None:
        """Note where mail to `domain` went."""
        if len(self.routes) < ROUTES:
            self.routes.setdefault(domain, host)

    def relay(self) -> str:
        """The host through which nearly all domains are reached, visible text; "" where there is none."""
        total = len(self.routes)
        host, domains = next(iter(Counter(self.routes.values()).most_common(1)), (b"", 0))
        self.routes.clear()
        return visible(host) if domains >= MANY and 20 * domains >= 19 * total else ""

    def take(self, known: Container[str]) -> tuple[dict[str, int], int]:
        """What one file had: recipients by domain in A-labels, and how many have none; the next file begins
        anew, but for the mails that wait.  `known`: the domains of the files before.
        """
        found: dict[str, int] = {}
        skipped = self.skipped = 0
        rows = self.senders.total()
        for raw, mails in self.counts.items():
            if self.senders[raw] * OWN > rows:
                continue
            domain = named(raw)
            if domain is None:
                skipped += mails
            else:
                found[domain] = found.get(domain, 0) + mails
        for raw, mails in self.held.items():
            domain = named(raw)
            if domain is not None and (domain in found or domain in known):
                found[domain] = found.get(domain, 0) + mails
        for each in (self.counts, self.held, self.senders, self.said):
            each.clear()
        return found, skipped


def too_many() -> ListError:
    """What is told of more domains than a survey takes."""
    return ListError(f"There are more than {MOST_DOMAINS:,} different domains: use only a part of them.")


def named(raw: bytes) -> str | None:
    """The domain `raw` in A-labels; None where it is none."""
    try:
        return to_domain(raw.decode())
    except (BadName, UnicodeDecodeError):
        return None
