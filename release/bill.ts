/** A bill of materials, in the part of CycloneDX that is read or changed here. */
export interface Bill {
  serialNumber?: string
  metadata: { timestamp?: string; component: Component }
  components: Component[]
  [more: string]: unknown
}

export interface Component {
  type: string
  name: string
  version?: string
  purl?: string
  licenses?: { license?: { id?: string; name?: string }; expression?: string }[]
  hashes?: { alg: string; content: string }[]
  [more: string]: unknown
}

export interface Packaged {
  name: string
  version: string
  purl: string
  /** Of the file that is published, in hexadecimal digits. */
  sha256: string
  /** Seconds since 1970. */
  time: number
}

/** A bill says which file it is of, and is the same each time it is made of the same file. */
export function settleBill({ serialNumber: _, ...bill }: Bill, of: Packaged): Bill {
  const { name, version, purl, sha256, time } = of
  const hashes = [{ alg: 'SHA-256', content: sha256 }]
  const component = { ...bill.metadata.component, type: 'library', name, version, purl, hashes }
  const timestamp = new Date(time * 1000).toISOString()
  return { ...bill, metadata: { ...bill.metadata, timestamp, component } }
}

/** SPDX's name where there is one; of a package that names none, `undefined`. */
export function licenceOf({ licenses = [] }: Component): string | undefined {
  const told = licenses.map(({ license, expression }) => license?.id ?? expression)
  return told.find(licence => licence !== undefined) ?? licenses[0]?.license?.name
}

/** `name version licence`, a line for each package that is installed with ours. */
export function formatLicences(bills: readonly Bill[]): string {
  const lines = bills.flatMap(({ metadata, components }) => {
    const rows = components.map(one => `  ${one.name} ${one.version} ${licenceOf(one) ?? 'unknown'}`)
    return [`${metadata.component.name} ${metadata.component.version} is installed with`, ...rows.sort(), '']
  })
  return lines.join('\n')
}
