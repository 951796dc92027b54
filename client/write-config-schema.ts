import { writeFileSync } from 'node:fs'
import { configJsonSchema } from '../core/model/config-json-schema.ts'

/** `npm run schema`: the configuration's schema for editors, from the one that parses it. */
writeFileSync(new URL('config.schema.json', import.meta.url), configJsonSchema())
