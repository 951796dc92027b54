import { parseArgs } from 'node:util'
import { serveGallery } from './gallery/serve.ts'
import { type Stage, setStage } from './stage.ts'
import { STORY } from './story.ts'

/** The main job on real blobs, attacked while it works: `npm run demo`, with `-- --json` or `-- --serve`. */

const { values } = parseArgs({ options: { json: { type: 'boolean' }, serve: { type: 'boolean' } } })
const stage = await setStage()
const started = performance.now()
try {
  await tellStory(stage)
  if (values.serve) await openGallery(stage)
} finally {
  await stage.strike()
}

async function tellStory(stage: Stage): Promise<void> {
  const say = (text: string) => values.json || console.log(text)
  say(`A blob directory made by the real ZODB: ${stage.blobs.length} blobs (test/fixtures/PROVENANCE.md).\n`)
  const steps: Record<string, unknown>[] = []
  for (const [i, { title, tell }] of STORY.entries()) {
    const begun = performance.now()
    const { text, figures } = await tell(stage)
    const seconds = Math.round(performance.now() - begun) / 1000
    steps.push({ title, seconds, ...figures })
    say(`${i + 1}. ${title}\n   ${text} (${seconds.toFixed(1)} s)`)
  }
  const seconds = Math.round(performance.now() - started) / 1000
  if (values.json) console.log(JSON.stringify({ steps, seconds }))
  else
    say(
      `\nAll of it held, in ${seconds.toFixed(1)} s. With \`npm run demo -- --serve\` the gallery stays open.`,
    )
}

async function openGallery(stage: Stage): Promise<void> {
  const gallery = await serveGallery(await stage.edgeStage())
  console.log(`\nThe gallery, straight from the edge: ${gallery.url} (Ctrl-C ends it)`)
  await new Promise(resolve => process.once('SIGINT', resolve).once('SIGTERM', resolve))
  gallery.close()
}
