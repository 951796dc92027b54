import { errorFields, errorText } from '../../core/model/error-text.ts'
import { EXIT, NiceBlobsError, translateSystemError } from '../../core/model/errors.ts'

/** Tells an error on standard error, for people or with `--json` for programs; answers the exit status. */
export function tellError(error: unknown, json: boolean): number {
  const known = error instanceof NiceBlobsError ? error : translateSystemError(error)
  if (known) {
    const text = json ? JSON.stringify({ error: errorFields(known) }) : errorText(known)
    process.stderr.write(`${text}\n`)
    return known.exitStatus
  }
  // Not an error we know: the trace is what its finder needs to report it.
  process.stderr.write(
    `nice-blobs: internal error\n${error instanceof Error ? error.stack : String(error)}\n`,
  )
  return EXIT.unavailable
}
