"""The storages that a configuration of Zope, ZODB or ZEO names, opened beside whoever else has them open: to be read alone."""

import os
import re
from dataclasses import dataclass
from io import StringIO

import ZConfig

from nice_blobs.section import NiceBlobsSection
from nice_blobs.settings import Settings

SCHEMA = """
<schema>
  <import package="ZODB"/>
  <multisection type="ZODB.storage" name="*" attribute="storages"/>
  <multisection type="ZODB.database" name="*" attribute="databases"/>
</schema>
"""
# Of any storage's section. Without a directory for blobs none is made, and none of another process's caches is touched.
READ_ONLY = {
    "read_only": True,
    "read_only_fallback": False,
    "create": False,
    "create_schema": False,
    "blob_dir": None,
    "client": None,
    "cache_local_dir": None,
}


@dataclass(frozen=True)
class Source:
    """A section's storage; `settings` where it is a <niceblobs> section."""

    name: str
    section: object
    settings: Settings | None

    def open(self):
        return _to_be_read(self.section).open()


def find_sources(path):
    """All of a file. Raises ZConfig.ConfigurationError."""
    config = _load(path)
    named = [(section.name or section.config.database_name, section.config.storage) for section in getattr(config, "databases", None) or []]
    named += [(section.name, section) for section in getattr(config, "storages", None) or []]
    return [_source(name or "", section) for name, section in named]


def _source(name, section):
    if isinstance(section, NiceBlobsSection):
        return Source(name or section.config.storage.name or "", section.config.storage, section.settings())
    return Source(name, section, None)


def _load(path):
    """By the schema of whoever reads such a file: each knows sections that the others do not."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if re.search(r"^\s*<zodb_db\b", text, re.MULTILINE):
        from Zope2.Startup.options import ZopeWSGIOptions

        return ZopeWSGIOptions(path)().configroot
    if re.search(r"^\s*<zeo[\s>]", text, re.MULTILINE):
        import ZEO

        schema = ZConfig.loadSchema(os.path.join(os.path.dirname(ZEO.__file__), "schema.xml"))
    else:
        schema = ZConfig.loadSchemaFile(StringIO(SCHEMA))
    config, _ = ZConfig.loadConfig(schema, path)
    return config


def _to_be_read(section):
    """What is inside of it too; a <blobstorage> is nothing without its directory, and its records are those of what is inside."""
    config = section.config
    if config.getSectionType() == "blobstorage":
        return _to_be_read(config.base)
    for name in config.getSectionAttributes():
        value = getattr(config, name)
        if name in READ_ONLY:
            setattr(config, name, READ_ONLY[name])
        elif isinstance(value, list):
            setattr(config, name, [_to_be_read(each) if _is_storage(each) else each for each in value])
        elif _is_storage(value):
            setattr(config, name, _to_be_read(value))
    return section


def _is_storage(value):
    return hasattr(value, "open") and hasattr(getattr(value, "config", None), "getSectionType")
