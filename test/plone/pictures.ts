import assert from 'node:assert/strict'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashFile, runScript, type Story } from './story.ts'
import { visitAll } from './visit.ts'

const MAKER = fileURLToPath(new URL('make_pictures.py', import.meta.url))

/** A picture as Plone shows it; addresses are below the site's own. */
export interface Picture {
  readonly path: string
  /** Of the file from which it was made. */
  readonly name: string
  readonly scales: readonly string[]
}

export interface Made {
  readonly directory: string
  /** Name → hash of the file. */
  readonly hashes: ReadonlyMap<string, string>
}

/** Makes picture files, the same ones of a `seed`; `more` may ask for a `panorama`, which goes to the bucket in parts. */
export async function makePictures(
  story: Story,
  seed: number,
  count: number,
  ...more: 'panorama'[]
): Promise<Made> {
  const { paths, runProgram } = story.site
  const directory = join(paths.directory, `uploads-${seed}`)
  const words = [MAKER, directory, String(count), String(seed), ...more]
  const { status, out, err } = await runProgram('python', ...words)
  assert.equal(status, 0, err)
  const names: string[] = JSON.parse(out)
  const hashes = names.map(async name => [name, await hashFile(join(directory, name))] as const)
  return { directory, hashes: new Map(await Promise.all(hashes)) }
}

export function listPictures(story: Story): Promise<Picture[]> {
  return runScript(story, 'addresses')
}

/** Where the file itself is, as it was added. */
export function originalAddress(path: string): string {
  return `${path}/@@download/image`
}

/** Has Plone make the scales that there are not yet; what it answers then has to come from now on. */
export async function makeScales(story: Story, pictures: readonly Picture[]): Promise<void> {
  const { site, truth } = story
  const unknown = pictures.flatMap(({ scales }) => scales.filter(scale => !truth.has(scale)))
  for (const { path, status, sha256 } of await visitAll(site.urls.zope, unknown)) {
    assert.equal(status, 200, path)
    truth.set(path, sha256)
  }
}

/** One more, by an editor; answers its address. */
export async function addPicture(story: Story, seed: number): Promise<string> {
  const { directory, hashes } = await makePictures(story, seed, 1)
  const [[file = '', hash = ''] = []] = hashes
  const { path } = await runScript<Pick<Picture, 'path'>>(story, 'upload', join(directory, file))
  story.truth.set(originalAddress(path), hash)
  return originalAddress(path)
}
