"""Backups of the tests' sites, made and tried by the scripts of examples/backup."""

import os
import re
import signal
import subprocess
import sys

from stage import ROOT, stage
import storages

SCRIPTS = os.path.join(ROOT, "examples/backup")
PYTHON = sys.executable
REPOZO = os.path.join(os.path.dirname(PYTHON), "repozo")


class Backup:
    def __init__(self, site, directory):
        self.site, self.directory = site, directory
        self.blobs, self.database = os.path.join(directory, "blobs"), os.path.join(directory, "database")
        os.makedirs(self.database, exist_ok=True)

    def environment(self, **more):
        """As nice-blobs-backup.conf sets it, with credentials that may read."""
        if self.site.kind.endswith("PostgreSQL"):
            source = {"DSN": storages.postgresql_source(self.site.name)}
        else:
            source = {"DATA_FS": f"{self.site.name}.fs", "REPOZO": REPOZO}
        return {
            **{"PATH": os.environ["PATH"], "HOME": self.site.directory, "LANG": "C.UTF-8"},
            **stage().credentials,
            **{"BACKUP": self.directory, "VOLUME": self.site.blobs},
            **{"NICE_BLOBS": os.path.join(ROOT, "client/bin/nice-blobs.js"), "NICE_BLOBS_CONFIG": self.site.host.config},
            **source,
            **more,
        }

    def start(self, **more):
        words = [os.path.join(SCRIPTS, "backup.sh")]
        # A group of its own, so that all of it can be killed.
        return subprocess.Popen(words, env=self.environment(**more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def make(self, **more):
        process = self.start(**more)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        return said

    def recall(self, *words):
        """Only the bucket's part."""
        environment = self.environment()
        done = subprocess.run([environment["NICE_BLOBS"], "recall", *words, "--to", self.blobs], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def drill(self, *words, environment=None):
        return Drill([*words, self.directory], environment)

    def path(self, ref):
        """Of a blob in the copy, in whichever layout."""
        oid, tid = (name.hex() for name in ref)
        for directory, _, names in os.walk(self.directory):
            for name in names:
                path = os.path.join(directory, name)
                if ".nice-blobs" not in path and (oid, tid) == ref_of(os.path.relpath(path, self.directory)):
                    return path
        raise AssertionError(f"{oid}/{tid} is not in the copy")


def kill(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def ref_of(path):
    """Of the last parts of a path: bushy, lawn, or a key."""
    digits = re.findall(r"(?<![^/])(?:0x)?([0-9a-f]+)(?![^/])", path.removesuffix(".blob"))
    if not digits:
        return None
    return "".join(digits[:-1])[-16:].rjust(16, "0"), digits[-1].rjust(16, "0")


class Drill:
    """One that has ended."""

    def __init__(self, words, environment=None):
        words = [os.path.join(SCRIPTS, "restore-drill.sh"), "--python", PYTHON, *words]
        done = subprocess.run(words, env={**os.environ, **stage().credentials, **(environment or {})}, capture_output=True, text=True, timeout=120)
        self.status, self.said, self.complaints = done.returncode, done.stdout.splitlines(), done.stderr
        self.verdict = self.said[-1] if self.said else ""

    def refs(self, outcome):
        """Those of which it says so."""
        lines = [line for line in self.said if line.startswith(f"{outcome}: ")]
        return {tuple(map(bytes.fromhex, line.split()[len(outcome.split())].rstrip(",").split("/"))) for line in lines}
