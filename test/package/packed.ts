import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installTools, packPython, packTarball } from '../../release/pack.ts'
import { copySource, sourceTime } from '../../release/source.ts'

/** The packages as they are published, and empty environments that they are installed into. */

const DOWNLOADS = {
  npm_config_update_notifier: 'false',
  // A download that stands still is begun again, and not waited for a quarter of an hour.
  npm_config_fetch_timeout: '60000',
  npm_config_fetch_retries: '5',
}

export const environmentOf = (base: string): NodeJS.ProcessEnv => ({
  ...process.env,
  ...DOWNLOADS,
  HOME: join(base, 'home'),
})

/** Answers the tarball. */
export function packForNpm(base: string): string {
  packTarball(copied(base), base)
  return fileIn(base, '.tgz')
}

/** Answers the wheel, and the Python that it was built by. */
export function packForPython(base: string): { wheel: string; python: string } {
  const tools = installTools()
  packPython(tools, copied(base), base, sourceTime())
  return { wheel: fileIn(base, '.whl'), python: tools.found }
}

const copies = new Map<string, string>()

function copied(base: string): string {
  const source = copies.get(base) ?? join(base, 'source')
  if (!copies.has(base)) copySource(source)
  copies.set(base, source)
  return source
}

export function fileIn(folder: string, ending: string): string {
  return join(folder, readdirSync(folder).find(name => name.endsWith(ending)) ?? ending)
}

/** An empty folder of npm's, with these packages. */
export function installByNpm(base: string, ...packages: string[]): string {
  const folder = join(base, 'empty')
  mkdirSync(folder)
  mkdirSync(join(base, 'home'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const words = ['install', '--no-audit', '--no-fund', ...packages]
  execFileSync('npm', words, { cwd: folder, env: environmentOf(base), stdio: 'pipe', timeout: 600_000 })
  return folder
}

/** An empty virtual environment with the wheel and what it asks for; answers its Python. */
export function installByPip(base: string, python: string, wheel: string): string {
  const folder = join(base, 'venv')
  const options = { cwd: base, stdio: 'pipe', timeout: 600_000 } as const
  execFileSync(python, ['-m', 'venv', folder], options)
  const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', wheel]
  execFileSync(join(folder, 'bin/python'), words, options)
  return join(folder, 'bin/python')
}
