"""The MTA-STS policy and the host that serves it, as the fetch showed them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from mailpath.exchanges import Failure, HttpsExchange
from mailpath.facts import Walk
from mailpath.lab.grammar import Sts
from mailpath.lab.https import write_policy
from mailpath.match.sts import parse_policy
from mailpath.network.capture import Capture
from mailpath.rehearse.certificates import Certificates
from mailpath.rehearse.notes import Notes, is_plain, relative
from mailpath.rehearse.servers import Address

_NOTICED, _LONGEST = 0.5, 60.0


def draw(
    capture: Capture,
    walk: Walk,
    certificates: Certificates,
    addresses: dict[str, Address],
    notes: Notes,
) -> Sts | None:
    """The policy's table; None where there is neither policy host nor record.  The record itself is a line
    of its zone."""
    domain = capture.path.recipient
    host = f"mta-sts.{domain}"
    if not capture.https:
        return Sts(txt=(), listen="noaddr") if walk.sts.fetch is not None else None
    fetched = capture.https[0]
    if len(capture.https) > 1:
        notes.add(host, "it has several addresses; in the lab it has the first")
    address = addresses.get(fetched.request.address)
    if address is None:
        return Sts(txt=(), listen="noaddr")
    owner = address.owners[0]
    sts = Sts(txt=(), ttl=address.ttl, address_at=None if owner == host else relative(owner, domain))
    said: dict[str, Any] = {}
    if fetched.chain:
        said["cert"] = certificates.draw(fetched.chain, host)
    said |= _failure(fetched, host, notes) if fetched.status is None else _answer(fetched, host, notes)
    return replace(sts, **said)


def _failure(fetched: HttpsExchange, host: str, notes: Notes) -> dict[str, Any]:
    """Nothing was answered."""
    if fetched.failure is Failure.CERTIFICATE:
        notes.add(host, "nobody has read the policy behind its certificate; the lab's stands for it")
        return {}
    if fetched.failure is Failure.REFUSED:
        return {"listen": "refused"}
    if fetched.failure is Failure.TIMEOUT:
        return {"listen": "hang" if fetched.chain else "blackhole"}
    told = fetched.failure.value if fetched.failure is not None else "nothing"
    notes.add(host, f"the fetch ended with {told}; in the lab the connection is refused")
    return {"listen": "refused"}


def _answer(fetched: HttpsExchange, host: str, notes: Notes) -> dict[str, Any]:
    """Status, header fields and body."""
    fields = {name.lower(): value for name, value in reversed(fetched.headers)}
    said: dict[str, Any] = {
        "ctype": notes.text(host, fields.get(b"content-type", b"")),
        "no_length": b"content-length" not in fields,
        "stall": fetched.failure is Failure.TIMEOUT,
    }
    if fetched.status is not None and 200 <= fetched.status <= 599:
        said["status"] = fetched.status
    else:
        notes.add(host, f"it answered with status {fetched.status}; in the lab with 500")
        said["status"] = 500
    if b"location" in fields:
        said["redirect"] = notes.text(host, fields[b"location"])
    if fetched.elapsed_ms >= _NOTICED * 1000 and not said["stall"]:
        said["delay"] = round(min(fetched.elapsed_ms / 1000, _LONGEST), 1)
    if fetched.failure is Failure.TOO_LARGE:
        notes.add(host, "its answer is larger than anybody reads; in the lab it ends where it was cut")
    return said | _policy(fetched.body, host, notes)


def _policy(body: bytes, host: str, notes: Notes) -> dict[str, Any]:
    """The policy by its keys, if that gives the same text; or the text."""
    text = notes.text(host, body)
    found = parse_policy(body, b"text/plain").policy
    if found is None or not all(is_plain(pattern) for pattern in found.mx):
        return {"body": text}
    for eol in ("\r\n", "\n"):
        said: dict[str, Any] = {"mode": found.mode, "max_age": found.max_age, "eol": eol}
        if write_policy(Sts(**said), found.mx) == text:
            return said | {"mx": tuple(f"{pattern}." for pattern in found.mx)}
    return {"body": text}
