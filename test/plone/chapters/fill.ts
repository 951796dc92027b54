import assert from 'node:assert/strict'
import { listPictures, makePictures, makeScales, originalAddress } from '../pictures.ts'
import { type Chapter, rememberBlobs, runScript, volumeRefs } from '../story.ts'
import { visitTruth, visitUnasked } from '../visit-truth.ts'

const SEED = 9
const COUNT = 200
const PAGE = '/pictures-0/@@album_view'

export const fill: Chapter = {
  title: 'Plone takes pictures and makes scales of them, and nginx sends what Plone sends (I2)',
  async tell(story) {
    const { site, truth, figures } = story
    const { directory, hashes } = await makePictures(story, SEED, COUNT, 'panorama')
    await runScript(story, 'add', directory)
    const pictures = await listPictures(story)
    for (const { path, name } of pictures) truth.set(originalAddress(path), hashes.get(name) ?? '')
    await makeScales(story, pictures)
    await rememberBlobs(story)
    figures.say(
      `${pictures.length} pictures, ${truth.size - pictures.length} scales, ${story.blobs.size} blobs`,
    )

    const addresses = [...truth.keys()]
    const nginx = await visitTruth(story, 'nginx', addresses)
    assert.equal(nginx.counted.delivered.volume, addresses.length)
    figures.visited('nginx, volume', nginx.visits)
    figures.visited('Zope alone, volume', await visitUnasked(story, addresses))

    const known = new Set(addresses.map(withoutSuffix))
    const page = await (await fetch(`${site.urls.nginx}${PAGE}`)).text()
    const shown = [...page.matchAll(/src="([^"]+\/@@images\/[^"]+)"/g)].map(([, src = '']) => src)
    assert.ok(shown.length > 20, `${PAGE} shows ${shown.length}`)
    for (const src of shown) assert.ok(known.has(withoutSuffix(src.replace(site.urls.nginx, ''))), src)
    assert.equal(volumeRefs(story).size, story.blobs.size)
  },
}

/** Plone writes another one once it knows what a scale has become: of a GIF, a PNG. */
function withoutSuffix(address: string): string {
  return address.replace(/\.\w+$/, '')
}
