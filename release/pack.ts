import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findPython } from './find-python.ts'
import { run } from './run.ts'
import { ROOT } from './source.ts'

/** The npm tarball, of a copy of the source. */
export function packTarball(source: string, to: string): void {
  run('npm', ['pack', '--pack-destination', to], { cwd: join(source, 'client') })
}

/** The source distribution and the wheel; the wheel is built of the source distribution, as whoever rebuilds it would. */
export function packPython(tools: PythonTools, source: string, to: string, time: number): void {
  const words = ['-m', 'build', '--no-isolation', '--outdir', to, 'client/zodb']
  run(tools.python, words, { cwd: source, env: { SOURCE_DATE_EPOCH: String(time) } })
}

export interface PythonTools {
  /** The Python that they are installed for. */
  readonly found: string
  /** Their own. */
  readonly python: string
}

/** The pinned programs of release/requirements.txt, in an ignored folder. */
export function installTools(): PythonTools {
  const found = findPython()
  const version = run(found, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], {
    cwd: ROOT,
  }).trim()
  const folder = join(ROOT, `.work/release-tools-${version}`)
  const python = join(folder, 'bin/python')
  if (!existsSync(python)) run(found, ['-m', 'venv', folder], { cwd: ROOT })
  const pinned = join(ROOT, 'release/requirements.txt')
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', pinned], {
    cwd: ROOT,
  })
  return { found, python }
}
