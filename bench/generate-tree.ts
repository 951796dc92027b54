import { closeSync, ftruncateSync, mkdirSync, openSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { bushy } from '../core/model/layout/bushy.ts'
import { tidToTime, timeToTid } from '../core/model/tid.ts'

/**
 * Makes a large bushy tree: `node bench/generate-tree.ts --directory DIR --blobs 100000`. The same seed gives the same
 * tree. Sizes are log-normal around a photograph's, a third of the blobs are scales of a few kB, tids grow denser over
 * twelve years. `--sparse` makes files of those sizes that take no space, for `plan`.
 */
export interface TreeOptions {
  directory: string
  blobs: number
  sparse?: boolean
  /** Bytes of every blob, instead of the mixture. */
  size?: number
  seed?: number
}

const FIRST = Date.UTC(2014, 5, 1)
const LAST = Date.UTC(2026, 10, 1)
const noise = Buffer.alloc(2 ** 20, 'nice-blobs ')

export function generateTree({ directory, blobs, sparse = false, size, seed = 1 }: TreeOptions): void {
  const random = createRandom(seed)
  for (let i = 0; i < noise.length; i += 4) noise.writeUInt32LE((random() * 2 ** 32) >>> 0, i)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, '.layout'), 'bushy')
  for (let i = 0; i < blobs; i += 1) {
    const tid = timeToTid(Math.round(FIRST + (LAST - FIRST) * Math.sqrt(random())))
    const path = join(directory, bushy.format({ oid: (i * 3 + 1).toString(16).padStart(16, '0'), tid }))
    mkdirSync(dirname(path), { recursive: true })
    writeBlob(path, size ?? randomSize(random), sparse, i)
    const seconds = tidToTime(tid) / 1000
    utimesSync(path, seconds, seconds)
  }
}

function writeBlob(path: string, size: number, sparse: boolean, salt: number): void {
  const file = openSync(path, 'w', 0o444)
  try {
    if (sparse) ftruncateSync(file, size)
    else writeNoise(file, size, salt)
  } finally {
    closeSync(file)
  }
}

function writeNoise(file: number, size: number, salt: number): void {
  noise.writeUInt32LE(salt, 0)
  for (let written = 0; written < size; ) {
    written += writeSync(file, noise, 0, Math.min(noise.length, size - written))
  }
}

function randomSize(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const typical = random() < 1 / 3 ? 12_000 : 350_000
  return Math.max(200, Math.round(typical * Math.exp(normal * 1.3)))
}

/** mulberry32: small, even enough, and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string' },
      blobs: { type: 'string' },
      size: { type: 'string' },
      sparse: { type: 'boolean' },
    },
  })
  if (!values.directory || !values.blobs) throw new Error('say --directory DIR and --blobs COUNT')
  const { directory, blobs, size, sparse = false } = values
  generateTree({
    directory,
    blobs: Number(blobs),
    sparse,
    ...(size === undefined ? {} : { size: Number(size) }),
  })
}
