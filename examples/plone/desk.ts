import { formatBytes, parseDuration } from '../../core/model/quantity.ts'
import type { PloneSite } from './site.ts'

/** What somebody types while the site is at work. */
export interface Desk {
  /** Answers what came of it. */
  obey(line: string): Promise<string>
  /** Comes back when nothing is being done any more. */
  close(): Promise<void>
}

/** Milliseconds between two looks at what the functions have to do, such as with a live report that came. */
const LOOK = 1000

interface Counted {
  readonly blobs: number
  readonly bytes: number
}

export function createDesk(site: PloneSite): Desk {
  let isAway = false
  let work: Promise<unknown> = Promise.resolve()
  /** One after the other, since there is one clock. */
  const next = <T>(job: () => Promise<T>): Promise<T> => {
    const done = work.then(job)
    work = done.catch(() => undefined)
    return done
  }
  const timer = setInterval(() => next(() => site.functions.advance(0)).catch(() => undefined), LOOK)

  function moveBucket(): string {
    isAway = !isAway
    if (isAway) site.takeBucketAway()
    else site.bringBucketBack()
    return isAway ? 'The bucket is away' : 'The bucket is back'
  }

  return {
    async obey(line) {
      const word = line.trim()
      if (word === '') return describeBlobs(site)
      if (word === 'bucket') return moveBucket()
      const duration = parseDuration(word)
      if (duration === undefined) return `${word}: neither a duration nor "bucket"`
      return next(async () => {
        await site.live(duration)
        return describeBlobs(site)
      })
    },
    async close() {
      clearInterval(timer)
      await work
    },
  }
}

async function describeBlobs({ niceBlobs, installation }: PloneSite): Promise<string> {
  const { status, out, err } = await niceBlobs(['status', '--json'])
  if (status !== 0) return err
  const { together, bucket } = JSON.parse(out)
  const told = (counted: Counted | undefined) =>
    counted ? `${counted.blobs} (${formatBytes(counted.bytes)})` : 'none'
  const time = new Date(installation.clock.now()).toISOString().slice(0, 16).replace('T', ' ')
  return `${time}: in the bucket ${told(bucket.archived)}, waiting on the volume ${told(together.waiting)}`
}
