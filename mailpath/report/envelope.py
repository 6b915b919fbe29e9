"""What came of the envelope test: MAIL FROM and RCPT TO at each address, in plain words.

Nothing was sent: RSET took it back (RFC 5321 section 4.1.1.5).  A 4xx to a stranger's first try is most
often greylisting (RFC 6647): it goes away by itself when the sender comes again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mailpath.assess.reached import Reached, quoted, reached, told, why_ended
from mailpath.exchanges import Envelope, Stage
from mailpath.facts import MxHost, Reply, Session, Walk
from mailpath.network.replies import offers
from mailpath.visible import visible
from mailpath.wording.phrases import sentence


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One address.  `word`: TAKEN, GREYLISTED, LATER, REFUSED, NO REPLY, NOT REACHED or NOT TESTABLE.

    All visible text.
    """

    host: str
    address: str
    word: str
    sentence: str


def tried(walk: Walk) -> str:
    """The commands that were tried; "" where nobody asked for it."""
    envelope = walk.starttls.envelope
    if envelope is None:
        return ""
    return f"MAIL FROM:<{visible(envelope.mail_from)}>, RCPT TO:<{visible(envelope.rcpt_to)}>"


def answers(walk: Walk) -> tuple[Answered, ...]:
    """What each address answered, in the order in which they are tried; () where nobody asked for it."""
    return tuple(_answers(walk))


def said_mail_from(walk: Walk) -> bool:
    """Some server was told of the sender, whatever it made of that."""
    return any(each.word not in ("NOT REACHED", "NOT TESTABLE") for each in answers(walk))


def _answers(walk: Walk) -> Iterator[Answered]:
    told = set()
    for host in walk.mx.hosts:
        for address in host.addresses:
            for session in walk.starttls.enveloped:
                if session.address == address and address not in told:
                    told.add(address)
                    yield _answer(host, session, walk.starttls.envelope)


def _answer(host: MxHost, session: Session, envelope: Envelope | None) -> Answered:
    word, sentence = _unsaid(session, envelope) or _word(session)
    return Answered(host=visible(host.name), address=session.address, word=word, sentence=sentence)


def _unsaid(session: Session, envelope: Envelope | None) -> tuple[str, str] | None:
    """An address beyond ASCII is not told to a server that does not offer to take it."""
    hello, offered = (
        (session.ehlo, session.extensions)
        if session.tls is None
        else (session.ehlo_tls, session.extensions_tls)
    )
    if envelope is None or not envelope.smtputf8 or session.mail_from is not None or session.failure:
        return None
    if hello is None or hello.code is None or offers(offered, "SMTPUTF8"):
        return None
    sentence = "The address is not ASCII, but the server does not offer SMTPUTF8 (RFC 6531 section 3.2)."
    return "NOT TESTABLE", sentence


def _word(session: Session) -> tuple[str, str]:
    where = "" if session.tls is not None else ", in the clear"
    far = reached(session)
    for command, reply in (("MAIL FROM", session.mail_from), ("RCPT TO", session.rcpt_to)):
        if reply is None and session.failed_at is Stage.ENVELOPE and far is not Reached.STARTTLS_REFUSED:
            return "NO REPLY", f"{command} is not answered{where}: {visible(session.detail)}"
        if reply is None:
            ended = why_ended(session) if far in (Reached.NOT_OFFERED, Reached.UP) else told(session)
            return "NOT REACHED", sentence(f"The session ended before {command}: {ended}")
        if reply.code is None:
            return "NO REPLY", f"The reply to {command} is not valid: {visible(reply.defect)}."
        if not reply.positive:
            return _refused(command, reply, where)
    return "TAKEN", f"Sender and recipient are accepted{where}."


def _refused(command: str, reply: Reply, where: str) -> tuple[str, str]:
    assert reply.code is not None
    answer = f"{command} is answered{where} {quoted(reply)}"
    if reply.code // 100 != 4:
        return "REFUSED", f"{answer}: the mail would bounce."
    if any(word in b" ".join(reply.lines).lower() for word in (b"greylist", b"graylist", b"grey-list")):
        return "GREYLISTED", f"{answer}: the server asks the sender to try again later, and accepts it then."
    return "LATER", f"{answer}: the mail waits (greylisting looks like this too)."
