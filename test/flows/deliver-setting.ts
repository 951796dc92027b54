import { rmSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { formatRef, type Ref } from '../../core/model/ref.ts'
import { type AgentSettings, type Reply, withAgent } from './agent-setting.ts'
import { plantBlob, refNumber } from './setting.ts'
import { keepSigningKey } from './signing-setting.ts'

export const GIF = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(2_000, 1)])
const SECRET = 'nice-blobs/main/url-signing-key'
/** Nobody is there: most tests only look at URLs. */
export const EDGE = { edge: 'http://127.0.0.1:9', signingKeys: SECRET }

export const at = (ref: Ref, what: string) => `/v1/blobs/${formatRef(ref)}${what}`
export const told = ({ body }: Reply) => JSON.parse(body.toString())

/** Of one blob that is in the volume, or archived and in the cache, or archived alone. */
export async function withBlob(
  test: TestContext,
  where: 'volume' | 'cache' | 'bucket',
  settings: AgentSettings = {},
) {
  const setting = await withAgent(test, settings)
  const publicKeys = await keepSigningKey(setting.sandbox.secrets, SECRET)
  const ref = refNumber(1)
  const file = plantBlob(setting.volume, ref, GIF)
  if (where !== 'volume') {
    await setting.ask(at(ref, '/object'), { method: 'PUT' })
    rmSync(file)
  }
  if (where === 'cache') await setting.ask(at(ref, '/path'))
  const deliver = (query = '', options = {}) => setting.ask(at(ref, `/deliver${query}`), options)
  return { ...setting, ref, file, publicKeys, deliver }
}
