import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `cdk synth` leaves: templates, and for each a manifest of the files that they need. */

export interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
}

export interface StackTemplate {
  readonly name: string
  readonly resources: Readonly<Record<string, Resource>>
  /** What a deployment tells, with its intrinsic functions. */
  readonly outputs: Readonly<Record<string, { readonly Value?: unknown }>>
  /** Where the files lie that are deployed under this key of the bucket for assets. */
  assetDirectory(key: string): string
}

interface Manifest {
  artifacts: Record<string, { type: string; properties?: { templateFile?: string; file?: string } }>
}

interface AssetManifest {
  files: Record<
    string,
    { source: { path: string; packaging: string }; destinations: Record<string, { objectKey: string }> }
  >
}

export function readAssembly(directory: string): StackTemplate[] {
  const read = (file: string) => JSON.parse(readFileSync(join(directory, file), 'utf8'))
  const { artifacts }: Manifest = read('manifest.json')
  const manifests = Object.values(artifacts).flatMap(({ type, properties }) =>
    type === 'cdk:asset-manifest' && properties?.file ? [read(properties.file) as AssetManifest] : [],
  )
  const assets = manifests.flatMap(({ files }) => Object.values(files))
  const assetDirectory = (key: string) => {
    const found = assets.find(({ destinations }) =>
      Object.values(destinations).some(({ objectKey }) => objectKey === key),
    )
    if (found?.source.packaging === 'zip') return join(directory, found.source.path)
    throw new Error(`no directory in ${directory} is deployed as ${key}`)
  }
  return Object.entries(artifacts).flatMap(([name, { type, properties }]) => {
    if (type !== 'aws:cloudformation:stack' || !properties?.templateFile) return []
    const { Resources: resources, Outputs: outputs = {} } = read(properties.templateFile)
    return [{ name, resources, outputs, assetDirectory }]
  })
}
