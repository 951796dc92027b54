import { createHash } from 'node:crypto'
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { blobKey } from '../../core/model/key.ts'
import { formatRef, parseRef } from '../../core/model/ref.ts'
import { openVolume } from '../../core/volume/volume.ts'
import type { PloneSite } from '../../examples/plone/site.ts'
import type { Figures } from './figures.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** What the chapters have in common. Hashes are SHA-256. */
export interface Story {
  readonly site: PloneSite
  readonly figures: Figures
  /** Address below the site's own → hash of what has to come from there. */
  readonly truth: Map<string, string>
  /** `oid/tid` → hash of each blob that was ever in the volume. */
  readonly blobs: Map<string, string>
  /** `oid/tid` → where the host had some of the blobs when they were young. */
  readonly paths: Map<string, string>
}

/** One part of the story: its title is a promise, and `tell` throws where it is not kept. */
export interface Chapter {
  readonly title: string
  tell(story: Story): Promise<void>
}

/** Runs one of `scripts/` in Plone; answers what it printed last, a line of JSON. */
export async function runScript<T>({ site }: Story, name: string, ...words: string[]): Promise<T> {
  const script = fileURLToPath(new URL(`scripts/${name}.py`, import.meta.url))
  const printed = await site.run(script, ...words)
  return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '')
}

/** The refs of the blobs that are in the volume. */
export function volumeRefs({ site }: Story): Map<string, string> {
  const { directory, layout } = openVolume(site.paths.volume)
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return new Map(
    files.flatMap(file => {
      const ref = layout.parse(file)
      return ref ? [[formatRef(ref), `${directory}/${file}`]] : []
    }),
  )
}

/** So that nothing which was ever there gets lost unnoticed. */
export async function rememberBlobs(story: Story): Promise<void> {
  for (const [ref, file] of volumeRefs(story)) story.blobs.set(ref, await hashFile(file))
}

/** Where a blob is on the host, which fetches it if need be. */
export async function pathOf({ site }: Story, ref: string): Promise<string> {
  return JSON.parse(await site.askAgent(`/v1/blobs/${ref}/path`)).path
}

/** Those of the refs whose bytes are not, unchanged, under their key in the bucket. */
export async function missingInBucket(story: Story, refs: Iterable<string>): Promise<string[]> {
  const missing: string[] = []
  for (const text of refs) {
    const file = objectFile(story, text)
    if (file === undefined || (await hashFile(file)) !== story.blobs.get(text)) missing.push(text)
  }
  return missing
}

/** Where the bucket keeps an object's bytes, if there is one. */
function objectFile({ site }: Story, text: string): string | undefined {
  const { name } = JSON.parse(readFileSync(site.paths.configuration, 'utf8')).bucket
  const ref = parseRef(text)
  return ref && site.installation.sandbox.s3.objectFile(name, blobKey('main', ref))
}

/** Bytes of all blobs that are in the bucket. */
export function bucketUsage(story: Story): number {
  const files = [...story.blobs.keys()].map(ref => objectFile(story, ref))
  return files.reduce((sum, file) => sum + (file === undefined ? 0 : statSync(file).size), 0)
}

/** Every second one, and the others. */
export function halves<T>(items: readonly T[]): [T[], T[]] {
  return [items.filter((_, i) => i % 2 === 0), items.filter((_, i) => i % 2 === 1)]
}

export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
