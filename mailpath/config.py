"""The config file: postures of one's own.  There need be none.

`config.toml` in the user's config directory, `$XDG_CONFIG_HOME/mailpath` on Unix; `mailpath paths` says
where.  Its tables are `[posture.NAME]`; see `mailpath.judge.own`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from mailpath.judge import Posture
from mailpath.judge.own import BadPosture, own_posture
from mailpath.judge.presets import PRESETS

#: A config file is a page of text: anything larger is not one.
MAX_BYTES = 256 * 1024


class ConfigError(ValueError):
    """The config file cannot be used; the message names it and says why in one sentence."""


def config_file() -> Path:
    """Where the config file is, or would be."""
    return platformdirs.user_config_path("mailpath", appauthor=False) / "config.toml"


def postures(file: Path | None = None) -> dict[str, Posture]:
    """Every preset, then those of the config file, by name.  Raises `ConfigError`."""
    return {**PRESETS, **own_postures(file)}


def own_postures(file: Path | None = None) -> dict[str, Posture]:
    """The postures that the config file defines; {} where there is no such file.  Raises `ConfigError`."""
    where = config_file() if file is None else file
    data = _read(where)
    unknown = next((key for key in data if key != "posture"), None)
    if unknown is not None:
        raise ConfigError(f"{where}: {unknown}: There is no such key; a posture is a table [posture.NAME].")
    tables = data.get("posture", {})
    if not isinstance(tables, Mapping):
        raise ConfigError(f"{where}: posture: A posture is a table [posture.NAME].")
    found = {}
    for name, table in tables.items():
        if not isinstance(table, Mapping):
            raise ConfigError(f"{where}: posture.{name}: A posture is a table [posture.NAME].")
        try:
            found[name] = own_posture(name, table)
        except BadPosture as error:
            raise ConfigError(f"{where}: posture.{name}: {error}") from None
    return found


def _read(file: Path) -> dict[str, object]:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"{file}: It cannot be read: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{file}: It is larger than {MAX_BYTES // 1024} KiB.")
    try:
        return tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: This is no TOML: {error}.") from None
