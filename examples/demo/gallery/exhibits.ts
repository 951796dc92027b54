import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import { timeToTid } from '../../../core/model/tid.ts'
import type { Volume } from '../../../core/volume/volume.ts'
import type { TrueBlob } from '../fixture.ts'
import { makeRecording } from './chord.ts'

/** What the gallery shows: of the fixture, and what is large, what means harm, and what came a moment ago. */
export interface Exhibits {
  photographs: readonly TrueBlob[]
  /** Under names that a header could trip over. */
  downloads: readonly TrueBlob[]
  recording: TrueBlob
  /** They would run a script, if a browser took them for what they say they are. */
  harmful: readonly TrueBlob[]
  /** Not archived yet. */
  young: TrueBlob
}

interface Content {
  title: string
  filename: string
  contentType: string
  bytes: Buffer | string
}

const SCRIPT = "<script>document.title = 'this ran'</script>"
const PAGE = `<!doctype html><html lang="en"><title>My trip</title><h1>My trip</h1>${SCRIPT}</html>\n`
const GRAPHIC = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="9"/>${SCRIPT}</svg>\n`
/** Magic bytes of a picture, and a page behind them. */
const POLYGLOT = `GIF89a\u0001\u0000\u0001\u0000\u0000\u0000\u0000<html>${SCRIPT}</html>;`

const HARMFUL: readonly Content[] = [
  { title: 'A page', filename: 'my-trip.html', contentType: 'text/html', bytes: PAGE },
  { title: 'A graphic', filename: 'badge.svg', contentType: 'image/svg+xml', bytes: GRAPHIC },
  {
    title: 'A picture that is a page too',
    filename: 'summit.gif',
    contentType: 'image/gif',
    bytes: POLYGLOT,
  },
]
/** By their names in the fixture; an application may call a blob whatever it likes, each time it asks for a URL. */
const NAMES: Readonly<Record<string, string>> = {
  'Kopf- und Fußzeile.odt': 'Kopf- und Fußzeile.odt',
  'Augenhintergrund – Häggström.jpg': 'Augenhintergrund – Häggström.jpg',
  'chelsea.png': 'Chelsea, “the” "cat" 🐈.png',
  'clock.png': 'Wanduhr ⏰ (läuft).png',
  // Looks like photosfdp.exe, where the mark that turns the direction is kept.
  'toc-depth.pdf': 'photos\u202Eexe.pdf',
}
/** A picture that is none of the photographs. */
const YOUNG = 'tasse-kaffee.jpg'
const FIRST_OID = 0x4a0000
const LONG_AGO = timeToTid(Date.UTC(2024, 5, 1))

/** Puts into a volume what the fixture has not got. */
export function plantExhibits(volume: Volume, blobs: readonly TrueBlob[]): Exhibits {
  const photographs = blobs.filter(isPhotograph)
  const like = blobs.find(({ filename }) => filename === YOUNG)
  if (!like) throw new Error(`the fixture has no ${YOUNG}`)
  return {
    photographs: photographs.filter(blob => !photographs.some(other => isBetter(other, blob))),
    downloads: blobs.flatMap(blob => {
      const filename = NAMES[blob.filename]
      const older = blobs.some(({ oid, tid }) => oid === blob.oid && tid > blob.tid)
      return filename === undefined || older ? [] : [{ ...blob, filename }]
    }),
    recording: plantOne(volume, FIRST_OID, LONG_AGO, {
      ...{ title: 'Four chords', filename: 'Vier Akkorde.wav', contentType: 'audio/wav' },
      bytes: makeRecording(),
    }),
    harmful: HARMFUL.map((content, i) => plantOne(volume, FIRST_OID + 1 + i, LONG_AGO, content)),
    young: plantYoung(volume, like),
  }
}

/** The same picture at another size is a blob of its own, whose title says so; one lies on its side. */
function isPhotograph({ contentType, title, filename }: TrueBlob): boolean {
  return /^image\/(jpeg|png)$/.test(contentType) && !title.includes('(') && filename !== 'camera.jpg'
}

function isBetter(one: TrueBlob, other: TrueBlob): boolean {
  return one.oid === other.oid && (one.size > other.size || (one.size === other.size && one.tid > other.tid))
}

/** A photograph that somebody has uploaded again, this moment. */
function plantYoung(volume: Volume, like: TrueBlob): TrueBlob {
  const bytes = readFileSync(volume.pathOf(like))
  return plantOne(volume, FIRST_OID + 0xff, timeToTid(Date.now()), { ...like, bytes })
}

function plantOne(volume: Volume, number: number, tid: string, content: Content): TrueBlob {
  const ref = { oid: number.toString(16).padStart(16, '0'), tid }
  const file = volume.pathOf(ref)
  const bytes = typeof content.bytes === 'string' ? Buffer.from(content.bytes) : content.bytes
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, bytes)
  chmodSync(file, 0o444)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const { title, filename, contentType } = content
  return {
    ...ref,
    title,
    filename,
    contentType,
    sha256,
    size: bytes.length,
    path: relative(volume.directory, file),
  }
}
