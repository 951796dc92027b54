import { sendReport } from '../../core/live-report.ts'
import { type Answer, json } from './answer.ts'
import { readOnly } from './answer-blob.ts'
import type { Databases } from './databases.ts'

/** Sends the live report that is the body of a request; one that breaks off sends nothing. */
export async function answerReport(
  databases: Databases,
  name: string | undefined,
  body: AsyncIterable<Uint8Array>,
): Promise<Answer> {
  const database = databases.open(name)
  if (!database.origin)
    throw readOnly(database.name, 'sends no live reports', 'it was started with --read-only')
  return json(200, await sendReport(database.origin, body))
}
