import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createArchived } from '../../client/url/archived.ts'
import { createKeySource } from '../../client/url/key-source.ts'
import { createUrlMemo } from '../../client/url/url-memo.ts'
import { createUrls } from '../../client/url/urls.ts'
import { signUrl } from '../../core/aws/sign-url.ts'
import { blobKey } from '../../core/model/key.ts'
import type { Ref } from '../../core/model/ref.ts'
import { formatSigningKeys } from '../../core/model/signing-keys.ts'
import type { Volume } from '../../core/volume/volume.ts'
import { createMemoryBeginnings } from '../memory/memory-beginnings.ts'
import { createMemoryBucket } from '../memory/memory-bucket.ts'
import { makeKeys } from '../unit/canned-policy.ts'
import { plantVolume, scratch, treeDirectory, trueBlobs } from './setting.ts'

/** What URLs are made of in tests: ports in memory that count, and a clock that stands still. */

export const LIFETIME = 7_200_000
export const EDGE = 'https://edge.example'
export const START = Date.UTC(2030, 0, 1, 12, 10)

const made = [makeKeys('rsa'), makeKeys('rsa')]
/** The first and the second key; their ids at the edge are K0 and K1. */
export const publicKeys = made.map(({ publicKey }) => publicKey)

/** The secret's text while the key of that number signs. */
export function keysDocument(signing: number): string {
  const name = (number: number) => String(number).repeat(16)
  return formatSigningKeys({
    formatVersion: 1,
    database: 'main',
    signing: name(signing),
    keys: made.map(({ privateKey }, number) => ({
      ...{ name: name(number), type: 'rsa', privateKey, publicKey: 'none' },
      ...{ createdAt: 0, keyPairId: `K${number}` },
    })),
  })
}

export interface UrlSettingOptions {
  volumes?: (own: Volume) => readonly Volume[]
}

export function createUrlSetting(
  test: TestContext,
  { volumes: choose = own => [own] }: UrlSettingOptions = {},
) {
  const volume = plantVolume(join(scratch(test), 'blobs'))
  const bucket = createMemoryBucket()
  const counts = { heads: 0, beginnings: 0, secrets: 0, signatures: 0 }
  const state = { now: START, secret: keysDocument(0) as string | undefined | Error }
  const told: unknown[] = []

  const secret = {
    async read() {
      counts.secrets += 1
      if (state.secret instanceof Error) throw state.secret
      return { text: state.secret, version: undefined }
    },
  }
  const inBucket = createMemoryBeginnings(bucket)
  const now = () => state.now
  const keys = createKeySource({ database: 'main', secret, tell: trouble => told.push(trouble), now })
  const archived = createArchived({
    database: 'main',
    volumes: choose(volume),
    bucket: {
      head: key => {
        counts.heads += 1
        return bucket.head(key)
      },
    },
    beginnings: {
      read: (key, length) => {
        counts.beginnings += 1
        return inBucket.read(key, length)
      },
    },
    now,
  })
  const sign: typeof signUrl = (...words) => {
    counts.signatures += 1
    return signUrl(...words)
  }
  const direct = createUrls({ database: 'main', edge: EDGE, lifetime: LIFETIME, keys, archived, sign, now })
  const urls = createUrlMemo({ urls: direct, keys, lifetime: LIFETIME, now })

  return {
    ...{ volume, bucket, counts, state, told, keys, urls },
    /** Into the bucket, as archiving does. */
    archive: async (ref: Ref, content: Buffer, contentType = 'application/octet-stream') => {
      const sha256 = createHash('sha256').update(content).digest('hex')
      const facts = { size: content.length, sha256, contentType }
      await bucket.put(blobKey('main', ref), facts, { open: () => content })
    },
  }
}

/** A photograph's bytes. */
export function photograph(): Buffer {
  const blob = trueBlobs('bushy').find(({ path }) => readTrue(path).subarray(0, 3).equals(JPEG_MAGIC))
  if (!blob) throw new Error('no photograph among the fixtures')
  return readTrue(blob.path)
}

const JPEG_MAGIC = Buffer.from('ffd8ff', 'hex')

function readTrue(path: string): Buffer {
  return readFileSync(join(treeDirectory('bushy'), path))
}
