"""The config file, and what the app remembers.  There need be neither.

`config.toml` in the user's config directory, `$XDG_CONFIG_HOME/mailpath` on Unix; `mailpath paths` says
where.

    [default]                  # of the app
    sender = "a.example"
    posture = "ours"
    theme = "mailpath-light"

    [network]                  # the keys of a network file, for every command that probes
    resolver = "127.0.0.1"

    [posture.ours]             # a preset, and what differs from it: `mailpath.judge.custom`
    base = "postfix-dane"
    sts = true

    [posture.ours.for]         # recipients for which another posture decides in its place
    "bank.example" = "postfix-secure"
    ".bank.example" = "postfix-secure"   # every domain below it

    [keymap]                   # id of a binding of the app -> keys
    "path.again" = "f5"

Commands take the first mistake for an error.  The app leaves out what is wrong, tells it with line and key,
and starts.  The judge is loaded only when a posture is made: the app's first frame does not wait for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import platformdirs

from mailpath.errors import MailpathError
from mailpath.files import replace_file
from mailpath.visible import visible
from mailpath.wording.phrases import did_you_mean

if TYPE_CHECKING:
    from mailpath.judge import Posture
    from mailpath.network.settings import Settings

#: A config file is a page of text: anything larger is not one.
MAX_BYTES = 256 * 1024
#: Recipients that are remembered.
MOST_RECENT = 12

TABLES = ("default", "network", "posture", "keymap")
_DEFAULTS = ("sender", "posture", "theme")


class ConfigError(MailpathError):
    """The config file cannot be used; the message names it and says why in one sentence."""


def config_file() -> Path:
    """Where the config file is, or would be."""
    return platformdirs.user_config_path("mailpath", appauthor=False) / "config.toml"


def state_file() -> Path:
    """Where the app keeps what it remembers."""
    return platformdirs.user_state_path("mailpath", appauthor=False) / "state.json"


def surveys_folder() -> Path:
    """Where surveys are kept that nobody gives a place."""
    return platformdirs.user_data_path("mailpath", appauthor=False) / "surveys"


# --- For commands: the first mistake is an error ---------------------------------------------------


def postures(file: Path | None = None, remark: Callable[[str], None] | None = None) -> dict[str, Posture]:
    """Every preset, then those of the config file, by name.  Raises `ConfigError`.

    `remark`: told of each key whose name is an old one, in one line.
    """
    from mailpath.judge.presets import PRESETS

    found = load(file)
    own, problems = found.own_postures()
    for problem in (*found.problems, *problems):
        raise ConfigError(problem, file=str(found.file))
    if remark is not None:
        for sentence in found.old_keys():
            remark(visible(f"{found.file}: {sentence}", limit=600))
    return {**PRESETS, **own}


def network(file: Path | None = None) -> Settings:
    """Where the config file says to ask; the defaults where it says nothing.  Raises `ConfigError`."""
    found = load(file)
    settings, problems = found.settings()
    for problem in (*found.problems, *problems):
        raise ConfigError(problem, file=str(found.file))
    return settings


# --- For the app: what is wrong is left out, and told ----------------------------------------------


@dataclass(frozen=True)
class Config:
    """What the file says.  `problems`: sentences, each with line and key.  `network` and `postures` are as
    written, and understood when they are asked for."""

    file: Path
    text: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    keymap: Mapping[str, str] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    postures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def settings(self) -> tuple[Settings, tuple[str, ...]]:
        """The network table as settings, and what is wrong with it."""
        from mailpath.network.settings import Settings, SettingsError

        found = Settings()
        problems = []
        for key, value in self.network.items():
            if key not in Settings.__struct_fields__:
                near = did_you_mean(key, Settings.__struct_fields__)
                problems.append(self.told(f"There is no such key.{near}", "network", key))
                continue
            given = value
            if key in ("trust_anchor", "ca_file") and isinstance(value, str):
                given = str((self.file.parent / value).absolute())  # as seen from this file
            try:
                found = found.merged(**{key: given})
            except SettingsError as error:
                problems.append(self.told(error.sentence, "network", key))
        return found, tuple(problems)

    def own_postures(self) -> tuple[dict[str, Posture], tuple[str, ...]]:
        """The postures of one's own by name, and what is wrong with the others."""
        from mailpath.judge.custom import BadPosture, custom_posture, for_recipients
        from mailpath.judge.presets import PRESETS

        alone: dict[str, Posture] = {}
        problems = []
        for name, table in self.postures.items():
            try:
                alone[name] = custom_posture(name, table)
            except BadPosture as error:
                problems.append(self.told(str(error), "posture", name, *error.path))
        found = dict(alone)
        for name, posture in alone.items():
            try:
                found[name] = for_recipients(posture, self.postures[name], {**PRESETS, **alone})
            except BadPosture as error:
                del found[name]  # it would give another verdict than its owner means
                problems.append(self.told(str(error), "posture", name, *error.path))
        return found, tuple(problems)

    def old_keys(self) -> tuple[str, ...]:
        """Which keys of its postures have other names now: a sentence for each."""
        from mailpath.judge.custom import RENAMED

        return tuple(
            self.told(f"This key is called {RENAMED[key]} now.", "posture", name, key)
            for name, table in self.postures.items()
            for key in table
            if key in RENAMED
        )

    def told(self, sentence: str, *key: str) -> str:
        """`sentence` with the line and the key that it is about."""
        line = _line_of(self.text, key)
        where = f"line {line}, {'.'.join(key)}" if line else ".".join(key)
        return visible(f"{where}: {sentence}", limit=300)


def load(file: Path | None = None) -> Config:
    """The configuration; an empty one where there is no file."""
    where = config_file() if file is None else file
    try:
        with where.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return Config(where)
    except OSError as error:
        return Config(where, problems=(f"The file cannot be read: {error.strerror}.",))
    import tomllib

    if len(data) > MAX_BYTES:
        return Config(where, problems=(f"The file is larger than {MAX_BYTES // 1024} KiB.",))
    try:
        text = data.decode()
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return Config(where, problems=(visible(f"The file is not TOML: {error}.", limit=300),))
    wrong = dict(_wrong(tables))
    good = {
        name: {key: value for key, value in table.items() if (name, key) not in wrong}
        for name, table in tables.items()
        if (name,) not in wrong
    }
    bare = Config(where, text)
    return Config(
        where,
        text,
        defaults=good.get("default", {}),
        keymap=good.get("keymap", {}),
        network=good.get("network", {}),
        postures=good.get("posture", {}),
        problems=tuple(bare.told(sentence, *key) for key, sentence in wrong.items()),
    )


def _wrong(tables: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """(key, what is wrong with it) of every mistake that shows without understanding the tables."""
    for name, table in tables.items():
        if name not in TABLES:
            there = ", ".join(f"[{each}]" for each in TABLES)
            near = did_you_mean(name, TABLES)
            yield (name,), f"There is no such key; the tables are {there}.{near}"
        elif not isinstance(table, Mapping):
            what = "posture.NAME" if name == "posture" else name
            yield (name,), f"This must be a table [{what}]."
        else:
            for key, value in table.items():
                if name == "posture" and not isinstance(value, Mapping):
                    yield (name, key), "This must be a table [posture.NAME]."
                elif name == "default" and key not in _DEFAULTS:
                    yield (name, key), f"There is no such key.{did_you_mean(key, _DEFAULTS)}"
                elif name in ("default", "keymap") and not (isinstance(value, str) and value):
                    yield (name, key), "This must be a string in quotes."


# --- What the app remembers ------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """`recent`: recipients, latest first."""

    theme: str = ""
    recent: tuple[str, ...] = ()


def load_state(file: Path | None = None) -> State:
    """What was remembered; nothing where it cannot be read."""
    try:
        with (file or state_file()).open("rb") as stream:
            text = stream.read(MAX_BYTES)
        import json

        told = json.loads(text)
    except (OSError, ValueError, RecursionError):
        return State()
    if not isinstance(told, dict):
        return State()
    theme, recent = told.get("theme"), told.get("recent")
    names = dict.fromkeys(name for name in recent if _is_text(name)) if isinstance(recent, list) else {}
    return State(theme if _is_text(theme) else "", tuple(names)[:MOST_RECENT])


def _is_text(told: Any) -> TypeGuard[str]:
    """That can be shown, and be remembered again."""
    return isinstance(told, str) and told.isprintable()


def save_state(state: State, file: Path | None = None) -> None:
    """Remember `state`.  Raises `OSError`."""
    import json

    file = file or state_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = {"theme": state.theme, "recent": list(state.recent[:MOST_RECENT])}
    replace_file(file, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())


# --- Lines -----------------------------------------------------------------------------------------


def _line_of(text: str, key: tuple[str, ...]) -> int:
    """The line in which `key` is written, or the table that it is in; 0 where that cannot be found."""
    found = {path: number for number, path in reversed(tuple(_lines(text))) if path == key[: len(path)]}
    return found[max(found, key=len)] if found else 0


def _lines(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line, key written there) of every table heading and assignment."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        heading = re.match(r"\s*\[([^\[\]]+)\]", line)
        if heading:
            table = _parts(heading[1])
            yield number, table
            continue
        assigned = re.match(r"\s*([A-Za-z0-9_.\- \"']+?)\s*=", line)
        if assigned:
            yield number, (*table, *_parts(assigned[1]))


def _parts(dotted: str) -> tuple[str, ...]:
    """'posture."a.b"' -> ("posture", "a.b")."""
    found = re.findall(r"\s*(?:\"([^\"]*)\"|'([^']*)'|([^.\s]+))\s*\.?", dotted)
    return tuple(next(part for part in each if part) if any(each) else "" for each in found)
