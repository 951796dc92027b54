import type { TypedCommand } from './typed-commands.ts'

/** By which test each command of the documents is run. */

export interface Runner {
  document: string
  section: RegExp
  typed: RegExp
  /** Where it is run. */
  test: string
  /** What stands there: the command, or what takes it out of the document. */
  by: string
}

type Row = readonly [typed: RegExp, test: string, by: string]

const ANY = /^/
const WAY_IN_AND_BACK = /^(?:\d\. |The way back$)/

const runs = (document: string, section: RegExp, ...rows: Row[]): Runner[] =>
  rows.map(([typed, test, by]) => ({ document, section, typed, test, by }))

const DEPLOY = 'test/deploy/deploy.test.ts'
const MIGRATION = 'test/faults/migration.test.ts'
const OF_README = "typedCommands('README.md')"
const OF_OPERATIONS = "typedCommands('docs/operations.md')"
const OF_AGENT = "typedCommands('docs/agent.md')"

export const WHO_RUNS: readonly Runner[] = [
  ...runs(
    'README.md',
    ANY,
    [/^npm ci$/, '.ci/run', 'npm ci '],
    [/^npm run demo$/, '.ci/run', 'npm run demo\n'],
    [/^npm test$/, '.ci/run', 'npm run check\n'],
    [/^npx nice-blobs /, 'test/cli/readme.test.ts', OF_README],
    [/^export NICE_BLOBS_CONFIG=/, 'test/cli/command.ts', 'NICE_BLOBS_CONFIG: configFile'],
    [/^curl --unix-socket /, 'test/cli/agent-page.test.ts', OF_README],
    [/^cp examples\/deploy\//, 'test/stack/app.test.ts', OF_README],
    [/^npx cdk bootstrap aws:/, DEPLOY, "cdk('bootstrap', ...environments)"],
    [/^npx cdk deploy --all --outputs-file /, DEPLOY, "'--outputs-file', account.outputs]"],
  ),
  ...runs(
    'docs/migration.md',
    WAY_IN_AND_BACK,
    [/^npx nice-blobs (plan|doctor|status|check|recall)\b/, MIGRATION, "command('recall --all --verify')"],
    [/^npx nice-blobs init /, 'test/cli/readme.test.ts', OF_README],
    [/^export NICE_BLOBS_CONFIG=/, 'test/faults/migration/site.ts', 'NICE_BLOBS_CONFIG: config'],
    [/^aws lambda invoke /, MIGRATION, 'functions.invoke(functionName, payload)'],
    [/^npx cdk diff --all$/, DEPLOY, "cdk('diff', '--all'"],
    [/^npx cdk deploy --all --outputs-file /, DEPLOY, "'--outputs-file', account.outputs]"],
  ),
  // Their tests see by themselves that they leave none of their section out.
  ...Object.entries({
    'Blobs in SQL': 'test/zodb/tests/test_ways_in_sql.py',
    ZEO: 'test/zodb/tests/test_ways_in_zeo.py',
    'A shared directory (NFS, EFS)': 'test/zodb/tests/test_ways_in_shared.py',
    'From zodb-s3blobs': 'test/zodb/tests/test_predecessors_guide.py',
    'From collective.s3blobs': 'test/zodb/tests/test_predecessors_guide.py',
  }).flatMap(([section, test]) =>
    runs('docs/migration.md', exactly(section), [ANY, test, `section = Section("${section}")`]),
  ),
  ...runs(
    'docs/operations.md',
    ANY,
    [/^npx nice-blobs undelete /, 'test/cli/undelete.test.ts', OF_OPERATIONS],
    [/^npx nice-blobs gc /, 'test/cli/gc.test.ts', OF_OPERATIONS],
    [/^export NICE_BLOBS_BUCKET_NAME=/, 'test/cli/lost-region.test.ts', OF_OPERATIONS],
    [/^(?:KEY=|aws s3api )/, 'test/s3/from-the-replica.test.ts', OF_OPERATIONS],
  ),
  ...runs(
    'docs/agent.md',
    ANY,
    [/^curl --unix-socket /, 'test/cli/agent-page.test.ts', OF_AGENT],
    [/^\/usr\/bin\/npx --no-install nice-blobs agent /, 'test/cli/agent-page.test.ts', OF_AGENT],
  ),
  ...runs('docs/zodb.md', ANY, [
    /-m nice_blobs\.live_report /,
    'test/zodb/tests/test_live_report.py',
    '"-m", "nice_blobs.live_report"',
  ]),
  ...runs('docs/backups.md', ANY, [
    /^(?!systemctl )/,
    'test/backup/tests/test_guide.py',
    '"docs/backups.md"',
  ]),
  ...runs('docs/releasing.md', ANY, [
    /^npm run release$/,
    'test/package/release.test.ts',
    "'release/build.ts', '--uncommitted'",
  ]),
  ...runs('client/README.md', ANY, [
    /^npx nice-blobs plan /,
    'test/package/package.test.ts',
    "launcher, 'plan', volume",
  ]),
  // By the file that is published instead of its name.
  ...runs(
    'client/zodb/README.md',
    ANY,
    [/^pip install nice-blobs-zodb$/, 'test/package/packed.ts', "'pip', 'install',"],
    [/^npm install --global nice-blobs$/, 'test/package/packed.ts', "['install', '--no-audit'"],
  ),
  ...runs('examples/plone/README.md', ANY, [
    /^npm run plone$/,
    'test/plone/command.test.ts',
    "'run', 'plone'",
  ]),
  ...runs('examples/developer-copy/README.md', ANY, [
    /^AWS_PROFILE=\S+ npx nice-blobs agent --read-only --config /,
    'test/cli/developer-copy.test.ts',
    "typedCommands('examples/developer-copy/README.md')",
  ]),
]

export function runnersOf({ document, section, words }: TypedCommand): Runner[] {
  return WHO_RUNS.filter(
    runner => runner.document === document && runner.section.test(section) && runner.typed.test(words),
  )
}

function exactly(text: string): RegExp {
  return new RegExp(`^${RegExp.escape(text)}$`)
}
