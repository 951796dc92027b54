import { readFileSync } from 'node:fs'

/** From the package's own package.json, which lies beside the sources and above the build. */
export const VERSION = readVersion(['../package.json', '../../../package.json'])

function readVersion([path, ...others]: string[]): string {
  try {
    return JSON.parse(readFileSync(new URL(path ?? '', import.meta.url), 'utf8')).version
  } catch (error) {
    if (others.length === 0) throw error
    return readVersion(others)
  }
}
