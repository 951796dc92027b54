import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** All that the packages are made of. */
const PACKAGED = [
  'client',
  'core',
  'release',
  'LICENSE',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
]

const git = (...words: string[]) => execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).trim()

/** Seconds since 1970, of the last commit unless SOURCE_DATE_EPOCH is set: what is built has no other time in it. */
export const sourceTime = (): number =>
  Number(process.env.SOURCE_DATE_EPOCH ?? git('log', '-1', '--format=%ct'))

/** Files that are not as the last commit has them. */
export const uncommitted = (): string[] =>
  git('status', '--porcelain', '--', ...PACKAGED)
    .split('\n')
    .filter(line => line !== '')

/** A copy of what git tracks, with git's modes: nothing that lies about, and nobody's umask, is built in. */
export function copySource(to: string): void {
  const files = git('ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...PACKAGED)
  for (const file of files.split('\0')) {
    const from = join(ROOT, file)
    if (file === '' || !existsSync(from)) continue
    mkdirSync(dirname(join(to, file)), { recursive: true })
    copyFileSync(from, join(to, file))
    chmodSync(join(to, file), (statSync(from).mode & 0o100) === 0 ? 0o644 : 0o755)
  }
  copyFileSync(join(ROOT, 'LICENSE'), join(to, 'client/zodb/LICENSE'))
  symlinkSync(join(ROOT, 'node_modules'), join(to, 'node_modules'))
}
