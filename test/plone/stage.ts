import { startPlone } from '../../examples/plone/start.ts'
import { createFigures } from './figures.ts'
import type { Story } from './story.ts'

/** A version of a page has an empty blob for each of its pictures' scales. */
const ARCHIVE = { minAge: '7d', allowEmpty: true }

/** The site at its beginning. */
export async function setStage(): Promise<Story> {
  const site = await startPlone({
    say: line => console.log(line),
    settings: { main: { archive: ARCHIVE } },
  })
  return { site, figures: createFigures(), truth: new Map(), blobs: new Map(), paths: new Map() }
}
