import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Until the file system gives what changes from now on another time than all that changed before. */
export function nextTick(directory: string): void {
  const probe = join(directory, 'probe')
  const touch = () => {
    writeFileSync(probe, 'x')
    return statSync(probe).ctimeMs
  }
  for (const before = touch(); touch() <= before; );
}
