import { join } from 'node:path'
import type { Bill } from './bill.ts'
import type { PythonTools } from './pack.ts'
import { run } from './run.ts'

/** What is installed with the wheel, in the versions it is tested with: of an environment that holds nothing else. */
export function billWheel(
  { found, python }: PythonTools,
  source: string,
  wheel: string,
  scratch: string,
): Bill {
  const cwd = scratch
  const pip = [
    ...['-m', 'pip', '--python', 'wheel/bin/python'],
    '--disable-pip-version-check',
    'install',
    '--quiet',
  ]
  const pinned = join(source, 'release/constraints.txt')
  run(found, ['-m', 'venv', '--without-pip', 'wheel'], { cwd })
  run(python, [...pip, '--constraint', pinned, wheel], { cwd })
  const project = join(source, 'client/zodb/pyproject.toml')
  const words = ['wheel/bin/python', '--pyproject', project, '--output-reproducible', '--of', 'JSON']
  return JSON.parse(run(python, ['-m', 'cyclonedx_py', 'environment', ...words], { cwd }))
}
