import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { buildSync } from 'esbuild'

const LAMBDAS = new URL('../../lambdas/', import.meta.url)
/** By the name of the function: stacks of one process share what was built. */
const built = new Map<string, Uint8Array>()

/**
 * Hands `use` the code of a function: `lambdas/<name>/handler.ts` and all that it imports in one file, the SDK included so that
 * its version is ours, and beside it `files` by their names. Only other contents give another asset.
 */
export function withBundle<T>(
  name: string,
  files: Readonly<Record<string, string>>,
  use: (code: Code) => T,
): T {
  const directory = mkdtempSync(join(tmpdir(), `nice-blobs-${name}-`))
  try {
    writeFileSync(join(directory, 'index.js'), bundle(name))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text)
    // The CDK copies it at once.
    return use(Code.fromAsset(directory))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function bundle(name: string): Uint8Array {
  const known = built.get(name)
  if (known) return known
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`${name}/handler.ts`, LAMBDAS))],
    bundle: true,
    write: false,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // The SDK's modules of the language itself, of which only what is used is taken.
    mainFields: ['module', 'main'],
  })
  const [file] = outputFiles
  if (!file) throw new Error(`esbuild made nothing of ${name}`)
  built.set(name, file.contents)
  return file.contents
}
