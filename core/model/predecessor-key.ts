import { isHexId, type Ref } from './ref.ts'

/** How predecessors name blobs in their buckets, below a prefix that their operators chose. */
export const FORMS = ['collective.s3blobs', 'zodb-s3blobs'] as const
export type Form = (typeof FORMS)[number]

/** A predecessor's place in its bucket; `prefix` is empty, or ends with a slash. */
export interface Naming {
  readonly form: Form
  readonly prefix: string
}

const SUFFIX = '.blob'

/** `site/` for `site`, `site/` and `site//`, as zodb-s3blobs takes its s3-prefix. */
export function prefixOf(text: string): string {
  const name = text.replace(/\/+$/, '')
  return name === '' ? '' : `${name}/`
}

/**
 * Whether it is a bucket's name and nothing else: no address, no key after it. Other servers and old regions have capitals,
 * underlines and names of up to 255 characters.
 */
export function isPredecessorBucket(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(text)
}

/** What the keys of all its blobs begin with. */
export function rootOf({ form, prefix }: Naming): string {
  return form === 'zodb-s3blobs' ? `${prefix}blobs/` : prefix
}

/** `00000000000004d203d167f919308700.blob`, or `site/blobs/4d2/3d167f919308700.blob` */
export function predecessorKey(naming: Naming, { oid, tid }: Ref): string {
  const name = naming.form === 'zodb-s3blobs' ? `${stripped(oid)}/${stripped(tid)}` : `${oid}${tid}`
  return `${rootOf(naming)}${name}${SUFFIX}`
}

/** The exact inverse of predecessorKey; undefined for any other text. */
export function parsePredecessorKey(naming: Naming, key: string): Ref | undefined {
  const name = key.slice(rootOf(naming).length, -SUFFIX.length)
  const ids = naming.form === 'zodb-s3blobs' ? name.split('/') : [name.slice(0, 16), name.slice(16)]
  const [oid = '', tid = ''] = ids.map(id => id.padStart(16, '0'))
  if (!isHexId(oid) || !isHexId(tid)) return undefined
  const ref = { oid, tid }
  return predecessorKey(naming, ref) === key ? ref : undefined
}

function stripped(id: string): string {
  return id.replace(/^0+(?=.)/, '')
}
