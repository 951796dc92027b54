import { readdirSync, readlinkSync } from 'node:fs'

/** The paths below a directory that this process has open, as often as it has. */
export function openFilesBelow(directory: string): string[] {
  const paths = readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return []
    }
  })
  return paths.filter(path => path.startsWith(`${directory}/`))
}
