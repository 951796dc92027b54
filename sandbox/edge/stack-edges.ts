import { writeFileSync } from 'node:fs'
import { CLIENT_CONFIGURATION } from '../../core/model/output-names.ts'
import { readAssembly } from '../functions/assembly.ts'
import { type Outputs, readOutputs } from '../functions/outputs.ts'
import { resolveText } from '../functions/resolve.ts'
import type { Sandbox } from '../sandbox.ts'
import type { Distribution } from './distribution.ts'
import { readDistributions } from './read-distribution.ts'
import { type Edge, type EdgeOptions, startEdge } from './server.ts'

/** What a deployment makes for browsers: secrets for keys, and an edge for each database that has any. */
export interface StackEdges {
  readonly byDatabase: ReadonlyMap<string, Edge>
  /** With the URLs of the edges here. */
  readonly outputs: Outputs
  /** Deploys another assembly: edges that are there stay, with new settings; what it no longer has is closed. */
  deploy(assembly: string): Promise<void>
  /** As `cdk deploy --outputs-file` does. */
  writeOutputs(file: string): void
  close(): Promise<void>
}

/** `assembly` is a synthesized one: `cdk.out`. */
export async function startStackEdges(
  sandbox: Sandbox,
  assembly: string,
  options: Omit<EdgeOptions, 'port'> = {},
): Promise<StackEdges> {
  const edges = new Map<string, Edge>()
  let outputs: Outputs = {}

  async function deploy(directory: string) {
    const stacks = readAssembly(directory)
    for (const stack of stacks)
      for (const { Type, Properties } of Object.values(stack.resources))
        if (Type === 'AWS::SecretsManager::Secret')
          sandbox.secrets.create(resolveText(stack, sandbox, Properties?.Name))
    const distributions = readDistributions(stacks, sandbox)
    for (const [database, distribution] of distributions) await put(database, distribution)
    for (const [database, edge] of edges) if (!distributions.has(database)) await remove(database, edge)
    outputs = withEdges(readOutputs(stacks, sandbox))
  }

  async function put(database: string, distribution: Distribution) {
    const known = edges.get(database)
    if (known) known.deploy(distribution)
    else edges.set(database, await startEdge(distribution, sandbox, options))
  }

  async function remove(database: string, edge: Edge) {
    edges.delete(database)
    await edge.close()
  }

  /** A host here cannot resolve CloudFront's names, nor speak HTTPS to an edge. */
  function withEdges(told: Outputs): Outputs {
    const here = (text: string) => {
      const config: { databases: Record<string, { delivery?: { edge?: string } }> } = JSON.parse(text)
      for (const [database, { url }] of edges) {
        const { delivery } = config.databases[database] ?? {}
        if (delivery) delivery.edge = url
      }
      return JSON.stringify(config)
    }
    return Object.fromEntries(
      Object.entries(told).map(([stack, named]) => {
        const text = named[CLIENT_CONFIGURATION]
        return [stack, text === undefined ? named : { ...named, [CLIENT_CONFIGURATION]: here(text) }]
      }),
    )
  }

  await deploy(assembly)
  return {
    byDatabase: edges,
    get outputs() {
      return outputs
    },
    deploy,
    writeOutputs: file => writeFileSync(file, JSON.stringify(outputs)),
    close: async () => {
      await Promise.all([...edges.values()].map(edge => edge.close()))
    },
  }
}
