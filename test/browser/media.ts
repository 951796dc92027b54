import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { treeDirectory, trueBlobs } from '../flows/setting.ts'

/** What browsers show and play. */

export function fixtureOf(filename: string): Buffer {
  const found = trueBlobs('bushy').find(blob => blob.filename === filename)
  if (!found) throw new Error(`the fixture has no ${filename}`)
  return readFileSync(join(treeDirectory('bushy'), found.path))
}

const RECORD_FILM = readFileSync(join(import.meta.dirname, 'record-film.js'), 'utf8')
const RATE = 44_100

/** A WAV file of silence, in 16-bit samples of one channel: 88,200 bytes for each second. */
export function makeRecording(seconds: number): Buffer {
  const bytes = 2 * RATE * seconds
  const file = Buffer.alloc(44 + bytes)
  file.write('RIFF', 0)
  file.writeUInt32LE(36 + bytes, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(RATE, 24)
  file.writeUInt32LE(2 * RATE, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(bytes, 40)
  return file
}

/** A WebM file of a second or so, which the browser records itself. */
export async function makeFilm(browser: Browser): Promise<Buffer> {
  const page = await browser.newPage()
  const base64: string = await page.evaluate(RECORD_FILM)
  await page.close()
  return Buffer.from(base64, 'base64')
}
