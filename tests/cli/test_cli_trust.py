"""Where trust comes from is said, on every surface, and what rests on strange roots counts for nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from mailpath.facts import Path as MailPath
from mailpath.lab import Lab, load
from mailpath.network import capture as captures
from mailpath.network.anchors import ROOT_ANCHORS
from mailpath.network.capture import Capture, capture_of
from mailpath.network.recording import Recording
from mailpath.walk import live_network, walk

Run = Callable[..., tuple[int, str, str]]

FORMS = ("text", "markdown", "html", "nagios", "json")
DOUBT = "on the capture's own DNSSEC root, which is not IANA's"


@pytest.fixture(scope="module")
def forger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab of somebody's own, in which gmail.com is signed and has TLSA records."""
    folder = tmp_path_factory.mktemp("forger")
    source = (resources.files("mailpath.lab") / "scenarios" / "10-dane-good.toml").read_text(encoding="utf-8")
    (folder / "forged.toml").write_text(f'domain = "gmail.com"\n{source}', encoding="utf-8")
    with Lab.start((load(folder / "forged.toml"),)) as lab:
        yield lab


@pytest.fixture(scope="module")
def forged(forger: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the forger sends round."""
    file = tmp_path_factory.mktemp("forged") / "forged.json.gz"
    captures.dump(asyncio.run(recorded(forger, "gmail.com")), file)
    return file


async def recorded(lab: Lab, recipient: str) -> Capture:
    async with live_network(lab.settings) as network:
        recording = Recording(network)
        path = MailPath(recipient=recipient)
        found = await walk(path, recording, network.ground.made)
        return capture_of(recording, path, found.roots)


def kept(lab: Lab, recipient: str, file: Path, **ground: Any) -> Path:
    """A capture with another ground."""
    held = asyncio.run(recorded(lab, recipient))
    captures.dump(msgspec.structs.replace(held, ground=msgspec.structs.replace(held.ground, **ground)), file)
    return file


def told(report: str) -> str:
    """Without what a format puts between words."""
    plain = " ".join(report.replace("`", "").replace("&#39;", "'").split())
    return plain.replace("<strong>", "").replace("</strong>", "")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("more", [(), ("--attack", "forge-mx"), ("--at", "2026-01-01"), ("--redact",)])
def test_a_forged_capture_is_no_evidence(
    form: str, more: tuple[str, ...], forged: Path, report_schema: dict[str, Any], run: Run
) -> None:
    code, out, _ = run("check", "--replay", forged, "--format", form, *more)
    assert code == 3
    assert DOUBT in told(out)
    assert "not evidence" in told(out).lower()
    assert "the capture says" in told(out).lower()
    assert {"nagios": out.startswith("MAILPATH UNKNOWN - gmail.com: not evidence: ")}.get(form, True)
    if form == "json":
        found = json.loads(out)
        jsonschema.Draft202012Validator(report_schema).validate(found)
        assert (found["replayed"], found["anchor"], found["evidence_trusted"]) == (True, "own", False)
        step = found["steps"][-1]
        assert (step["status"], step["word"]) == ("error", "NOT EVIDENCE")
        assert "IANA" in found["steps"][2]["summary"]


def test_the_first_line_of_the_text_begins_with_it(forged: Path, run: Run) -> None:
    _, out, _ = run("check", "--replay", forged)
    assert out.splitlines()[0] == (
        f"gmail.com: not evidence: {DOUBT}; the capture says delivered authenticated by rfc at"
        " mx1.gmail.com: DANE-EE; replayed from a capture, trust anchor not IANA's, connections redirected"
        " (dial)"
    )


def test_who_says_so_takes_it_on_trust(forged: Path, run: Run) -> None:
    for form in FORMS:
        code, out, _ = run("check", "--replay", forged, "--trust-capture", "--format", form)
        assert code == 0
        assert "on trust" in told(out) or "--trust-capture" in told(out)
        assert "not IANA's" in told(out)
    assert json.loads(out)["evidence_trusted"] is False
    assert run("check", "b.example", "--trust-capture")[0] == 64


def test_who_knows_the_anchor_gives_it(
    forger: Lab, forged: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compared, not used in its place: by content, and by name."""
    network = forger.write_network_file(tmp_path)
    anchor = tmp_path / "root.ds"
    config = tmp_path / "config" / "mailpath" / "config.toml"
    for words in (("--network", network), ("--trust-anchor", anchor)):
        code, out, _ = run("check", "--replay", forged, *words, "--format", "json")
        found = json.loads(out)
        assert (code, found["anchor"], found["evidence_trusted"]) == (0, "own", True)
        assert "That is what you gave (trust_anchor)." in " ".join(found["stands_on"])
    config.parent.mkdir(parents=True)
    config.write_text(f'[network]\ntrust_anchor = "{anchor}"\n', encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert run("check", "--replay", forged)[0] == 0
    config.write_text('[network]\ntrust_anchor = "/no/such/file"\n', encoding="utf-8")
    code, _, err = run("check", "--replay", forged)
    assert (code, err.count("\n"), "config.toml" in err) == (3, 1, True)
    config.unlink()
    other = tmp_path / "other.ds"
    other.write_text(f". DS 1 13 2 {'00' * 32}\n", encoding="utf-8")
    code, out, _ = run("check", "--replay", forged, "--trust-anchor", other)
    assert (code, "which is neither IANA's nor the one you gave;" in told(out)) == (3, True)
    assert run("check", "--replay", forged, "--trust-anchor", "/no/such/file")[0] == 64
    other.write_text("-----BEGIN CERTIFICATE-----\n", encoding="utf-8")
    code, _, err = run("check", "--replay", forged, "--trust-anchor", other)
    assert (code, "other.ds: trust_anchor: The trust anchor" in err) == (64, True)
    config.write_text(f'[network]\ntrust_anchor = "{other}"\n', encoding="utf-8")
    code, _, err = run("check", "--replay", forged)
    assert (code, err.count("\n"), "config.toml" in err) == (3, 1, True)
    config.unlink()
    assert run("check", "--replay", forged, "--resolver", "192.0.2.53")[0] == 64


@pytest.mark.parametrize("form", FORMS)
def test_a_root_that_the_verdict_hangs_on(
    form: str, lab: Lab, network: Path, tmp_path: Path, run: Run
) -> None:
    """The anchor is this user's, the CA nobody's: of the policy host, then of the mail host."""
    anchor = lab.settings.trust_anchor
    held = kept(lab, "sts-enforce.example", tmp_path / "sts.json")
    code, out, _ = run("check", "--replay", held, "--trust-anchor", anchor, "--format", form)
    assert (code, "on the capture's own CA root" in told(out)) == (3, True)
    _, out, _ = run("check", "--replay", held, "--format", form)
    assert "which is not IANA's, and on the capture's own CA root" in told(out)
    assert run("check", "--replay", held, "--network", network, "--format", form)[0] == 0
    # Of a posture that looks at no certificate's issuer nothing hangs on it; but it is named.
    words = ("--trust-anchor", anchor, "--posture", "postfix-none", "--format", form)
    code, out, _ = run("check", "--replay", held, *words)
    assert (code, "not evidence" in told(out).lower()) == (1, False)
    named = '"roots": "own"' if form == "json" else "CA root unknown here"
    assert named in told(out)


def test_the_worst_that_is_evidence_decides(lab: Lab, tmp_path: Path, run: Run) -> None:
    """One posture's verdict hangs on a strange root, the other's does not."""
    held = kept(lab, "sts-enforce.example", tmp_path / "sts.json")
    words = ("--trust-anchor", lab.settings.trust_anchor, "--posture", "postfix-none", "--posture", "rfc")
    code, out, _ = run("check", "--replay", held, *words, "--format", "json")
    found = json.loads(out)
    assert (code, found["posture"], found["evidence_trusted"]) == (1, "postfix-none", True)
    _, out, _ = run("check", "--replay", held, *words)
    assert "Not evidence: rfc." in told(out)


def test_an_unsigned_path_on_known_roots_is_evidence_but_a_claim(lab: Lab, tmp_path: Path, run: Run) -> None:
    """IANA's anchor, nothing hung on a root: what the servers said is the capture's word all the same."""
    held = kept(lab, "null-mx.example", tmp_path / "held.json", trust_anchor=ROOT_ANCHORS)
    code, out, _ = run("check", "--replay", held, "--format", "json")
    found = json.loads(out)
    assert (found["anchor"], found["roots"], found["evidence_trusted"]) == ("iana", "known", True)
    assert code in (2, 3)  # the lab's zones are bogus below IANA's keys
    _, out, _ = run("check", "--replay", held)
    assert "Seen the capture says 20" in told(out)
    assert "from the capture says mail.a.example" in told(out)
    _, out, _ = run("check", "--replay", held, "--full")
    assert "From the capture says mail.a.example" in told(out)


def test_zones_that_the_capture_takes_for_unsigned(lab: Lab, tmp_path: Path, run: Run) -> None:
    held = kept(lab, "null-mx.example", tmp_path / "held.json", insecure_zones=("Example.",))
    words = ("--trust-anchor", lab.settings.trust_anchor)
    code, out, _ = run("check", "--replay", held, *words)
    assert code == 3
    assert "not evidence: the capture counts Example. as unsigned, which you did not request" in out
    assert run("check", "--replay", held, *words, "--insecure-zone", "example")[0] != 3


@pytest.mark.parametrize("form", FORMS)
def test_live_walks_are_named_and_count(form: str, network: Path, lab: Lab, run: Run) -> None:
    words = ("check", "sts-enforce.example", "--network", network, "--format", form)
    code, out, _ = run(*words)
    assert code == 0
    if form == "json":
        found = json.loads(out)
        keys = ("replayed", "anchor", "roots", "dialled", "lab", "evidence_trusted")
        assert [found[key] for key in keys] == [False, "own", "own", True, False, True]
        assert "(ca_file)" in " ".join(found["stands_on"])
    else:
        for mark in ("trust anchor not IANA's", "CA root unknown here", "connections redirected (dial)"):
            assert mark in told(out)


def test_a_ca_file_that_holds_known_roots_is_named(network: Path, lab: Lab, tmp_path: Path, run: Run) -> None:
    """And an anchor file with IANA's keys, in whatever form."""
    anchor = tmp_path / "root.key"
    anchor.write_text(ROOT_ANCHORS.splitlines()[1] + "\n", encoding="utf-8")
    words = ("check", "null-mx.example", "--network", network, "--trust-anchor", anchor)
    _, out, _ = run(*words, "--format", "json")
    found = json.loads(out)
    assert (found["anchor"], found["roots"]) == ("iana", "known")
    _, out, _ = run(*words)
    assert "trust anchor given, CA file given" in out.splitlines()[0]


def test_diff_says_of_each_capture_what_it_stands_on(
    forger: Lab, forged: Path, tmp_path: Path, run: Run
) -> None:
    code, out, _ = run("diff", forged, forged)
    assert (code, out.splitlines()[0]) == (0, "gmail.com: nothing changed; not evidence: old and new")
    assert told(out).count(f"Not evidence: {DOUBT}.") == 2
    assert told(out).count("the capture says 20") == 2
    found = json.loads(run("diff", forged, forged, "--json")[1])
    for side in ("old", "new"):
        assert found["stands_on"][side]["evidence_trusted"] is False
    _, out, _ = run("diff", forged, forged, "--network", forger.write_network_file(tmp_path))
    assert "not evidence" not in out.lower()
    assert out.count("Note: trust anchor not IANA's, connections redirected (dial).") == 2


def test_a_tls_report_of_a_replay_is_told_apart(lab: Lab, tmp_path: Path, run: Run) -> None:
    held = kept(lab, "full-protection.example", tmp_path / "held.json")
    _, _, err = run("check", "--replay", held, "--tlsrpt", tmp_path / "report.json")
    assert f"Not evidence: {DOUBT}" in err
    assert "replayed from a capture" in err
