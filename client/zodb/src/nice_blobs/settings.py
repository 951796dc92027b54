"""The part of the configuration that a reader needs. docs/configuration.md is the whole of it."""

import json
import os
from dataclasses import dataclass
from urllib.parse import quote

from ZConfig import ConfigurationError

DEFAULT_SOCKET = "/run/nice-blobs/agent.sock"
PATHS = "directory", "socket"


@dataclass(frozen=True)
class Settings:
    database: str
    bucket: str
    cache: str
    socket: str
    volumes: dict  # name -> directory
    archive_on_commit: bool = False
    young: float = 86400  # seconds
    wait_for_agent: float = 30  # seconds
    report_after_pack: bool = True

    @classmethod
    def load(cls, path, database=None, **options):
        try:
            with open(path, encoding="utf-8") as file:
                config = json.load(file)
            databases = config["databases"]
            if database is None and len(databases) == 1:
                (database,) = databases
            if database not in databases:
                raise ConfigurationError(f"{path}: name one of the databases: {', '.join(databases)}")
            return cls(
                database=database,
                bucket=_setting(config, "bucket", "name"),
                cache=_setting(config, "cache", "directory"),
                socket=_setting(config, "agent", "socket", DEFAULT_SOCKET),
                volumes=dict(databases[database].get("volumes", {})),
                **options,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"{path}: cannot be read: {error!r}") from error

    @property
    def cache_root(self):
        """Where the stable paths begin (docs/formats.md, "Files on a host")."""
        return f"{self.cache}/v1/{quote(self.bucket, safe=_UNQUOTED)}/{self.database}"


# As JavaScript's encodeURIComponent.
_UNQUOTED = "!'()*-._~"


def _setting(config, section, name, default=None):
    """The environment comes before the file, as it does for the agent."""
    value = os.environ.get(f"NICE_BLOBS_{section}_{name}".upper()) or config.get(section, {}).get(name, default)
    if not isinstance(value, str) or (name in PATHS and not os.path.isabs(value)):
        raise ValueError(f"{section}.{name} is missing, or no absolute path" if name in PATHS else f"{section}.{name} is missing")
    return value
