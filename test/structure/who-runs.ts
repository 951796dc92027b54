import type { TypedCommand } from './typed-commands.ts'

/** By which test each command of the documents is run. */

export interface Runner {
  document: string
  /** In which sections; by default in all. */
  section?: RegExp
  typed: RegExp
  /** Where it is run. */
  test: string
  /** What stands there: the command, or what takes it out of the document. */
  by: string
}

const README: Runner[] = [
  { document: 'README.md', typed: /^npm ci$/, test: '.ci/run', by: 'npm ci ' },
  { document: 'README.md', typed: /^npm run demo$/, test: '.ci/run', by: 'npm run demo\n' },
  { document: 'README.md', typed: /^npm test$/, test: '.ci/run', by: 'npm run check\n' },
  {
    document: 'README.md',
    typed: /^npx nice-blobs /,
    test: 'test/cli/readme.test.ts',
    by: "typedCommands('README.md')",
  },
  {
    document: 'README.md',
    typed: /^export NICE_BLOBS_CONFIG=/,
    test: 'test/cli/command.ts',
    by: 'NICE_BLOBS_CONFIG: configFile',
  },
  {
    document: 'README.md',
    typed: /^curl --unix-socket /,
    test: 'test/cli/agent-page.test.ts',
    by: "typedCommands('README.md')",
  },
  {
    document: 'README.md',
    typed: /^cp examples\/deploy\//,
    test: 'test/stack/app.test.ts',
    by: "typedCommands('README.md')",
  },
  {
    document: 'README.md',
    typed: /^npx cdk bootstrap aws:/,
    test: 'test/deploy/deploy.test.ts',
    by: "cdk('bootstrap', ...environments)",
  },
  {
    document: 'README.md',
    typed: /^npx cdk deploy --all --outputs-file /,
    test: 'test/deploy/deploy.test.ts',
    by: "'--outputs-file', account.outputs]",
  },
]

const WAY_IN_AND_BACK = /^(?:\d\. |The way back$)/

const MIGRATION: Runner[] = [
  {
    document: 'docs/migration.md',
    section: WAY_IN_AND_BACK,
    typed: /^npx nice-blobs (plan|doctor|status|check|recall)\b/,
    test: 'test/faults/migration.test.ts',
    by: "command('recall --all --verify')",
  },
  {
    document: 'docs/migration.md',
    section: WAY_IN_AND_BACK,
    typed: /^npx nice-blobs init /,
    test: 'test/cli/readme.test.ts',
    by: "typedCommands('README.md')",
  },
  {
    document: 'docs/migration.md',
    section: WAY_IN_AND_BACK,
    typed: /^export NICE_BLOBS_CONFIG=/,
    test: 'test/faults/migration/site.ts',
    by: 'NICE_BLOBS_CONFIG: config',
  },
  {
    document: 'docs/migration.md',
    section: WAY_IN_AND_BACK,
    typed: /^aws lambda invoke /,
    test: 'test/faults/migration.test.ts',
    by: 'functions.invoke(functionName, payload)',
  },
  {
    document: 'docs/migration.md',
    section: WAY_IN_AND_BACK,
    typed: /^npx cdk diff --all$/,
    test: 'test/deploy/deploy.test.ts',
    by: "cdk('diff', '--all'",
  },
  {
    document: 'docs/migration.md',
    section: WAY_IN_AND_BACK,
    typed: /^npx cdk deploy --all --outputs-file /,
    test: 'test/deploy/deploy.test.ts',
    by: "'--outputs-file', account.outputs]",
  },
]

/** Whose tests also see that they leave none of their section out. */
const WAYS_IN: Runner[] = [
  {
    document: 'docs/migration.md',
    section: /^Blobs in SQL$/,
    typed: /./,
    test: 'test/zodb/tests/test_ways_in_sql.py',
    by: 'section = Section("Blobs in SQL")',
  },
  {
    document: 'docs/migration.md',
    section: /^ZEO$/,
    typed: /./,
    test: 'test/zodb/tests/test_ways_in_zeo.py',
    by: 'section = Section("ZEO")',
  },
  {
    document: 'docs/migration.md',
    section: /^A shared directory/,
    typed: /./,
    test: 'test/zodb/tests/test_ways_in_shared.py',
    by: 'section = Section("A shared directory (NFS, EFS)")',
  },
]

const PREDECESSORS: Runner[] = [
  {
    document: 'docs/migration.md',
    section: /^From zodb-s3blobs$/,
    typed: /./,
    test: 'test/zodb/tests/test_predecessors_guide.py',
    by: 'section = Section("From zodb-s3blobs")',
  },
  {
    document: 'docs/migration.md',
    section: /^From collective\.s3blobs$/,
    typed: /./,
    test: 'test/zodb/tests/test_predecessors_guide.py',
    by: 'section = Section("From collective.s3blobs")',
  },
]

const OPERATIONS: Runner[] = [
  {
    document: 'docs/operations.md',
    typed: /^npx nice-blobs undelete /,
    test: 'test/cli/undelete.test.ts',
    by: "typedCommands('docs/operations.md')",
  },
  {
    document: 'docs/operations.md',
    typed: /^npx nice-blobs gc /,
    test: 'test/cli/gc.test.ts',
    by: "typedCommands('docs/operations.md')",
  },
  {
    document: 'docs/operations.md',
    section: /^Undelete$/,
    typed: /^(?:KEY=|aws s3api )/,
    test: 'test/s3/from-the-replica.test.ts',
    by: "typedCommands('docs/operations.md')",
  },
  {
    document: 'docs/operations.md',
    typed: /^export NICE_BLOBS_BUCKET_NAME=/,
    test: 'test/cli/lost-region.test.ts',
    by: "typedCommands('docs/operations.md')",
  },
]

const OTHERS: Runner[] = [
  {
    document: 'client/README.md',
    typed: /^npx nice-blobs plan /,
    test: 'test/package/package.test.ts',
    by: "launcher, 'plan', volume",
  },
  // By the file that is published instead of its name.
  {
    document: 'client/zodb/README.md',
    typed: /^pip install nice-blobs-zodb$/,
    test: 'test/package/packed.ts',
    by: "'pip', 'install',",
  },
  {
    document: 'client/zodb/README.md',
    typed: /^npm install --global nice-blobs$/,
    test: 'test/package/packed.ts',
    by: "['install', '--no-audit', '--no-fund', ...packages]",
  },
  {
    document: 'docs/releasing.md',
    typed: /^npm run release$/,
    test: 'test/package/release.test.ts',
    by: "'release/build.ts', '--uncommitted'",
  },
  {
    document: 'docs/agent.md',
    typed: /^curl --unix-socket /,
    test: 'test/cli/agent-page.test.ts',
    by: "typedCommands('docs/agent.md')",
  },
  {
    document: 'docs/agent.md',
    typed: /^\/usr\/bin\/npx --no-install nice-blobs agent --config /,
    test: 'test/cli/agent-page.test.ts',
    by: "typedCommands('docs/agent.md')",
  },
  {
    document: 'docs/zodb.md',
    typed: /-m nice_blobs\.live_report /,
    test: 'test/zodb/tests/test_live_report.py',
    by: '"-m", "nice_blobs.live_report"',
  },
  {
    document: 'examples/developer-copy/README.md',
    typed: /^AWS_PROFILE=\S+ npx nice-blobs agent --read-only --config /,
    test: 'test/cli/developer-copy.test.ts',
    by: "typedCommands('examples/developer-copy/README.md')",
  },
]

/** Who runs a command of a document. */
export function runnersOf({ document, section, words }: TypedCommand): Runner[] {
  return WHO_RUNS.filter(
    runner =>
      runner.document === document && runner.typed.test(words) && (runner.section?.test(section) ?? true),
  )
}

export const WHO_RUNS: readonly Runner[] = [
  ...README,
  ...MIGRATION,
  ...WAYS_IN,
  ...PREDECESSORS,
  ...OPERATIONS,
  ...OTHERS,
]
