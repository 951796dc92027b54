/** Small wrong edits of the code that keeps blobs safe. Each has to turn the suite red. */
export interface Sabotage {
  /** What the edit breaks, with the invariant. */
  breaks: string
  file: string
  find: string
  put: string
  /** Where it is expected to be noticed. */
  suites: readonly string[]
}

const FLOWS = ['test/flows/*.test.ts']
const RELEASE = ['test/flows/archive-release-recall.test.ts', 'test/flows/keep-near.test.ts']
const CONTRACT = ['test/contract/*.test.ts', 'test/unit/adapters.test.ts']
const UNIT = ['test/unit/*.test.ts']

export const SABOTAGE: readonly Sabotage[] = [
  {
    breaks: 'received bytes are not compared with their SHA-256 (I2)',
    file: 'core/receive.ts',
    find: "  requireSame(stored, hash.digest('hex'), key)\n",
    put: '',
    suites: FLOWS,
  },
  {
    breaks: 'a stream gives its last chunk before all of them are verified (I2)',
    file: 'core/receive.ts',
    find: '    if (last) yield last\n    last = chunk\n',
    put: '    yield chunk\n',
    suites: FLOWS,
  },
  {
    breaks: 'uploads overwrite what has the key (I3)',
    file: 'core/aws/s3-put.ts',
    find: ", IfNoneMatch: '*'",
    put: '',
    suites: CONTRACT,
  },
  {
    breaks: 'the bucket is not told the SHA-256 of an upload (I3)',
    file: 'core/aws/s3-put.ts',
    find: '{ ChecksumSHA256: hexToBase64(facts.sha256) }',
    put: '{}',
    suites: CONTRACT,
  },
  {
    breaks: 'parts are uploaded without an id for the upload (I3)',
    file: 'core/aws/s3-put.ts',
    find: 'client: guarded(client)',
    put: 'client',
    suites: CONTRACT,
  },
  {
    breaks: 'a short body is taken for a whole one (I2)',
    file: 'core/aws/s3-get.ts',
    find: 'if (received >= size) return',
    put: 'return',
    suites: CONTRACT,
  },
  {
    breaks: 'a denied blob is a missing one (I11)',
    file: 'core/aws/s3-bucket.ts',
    find: 'if (!denied && statusOf(error) !== 404) throw',
    put: 'if (denied) return undefined\n    if (statusOf(error) !== 404) throw',
    suites: CONTRACT,
  },
  {
    breaks: 'an answer that is no listing is an empty one (I11)',
    file: 'core/aws/s3-bucket.ts',
    find: 'if (IsTruncated !== (NextContinuationToken !== undefined)) throw',
    put: 'if (IsTruncated && !NextContinuationToken) throw',
    suites: CONTRACT,
  },
  {
    breaks: 'a row is written over another one (I8)',
    file: 'core/aws/dynamo-index.ts',
    find: "ConditionExpression: 'attribute_not_exists(pk)',",
    put: '',
    suites: CONTRACT,
  },
  {
    breaks: 'an object is believed by its size alone (I1)',
    file: 'core/verify-object.ts',
    find: 'if (stored.sha256 !== facts.sha256) throw',
    put: 'if (false) throw',
    suites: FLOWS,
  },
  {
    breaks: 'an object that nobody vouches for is believed by its metadata (I1)',
    file: 'core/verify-object.ts',
    find: 'if (stored.vouched ||',
    put: 'if (true ||',
    suites: FLOWS,
  },
  {
    breaks: 'a row is written for a file that changed during its upload (I1)',
    file: 'core/archive.ts',
    find: '  await source.requireUnchanged()\n',
    put: '',
    suites: FLOWS,
  },
  {
    breaks: 'a file is deleted that was marked while its release began (I1)',
    file: 'core/release.ts',
    find: 'return lateHold ?? (await',
    put: 'return (await',
    suites: FLOWS,
  },
  {
    breaks: 'a file is released without a last look at the object (I1)',
    file: 'core/release.ts',
    find: 'const decision = await lastLook()',
    put: "const decision = 'due'",
    suites: FLOWS,
  },
  {
    breaks: 'a file is released that is not the blob of its row (I1)',
    file: 'core/release.ts',
    find: '      requireSameBytes(source, row)\n',
    put: '',
    suites: FLOWS,
  },
  {
    breaks: 'a file is released that changed while it stood aside (I1)',
    file: 'core/release.ts',
    find: '      await source.requireUnchanged()\n',
    put: '',
    suites: FLOWS,
  },
  {
    breaks: 'files are released before the delay has passed (I1)',
    file: 'core/model/release-policy.ts',
    find: 'now - row.archivedAt < policy.delay',
    put: 'false',
    suites: FLOWS,
  },
  {
    breaks: 'files are released that the replica has not got (I1)',
    file: 'core/model/release-policy.ts',
    find: "if (!replicated || replication === 'completed') return",
    put: 'if (replication !== null) return',
    suites: [...UNIT, ...RELEASE],
  },
  {
    breaks: 'a file is released though the object is replicated no more at the last look (I1)',
    file: 'core/release.ts',
    find: '      return judgeReplication(replication, policy)\n',
    put: "      return 'due'\n",
    suites: RELEASE,
  },
  {
    breaks: 'what was read lately vanishes with its release',
    file: 'core/release.ts',
    find: '      await keepNear?.(source, row)\n',
    put: '',
    suites: RELEASE,
  },
  {
    breaks: 'what a release keeps near takes more room than there is (I7)',
    file: 'client/read/cache/cache.ts',
    find: 'if (reserve(name, claim, size))',
    put: 'if (true)',
    suites: RELEASE,
  },
  {
    breaks: 'trouble with the cache keeps files from their release (I7)',
    file: 'client/read/keep-near.ts',
    find: 'tell(isDamaged(error) ? changed(formatRef(row), error) : error)',
    put: 'throw error',
    suites: RELEASE,
  },
  {
    breaks: 'our own reading looks like that of an application',
    file: 'core/volume/source.ts',
    find: ' | (constants.O_NOATIME ?? 0)',
    put: '',
    suites: RELEASE,
  },
  {
    breaks: 'files are released while the volume packs (I1)',
    file: 'core/volume/hold.ts',
    find: "  if (await isPacking(volume, now)) return 'the volume is packing'\n",
    put: '',
    suites: FLOWS,
  },
  {
    breaks: 'the largest of all mistakes: what was moved aside is deleted when a comparison fails (I1)',
    file: 'core/release.ts',
    find: 'await returnAside(volume, aside).catch(() => {})',
    put: 'await unlink(aside.path).catch(() => {})',
    suites: FLOWS,
  },
  {
    breaks: 'recalled files replace what has their name (I3)',
    file: 'core/volume/aside.ts',
    find: '    await link(from, to)\n',
    put: '    await rename(from, to)\n',
    suites: FLOWS,
  },
  {
    breaks: 'links under a blob’s name are followed (I1)',
    file: 'core/volume/source.ts',
    find: ' | constants.O_NOFOLLOW',
    put: '',
    suites: FLOWS,
  },
  {
    breaks: 'blobs from the future are archived',
    file: 'core/model/archive-policy.ts',
    find: "if (age < 0) return 'from the future'",
    put: 'if (age < 0) age',
    suites: UNIT,
  },
  {
    breaks: 'files that changed lately are archived',
    file: 'core/model/archive-policy.ts',
    find: 'now - file.changed < policy.quiet',
    put: 'false',
    suites: [...UNIT, ...FLOWS],
  },
  {
    breaks: 'the cache grows beyond its limit (I7)',
    file: 'client/read/cache/make-room.ts',
    find: 'return ledger.bytes() + size <= limit',
    put: 'return true',
    suites: FLOWS,
  },
  {
    breaks: 'what is in use is evicted (I7)',
    file: 'client/read/cache/plan-eviction.ts',
    find: 'Math.abs(now - used) < inUse',
    put: 'false',
    suites: [...UNIT, ...FLOWS],
  },
  {
    breaks: 'a link that leads anywhere is believed (I12)',
    file: 'client/read/locate.ts',
    find: 'const reached = linked === file ||',
    put: 'const reached = linked !== undefined ||',
    suites: FLOWS,
  },
  {
    breaks: 'several processes download a blob at a time',
    file: 'client/read/cache/claims.ts',
    find: 'if (before && !isDead(paths, before)) return',
    put: 'if (before && false) return',
    suites: FLOWS,
  },
  {
    breaks: 'a directory that has something else in it becomes the cache',
    file: 'client/read/cache/own-directory.ts',
    find: 'if (names.some(name => name !== basename(root))) throw',
    put: 'if (false) throw',
    suites: FLOWS,
  },
  {
    breaks: 'an id that is none becomes a path',
    file: 'core/model/ref.ts',
    find: 'const HEX_ID = /^[0-9a-f]{16}$/',
    put: 'const HEX_ID = /^.*$/s',
    suites: UNIT,
  },
  {
    breaks: 'check does not look twice and tells an archiver’s work as a difference',
    file: 'core/check.ts',
    find: 'if (isDeepStrictEqual(row, await find())) return',
    put: 'if (true) return',
    suites: [...UNIT, ...FLOWS],
  },
  {
    breaks: 'check --deep does not compare bytes',
    file: 'core/model/difference.ts',
    find: '(object.readSha256 ?? object.sha256) !== object.sha256',
    put: 'false',
    suites: [...UNIT, ...FLOWS],
  },
]
