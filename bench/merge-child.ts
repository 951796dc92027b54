import { openSync, readFileSync, statSync } from 'node:fs'
import { seek } from '../core/records/named.ts'
import { advance, openCursor } from '../core/records/record-cursor.ts'

/** Counts the rows that a report does not name: two files of records, on its command line. */

const [rows, live] = process.argv
  .slice(2)
  .map(path => openCursor(openSync(path, 'r'), 0, statSync(path).size))
if (!rows || !live) throw new Error('which rows, and which report?')
const before = process.cpuUsage()
const start = performance.now()
let garbage = 0
for (; !rows.ended; advance(rows)) if (!seek(live, rows.words, rows.at)) garbage += 1
const seconds = (performance.now() - start) / 1000
const { user, system } = process.cpuUsage(before)
// Not as getrusage tells it, to which whoever started us is counted.
const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
const megabytes = Number(kilobytes) / 1024
console.log(JSON.stringify({ garbage, seconds, cpu: (user + system) / 1e6, megabytes }))
