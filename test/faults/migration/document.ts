import { readFileSync } from 'node:fs'
import { DAY, parseBytes } from '../../../core/model/quantity.ts'

/** What docs/migration.md tells to type and to write, so that it is that which is tested. */

const WHOLE = readFileSync(new URL('../../../docs/migration.md', import.meta.url), 'utf8')

/** The way in, by its numbered steps, and the way back. What leads here from elsewhere has tests of its own. */
const DOCUMENT = WHOLE.split(/^(?=## )/m)
  .filter(section => /^## (?:\d|The way back)/.test(section))
  .join('')

/** The fixtures are photographs of a small site: what is a MiB to the document is a KiB to them. */
const SMALLER = 1024

export interface Policy {
  archive: { minAge: string; minSize: string; quiet?: string }
  release: { delay: string }
  schedule?: { bytesPerRun: string; hours?: string; timeZone: string }
}

interface Deployed {
  databases: { main: Policy }
  stack: { schedule?: { dryRun?: boolean } }
}

/** The configurations in the order in which they are deployed, for a smaller site and a schedule that runs once a day. */
export function configurations(): Deployed[] {
  return [...DOCUMENT.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => smaller(JSON.parse(text)))
}

function smaller({ databases, stack }: Deployed): Deployed {
  const { archive, release, schedule } = databases.main
  const main = {
    archive: { ...archive, minSize: smallerSize(archive.minSize), quiet: '0s' },
    release,
    ...(schedule && { schedule: { ...schedule, bytesPerRun: smallerSize(schedule.bytesPerRun) } }),
  }
  // The clock leaps by a day at a time.
  const leaping = { every: `${EVERY / DAY}d`, silentAfter: '2d', leastFree: 0.000001 }
  return { databases: { main }, stack: { ...stack, schedule: { ...stack.schedule, ...leaping } } }
}

/** Between two runs of the schedule, in milliseconds. */
export const EVERY = DAY

function smallerSize(text: string): string {
  return `${(parseBytes(text) ?? Number.NaN) / SMALLER}B`
}

/** What follows `nice-blobs`, if the document has it; so that a test tries nothing else. */
export function command(beginning: string): string {
  const told = [...DOCUMENT.matchAll(/^ *(?:npx )?nice-blobs ([^#\n]+)/gm)].map(([, words = '']) =>
    words.trim(),
  )
  const found = told.find(words => words.startsWith(beginning))
  if (found === undefined) throw new Error(`docs/migration.md tells no nice-blobs ${beginning}`)
  return found
}

/** Of the schedule's function by hand: its name, and what it is given. */
export function invocation(): { functionName: string; payload: unknown } {
  const [, functionName = '', payload = ''] =
    /aws lambda invoke --function-name (\S+)[^\n]* --payload '([^']+)'/.exec(DOCUMENT) ?? []
  return { functionName, payload: JSON.parse(payload) }
}

/** The name that the document gives the first host's volume. */
export function volumeName(): string {
  return /--volume main\/([a-z0-9-]+)=/.exec(command('init'))?.[1] ?? ''
}
