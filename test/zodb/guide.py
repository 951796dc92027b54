"""What docs/migration.md tells to type and to write, so that it is that which is tested."""

import os
import re

from stage import ROOT

with open(os.path.join(ROOT, "docs/migration.md"), encoding="utf-8") as file:
    DOCUMENT = file.read()
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


class Section:
    """By its title. Blocks that a list indents are found as well."""

    def __init__(self, title):
        _, beginning, rest = DOCUMENT.partition(f"\n### {title}\n")
        assert beginning, title
        text = re.split(r"^##", rest, maxsplit=1, flags=re.MULTILINE)[0]
        blocks = [(kind, re.sub(f"^{indent}", "", block, flags=re.MULTILINE)) for indent, kind, block in BLOCK.findall(text)]
        self._written = [block for kind, block in blocks if kind == "xml"]
        self._mounts = [block for kind, block in blocks if kind == "fstab"]
        # In their order, each once.
        self._commands = list(dict.fromkeys(line for kind, block in blocks if kind == "console" for line in block.splitlines()))
        self._typed = set()

    def written(self, name):
        """The configuration that begins with a comment of this name."""
        (found,) = [block for block in self._written if block.startswith(f"# {name}\n")]
        return found

    def mount_options(self):
        """Of the one mount."""
        (line,) = self._mounts
        return line.split()[3]

    def all_typed(self, beginning):
        """Each command that begins so."""
        found = [command for command in self._commands if command.startswith(beginning)]
        self._typed.update(found)
        return found

    def typed(self, words):
        """The command, or the only one that begins so."""
        if words in self._commands:
            self._typed.add(words)
            return words
        (found,) = self.all_typed(words)
        return found

    def require_all_typed(self):
        """That tests have asked for all of its commands."""
        left = set(self._commands) - self._typed
        assert not left, left
