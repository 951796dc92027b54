import type { Ref } from './ref.ts'

/** What a file's bytes have to be, as `sha256sum` writes and checks it: needing nothing of ours, a copy can be proved anywhere. */
export interface Sum {
  /** Relative to the copy. */
  path: string
  sha256: string
}

/** A line that was cut off, and another one behind it, is none. */
const LINE = /^([0-9a-f]{64}) {2}(\S+\.blob)$/

/** 4096 neighbouring oids have one file: a listing goes through them in their order, so that few are needed at a time. */
export function sumsPartOf({ oid }: Ref): string {
  return `${oid.slice(0, -3)}.sha256`
}

export function formatSum({ path, sha256 }: Sum): string {
  return `${sha256}  ${path}\n`
}

/** The last sum of each path; `whole` if there is nothing else in the text, such as a line that a crash cut off. */
export function parseSums(text: string): { sums: Map<string, string>; whole: boolean } {
  const lines = text.split('\n')
  const cutOff = lines.pop() !== ''
  const sums = new Map<string, string>()
  for (const line of lines) {
    const [, sha256, path] = LINE.exec(line) ?? []
    if (sha256 !== undefined && path !== undefined) sums.set(path, sha256)
  }
  return { sums, whole: !cutOff && sums.size === lines.length }
}
