import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'

/** What the tests below may find a server unable to do. */
export type Limit =
  | 'headers chosen'
  | 'header values'
  | 'conditions combined'
  | 'simultaneous writes'
  | 'marker headers'
  | 'markers by version'
  | 'markers on nothing'
  | 'unknown versions'
  | 'checksums compared'
  | 'Content-MD5 compared'
  | 'checksums kept'
  | 'conditional copies'
  | 'part checksums compared'
  | 'composite checksums'
  | 'ended uploads'
  | 'part order'
  | 'part sizes'
  | 'whole checksums of copies'
  | 'marked sources'
  | 'conditional sources'
  | 'customer keys'

export type Limits = Partial<Record<Limit, string>>
type Start = () => Promise<{ client: S3Client; bucket: string }>

const MIB = 2 ** 20
const FIRST = Buffer.alloc(5 * MIB, 'first')
const LAST = Buffer.from('the last part')
const digest = (algorithm: string, bytes: Buffer) => createHash(algorithm).update(bytes).digest()
const WRONG_SHA256 = digest('sha256', Buffer.from('other')).toString('base64')

/** That S3 refuses with this code and status. */
export async function assertRefused(
  answer: Promise<unknown>,
  code: string,
  status: number,
): Promise<S3ServiceException> {
  const error = await answer.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof S3ServiceException, `not refused with ${code}: ${error}`)
  assert.deepEqual([error.name, error.$metadata.httpStatusCode], [code, status])
  return error
}

/** What this project takes S3 to do, before whatever server speaks like it; `limits` are skipped with their reason. */
export function describeS3Semantics(name: string, start: Start, limits: Limits = {}): void {
  describe(`S3 semantics: ${name}`, async () => {
    const { client, bucket: Bucket } = await start()
    const promise = (limit: Limit, sentence: string, body: () => Promise<void>) =>
      it(sentence, { skip: limits[limit] ?? false }, body)
    const newKey = () => ({ Bucket, Key: `${randomUUID()}/a` })
    type Place = ReturnType<typeof newKey>

    const put = (at: Place, Body: string | Buffer = 'hello', extra: Partial<PutObjectCommandInput> = {}) =>
      client.send(new PutObjectCommand({ ...at, Body, ...extra }))
    const get = (at: Place, extra: Partial<GetObjectCommandInput> = {}) =>
      client.send(new GetObjectCommand({ ...at, ...extra }))
    const head = (at: Place, extra: { VersionId?: string | undefined } = {}) =>
      client.send(new HeadObjectCommand({ ...at, ...extra, ChecksumMode: 'ENABLED' }))
    const remove = (at: Place, VersionId?: string) =>
      client.send(new DeleteObjectCommand({ ...at, VersionId }))
    const copy = (from: string, to: Place, extra = {}) =>
      client.send(new CopyObjectCommand({ ...to, CopySource: from, ...extra }))
    const sourceOf = ({ Key }: Place, VersionId?: string) =>
      `${Bucket}/${encodeURIComponent(Key)}${VersionId ? `?versionId=${VersionId}` : ''}`
    const bytesAt = async (at: Place, extra: Partial<GetObjectCommandInput> = {}) =>
      Buffer.from((await (await get(at, extra)).Body?.transformToByteArray()) ?? [])
    const textAt = async (at: Place, VersionId?: string) => (await bytesAt(at, { VersionId })).toString()

    describe('objects', () => {
      it('gives back bytes and metadata as they were put', async () => {
        const at = newKey()
        const facts = {
          ContentType: 'image/jpeg',
          ContentDisposition: 'inline; filename="summit.jpg"',
          CacheControl: 'immutable',
          StorageClass: 'INTELLIGENT_TIERING',
          Metadata: { sha256: 'abc', size: '8' },
        } as const
        await put(at, 'a summit', facts)
        const got = await get(at)
        assert.equal(await got.Body?.transformToString(), 'a summit')
        const { ContentType, ContentDisposition, CacheControl, StorageClass, Metadata } = got
        assert.deepEqual({ ContentType, ContentDisposition, CacheControl, StorageClass, Metadata }, facts)
      })

      it('tells of an object by HEAD', async () => {
        const at = newKey()
        const { VersionId } = await put(at)
        const told = await head(at)
        assert.deepEqual(
          [told.ContentLength, told.ETag, told.VersionId, told.StorageClass],
          [5, '"5d41402abc4b2a76b9719d911017c592"', VersionId, undefined],
        )
        assert.ok(told.LastModified && Math.abs(told.LastModified.getTime() - Date.now()) < 5000)
      })

      it('keeps an empty object', async () => {
        const at = newKey()
        await put(at, Buffer.alloc(0))
        assert.equal(await textAt(at), '')
      })

      it('keeps every key apart, whatever characters it has', async () => {
        const { Key: start } = newKey()
        const odd = [
          '../../x',
          '/',
          'a//b',
          './.',
          'a b+c',
          "ü!*'()",
          '%2e%2e',
          '&<>"',
          '日本',
          '\u{1f3d4}',
          'a?b#c',
        ]
        for (const end of odd) await put({ Bucket, Key: `${start}/${end}` }, end)
        for (const end of odd) assert.equal(await textAt({ Bucket, Key: `${start}/${end}` }), end)
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: start }))
        assert.deepEqual(new Set(Contents.map(({ Key }) => Key)), new Set(odd.map(end => `${start}/${end}`)))
      })

      it('says what is missing', async () => {
        await assertRefused(get(newKey()), 'NoSuchKey', 404)
        await assertRefused(head(newKey()), 'NotFound', 404)
        await assertRefused(get({ ...newKey(), Bucket: 'nowhere' }), 'NoSuchBucket', 404)
        await assertRefused(client.send(new HeadBucketCommand({ Bucket: 'nowhere' })), 'NotFound', 404)
      })

      it('sends the part that a range names, and says which', async () => {
        const at = newKey()
        await put(at, 'abcdefghij')
        const got = await get(at, { Range: 'bytes=2-4' })
        assert.deepEqual([got.ContentRange, got.ContentLength], ['bytes 2-4/10', 3])
        assert.equal(await got.Body?.transformToString(), 'cde')
        assert.equal((await bytesAt(at, { Range: 'bytes=-3' })).toString(), 'hij')
        assert.equal((await bytesAt(at, { Range: 'bytes=8-99' })).toString(), 'ij')
        await assertRefused(get(at, { Range: 'bytes=10-' }), 'InvalidRange', 416)
      })

      promise('headers chosen', 'says of an object what a reader wants to have said', async () => {
        const at = newKey()
        await put(at, 'abcdefghij', { ContentDisposition: 'inline', ContentType: 'image/png' })
        const wanted = `attachment; filename="a b.png"; filename*=UTF-8''%C3%BC%2B.png`
        const got = await get(at, { ResponseContentDisposition: wanted })
        assert.deepEqual([got.ContentDisposition, got.ContentType], [wanted, 'image/png'])
        const part = await get(at, { ResponseContentDisposition: wanted, Range: 'bytes=2-4' })
        assert.deepEqual([part.ContentDisposition, await part.Body?.transformToString()], [wanted, 'cde'])
        assert.equal((await get(at)).ContentDisposition, 'inline')
      })

      promise('header values', 'refuses to say what no header can hold', async () => {
        const at = newKey()
        await put(at)
        const wide = get(at, { ResponseContentDisposition: 'attachment; filename="\u65e5"' })
        await assertRefused(wide, 'InvalidArgument', 400)
      })

      const LONG_AGO = new Date(0)
      const statusOf = (at: Place, extra: Partial<GetObjectCommandInput>) =>
        get(at, extra).then(
          got => got.$metadata.httpStatusCode,
          (error: S3ServiceException) => error.$metadata.httpStatusCode,
        )

      it('sends no bytes to who has them, or wants others', async () => {
        const at = newKey()
        const { ETag = '' } = await put(at)
        const { LastModified = new Date() } = await head(at)
        const status = (extra: Partial<GetObjectCommandInput>) => statusOf(at, extra)
        assert.equal(await status({ IfNoneMatch: ETag }), 304)
        assert.equal(await status({ IfNoneMatch: '"other"' }), 200)
        assert.equal(await status({ IfModifiedSince: LastModified }), 304)
        assert.equal(await status({ IfModifiedSince: LONG_AGO }), 200)
        await assertRefused(get(at, { IfMatch: '"other"' }), 'PreconditionFailed', 412)
        await assertRefused(get(at, { IfUnmodifiedSince: LONG_AGO }), 'PreconditionFailed', 412)
      })

      promise('conditions combined', 'goes by the ETag where a date says something else', async () => {
        const at = newKey()
        const { ETag = '' } = await put(at)
        assert.equal(await statusOf(at, { IfNoneMatch: ETag, IfModifiedSince: LONG_AGO }), 304)
        assert.equal(await statusOf(at, { IfMatch: ETag, IfUnmodifiedSince: LONG_AGO }), 200)
      })

      it('tells that the bucket has versioning', async () => {
        const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }))
        assert.equal(Status, 'Enabled')
      })
    })

    describe('conditional writes', () => {
      const once = (at: Place, body: string) => put(at, body, { IfNoneMatch: '*' })

      it('refuses a second write with If-None-Match, and overwrites without', async () => {
        const at = newKey()
        await once(at, 'first')
        await assertRefused(once(at, 'second'), 'PreconditionFailed', 412)
        assert.equal(await textAt(at), 'first')
        await put(at, 'third')
        assert.equal(await textAt(at), 'third')
      })

      it('counts a key under a delete marker as absent', async () => {
        const at = newKey()
        await once(at, 'first')
        await remove(at)
        await once(at, 'second')
        assert.equal(await textAt(at), 'second')
      })

      promise('simultaneous writes', 'lets one of many simultaneous conditional writes win', async () => {
        const at = newKey()
        const bodies = Array.from({ length: 20 }, (_, number) => `${number}`.repeat(100_000))
        const results = await Promise.allSettled(bodies.map(body => once(at, body)))
        assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
        const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: at.Key }))
        assert.equal(Versions?.length, 1)
      })

      promise('conditional copies', 'copies onto a key only once with If-None-Match', async () => {
        const [from, to] = [newKey(), newKey()]
        await put(from)
        await copy(sourceOf(from), to, { IfNoneMatch: '*' })
        await assertRefused(copy(sourceOf(from), to, { IfNoneMatch: '*' }), 'PreconditionFailed', 412)
      })
    })

    describe('versions', () => {
      it('keeps every version of a key', async () => {
        const at = newKey()
        const first = await put(at, 'first')
        const second = await put(at, 'second')
        assert.equal(await textAt(at, first.VersionId), 'first')
        assert.equal(await textAt(at, second.VersionId), 'second')
        assert.equal(await textAt(at), 'second')
      })

      it('hides the versions under a delete marker, and shows them when it is removed', async () => {
        const at = newKey()
        const { VersionId } = await put(at, 'first')
        const marker = await remove(at)
        assert.equal(marker.DeleteMarker, true)
        await assertRefused(get(at), 'NoSuchKey', 404)
        await assertRefused(head(at), 'NotFound', 404)
        assert.equal(await textAt(at, VersionId), 'first')
        await remove(at, marker.VersionId)
        assert.equal(await textAt(at), 'first')
      })

      promise('marker headers', 'tells with a 404 that a delete marker is why', async () => {
        const at = newKey()
        await put(at)
        const { VersionId } = await remove(at)
        const { $response } = await assertRefused(get(at), 'NoSuchKey', 404)
        assert.equal($response?.headers['x-amz-delete-marker'], 'true')
        assert.equal($response?.headers['x-amz-version-id'], VersionId)
        const removed = await remove(at, VersionId)
        assert.deepEqual([removed.DeleteMarker, removed.VersionId], [true, VersionId])
      })

      promise('markers on nothing', 'places a delete marker on a key that never was', async () => {
        const at = newKey()
        await remove(at)
        const listed = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: at.Key }))
        assert.equal(listed.DeleteMarkers?.length, 1)
      })

      promise('markers by version', 'cannot read a delete marker by its version', async () => {
        const at = newKey()
        const { VersionId } = await remove(at)
        await assertRefused(get(at, { VersionId }), 'MethodNotAllowed', 405)
      })

      it('removes a version for good', async () => {
        const at = newKey()
        const { VersionId } = await put(at, 'first')
        await put(at, 'second')
        await remove(at, VersionId)
        await assertRefused(get(at, { VersionId }), 'NoSuchVersion', 404)
        assert.equal(await textAt(at), 'second')
        assert.equal((await remove(at, VersionId)).$metadata.httpStatusCode, 204)
      })

      promise('unknown versions', 'refuses a version id that nobody ever gave', async () => {
        const at = newKey()
        await put(at)
        await assertRefused(get(at, { VersionId: 'nonsense' }), 'InvalidArgument', 400)
      })
    })

    describe('checksums', () => {
      const checkValues = {
        CRC32: Buffer.from('cbf43926', 'hex'),
        CRC64NVME: Buffer.from('ae8b14860a799888', 'hex'),
        SHA256: digest('sha256', Buffer.from('123456789')),
      } as const
      for (const algorithm of ['CRC32', 'CRC64NVME', 'SHA256'] as const) {
        promise('checksums kept', `keeps a ${algorithm} and tells it to whom asks`, async () => {
          const at = newKey()
          await put(at, '123456789', { ChecksumAlgorithm: algorithm })
          const told = await head(at)
          assert.equal(told[`Checksum${algorithm}`], checkValues[algorithm].toString('base64'))
          assert.equal(told.ChecksumType, 'FULL_OBJECT')
          const silent = await client.send(new HeadObjectCommand(at))
          assert.equal(silent[`Checksum${algorithm}`], undefined)
        })
      }

      it('tells no checksum of the whole with a part of the bytes', async () => {
        const at = newKey()
        await put(at, 'abc', { ChecksumAlgorithm: 'SHA256' })
        const got = await get(at, { Range: 'bytes=0-1', ChecksumMode: 'ENABLED' })
        assert.equal(got.ChecksumSHA256, undefined)
      })

      promise('checksums compared', 'refuses a body with a wrong checksum, and stores nothing', async () => {
        const at = newKey()
        await assertRefused(put(at, 'a', { ChecksumSHA256: WRONG_SHA256 }), 'BadDigest', 400)
        await assertRefused(put(at, 'a', { ChecksumCRC32: 'AAAAAA==' }), 'BadDigest', 400)
        await assertRefused(put(at, 'a', { ChecksumCRC64NVME: 'AAAAAAAAAAA=' }), 'BadDigest', 400)
        await assertRefused(head(at), 'NotFound', 404)
      })

      promise('Content-MD5 compared', 'refuses a body with a wrong Content-MD5', async () => {
        const at = newKey()
        const ContentMD5 = digest('md5', Buffer.from('other')).toString('base64')
        await assertRefused(put(at, 'a', { ContentMD5 }), 'BadDigest', 400)
        await assertRefused(head(at), 'NotFound', 404)
      })
    })

    describe('listings', () => {
      it('lists the current objects below a prefix, page by page', async () => {
        const { Key: start } = newKey()
        for (const end of ['c', 'a', 'b', 'gone', 'd']) await put({ Bucket, Key: `${start}/${end}` }, end)
        await remove({ Bucket, Key: `${start}/gone` })
        const keys: string[] = []
        let ContinuationToken: string | undefined
        do {
          const page = await client.send(
            new ListObjectsV2Command({ Bucket, Prefix: `${start}/`, MaxKeys: 3, ContinuationToken }),
          )
          keys.push(...(page.Contents ?? []).map(({ Key, Size }) => `${Key} ${Size}`))
          ContinuationToken = page.NextContinuationToken
          assert.equal(page.IsTruncated, ContinuationToken !== undefined)
        } while (ContinuationToken !== undefined)
        assert.deepEqual(
          keys,
          ['a', 'b', 'c', 'd'].map(end => `${start}/${end} 1`),
        )
      })

      it('lists keys in the order of their UTF-8 bytes', async () => {
        const { Key: start } = newKey()
        const ends = ['a', 'é', '\uffee', '\u{1f3d4}']
        for (const end of ends.toReversed()) await put({ Bucket, Key: `${start}/${end}` })
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: start }))
        assert.deepEqual(
          Contents.map(({ Key }) => Key?.slice(start.length + 1)),
          ends,
        )
      })

      it('lists all versions and markers, page by page, the newest first', async () => {
        const at = newKey()
        const wanted: (string | undefined)[] = []
        for (let number = 0; number < 5; number++)
          wanted.unshift((number === 2 ? await remove(at) : await put(at)).VersionId)
        const found: { VersionId?: string | undefined; LastModified?: Date | undefined }[] = []
        let more = {}
        for (let truncated = true; truncated; ) {
          const page = await client.send(
            new ListObjectVersionsCommand({ Bucket, Prefix: at.Key, MaxKeys: 2, ...more }),
          )
          found.push(...(page.Versions ?? []), ...(page.DeleteMarkers ?? []))
          more = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
          truncated = page.IsTruncated ?? false
        }
        assert.deepEqual(new Set(found.map(({ VersionId }) => VersionId)), new Set(wanted))
        assert.equal(found.length, 5)
        assert.equal(found[0]?.VersionId, wanted[0])
      })
    })

    describe('copies', () => {
      const facts = { ContentType: 'image/jpeg', Metadata: { sha256: 'abc' } }

      it('copies bytes and metadata', async () => {
        const [from, to] = [newKey(), newKey()]
        const { ETag, VersionId } = await put(from, 'a summit', facts)
        const copied = await copy(sourceOf(from), to)
        assert.deepEqual([copied.CopyObjectResult?.ETag, copied.CopySourceVersionId], [ETag, VersionId])
        const got = await get(to)
        assert.equal(await got.Body?.transformToString(), 'a summit')
        assert.deepEqual(
          [got.VersionId, got.ContentType, got.Metadata],
          [copied.VersionId, 'image/jpeg', { sha256: 'abc' }],
        )
      })

      it('copies the checksum', async () => {
        const [from, to] = [newKey(), newKey()]
        await put(from, 'a summit', { ChecksumAlgorithm: 'SHA256' })
        await copy(sourceOf(from), to)
        const sha256 = digest('sha256', Buffer.from('a summit')).toString('base64')
        assert.equal((await head(to)).ChecksumSHA256, sha256)
      })

      it('replaces the metadata when it is told to', async () => {
        const [from, to] = [newKey(), newKey()]
        await put(from, 'a summit', facts)
        const other = { ContentType: 'image/png', Metadata: { size: '8' } }
        await copy(sourceOf(from), to, { MetadataDirective: 'REPLACE', ...other })
        const { ContentType, Metadata } = await head(to)
        assert.deepEqual({ ContentType, Metadata }, other)
      })

      it('brings a version back from under a delete marker', async () => {
        const at = newKey()
        const { VersionId } = await put(at, 'a summit')
        await remove(at)
        await assertRefused(copy(sourceOf(at), newKey()), 'NoSuchKey', 404)
        const copied = await copy(sourceOf(at, VersionId), at)
        assert.equal(copied.CopySourceVersionId, VersionId)
        assert.equal(await textAt(at), 'a summit')
      })

      promise('marked sources', 'refuses to copy a delete marker', async () => {
        const at = newKey()
        const { VersionId } = await remove(at)
        await assertRefused(copy(sourceOf(at, VersionId), newKey()), 'InvalidRequest', 400)
      })

      promise('conditional sources', 'copies a source only as long as its ETag is the one', async () => {
        const [from, to] = [newKey(), newKey()]
        const { ETag } = await put(from)
        await copy(sourceOf(from), to, { CopySourceIfMatch: ETag })
        await put(from, 'other')
        const again = { CopySourceIfMatch: ETag, IfNoneMatch: '*' }
        await assertRefused(copy(sourceOf(from), newKey(), again), 'PreconditionFailed', 412)
      })

      promise(
        'customer keys',
        'gives what is encrypted with a customer key to nobody without it',
        async () => {
          const key = (of: string) => ({ SSECustomerAlgorithm: 'AES256', SSECustomerKey: of.repeat(32) })
          const from = newKey()
          await put(from, 'a summit', key('a'))
          assert.equal((await bytesAt(from, key('a'))).toString(), 'a summit')
          await assertRefused(get(from), 'InvalidRequest', 400)
          await assertRefused(get(from, key('b')), 'AccessDenied', 403)
          await assertRefused(copy(sourceOf(from), newKey()), 'InvalidRequest', 400)
          const to = newKey()
          const known = { CopySourceSSECustomerAlgorithm: 'AES256', CopySourceSSECustomerKey: 'a'.repeat(32) }
          await copy(sourceOf(from), to, known)
          assert.equal(await textAt(to), 'a summit')
        },
      )

      it('refuses a source that is not there', async () => {
        await assertRefused(copy(sourceOf(newKey()), newKey()), 'NoSuchKey', 404)
        await assertRefused(copy('nowhere/none', newKey()), 'NoSuchBucket', 404)
      })
    })

    describe('objects in parts', () => {
      const begin = async (options: Partial<CreateMultipartUploadCommandInput> = {}) => {
        const at = newKey()
        const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...at, ...options }))
        const { ChecksumAlgorithm } = options
        const sendPart = async (PartNumber: number, Body: Buffer, extra = {}): Promise<CompletedPart> => {
          const part = { ...at, UploadId, PartNumber, Body, ...(ChecksumAlgorithm && { ChecksumAlgorithm }) }
          const { ETag, ChecksumCRC32, ChecksumSHA256 } = await client.send(
            new UploadPartCommand({ ...part, ...extra }),
          )
          return { PartNumber, ETag, ChecksumCRC32, ChecksumSHA256 }
        }
        const complete = (Parts: CompletedPart[], extra = {}) =>
          client.send(
            new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts }, ...extra }),
          )
        const abort = () => client.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
        return { at, UploadId, sendPart, complete, abort }
      }

      it('makes one object of its parts, with the ETag that S3 gives it', async () => {
        const upload = await begin({ ContentType: 'image/png', Metadata: { size: '17' } })
        const last = await upload.sendPart(7, LAST)
        const first = await upload.sendPart(2, FIRST)
        await assertRefused(head(upload.at), 'NotFound', 404)
        const { ETag, VersionId } = await upload.complete([first, last])
        assert.deepEqual(await bytesAt(upload.at), Buffer.concat([FIRST, LAST]))
        const md5s = Buffer.concat([digest('md5', FIRST), digest('md5', LAST)])
        assert.equal(ETag, `"${digest('md5', md5s).toString('hex')}-2"`)
        const told = await head(upload.at)
        assert.deepEqual(
          [told.ETag, told.VersionId, told.ContentType, told.Metadata],
          [ETag, VersionId, 'image/png', { size: '17' }],
        )
      })

      it('takes the latest of parts with the same number', async () => {
        const upload = await begin()
        const before = await upload.sendPart(1, Buffer.from('before'))
        const after = await upload.sendPart(1, Buffer.from('after'))
        await assertRefused(upload.complete([before]), 'InvalidPart', 400)
        await upload.complete([after])
        assert.equal(await textAt(upload.at), 'after')
      })

      promise('part order', 'refuses parts that are out of order or unknown', async () => {
        const upload = await begin()
        const first = await upload.sendPart(1, FIRST)
        const second = await upload.sendPart(2, FIRST)
        await assertRefused(upload.complete([second, first]), 'InvalidPartOrder', 400)
        await assertRefused(upload.complete([{ ...first, PartNumber: 3 }]), 'InvalidPart', 400)
      })

      promise('part sizes', 'refuses a part below 5 MiB unless it is the last', async () => {
        const upload = await begin()
        const parts = [await upload.sendPart(1, LAST), await upload.sendPart(2, LAST)]
        await assertRefused(upload.complete(parts), 'EntityTooSmall', 400)
      })

      it('completes only where no object is, with If-None-Match', async () => {
        const upload = await begin()
        const part = await upload.sendPart(1, LAST)
        await put(upload.at, 'faster')
        await assertRefused(upload.complete([part], { IfNoneMatch: '*' }), 'PreconditionFailed', 412)
        assert.equal(await textAt(upload.at), 'faster')
        await upload.abort()
      })

      promise('ended uploads', 'aborts an upload', async () => {
        const upload = await begin()
        const part = await upload.sendPart(1, LAST)
        await upload.abort()
        await assertRefused(upload.complete([part]), 'NoSuchUpload', 404)
        await assertRefused(upload.sendPart(2, LAST), 'NoSuchUpload', 404)
      })

      promise('part checksums compared', 'refuses a part with a wrong checksum', async () => {
        const upload = await begin({ ChecksumAlgorithm: 'SHA256' })
        await assertRefused(upload.sendPart(1, LAST, { ChecksumSHA256: WRONG_SHA256 }), 'BadDigest', 400)
      })

      promise('composite checksums', 'makes the SHA-256 a composite one', async () => {
        const upload = await begin({ ChecksumAlgorithm: 'SHA256' })
        await upload.complete([await upload.sendPart(1, FIRST), await upload.sendPart(2, LAST)])
        const { ChecksumSHA256, ChecksumType } = await head(upload.at)
        const sha256s = Buffer.concat([digest('sha256', FIRST), digest('sha256', LAST)])
        const composite = `${digest('sha256', sha256s).toString('base64')}-2`
        assert.deepEqual([ChecksumSHA256, ChecksumType], [composite, 'COMPOSITE'])
      })

      promise(
        'whole checksums of copies',
        'gives the copy of one an ETag and a checksum of the whole',
        async () => {
          const upload = await begin({ ChecksumAlgorithm: 'SHA256' })
          await upload.complete([await upload.sendPart(1, LAST)])
          const to = newKey()
          const { CopyObjectResult } = await copy(sourceOf(upload.at), to)
          assert.equal(CopyObjectResult?.ETag, `"${digest('md5', LAST).toString('hex')}"`)
          assert.equal((await head(to)).ChecksumSHA256, digest('sha256', LAST).toString('base64'))
        },
      )

      it('copies parts from ranges of a version', async () => {
        const from = newKey()
        const { VersionId } = await put(from, Buffer.concat([FIRST, LAST]))
        await put(from, 'newer')
        const { at, UploadId, complete } = await begin()
        const copyPart = async (PartNumber: number, first: number, last: number): Promise<CompletedPart> => {
          const source = { CopySource: sourceOf(from, VersionId), CopySourceRange: `bytes=${first}-${last}` }
          const part = new UploadPartCopyCommand({ ...at, UploadId, PartNumber, ...source })
          const { ETag, ChecksumCRC32 } = (await client.send(part)).CopyPartResult ?? {}
          return { PartNumber, ETag, ChecksumCRC32 }
        }
        const end = FIRST.length + LAST.length
        await complete([await copyPart(1, 0, FIRST.length - 1), await copyPart(2, FIRST.length, end - 1)])
        assert.deepEqual(await bytesAt(at), Buffer.concat([FIRST, LAST]))
      })
    })
  })
}
