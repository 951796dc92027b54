import { startPlone } from '../../examples/plone/start.ts'
import { createFigures } from './figures.ts'
import type { Story } from './story.ts'

/** The site at its beginning. */
export async function setStage(): Promise<Story> {
  const site = await startPlone({ say: line => console.log(line) })
  return { site, figures: createFigures(), truth: new Map(), blobs: new Map(), paths: new Map() }
}
