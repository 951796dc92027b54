import { EXIT, NiceBlobsError } from '../../core/model/errors.ts'

/** Tells an error on standard error, for people or with `--json` for programs; answers the exit status. */
export function tellError(error: unknown, json: boolean): number {
  if (error instanceof NiceBlobsError) {
    process.stderr.write(
      json ? `${JSON.stringify({ error: errorFields(error) })}\n` : `${errorText(error)}\n`,
    )
    return error.exitStatus
  }
  if (isBrokenPipe(error)) return EXIT.interrupted
  // Not an error we know: the trace is what its finder needs to report it.
  process.stderr.write(
    `nice-blobs: internal error\n${error instanceof Error ? error.stack : String(error)}\n`,
  )
  return EXIT.unavailable
}

export function errorText({ code, message, subject, hint }: NiceBlobsError): string {
  return `error ${code}: ${subject}: ${message}\n  hint: ${hint}`
}

export function errorFields({ code, message, subject, hint }: NiceBlobsError) {
  return { code, subject, message, hint }
}

function isBrokenPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException)?.code === 'EPIPE'
}
