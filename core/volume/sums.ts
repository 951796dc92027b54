import { randomUUID } from 'node:crypto'
import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { translateSystemError } from '../model/errors.ts'
import { OWN_DIRECTORY } from '../model/layout/layout.ts'
import type { Ref } from '../model/ref.ts'
import { formatSum, parseSums, sumsPartOf } from '../model/sum.ts'
import type { Volume } from './volume.ts'
import { withParent } from './with-parent.ts'

/** More than one, since neighbours are worked on at a time. */
const PARTS_IN_MEMORY = 8

/**
 * The sums of a copy's blobs (docs/formats.md, "Files on a host"). A blob gets its line after its name, so that one that was killed in
 * between has none, and is hashed by the next run.
 */
export interface Sums {
  has(ref: Ref): Promise<boolean>
  /** Of bytes that were verified under the blob's name. */
  add(ref: Ref, sha256: string): Promise<void>
}

interface Part {
  readonly file: string
  readonly sums: Map<string, string>
}

export function openSums({ directory, layout }: Volume): Sums {
  const parts = new Map<string, Promise<Part>>()
  const partOf = (ref: Ref): Promise<Part> => {
    const name = sumsPartOf(ref)
    const part = parts.get(name) ?? openPart(join(directory, OWN_DIRECTORY, 'sums', name))
    parts.delete(name)
    parts.set(name, part)
    const [oldest] = parts.keys()
    if (parts.size > PARTS_IN_MEMORY && oldest !== undefined) parts.delete(oldest)
    return part
  }
  return {
    has: async ref => (await onDisk(() => partOf(ref))).sums.has(layout.format(ref)),
    add: (ref, sha256) => onDisk(async () => addTo(await partOf(ref), layout.format(ref), sha256)),
  }
}

async function openPart(file: string): Promise<Part> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const { sums, whole } = parseSums(text)
  if (!whole) await replacePart({ file, sums })
  return { file, sums }
}

async function addTo(part: Part, path: string, sha256: string): Promise<void> {
  const before = part.sums.get(path)
  if (before === sha256) return
  part.sums.set(path, sha256)
  if (before !== undefined) return replacePart(part)
  await withParent(part.file, () => appendFile(part.file, formatSum({ path, sha256 })))
}

/** What another run adds at this moment may be lost by it, and is hashed by the next one. */
async function replacePart({ file, sums }: Part): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`
  const lines = [...sums].map(([path, sha256]) => formatSum({ path, sha256 }))
  try {
    await writeFile(temporary, lines.join(''), { flag: 'wx', flush: true })
    await rename(temporary, file)
  } finally {
    await rm(temporary, { force: true }).catch(() => {})
  }
}

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translateSystemError(error) ?? error
  }
}
