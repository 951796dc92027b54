import { PutObjectCommand, S3ServiceException } from '@aws-sdk/client-s3'
import { EXAMPLE } from '../../stack/synthesize.ts'

/** What became of a request: how the server answered, and what was decided about it. */
export interface Outcome {
  answer: string
  status: number
  decided: string[]
}

/** How the evaluator puts it that neither the caller's policies nor the bucket's say yes. */
export const NOBODY_ALLOWS = 'ImplicitlyDenied by identity, resource'

export function done(...decided: string[]): Outcome {
  return { answer: 'done', status: 200, decided }
}

export function denied(...decided: string[]): Outcome {
  return { answer: 'AccessDenied', status: 403, decided }
}

export function put(Key: string, IfNoneMatch?: '*'): PutObjectCommand {
  return new PutObjectCommand({ Bucket: EXAMPLE.bucket.name, Key, Body: 'x', IfNoneMatch })
}

export async function outcomeOf(work: () => Promise<unknown>): Promise<Omit<Outcome, 'decided'>> {
  try {
    await work()
    return { answer: 'done', status: 200 }
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error
    return { answer: error.name, status: error.$metadata.httpStatusCode ?? 0 }
  }
}
