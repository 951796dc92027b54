import { z } from 'zod'
import { NiceBlobsError } from './errors.ts'
import { jsonIn } from './json-in.ts'
import { noKeys } from './keys-plan.ts'
import { parseSigningKeys, type SigningKeys } from './signing-keys.ts'

/** What documents of later versions and of other databases have, too. */
const anyKeys = z.looseObject({ formatVersion: z.int(), database: z.string() })

/** A document without keys, in place of a text that cannot be read; refused where it can be, here or elsewhere. */
export function beginAnew(text: string | undefined, database: string): SigningKeys {
  if (text === undefined || isReadable(text, database))
    throw new NiceBlobsError('SIGNING_KEY_LIVE', 'the keys can be read, and are not begun anew', {
      subject: database,
      hint: 'leave out --anew; nice-blobs keys list tells what there is',
    })
  // Another database's, or one of a later version, is told as what it is.
  return isSpoilt(text, database) ? noKeys(database) : parseSigningKeys(text, database)
}

function isReadable(text: string, database: string): boolean {
  try {
    parseSigningKeys(text, database)
    return true
  } catch {
    return false
  }
}

function isSpoilt(text: string, database: string): boolean {
  const any = anyKeys.safeParse(jsonIn(text)).data
  return any === undefined || (any.database === database && any.formatVersion === 1)
}
