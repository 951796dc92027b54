import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { NiceBlobsError } from '../../core/model/errors.ts'
import { DEFAULT_PRICES, type Prices, pricesSchema } from '../../core/model/storage-cost.ts'

/** The built-in table with whatever a file says instead; such a file has to say where its prices come from. */
export function loadPrices(file: string | undefined): Prices {
  if (file === undefined) return DEFAULT_PRICES
  try {
    const own = pricesSchema
      .partial()
      .required({ source: true, asOf: true })
      .parse(JSON.parse(readFileSync(file, 'utf8')))
    return pricesSchema.parse({ ...DEFAULT_PRICES, ...own })
  } catch (cause) {
    throw new NiceBlobsError('CONFIG_INVALID', `cannot use these prices: ${reasonOf(cause)}`, {
      subject: file,
      hint: 'docs/cost.md lists the names; source and asOf (YYYY-MM-DD) are required',
      cause,
    })
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message
}
