import { refuse } from './answer.ts'

/** What a reader wants to have said instead of what the writer said. */
const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]

export const OVERRIDE = new RegExp(`^response-(${OVERRIDES.join('|')})$`)

export function overrides(query: URLSearchParams): Record<string, string> {
  const wanted = [...query].filter(([name]) => OVERRIDE.test(name))
  for (const [name, value] of wanted) {
    if (!/^[\t\x20-\x7e\xa0-\xff]*$/.test(value))
      refuse(400, 'InvalidArgument', `Header value of ${name} cannot be represented using ISO-8859-1.`)
  }
  return Object.fromEntries(wanted.map(([name, value]) => [name.replace('response-', ''), value]))
}

/** Of a request without a signature, which may be sent by whoever made up the link. */
export function refuseOverrides(query: URLSearchParams): void {
  if ([...query.keys()].some(name => OVERRIDE.test(name)))
    refuse(400, 'InvalidRequest', 'Response headers cannot be chosen by an anonymous request')
}
