import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bill } from './bill.ts'
import { run } from './run.ts'

interface Lock {
  lockfileVersion: number
  packages: Record<string, { dev?: boolean; link?: boolean }>
}

/**
 * What is installed with the tarball, in the versions of the lockfile. npm tells of a workspace less than it has where the
 * repository's own tools need the same packages, so it is asked about the package alone.
 */
export function billTarball(source: string, scratch: string): Bill {
  const manifest = JSON.parse(readFileSync(join(source, 'client/package.json'), 'utf8'))
  const lock: Lock = JSON.parse(readFileSync(join(source, 'package-lock.json'), 'utf8'))
  const folder = join(scratch, manifest.name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lockOfPackage(lock, manifest)))
  return JSON.parse(run('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], { cwd: folder }))
}

function lockOfPackage({ lockfileVersion, packages }: Lock, manifest: object): Lock {
  const installed = Object.entries(packages).filter(
    ([path, { dev = false, link = false }]) => path.includes('node_modules/') && !dev && !link,
  )
  // What the workspace has beside others' version of it.
  const placed = installed.map(([path, one]) => [path.replace(/^client\//, ''), one] as const)
  return { lockfileVersion, packages: { '': manifest, ...Object.fromEntries(placed) } }
}
