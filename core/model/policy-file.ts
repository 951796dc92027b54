import type { z } from 'zod'
import { NiceBlobsError } from './errors.ts'

/** What a function knows of the configuration lies beside its code, written by the deployment that brought both. */
export const POLICY_FILE = 'policy.json'

export function parsePolicy<Schema extends z.ZodType>(schema: Schema, text: string): z.infer<Schema> {
  const result = schema.safeParse(JSON.parse(text))
  if (result.success) return result.data
  throw new NiceBlobsError('FORMAT_UNKNOWN', 'the policy beside the function is none', {
    subject: POLICY_FILE,
    hint: 'deploy again: npx cdk deploy --all',
    cause: result.error,
  })
}
