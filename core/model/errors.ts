/**
 * Every error a person or a program meets: a stable code, the subject it is about, what to do about it.
 * The codes and the exit status each leads to are listed in docs/errors.md.
 */

/** Exit status of the command line by kind of trouble; 0 is success, 130 an interrupt. */
export const EXIT = { left: 1, input: 2, unavailable: 3, integrity: 4, interrupted: 130 } as const

const EXIT_BY_CODE = {
  CONFIG_INVALID: EXIT.input,
  USAGE_WRONG: EXIT.input,
  REF_INVALID: EXIT.input,
  DIRECTORY_UNREADABLE: EXIT.input,
  NOT_A_BLOB_DIRECTORY: EXIT.input,
  LAYOUT_UNKNOWN: EXIT.input,
  LAYOUT_MIXED: EXIT.input,
  LAYOUT_NOT_OURS: EXIT.input,
  CACHE_NOT_OURS: EXIT.input,
  SOCKET_UNUSABLE: EXIT.input,
  REQUEST_INVALID: EXIT.input,
  BUCKET_UNSAFE: EXIT.input,
  VOLUME_NAME_TAKEN: EXIT.input,
  REPORT_CUT_OFF: EXIT.input,
  REPORT_UNKNOWN: EXIT.input,
  SIGNING_KEY_MISSING: EXIT.input,
  SIGNING_KEY_UNKNOWN: EXIT.input,

  SOURCE_CHANGED: EXIT.left,
  SOURCE_VANISHED: EXIT.left,
  SOURCE_UNREADABLE: EXIT.left,
  SOURCE_NOT_A_FILE: EXIT.left,
  TARGET_UNWRITABLE: EXIT.left,
  DISK_REFUSED: EXIT.left,
  BLOB_BUSY: EXIT.left,
  SCHEDULE_BUSY: EXIT.left,
  SWEEP_BUSY: EXIT.left,
  REPORT_SETTLED: EXIT.left,
  NOT_ARCHIVED: EXIT.left,
  NOT_REPLICATED: EXIT.left,
  SIGNING_KEY_LIVE: EXIT.left,
  SECRET_CHANGED: EXIT.left,
  BLOB_MISSING: EXIT.left,

  DISK_UNREADABLE: EXIT.unavailable,
  CACHE_UNUSABLE: EXIT.unavailable,
  CREDENTIALS_WRONG: EXIT.unavailable,
  CLOCK_WRONG: EXIT.unavailable,
  ACCESS_DENIED: EXIT.unavailable,
  REGION_WRONG: EXIT.unavailable,
  BUCKET_MISSING: EXIT.unavailable,
  INDEX_MISSING: EXIT.unavailable,
  SECRET_MISSING: EXIT.unavailable,
  SERVER_UNREACHABLE: EXIT.unavailable,
  SERVER_BUSY: EXIT.unavailable,
  SERVER_FAILED: EXIT.unavailable,
  INTERNAL: EXIT.unavailable,

  BLOB_CONFLICT: EXIT.integrity,
  BLOB_DAMAGED: EXIT.integrity,
  FORMAT_UNKNOWN: EXIT.integrity,
  REPORT_INVALID: EXIT.integrity,
} as const

export type ErrorCode = keyof typeof EXIT_BY_CODE

export function exitStatusOf(code: ErrorCode): number {
  return EXIT_BY_CODE[code]
}

export interface ErrorDetail {
  /** What the error is about: a path, a key, a ref, a setting. */
  subject: string
  /** What the reader of the message can do. */
  hint: string
  cause?: unknown
}

export class NiceBlobsError extends Error {
  readonly code: ErrorCode
  readonly subject: string
  readonly hint: string

  constructor(code: ErrorCode, message: string, { subject, hint, cause }: ErrorDetail) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'NiceBlobsError'
    this.code = code
    this.subject = subject
    this.hint = hint
  }

  get exitStatus(): number {
    return exitStatusOf(this.code)
  }
}

/** The blob is not there, and whoever was asked was able to know (I11). */
export class BlobMissing extends NiceBlobsError {
  constructor(message: string, detail: ErrorDetail) {
    super('BLOB_MISSING', message, detail)
    this.name = 'BlobMissing'
  }
}

export type UnavailableCode =
  | 'DISK_UNREADABLE'
  | 'CACHE_UNUSABLE'
  | 'CREDENTIALS_WRONG'
  | 'CLOCK_WRONG'
  | 'ACCESS_DENIED'
  | 'REGION_WRONG'
  | 'BUCKET_MISSING'
  | 'INDEX_MISSING'
  | 'SECRET_MISSING'
  | 'SERVER_UNREACHABLE'
  | 'SERVER_BUSY'
  | 'SERVER_FAILED'

/** Nobody can tell now whether the blob is there; never to be taken for a missing one (I11). */
export class BlobUnavailable extends NiceBlobsError {
  constructor(code: UnavailableCode, message: string, detail: ErrorDetail) {
    super(code, message, detail)
    this.name = 'BlobUnavailable'
  }
}

/** What the file system refused, as an error a person can act on; undefined for any other error. */
export function translateSystemError(error: unknown): NiceBlobsError | undefined {
  const { syscall, code, path, message } = error as NodeJS.ErrnoException
  if (syscall === undefined || code === undefined) return undefined
  return new NiceBlobsError('DISK_REFUSED', message, {
    subject: path ?? syscall,
    hint: 'check that path, the space left on its disk and the rights of this user; nothing was lost',
    cause: error,
  })
}
