import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App } from 'aws-cdk-lib'
import { parseConfig } from '../../core/model/parse-config.ts'
import { addStacks } from '../../lib/stacks.ts'

export interface Template {
  Resources: Record<string, Resource>
  Outputs?: Record<string, { Value: unknown }>
}

export interface Resource {
  Type: string
  // biome-ignore lint/suspicious/noExplicitAny: each type of resource has properties of its own
  Properties: Record<string, any>
  DeletionPolicy?: string
  UpdateReplacePolicy?: string
}

const REPOSITORY = new URL('../../', import.meta.url)
const readJson = (file: string) => JSON.parse(readFileSync(new URL(file, REPOSITORY), 'utf8'))

export const EXAMPLE = readJson('examples/deploy/nice-blobs.config.json')

/** An app with the feature flags of cdk.json, into a directory of its own; `prepare` sees it before the stacks do. */
export function synthesize(
  raw: object = EXAMPLE,
  prepare: (app: App) => unknown = () => {},
): Record<string, Template> {
  const outdir = mkdtempSync(join(tmpdir(), 'nice-blobs-synth-'))
  try {
    return synthesizeInto(outdir, raw, prepare)
  } finally {
    rmSync(outdir, { recursive: true })
  }
}

/** As `synthesize`, where also the assets are looked at. */
export function synthesizeInto(
  outdir: string,
  raw: object,
  prepare: (app: App) => unknown = () => {},
): Record<string, Template> {
  const app = new App({ outdir, context: readJson('cdk.json').context })
  prepare(app)
  addStacks(app, parseConfig(JSON.stringify(raw), {}, 'the configuration'), 'the configuration')
  const { stacks } = app.synth()
  return Object.fromEntries(stacks.map(({ stackName, template }) => [stackName, template]))
}

/** The resources of one type, by logical id. */
export function ofType(template: Template | undefined, type: string): [id: string, resource: Resource][] {
  return Object.entries(template?.Resources ?? {}).filter(([, { Type }]) => Type === type)
}
