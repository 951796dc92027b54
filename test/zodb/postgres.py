"""A PostgreSQL of the tests' own, on a socket in a directory of its own."""

import atexit
import glob
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile

# Tests may move the temporary directory to where a socket's name is too long.
HERE = tempfile.gettempdir()
_cluster = None
_numbers = itertools.count(1)


class Cluster:
    def __init__(self):
        programs = self.programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.directory = tempfile.mkdtemp(prefix="nice-blobs-pg-", dir=HERE)
        self._as_user = []
        if os.geteuid() == 0:  # which PostgreSQL refuses to run as
            user = pwd.getpwnam("postgres")
            os.chmod(self.directory, 0o755)
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            self._as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        data = os.path.join(self.directory, "data")
        self._run(f"{programs}/initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = f"-k {self.directory} -c listen_addresses= -c fsync=off -c max_connections=200 -c max_prepared_transactions=10"
        self._stop = [f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "stop"]
        self._run(f"{programs}/pg_ctl", "-D", data, "-w", "-o", settings, "-l", f"{self.directory}/log", "start")
        atexit.register(self.close)

    def _run(self, *words):
        subprocess.run([*self._as_user, *words], check=True, cwd="/", stdout=subprocess.DEVNULL)

    def create_database(self):
        """Answers the data source name of an empty one."""
        import psycopg2

        name = f"d{next(_numbers)}"
        connection = psycopg2.connect(host=self.directory, user="tests", dbname="postgres")
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
        connection.close()
        return f"dbname='{name}' user='tests' host='{self.directory}'"

    def close(self):
        self._run(*self._stop)
        self._run("rm", "-r", os.path.join(self.directory, "data"))
        shutil.rmtree(self.directory, ignore_errors=True)


def create_database():
    return _started().create_database()


def programs():
    """The directory of PostgreSQL's own."""
    return _started().programs


def environment():
    """What its programs need to find it."""
    return {"PGHOST": _started().directory, "PGUSER": "tests"}


def _started():
    global _cluster
    _cluster = _cluster or Cluster()
    return _cluster


def dump(source, path):
    subprocess.run([f"{_cluster.programs}/pg_dump", "--no-owner", "-f", path, "-d", source], check=True)


def restore(path):
    """Answers the data source name of a new database."""
    source = create_database()
    subprocess.run([f"{_cluster.programs}/psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", path, source], check=True, stdout=subprocess.DEVNULL)
    return source
