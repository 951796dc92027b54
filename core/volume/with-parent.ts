import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

export const PRIVATE_DIRECTORY = 0o700

/** Does what needs a path's directory, which is made only when it is missing: asking first costs more than the work. */
export async function withParent<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true, mode: PRIVATE_DIRECTORY })
    return work()
  }
}
