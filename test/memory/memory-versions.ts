import { BlobMissing, NiceBlobsError } from '../../core/model/errors.ts'
import type { BlobVersions } from '../../core/ports.ts'
import { describeObject, type MemoryBucket } from './memory-bucket.ts'

/** What lies under the current objects of a bucket in memory, which fails with it. */
export function createMemoryVersions(bucket: MemoryBucket): BlobVersions {
  const versionsOf = (key: string) => bucket.versions.get(key) ?? []
  const find = (key: string, versionId: string) =>
    versionsOf(key).find(version => version.versionId === versionId)

  return {
    async mark(key) {
      const current = await bucket.head(key)
      const detail = { subject: key, hint: 'none' }
      if (!current) throw new BlobMissing('there is no object to mark', detail)
      if (current.versionId === undefined)
        throw new NiceBlobsError('BUCKET_UNSAFE', 'the bucket does not keep versions', detail)
      const { versionId = '' } = bucket.add(key, undefined)
      return { versionId }
    },
    async list(key) {
      await bucket.head(key)
      const newestFirst = versionsOf(key).toReversed()
      return newestFirst.map(({ versionId = 'null', lastModified, object }, at) => {
        const size = object?.content.length ?? 0
        return { versionId, current: at === 0, marker: object === undefined, size, lastModified }
      })
    },
    async *listMarked(prefix) {
      await bucket.head(prefix)
      for (const key of [...bucket.versions.keys()].sort()) {
        const current = versionsOf(key).at(-1)
        if (key.startsWith(prefix) && current && !current.object) yield key
      }
    },
    async head(key, versionId) {
      await bucket.head(key)
      const version = find(key, versionId)
      return version?.object && describeObject(version, version.object)
    },
    async restore(key, { versionId, facts }) {
      await bucket.head(key)
      if (versionsOf(key).at(-1)?.object) return { outcome: 'present' }
      const from = find(key, versionId)?.object
      if (!from) throw new BlobMissing('the version is no longer there', { subject: versionId, hint: 'none' })
      const object = { facts, content: from.content }
      const version = bucket.add(key, object)
      const { vouched } = describeObject(version, object)
      return { outcome: 'stored', vouched, versionId: version.versionId }
    },
  }
}
