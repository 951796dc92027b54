import type { Layout } from './layout.ts'
import { fullHex, SHORT_HEX, shortHex } from './zodb-hex.ts'

const DIRECTORY = new RegExp(`^${SHORT_HEX}$`)
const PATH = new RegExp(`^${SHORT_HEX}/${SHORT_HEX}\\.blob$`)

/** ZODB's old layout, a directory per oid: `0x04d2/0x03d167f919308700.blob`. */
export const lawn: Layout = {
  name: 'lawn',
  depth: 1,
  owned: true,
  format: ({ oid, tid }) => `${shortHex(oid)}/${shortHex(tid)}.blob`,
  parse: path => {
    const match = PATH.exec(path)
    return match ? { oid: fullHex(match[1] ?? ''), tid: fullHex(match[2] ?? '') } : undefined
  },
  hasDirectory: (_level, name) => DIRECTORY.test(name),
}
