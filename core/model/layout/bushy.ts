import type { Layout } from './layout.ts'
import { fullHex, SHORT_HEX, shortHex } from './zodb-hex.ts'

const LEVEL = /^0x[0-9a-f]{2}$/
const PATH = new RegExp(`^${'0x([0-9a-f]{2})/'.repeat(8)}${SHORT_HEX}\\.blob$`)

/** ZODB's default, a directory per byte: `0x00/0x00/0x00/0x00/0x00/0x00/0x04/0xd2/0x03d167f919308700.blob`. */
export const bushy: Layout = {
  name: 'bushy',
  depth: 8,
  owned: true,
  format: ({ oid, tid }) => `${oid.replace(/../g, '0x$&/')}${shortHex(tid)}.blob`,
  parse: path => {
    const match = PATH.exec(path)
    if (!match) return undefined
    return { oid: match.slice(1, 9).join(''), tid: fullHex(match[9] ?? '') }
  },
  hasDirectory: (_level, name) => LEVEL.test(name),
}
