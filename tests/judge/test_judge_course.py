"""What several hosts in a row come to: who decides, and who is tried at all."""

from __future__ import annotations

from judge_builders import SELF, WEB, down, ee, ended, greets, mx, path, plain, tls
from msgspec.structs import replace
from test_judge_patience import slow_greeting, slow_handshake, slow_starttls

from mailpath.exchanges import Failure, Stage
from mailpath.judge import Event, Outcome, judge
from mailpath.judge.patience import _host as name_of
from mailpath.judge.presets import PRESETS

#: Tries the hosts behind one that lacks the TLSA records it demands, though it will give them nothing.
GOES_ON = PRESETS["exim-require-dane"]


def judged(*hosts, posture="postfix-may", **facts):
    return judge(path(*hosts, **facts), PRESETS[posture])


def test_behind_a_host_without_tlsa_the_first_that_would_take_the_mail_ends_the_pass():
    missing = mx("mx1", tls(WEB))
    taking = mx("mx2", tls(WEB), at=20, tlsa=(ee(WEB),))
    broken = mx("mx3", down, at=30, tlsa=(ee(WEB),))
    found = judge(path(missing, taking, broken, signed=True), GOES_ON)
    assert (found.outcome, found.host) == (Outcome.BOUNCED, "mx1.b.example")
    assert [each.host for each in found.attempts] == ["mx1.b.example"]  # nobody knocks at the third
    found = judge(path(missing, broken, signed=True), GOES_ON)
    assert (found.outcome, found.host) == (Outcome.DEFERRED, "mx3.b.example")
    assert [each.host for each in found.attempts] == ["mx1.b.example", "mx3.b.example"]
    behind = judge(path(missing, broken, mx("mx4", tls(WEB), at=40, tlsa=(ee(WEB),)), signed=True), GOES_ON)
    assert [each.host for each in behind.attempts] == ["mx1.b.example", "mx3.b.example"]  # nor at the fourth
    assert (behind.outcome, behind.host) == (Outcome.DEFERRED, "mx3.b.example")


def test_of_two_hosts_that_we_could_not_wait_for_the_first_is_told():
    found = judged(mx("mx1", slow_greeting), mx("mx2", slow_starttls, at=20), posture="postfix-encrypt")
    assert found.outcome is Outcome.UNKNOWN
    assert found.host == "mx1.b.example"
    assert [each.outcome for each in found.attempts] == [Outcome.UNKNOWN, Outcome.UNKNOWN]


def test_a_host_that_we_could_not_wait_for_is_told_where_the_next_only_delays():
    found = judged(mx("mx1", slow_greeting), mx("mx2", down, at=20), posture="postfix-encrypt")
    assert (found.outcome, found.host) == (Outcome.UNKNOWN, "mx1.b.example")
    found = judged(mx("mx1", down), mx("mx2", slow_greeting, at=20), posture="postfix-encrypt")
    assert (found.outcome, found.host) == (Outcome.UNKNOWN, "mx2.b.example")


def test_behind_a_host_that_takes_the_mail_either_way_nobody_is_tried():
    found = judged(mx("mx1", slow_handshake), mx("mx2", down, at=20), posture="exim")
    assert found.possible == (Outcome.ENCRYPTED, Outcome.PLAINTEXT)
    assert [each.host for each in found.attempts] == ["mx1.b.example"]


def test_of_hosts_about_which_nothing_is_known_the_first_is_told():
    unseen = ended(Failure.NOT_RECORDED, Stage.CONNECT)
    hosts = [mx("mx1", down), mx("mx2", unseen, at=20), mx("mx3", unseen, at=30), mx("mx4", down, at=40)]
    found = judged(*hosts)
    assert (found.outcome, found.event, found.host) == (Outcome.UNKNOWN, Event.NOT_RECORDED, "mx2.b.example")
    assert len(found.attempts) == 4
    taken = judged(*hosts, mx("mx5", plain, at=50))
    assert (taken.outcome, taken.host) == (Outcome.PLAINTEXT, "mx5.b.example")


def test_a_host_that_refuses_for_good_behind_one_without_tlsa_delays_the_mail_only():
    missing, rejecting = mx("mx1", tls(WEB)), mx("mx2", greets("554 no"), at=20, tlsa=(ee(WEB),))
    assert judge(path(rejecting, signed=True), GOES_ON).outcome is Outcome.BOUNCED
    behind = judge(path(missing, rejecting, signed=True), GOES_ON)
    assert (behind.outcome, behind.host) == (Outcome.DEFERRED, "mx2.b.example")
    assert [each.outcome for each in behind.attempts] == [Outcome.BOUNCED, Outcome.BOUNCED]


def test_the_first_that_takes_it_takes_it():
    found = judged(mx("mx1", tls(SELF)), mx("mx2", plain, at=20))
    assert (found.outcome, found.host) == (Outcome.ENCRYPTED, "mx1.b.example")
    assert len(found.attempts) == 1


def test_a_session_is_told_by_the_host_that_it_was_held_for():
    walk = path(mx("mx1", plain), mx("mx2", plain, at=20))
    first, second = walk.mx.hosts
    shared = replace(walk, mx=replace(walk.mx, hosts=(first, replace(second, addresses=first.addresses))))
    session = next(each for each in walk.starttls.sessions if each.address in first.addresses)
    assert name_of(shared, replace(session, sni=second.name)) == f"mx2.b.example ({session.address})"
    assert name_of(shared, replace(session, sni=None)) == f"mx1.b.example ({session.address})"
    assert name_of(walk, replace(session, sni=second.name)) == f"mx1.b.example ({session.address})"
    assert name_of(walk, replace(session, address="198.51.100.9", sni=None)) == "198.51.100.9"
