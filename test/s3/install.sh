# Sourced by suites that run before servers of other people, which pip installs into an ignored folder.
venv=.work/s3-venv
command -v python3 >/dev/null || { echo "$suite needs python3 (3.10 or newer) with venv and pip" >&2; exit 1; }
if [ ! -x "$venv/bin/moto_server" ] || [ ! -x "$venv/bin/ministack" ] || [ ! -x "$venv/bin/aws" ]; then
  python3 -m venv "$venv" || { echo "$suite needs python3-venv" >&2; exit 1; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement test/s3/requirements.txt
fi
