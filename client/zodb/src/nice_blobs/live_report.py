"""Makes live reports and sends them through the host's agent (docs/zodb.md, "Live reports")."""

import argparse
import os
import sys

import ZConfig

from nice_blobs.agent import Agent
from nice_blobs.report import report_text
from nice_blobs.settings import Settings
from nice_blobs.sources import find_sources

# As exit statuses in docs/errors.md.
DONE, INPUT, UNKNOWN = 0, 2, 3


def main(words=None):
    """Answers the exit status."""
    options = _parser().parse_args(words)
    try:
        sources = _choose(options)
    except ZConfig.ConfigurationError as error:
        print(error, file=sys.stderr)
        return INPUT
    done = DONE
    for source, settings in sources:
        try:
            _print_text(source) if options.print else _send(source, settings)
        except Exception as error:
            print(f"{source.name or options.conf}: {error}", file=sys.stderr)
            done = UNKNOWN
    return done


def _parser():
    parser = argparse.ArgumentParser("python -m nice_blobs.live_report", description="Report what databases keep, so that garbage can be told.")
    parser.add_argument("conf", help="a configuration of Zope, ZODB or ZEO; its storages are opened to be read alone")
    parser.add_argument("--storage", metavar="NAME", help="only the section with this name; default: every <niceblobs> section")
    parser.add_argument("--database", metavar="NAME", help="only this database of nice-blobs; or which one it is, of a storage without <niceblobs>")
    parser.add_argument("--config", metavar="FILE", help="of a storage without <niceblobs>: the configuration of nice-blobs")
    parser.add_argument("--print", action="store_true", help="the text for nice-blobs live-report, on standard output")
    return parser


def _choose(options):
    """Pairs of a source and its settings. Without the latter it can be printed alone."""
    sources = [source for source in find_sources(options.conf) if options.storage in (None, source.name)]
    wrapped = [source for source in sources if source.settings and options.database in (None, source.settings.database)]
    chosen = [(source, source.settings) for source in wrapped] or [(source, None) for source in sources if not source.settings]
    if len(chosen) != 1 and (options.print or not wrapped):
        names = ", ".join(repr(source.name) for source in sources) or "none"
        raise ZConfig.ConfigurationError(f"{options.conf}: choose one of its storages by --storage: {names}")
    if wrapped or options.print:
        return chosen
    config = options.config or os.environ.get("NICE_BLOBS_CONFIG", "nice-blobs.config.json")
    return [(source, Settings.load(config, options.database)) for source, _ in chosen]


def _send(source, settings):
    told = _with(source, lambda storage: Agent(settings).report(report_text(storage)))
    print(f"{settings.database}: live report {told['report']}, {told['revisions']} revisions")


def _print_text(source):
    _with(source, lambda storage: sys.stdout.buffer.writelines(report_text(storage)))
    sys.stdout.flush()


def _with(source, work):
    storage = source.open()
    try:
        return work(storage)
    finally:
        storage.close()


if __name__ == "__main__":
    sys.exit(main())
