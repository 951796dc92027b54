import type { Layout } from './layout.ts'

const BUCKETS = 997n
const LARGEST_OID = 2n ** 64n - 1n
const NUMBER = '(0|[1-9][0-9]*)'
const DIRECTORY = new RegExp(`^${NUMBER}$`)
const PATH = new RegExp(`^${NUMBER}/${NUMBER}\\.([0-9a-f]{16})\\.blob$`)

/** The blob cache of a ZEO client, `{oid % 997}/{oid // 997}.{tid}.blob`: `237/1.03d167f919308700.blob`. */
export const zeocache: Layout = {
  name: 'zeocache',
  depth: 1,
  owned: false,
  format: ({ oid, tid }) => {
    const number = BigInt(`0x${oid}`)
    return `${number % BUCKETS}/${number / BUCKETS}.${tid}.blob`
  },
  parse: path => {
    const match = PATH.exec(path)
    if (!match) return undefined
    const remainder = BigInt(match[1] ?? '')
    const oid = BigInt(match[2] ?? '') * BUCKETS + remainder
    if (remainder >= BUCKETS || oid > LARGEST_OID) return undefined
    return { oid: oid.toString(16).padStart(16, '0'), tid: match[3] ?? '' }
  },
  hasDirectory: (_level, name) => DIRECTORY.test(name) && Number(name) < Number(BUCKETS),
}
