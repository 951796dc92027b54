import { type Edge, startEdge } from '../../sandbox/edge/server.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { keepSigningKey } from '../flows/signing-setting.ts'
import { DISTRIBUTION } from '../sandbox/edge-setting.ts'

const SECRET = 'nice-blobs/main/url-signing-key'
const LIFETIME = '2h'

export interface OpenEdge {
  /** The settings `databases.main.delivery`. */
  delivery: { edge: string; signingKeys: string; lifetime: string }
  close: Edge['close']
}

/** The edge of the database `main`, and a key that signs for it. */
export async function openEdge(sandbox: Sandbox, bucket: string): Promise<OpenEdge> {
  const publicKeys = await keepSigningKey(sandbox.secrets, SECRET)
  const edge = await startEdge({ ...DISTRIBUTION, bucket, publicKeys }, sandbox)
  return { delivery: { edge: edge.url, signingKeys: SECRET, lifetime: LIFETIME }, close: edge.close }
}
