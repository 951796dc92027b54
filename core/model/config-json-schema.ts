import { z } from 'zod'
import { configSchema } from './config.ts'

/** What editors check and complete a configuration by. Relations between settings are beyond it; `parseConfig` tells them. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' })
  return `${JSON.stringify({ ...schema, title: 'nice-blobs' }, null, 2)}\n`
}
