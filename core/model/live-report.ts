import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'
import { jsonIn } from './json-in.ts'
import { horizonOf, isDatabaseName } from './key.ts'
import { PARTS } from './record.ts'
import { isHexId } from './ref.ts'

export { PARTS, RECORD_BYTES } from './record.ts'

/**
 * What a database can reach (docs/formats.md, "Live report"): a part per shard of sorted, unique records, and a manifest, which is
 * written last. A record is a revision's oid and tid, big-endian.
 */

const partSchema = z.object({
  /** How many records. */
  revisions: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

const manifestSchema = z
  .object({
    formatVersion: z.literal(1),
    database: z.string().refine(isDatabaseName),
    report: z.string().refine(text => horizonOf(text) !== undefined),
    generation: z.string().min(1),
    /** The largest tid in the snapshot. */
    horizon: z.string().refine(isHexId),
    /** Of all parts together. */
    revisions: z.int().nonnegative(),
    /** In the order of the shards. */
    parts: z.array(partSchema).length(PARTS),
  })
  .refine(({ report, horizon }) => horizonOf(report) === horizon, 'the id tells another horizon')
  .refine(
    ({ revisions, parts }) => revisions === parts.reduce((sum, part) => sum + part.revisions, 0),
    'the parts have other counts than the whole',
  )

export type Manifest = Readonly<z.infer<typeof manifestSchema>>

export function parseManifest(text: string, subject: string): Manifest {
  const result = manifestSchema.safeParse(jsonIn(text))
  if (result.success) return result.data
  throw new NiceBlobsError('REPORT_INVALID', 'the manifest of a live report that says nothing', {
    subject,
    hint: 'nothing is condemned by it; make another report: nice-blobs live-report',
    cause: result.error,
  })
}

export function formatManifest(manifest: Manifest): string {
  return JSON.stringify(manifest)
}
