"""The sandbox, agents and archivers for the storage wrapper's tests, in one process of Node (stage.ts)."""

import atexit
import json
import os
import subprocess
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NODE = os.environ.get("BLOBS_TEST_NODE", os.path.join(ROOT, "node_modules/.bin/node"))


class Stage:
    def __init__(self):
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [NODE, os.path.join(ROOT, "test/zodb/stage.ts")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        said = json.loads(self._process.stdout.readline())
        self.sandbox, self.credentials = said["sandbox"], said["credentials"]
        self.delivery = said["delivery"]  # of the database "main"
        atexit.register(self.close)

    def tell(self, what, config="", **options):
        with self._lock:
            self._process.stdin.write(json.dumps({"do": what, "config": config, **options}) + "\n")
            self._process.stdin.flush()
            said = json.loads(self._process.stdout.readline())
        if "error" in said:
            raise AssertionError(said["error"])
        return said["answer"]

    def close(self):
        self._process.stdin.close()
        self._process.wait(30)


_stage = None


def stage():
    global _stage
    _stage = _stage or Stage()
    return _stage


class Host:
    """One host's directory: a configuration, a cache, an agent, and a volume where the test puts its blobs."""

    def __init__(self, directory, volumes=None, limit="1GB", database="main", **settings):
        self.directory, self.database = directory, database
        os.makedirs(directory, exist_ok=True)
        self.config = os.path.join(directory, "nice-blobs.json")
        self._write(
            {
                **stage().sandbox,
                "cache": {"directory": os.path.join(directory, "cache"), "limit": limit},
                "agent": {"socket": os.path.join(directory, "run", "agent.sock")},
                "databases": {database: {"volumes": volumes or {}}},
                **settings,
            }
        )

    def _write(self, config):
        self._text = json.dumps(config)
        with open(self.config, "w") as file:
            file.write(self._text)

    def begin_generation(self, name):
        """As an operator does after a restore."""
        self.stop()
        config = json.loads(self._text)
        config["databases"][self.database]["generation"] = name
        self._write(config)
        self.start()

    def start(self, **options):
        stage().tell("start", self._text, **options)

    def stop(self):
        stage().tell("stop", self._text)

    def archive(self, release=True):
        """What `nice-blobs archive [-d --delay 0s]` does, whatever the blobs' age."""
        done = stage().tell("archive", self._text, database=self.database, release=release)
        assert done["failures"] == [], done
        return done["outcomes"]

    def condemn(self):
        """Follows the live reports that have come; answers what became of each."""
        return stage().tell("condemn", self._text, database=self.database)

    def sweep(self):
        (done,) = stage().tell("sweep", self._text)
        return done

    def undelete(self, report):
        """What `nice-blobs undelete --live` does."""
        return stage().tell("undelete", self._text, database=self.database, report=report)

    def bucket(self):
        """The refs of the database's objects."""
        keys = stage().tell("list", self._text, database=self.database)
        return {tuple(map(bytes.fromhex, key.split("/"))) for key in keys}

    @staticmethod
    def pass_time(days):
        """By the clock of condemner, sweeper and whoever undeletes."""
        stage().tell("pass", milliseconds=days * 86_400_000)

    @staticmethod
    def downloads():
        """How often the bucket was asked for an object so far."""
        return stage().tell("downloads")
