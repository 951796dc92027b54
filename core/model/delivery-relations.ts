import type { Config } from './config.ts'
import { parsePublicKey } from './public-key.ts'
import type { Relation } from './relation.ts'
import { deliveredIn, edgesIn, MOST_ERASED, type StackConfig } from './stack-config.ts'

/** What must hold where URLs are signed. */
export const DELIVERY_RELATIONS: readonly Relation[] = [
  {
    path: ['stack', 'delivery', 'databases'],
    holds: (stack, { databases }) => unknownTo(databases, deliveredIn(stack)).length === 0,
    says: (stack, { databases }) =>
      `no such database: ${unknownTo(databases, deliveredIn(stack)).join(', ')}`,
  },
  {
    path: ['stack', 'delivery', 'databases'],
    holds: stack => repeated(keysOf(stack)).length === 0,
    says: stack =>
      `named twice: the public key ${repeated(keysOf(stack)).join(', ')}; who signs for one database would reach another`,
  },
  {
    path: ['stack', 'delivery', 'databases'],
    holds: stack => repeated(domainsOf(stack)).length === 0,
    says: stack => `named twice: the domain ${repeated(domainsOf(stack)).join(', ')}`,
  },
  {
    path: ['stack', 'erasure', 'blobs'],
    holds: stack => (stack.erasure?.blobs.length ?? 0) + edgesIn(stack).length <= MOST_ERASED,
    says: stack =>
      `at most ${MOST_ERASED - edgesIn(stack).length} at a time beside ${edgesIn(stack).length} databases with public keys: erase them one part after the other`,
  },
]

export function unknownTo(databases: Config['databases'], named: readonly string[]): string[] {
  return named.filter(name => !Object.hasOwn(databases, name))
}

function keysOf(stack: StackConfig): string[] {
  return edgesIn(stack).flatMap(([, { publicKeys }]) =>
    publicKeys.map(text => parsePublicKey(text)?.name ?? text),
  )
}

function domainsOf(stack: StackConfig): string[] {
  return edgesIn(stack).flatMap(([, { domain }]) => domain?.names ?? [])
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) < index)
}
