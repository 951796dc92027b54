"""A host on which what docs/migration.md says is typed and written, with its own names for what the document has."""

import json
import os
import re
import subprocess
import sys

import postgres
from application import Application
from case import Case, numbers
from stage import NODE, ROOT, stage

LAUNCHER = os.path.join(ROOT, "client/bin/nice-blobs.js")
COMMANDS = {"npx": f'shift\nexec {NODE} {LAUNCHER} "$@"\n', "python": f'exec {sys.executable} "$@"\n'}


class Guided:
    """`names`: what the document calls something -> what it is called here, beside what each host has."""

    def __init__(self, directory, names):
        self.directory = directory
        self.config = os.path.join(directory, "nice-blobs.json")
        self.blobs = os.path.join(directory, "blobs")
        self._names = {"/etc/nice-blobs": os.path.join(directory, "nice-blobs"), "/srv/plone/blobstorage": self.blobs, **names}
        self._agent = None
        os.makedirs(os.path.join(directory, "bin"))
        for name, does in COMMANDS.items():
            self.write(f"bin/{name}", f"#!/bin/sh\n{does}", 0o755)
        os.symlink(os.path.join(ROOT, "examples"), os.path.join(directory, "examples"))
        self.environment = {
            **os.environ,
            **stage().credentials,
            **postgres.environment(),
            "PATH": os.pathsep.join([os.path.join(directory, "bin"), os.path.dirname(sys.executable), postgres.programs(), os.environ["PATH"]]),
            "NICE_BLOBS_CONFIG": self.config,
        }

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)

    def here(self, text):
        """What the document has, as it is on this host. The longest names first, which may begin with others."""
        for name in sorted(self._names, key=len, reverse=True):
            text = text.replace(name, self._names[name])
        return text

    def put(self, section, name, **changes):
        """Writes a configuration of the document; answers its text. `changes`: a key's value in it -> another."""
        text = self.here(section.written(name))
        for key, (old, new) in changes.items():
            key = key.replace("_", "-")
            assert f"{key} {old}\n" in text, (key, text)
            text = text.replace(f"{key} {old}\n", f"{key} {new}\n")
        self.write(name, text)
        return text

    def run(self, words, status=0):
        """As somebody types it. Answers all that it said."""
        ran = subprocess.run(
            ["bash", "-c", self.here(words)], cwd=self.directory, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert ran.returncode == status, f"{words}: {ran.returncode}\n{ran.stdout}"
        return ran.stdout

    def begin(self, words, **options):
        """The same, for what goes on."""
        return subprocess.Popen(["bash", "-c", f"exec {self.here(words)}"], cwd=self.directory, env=self.environment, text=True, **options)

    def init(self, words, database):
        """The document's command, with the outputs of a stack that is the sandbox's, and where this host has what others have by default."""
        policy = {"archive": {"quiet": "0s", "minAge": "0s"}, "release": {"delay": "0s"}}
        shared = json.dumps({**stage().sandbox, "databases": {database: policy}})
        self.write("cdk-outputs.json", json.dumps({"nice-blobs": {"ClientConfiguration": shared}}))
        words = words.replace(" main/", f" {database}/")
        self.run(f"{words} --cache {self.directory}/cache --socket {self.directory}/run/agent.sock")

    def start_agent(self):
        self._agent = self.begin("npx nice-blobs agent", stdout=subprocess.PIPE)
        assert "serving" in self._agent.stdout.readline()

    def stop_agent(self):
        if self._agent and self._agent.poll() is None:
            self._agent.terminate()
            self._agent.wait(60)
        if self._agent:
            self._agent.stdout.close()

    def files(self):
        """Blobs' files in its blob directory."""
        found = []
        for path, _, names in os.walk(self.blobs):
            found += [os.path.join(path, name) for name in names if name.endswith(".blob") and ".nice-blobs" not in path]
        return found


def without_section(text):
    """A configuration as it was before our section came into it, and its keys."""
    return re.sub(r"^ *(%import nice_blobs|</?niceblobs.*>|(config|young|archive-on-commit) .*)\n", "", text, flags=re.MULTILINE)


# More than the bucket takes in one part.
LARGE = (2100 if os.environ.get("BLOBS_TEST_LONG") else 20) << 20


class GuidedCase(Case):
    """`section`: of the document."""

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.section.require_all_typed()

    def setUp(self):
        super().setUp()
        self.database = f"way{next(numbers)}"

    def guided(self, name, **names):
        host = Guided(self.at(name), names)
        self.addCleanup(host.stop_agent)
        return host

    def application(self, text):
        application = Application(text)
        self.addCleanup(application.close)
        return application

    def typed(self, host, beginning, more=""):
        return host.run(self.section.typed(beginning) + more)

    def archive(self, host):
        """As the document says, and empty ones too."""
        self.typed(host, "npx nice-blobs archive /srv/plone/blobstorage -d", " --allow-empty")

    def fill(self, application):
        """A site with few and many revisions, small and large blobs, and empty ones."""
        for number in range(60):
            application.write(f"blob-{number % 25}", number, [0, 1, 300, 70_000, 1_300_000][number % 5])
        for seed in 0, 1:
            application.write("large", seed, LARGE)

    def see(self, application):
        """All that has to stay as it is."""
        return {**application.revisions(), **application.read()}
