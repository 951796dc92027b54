import { existsSync } from 'node:fs'
import type { SignedUrl, Urls } from '../../../client/index.ts'
import type { Volume } from '../../../core/volume/volume.ts'
import type { TrueBlob } from '../fixture.ts'
import { type Answer, askEdge } from './ask-edge.ts'
import type { Exhibits } from './exhibits.ts'
import { type Refusal, refuseAll } from './refusals.ts'

/** All that the page shows: signed, and asked of the edge, when somebody opens it. */
export interface Exhibition {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly signing: { urls: number; milliseconds: number }
  readonly photographs: readonly Hung[]
  readonly downloads: readonly Hung[]
  readonly recording: Hung & { part: Answer }
  readonly harmful: readonly (Hung & { answer: Answer })[]
  readonly refusals: readonly Refusal[]
  readonly young: TrueBlob
}

/** A blob with its links to the edge. */
export interface Hung extends TrueBlob {
  tier: 'volume, bucket' | 'bucket'
  /** Asked for `inline`. */
  shown: SignedUrl
  saved: SignedUrl
}

export interface Collection {
  urls: Urls
  volume: Volume
  exhibits: Exhibits
  /** Signed so long ago that it opens nothing any more. */
  expired: string
}

/** Where a player lands whose listener drags its slider. */
const PART = { range: 'bytes=1411200-1415295' }

export async function collectExhibition(collection: Collection): Promise<Exhibition> {
  const { urls, volume, exhibits, expired } = collection
  const hangAll = (blobs: readonly TrueBlob[]) => Promise.all(blobs.map(blob => hang(urls, volume, blob)))
  const began = performance.now()
  const [photographs, downloads, harmful, recording] = await Promise.all([
    hangAll(exhibits.photographs),
    hangAll(exhibits.downloads),
    hangAll(exhibits.harmful),
    hang(urls, volume, exhibits.recording),
  ])
  const milliseconds = performance.now() - began
  const count = 2 * (photographs.length + downloads.length + harmful.length + 1)
  const answered = harmful.map(async hung => ({ ...hung, answer: await askEdge(hung.shown.url) }))
  return {
    ...{ time: Date.now(), photographs, downloads, young: exhibits.young },
    signing: { urls: count, milliseconds },
    recording: { ...recording, part: await askEdge(recording.shown.url, PART) },
    harmful: await Promise.all(answered),
    refusals: await refuseAll(photographs, expired),
  }
}

async function hang(urls: Urls, volume: Volume, blob: TrueBlob): Promise<Hung> {
  const { filename, contentType } = blob
  const shown = await urls.url(blob, { filename, contentType, disposition: 'inline' })
  const saved = await urls.url(blob, { filename, contentType, disposition: 'attachment' })
  if (!shown || !saved) throw new Error(`${filename} has not been archived`)
  return { ...blob, shown, saved, tier: existsSync(volume.pathOf(blob)) ? 'volume, bucket' : 'bucket' }
}
