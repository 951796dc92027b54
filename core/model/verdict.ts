import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'
import { jsonIn } from './json-in.ts'

/** What a person decided about a live report that waits (docs/formats.md, "Live report"): one object, written once. */
export const VERDICTS = ['approve', 'reject'] as const
export type Verdict = (typeof VERDICTS)[number]

const verdictSchema = z.strictObject({ formatVersion: z.literal(1), verdict: z.enum(VERDICTS) })

/** The same text for the same verdict, so that one given twice is known again by its bytes. */
export function formatVerdict(verdict: Verdict): string {
  return JSON.stringify({ formatVersion: 1, verdict })
}

export function parseVerdict(text: string, subject: string): Verdict {
  const result = verdictSchema.safeParse(jsonIn(text))
  if (result.success) return result.data.verdict
  throw new NiceBlobsError('FORMAT_UNKNOWN', 'the verdict on a live report that this version cannot read', {
    subject,
    hint: 'the report goes on waiting; deploy the version that wrote it, or make another report: nice-blobs live-report',
    cause: result.error,
  })
}
