import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Urls } from '../../client/index.ts'
import type { EdgeStage } from './edge-stage.ts'
import type { TrueBlob } from './fixture.ts'
import { forgeries } from './gallery/refusals.ts'

/** What the edge hands out and what it refuses, and what becomes of both when the keys change. */

export interface Fetched {
  whole: number
  of: number
  /** Bytes of a part of a large file that were the right ones. */
  part: number
  /** How the edge answered what it was to refuse. */
  refused: Record<string, number>
}

export interface Rotated {
  /** By which ids CloudFront knows them. */
  before: string
  after: string
  /** Answers to the old key's URL: after the rotation, and after it was taken out. */
  old: number[]
  /** Of retiring a key whose URLs live. */
  code: string
}

const PART = { first: 1_411_200, last: 1_476_735 }

export async function fetchThroughEdge({ blobs, exhibits, open, oldUrl }: EdgeStage): Promise<Fetched> {
  const reader = open()
  let whole = 0
  for (const blob of blobs) {
    const bytes = await (await fetch(await signedUrl(reader, blob))).bytes()
    if (createHash('sha256').update(bytes).digest('hex') === blob.sha256) whole += 1
  }
  const { recording } = exhibits
  const file = readFileSync(await reader.path(recording))
  const part = await fetchPart(await signedUrl(reader, recording))
  assert.deepEqual(Buffer.from(part), file.subarray(PART.first, PART.last + 1))
  const [one, other] = blobs
  assert.ok(one && other)
  const forged = forgeries(await signedUrl(reader, one), await signedUrl(reader, other))
  const refused = {
    expired: await statusOf(await oldUrl(one)),
    altered: await statusOf(forged.name),
    'of another blob': await statusOf(forged.blob),
    unsigned: await statusOf(forged.unsigned),
  }
  reader.close()
  return { whole, of: blobs.length, part: part.length, refused }
}

/** The key that signs is replaced, and then taken for leaked: out it goes, while others sign on. */
export async function loseKey(stage: EdgeStage): Promise<Rotated> {
  const { blobs, rotate, deploy, run, refuse } = stage
  const [blob] = blobs
  assert.ok(blob)
  const sign = async () => {
    const reader = stage.open()
    const url = await signedUrl(reader, blob)
    reader.close()
    return url
  }
  const old = await sign()
  // The key that leaks here began to sign only now.
  const left = (await rotate('--again')).filter(({ state }) => state !== 'replaced')
  const answers = [await statusOf(old)]
  const code = await refuse('keys', 'retire')
  await deploy(left.map(({ publicKey }) => publicKey))
  answers.push(await statusOf(old))
  await run('keys', 'retire', '--leaked')
  const young = await sign()
  assert.equal(await statusOf(young), 200)
  return { before: keyPairOf(old), after: keyPairOf(young), old: answers, code }
}

async function signedUrl(urls: Urls, blob: TrueBlob): Promise<string> {
  const signed = await urls.url(blob, { filename: blob.filename })
  assert.ok(signed, `${blob.filename} is archived`)
  return signed.url
}

async function fetchPart(url: string): Promise<Uint8Array> {
  const answer = await fetch(url, { headers: { range: `bytes=${PART.first}-${PART.last}` } })
  assert.equal(answer.status, 206)
  return await answer.bytes()
}

async function statusOf(url: string): Promise<number> {
  const answer = await fetch(url)
  await answer.bytes()
  return answer.status
}

function keyPairOf(url: string): string {
  return new URL(url).searchParams.get('Key-Pair-Id') ?? ''
}
