import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { openBlobs, parseRef } from '../../../client/index.ts'

/** Milliseconds between two reads: the agents are to have something of the machine too. */
const PAUSE = 5

/** Reads blobs at random, as an application does, until it is told that it is enough, and tells what went wrong. */

export interface ReaderReport {
  reads: number
  failures: string[]
}

const [config = '', truthFile = ''] = process.argv.slice(2)
const truth: [ref: string, sha256: string][] = JSON.parse(readFileSync(truthFile, 'utf8'))
const blobs = openBlobs({ config, onCacheTrouble: () => {} })
const report: ReaderReport = { reads: 0, failures: [] }
let enough = false

async function readOne(): Promise<void> {
  const [ref, sha256] = truth[Math.floor(Math.random() * truth.length)] ?? ['', '']
  const file = await blobs.open(parseRef(ref))
  const bytes = await file.readFile()
  await file.close()
  report.reads += 1
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) report.failures.push(`${ref}: wrong bytes`)
}

process.once('message', () => {
  enough = true
})
while (!enough) {
  await readOne().catch(error => {
    // Signed a moment before the simulated clock was moved on by an hour.
    if (error.code !== 'CLOCK_WRONG') report.failures.push(`${error.code}: ${error.message}`)
  })
  await delay(PAUSE)
}
process.send?.(report, () => process.disconnect())
