import { randomUUID } from 'node:crypto'
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { PRIVATE_DIRECTORY } from '../../../core/volume/with-parent.ts'

/** Makes a path a link. A link that led elsewhere is replaced in one step, so that nobody finds nothing. */
export function linkTo(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: PRIVATE_DIRECTORY })
  try {
    symlinkSync(target, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const other = `${path}.${randomUUID()}.tmp`
    symlinkSync(target, other)
    try {
      renameSync(other, path)
    } catch (cause) {
      rmSync(other, { force: true })
      throw cause
    }
  }
}
