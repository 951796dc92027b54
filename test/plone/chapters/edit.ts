import assert from 'node:assert/strict'
import { createEditor, type Editor } from '../editor.ts'
import { listPictures, makePictures, makeScales, originalAddress } from '../pictures.ts'
import { type Chapter, rememberBlobs, runScript, type Story } from '../story.ts'
import { visitAll } from '../visit.ts'
import { visitTruth } from '../visit-truth.ts'

const SEED = 10
const COUNT = 30

/** Where somebody edited, and the name of the new file. */
interface Edit {
  readonly path: string
  readonly name?: string
}

type Edits = Readonly<Record<'replaced' | 'written' | 'deleted' | 'undone', Edit[]>> & {
  readonly news: string[]
}

export const edit: Chapter = {
  title:
    'what is edited changes, what is undone or reverted is as it was, with its blobs released long ago (I2)',
  async tell(story) {
    const { site, truth } = story
    const { directory, hashes } = await makePictures(story, SEED, COUNT)
    const edits = await runScript<Edits>(story, 'edit', directory)
    await rememberBlobs(story)
    const editor = createEditor(site)
    await undo(story, editor, edits.undone)

    const news = edits.news.map(originalAddress)
    assert.deepEqual(await changedOf(story, news), news)
    for (const path of edits.news) await editor.revert(path, 0)
    assert.deepEqual(await changedOf(story, news), [])
    // Of the scales, a version of the history knows none.
    forget(story, edits.news, address => !news.includes(address))

    forget(
      story,
      edits.deleted.map(({ path }) => path),
    )
    for (const { path, name = '' } of [...edits.replaced, ...edits.written])
      if (!edits.news.includes(path)) truth.set(originalAddress(path), hashes.get(name) ?? '')
    await makeScales(story, await listPictures(story))
    await rememberBlobs(story)
    for (const route of ['nginx', 'zope'] as const) await visitTruth(story, route, [...truth.keys()])
  },
}

/** They differ from what they were, until they are undone. */
async function undo(story: Story, editor: Editor, edits: readonly Edit[]): Promise<void> {
  const addresses = addressesBelow(
    story,
    edits.map(({ path }) => path),
  )
  const changed = await changedOf(story, addresses)
  assert.ok(
    edits.every(({ path }) => changed.some(address => isBelow(address, path))),
    'all of them',
  )
  await editor.undo(edits.length)
  for (const route of ['nginx', 'zope'] as const) await visitTruth(story, route, addresses)
}

/** Addresses that do not answer what they did. */
async function changedOf({ site, truth }: Story, addresses: readonly string[]): Promise<string[]> {
  const visits = await visitAll(site.urls.nginx, addresses)
  return visits.flatMap(({ path, sha256 }) => (sha256 === truth.get(path) ? [] : [path]))
}

function forget(
  story: Story,
  paths: readonly string[],
  which: (address: string) => boolean = () => true,
): void {
  for (const address of addressesBelow(story, paths)) if (which(address)) story.truth.delete(address)
}

function addressesBelow({ truth }: Story, paths: readonly string[]): string[] {
  return [...truth.keys()].filter(address => paths.some(path => isBelow(address, path)))
}

function isBelow(address: string, path: string): boolean {
  return address.startsWith(`${path}/`)
}
