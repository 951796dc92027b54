import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Bill, formatLicences, settleBill } from './bill.ts'
import { billTarball } from './bill-npm.ts'
import { billWheel } from './bill-python.ts'
import { judgeRelease } from './judge-release.ts'
import { installTools, packPython, packTarball } from './pack.ts'
import { copySource, ROOT, sourceTime, uncommitted } from './source.ts'

/**
 * `npm run release`: all that is published of a commit, into dist/ or wherever `--to` says. The same commit, tools and
 * versions give the same bytes. With `--tag` and `--from` it is refused unless it may be published under that tag from there.
 */
const DIST = join(ROOT, 'dist')
const { values } = parseArgs({
  options: {
    to: { type: 'string', default: DIST },
    tag: { type: 'string' },
    from: { type: 'string' },
    /** Builds what is there, whether it is committed or not: for tests. */
    uncommitted: { type: 'boolean', default: false },
  },
})

const scratch = mkdtempSync(join(tmpdir(), 'nice-blobs-release-'))
try {
  judge()
  build(resolve(values.to))
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

function judge(): void {
  const changed = values.uncommitted ? [] : uncommitted()
  if (changed.length > 0) throw new Error(`not committed:\n${changed.join('\n')}`)
  const { tag, from } = values
  if (tag === undefined || from === undefined) return
  const { version, repository } = readManifest()
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
  const faults = judgeRelease(
    { version, changelog, repository: repository?.url ?? repository },
    { tag, from },
  )
  if (faults.length > 0) throw new Error(faults.join('\n'))
}

function readManifest() {
  return JSON.parse(readFileSync(join(ROOT, 'client/package.json'), 'utf8'))
}

function build(to: string): void {
  process.umask(0o022)
  const { name, version } = readManifest()
  const [time, tools] = [sourceTime(), installTools()]
  const source = join(scratch, 'source')
  copySource(source)
  emptyFolder(to)
  packTarball(source, to)
  packPython(tools, source, to, time)

  const [tarball, wheel] = [fileIn(to, '.tgz'), fileIn(to, '.whl')]
  const bills = [
    settle(billTarball(source, scratch), {
      name,
      version,
      purl: `pkg:npm/${name}@${version}`,
      file: tarball,
      time,
    }),
    settle(billWheel(tools, source, wheel, scratch), {
      ...{ name: 'nice-blobs-zodb', version, purl: `pkg:pypi/nice-blobs-zodb@${version}`, file: wheel, time },
    }),
  ]
  for (const bill of bills) {
    const { component } = bill.metadata
    writeFileSync(join(to, `${component.name}.cdx.json`), `${JSON.stringify(bill, null, 2)}\n`)
  }
  writeFileSync(join(to, 'licences.txt'), formatLicences(bills))
  const sums = readdirSync(to).map(file => `${sha256(join(to, file))}  ${file}\n`)
  writeFileSync(join(to, 'SHA256SUMS'), sums.join(''))
  process.stdout.write(readFileSync(join(to, 'SHA256SUMS'), 'utf8'))
}

function emptyFolder(folder: string): void {
  if (folder === DIST) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  if (readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`)
}

function settle(
  bill: Bill,
  { file, ...of }: { name: string; version: string; purl: string; file: string; time: number },
): Bill {
  return settleBill(bill, { ...of, sha256: sha256(file) })
}

function fileIn(folder: string, ending: string): string {
  const file = readdirSync(folder).find(name => name.endsWith(ending))
  if (file === undefined) throw new Error(`no ${ending} was built`)
  return join(folder, file)
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
