import { getCallSites } from 'node:util'

const ROOT = new URL('../../../', import.meta.url).href
const FAILPOINTS = new URL('.', import.meta.url).href
const OURS = /^(?:core|client)\/(?:.*\/)?([\w-]+)\.[jt]s$/
/** Enough for the frames of the failpoints themselves. */
const FRAMES = 8

/** `release` when core/release.ts is what makes the call: the first on the stack that is no failpoint. */
export function callingModule(): string | undefined {
  const file = callingFile()
  return file?.startsWith(ROOT) ? OURS.exec(file.slice(ROOT.length))?.[1] : undefined
}

/** `file:///srv/nice-blobs/core/release.ts`, `node:internal/fs/streams` */
export function callingFile(): string | undefined {
  const files = getCallSites(FRAMES).map(({ scriptName }) => scriptName)
  // A function of the language, such as Array.map, is in no file.
  return files.find(file => file !== '' && !file.startsWith(FAILPOINTS))
}
