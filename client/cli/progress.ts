import type { Tally } from '../../core/model/archive-policy.ts'
import { hintFor } from '../../core/model/difference.ts'
import { errorFields, errorText } from '../../core/model/error-text.ts'
import { formatBytes, formatDuration } from '../../core/model/quantity.ts'
import { formatRef } from '../../core/model/ref.ts'
import type { AdoptEvents, CheckEvents, RunEvents, RunSummary } from '../../core/run.ts'

const REDRAW_EVERY = 100
const LINE_EVERY = 5_000
const BAR = 24

/** A run's events on a terminal (one line that is redrawn), elsewhere (a line now and then), or as lines of JSON. */
export interface Progress
  extends RunEvents,
    Partial<Pick<CheckEvents, 'differs'> & Pick<AdoptEvents, 'foreign'>> {
  /** Clears what is temporary. */
  end(): void
}

export function createProgress(json: boolean, verb: string): Progress {
  if (json) return jsonLines()
  return process.stderr.isTTY ? redrawnLine(verb) : plainLines(verb)
}

function jsonLines(): Progress {
  const write = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)
  return {
    planned: total => write({ event: 'planned', ...total }),
    blob: (ref, bytes, outcome) => write({ event: 'blob', ref: formatRef(ref), bytes, outcome }),
    differs: difference => write({ event: 'difference', ...difference, hint: hintFor(difference.class) }),
    foreign: (key, bytes, reason) => write({ event: 'foreign', key, bytes, reason }),
    failed: error => write({ event: 'failed', ...errorFields(error) }),
    progressed: () => {},
    end: () => {},
  }
}

function redrawnLine(verb: string): Progress {
  const meter = createMeter()
  const draw = () => process.stderr.write(`\r\x1b[K${verb} ${bar(meter.share())} ${meter.text()}`)
  let drawn = 0
  return {
    planned: meter.planned,
    blob: () => {},
    progressed(bytes) {
      meter.add(bytes)
      if (Date.now() - drawn < REDRAW_EVERY) return
      drawn = Date.now()
      draw()
    },
    failed: error => process.stderr.write(`\r\x1b[K${errorText(error)}\n`),
    end: () => process.stderr.write('\r\x1b[K'),
  }
}

function plainLines(verb: string): Progress {
  const meter = createMeter()
  let told = Date.now()
  return {
    planned: meter.planned,
    blob: () => {},
    progressed(bytes) {
      meter.add(bytes)
      if (Date.now() - told < LINE_EVERY) return
      told = Date.now()
      process.stderr.write(`${verb} ${meter.text()}\n`)
    },
    failed: error => process.stderr.write(`${errorText(error)}\n`),
    end: () => {},
  }
}

/** How far a run is, how fast it goes and, from that, how long it will take. */
function createMeter() {
  const start = Date.now()
  const done: Tally = { blobs: 0, bytes: 0 }
  let total: Tally | undefined
  const share = () => (total?.bytes ? Math.min(done.bytes / total.bytes, 1) : 0)
  return {
    share,
    planned(tally: Tally) {
      total = tally
    },
    add(bytes: number) {
      done.blobs += 1
      done.bytes += bytes
    },
    text(): string {
      const elapsed = Math.max(Date.now() - start, 1)
      const rate = `${formatBytes((done.bytes * 1000) / elapsed)}/s`
      const far = total
        ? `${formatBytes(done.bytes)} of ${formatBytes(total.bytes)}`
        : formatBytes(done.bytes)
      const left = share() > 0 ? `, ${formatDuration((elapsed / share()) * (1 - share()))} left` : ''
      return `${done.blobs}${total ? ` of ${total.blobs}` : ''} blobs, ${far}, ${rate}${left}`
    },
  }
}

function bar(share: number): string {
  const full = Math.round(share * BAR)
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}]`
}

/** `40 archived (3.1 MB), 40 released (3.1 MB), 1 failed (BLOB_CONFLICT)` */
export function summaryText({ outcomes, failures }: RunSummary): string {
  const parts = Object.entries(outcomes).map(
    ([outcome, { blobs, bytes }]) => `${blobs} ${outcome} (${formatBytes(bytes)})`,
  )
  parts.push(...Object.entries(failures).map(([code, blobs]) => `${blobs} failed (${code})`))
  return parts.join(', ') || 'nothing to do'
}
