import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Archive } from '../../core/archive.ts'
import { type ArchiveRunOptions, planVolume, recoverVolume, runArchive } from '../../core/archive-run.ts'
import type { ArchivePolicy } from '../../core/model/archive-policy.ts'
import type { NiceBlobsError } from '../../core/model/errors.ts'
import type { Ref } from '../../core/model/ref.ts'
import type { ReleasePolicy } from '../../core/model/release-policy.ts'
import { timeToTid } from '../../core/model/tid.ts'
import { createTallies, type RunEvents, type RunSummary } from '../../core/run.ts'
import { openVolume, type Volume } from '../../core/volume/volume.ts'
import type { TrueBlob } from '../../examples/demo/fixture.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { createMemoryIndex } from '../memory/memory-index.ts'

/** What flows are tested on: a scratch directory, a volume made by the real ZODB, and ports in memory. */

const FIXTURES = fileURLToPath(new URL('../fixtures/blobs', import.meta.url))

export type TreeName = 'bushy' | 'lawn' | 'zeocache'

const truth: { trees: Record<TreeName, { directory: string; blobs: TrueBlob[] }> } = JSON.parse(
  readFileSync(join(FIXTURES, 'truth.json'), 'utf8'),
)

export const trueBlobs = (tree: TreeName): readonly TrueBlob[] => truth.trees[tree].blobs
export const treeDirectory = (tree: TreeName): string => join(FIXTURES, truth.trees[tree].directory)

export function scratch(test: TestContext | { after(work: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'nice-blobs-test-'))
  test.after(() => removeScratch(directory))
  return directory
}

/** Told and no more, if somebody still writes into it: an error would keep the hooks from running that end them. */
export function removeScratch(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  } catch (error) {
    process.emitWarning(error as Error)
  }
}

/** A copy of a fixture tree, with the modes ZODB gives. */
export function copyTree(tree: TreeName, directory: string): string {
  cpSync(treeDirectory(tree), directory, { recursive: true })
  for (const { path } of trueBlobs(tree)) chmodSync(join(directory, path), 0o444)
  return directory
}

export const AT_ONCE: ReleasePolicy = { delay: 0 }
export const EVERYTHING: ArchivePolicy = { minAge: 0, minSize: 0, quiet: 0, allowEmpty: false }

export function createSetting() {
  const bucket = createMemoryBucket()
  const index = createMemoryIndex()
  const archive: Archive = { database: 'main', bucket, index, now: Date.now }
  return { bucket, index, archive }
}

export interface Told {
  summary: RunSummary
  errors: NiceBlobsError[]
}

export const silent: RunEvents = { planned: () => {}, blob: () => {}, failed: () => {}, progressed: () => {} }

/** What the command `archive` does, with one job at a time unless said otherwise. */
export async function archiveVolume(
  archive: Archive,
  volume: Volume,
  options: Partial<ArchiveRunOptions> & { policy?: ArchivePolicy } = {},
): Promise<Told> {
  const errors: NiceBlobsError[] = []
  await recoverVolume(volume, error => errors.push(error))
  const { policy = EVERYTHING, jobs = 1, ...rest } = options
  const plan = await planVolume(volume, policy, archive.now())
  const tallies = createTallies({ ...silent, failed: error => errors.push(error) })
  await runArchive(archive, volume, plan, { jobs, ...rest }, tallies)
  return { summary: tallies.summary, errors }
}

/** The blobs' files in a directory, whoever put them there: path → SHA-256. */
export function hashTree(directory: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name)
    if (name.endsWith('.blob') && lstatSync(path).isFile()) found[name] = hashFile(path)
  }
  return found
}

export function hashFile(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

export function trueTree(tree: TreeName): Record<string, string> {
  return Object.fromEntries(trueBlobs(tree).map(({ path, sha256 }) => [path, sha256]))
}

export const OLD = timeToTid(Date.UTC(2020, 1, 29))

/** An empty bushy volume to plant things in. */
export function plantVolume(directory: string): Volume {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, '.layout'), 'bushy')
  return openVolume(directory)
}

export function refNumber(number: number, tid = OLD): Ref {
  return { oid: number.toString(16).padStart(16, '0'), tid }
}

export function plantBlob(volume: Volume, ref: Ref, content: string | Buffer): string {
  const path = volume.pathOf(ref)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}
