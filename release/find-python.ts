import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { homedir } from 'node:os'

const VERSIONS = ['3.13', '3.12', '3.11', '3.10']
const SUITABLE = 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))'

/** The newest Python that the wheel supports, on the path or one of pyenv's. */
export function findPython(): string {
  const pyenv = process.env.PYENV_ROOT ?? `${homedir()}/.pyenv`
  const installed = (version: string) => globSync(`${pyenv}/versions/${version}.*/bin/python3`)
  const candidates = VERSIONS.flatMap(version => [`python${version}`, ...installed(version)])
  const found = [...candidates, 'python3'].find(python => spawnSync(python, ['-c', SUITABLE]).status === 0)
  if (found === undefined)
    throw new Error('Python 3.10 or newer with venv is needed: apt-get install python3-venv')
  return found
}
