"""`mailpath plan`: words, formats, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailpath.judge.presets import PRESETS


@pytest.fixture
def capture(run, tmp_path: Path) -> Path:
    file = tmp_path / "dane-good.json"
    assert run("check", "--lab", "dane-good", "--capture", file)[0] == 0
    return file


def test_text_and_json_of_a_replay(run, capture: Path, tmp_path: Path) -> None:
    key = tmp_path / "next.pem"
    private = ec.generate_private_key(ec.SECP256R1())
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    code, out, err = run("plan", "key-change", "dane-good.example", "--replay", capture, "--why")
    assert (code, err) == (0, "")
    assert "update add _25._tcp.mx1.dane-good.example. 3600 IN TLSA 3 1 1 <SHA-256 of the next key>" in out
    assert "New key served, old TLSA record cached" in " ".join(out.split())
    file = tmp_path / "plan.json"
    code, out, _ = run("plan", "key-change", "--replay", capture, "--key", key, "-o", file)
    told = json.loads(file.read_text())
    assert (code, out) == (0, "")
    assert (told["schema"], told["goal"], told["result"]) == (1, "key-change", "plan")
    assert {"n", "who", "do", "wait_s", "wait_because", "check", "undo"} <= told["steps"][0].keys()
    assert {"kind", "records", "file"} <= told["steps"][0]["do"][0].keys()
    assert "PRIVATE" not in file.read_text()
    assert "<" not in told["steps"][0]["do"][0]["records"][0]
    assert (told["proof"]["worse"], told["proof"]["postures"]) == ([], len(PRESETS))
    assert {"order", "state", "postures", "outcome", "for_s"} <= told["unsafe"][0].keys()


def test_the_lab_and_what_is_not_ones_own(run) -> None:
    code, out, _ = run("plan", "dane", "--lab", "provider-mx", "--format", "json")
    told = json.loads(out)
    assert (code, told["result"], told["blocked"][0]["by"]) == (2, "blocked", "mx.provider-host.example")
    assert run("plan", "dane", "--lab", "dane-good")[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("dane",), "Missing argument"),
        (("dean", "b.example"), "Did you mean 'dane'?"),
        (("new-mx", "b.example"), "--to"),
        (("dane", "b.example", "--to", "mx.b.example"), "--to"),
        (("key-change", "b.example", "--key", "a", "--cert", "b"), "either --key or --cert"),
        (("key-change", "b.example", "--key", "/nowhere"), "/nowhere"),
        (("leave-dane", "b.example", "--key", "a"), "dane, key-change and new-mx"),
        (("dane", "--replay", "x", "--lab", "dane-good"), "--lab"),
    ],
)
def test_wrong_usage(run, words: tuple[str, ...], told: str) -> None:
    code, out, err = run("plan", *words)
    assert (code, out) == (64, "")
    assert told in err


def test_a_key_that_is_none(run, tmp_path: Path, capture: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("no key")
    code, _, err = run("plan", "key-change", "--replay", capture, "--key", file)
    assert code == 64
    assert "it holds no key in PEM" in err
