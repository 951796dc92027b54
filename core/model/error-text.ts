import type { NiceBlobsError } from './errors.ts'
import { printable } from './printable.ts'

/** An error for a person. */
export function errorText({ code, message, subject, hint }: NiceBlobsError): string {
  return `error ${code}: ${printable(subject)}: ${message}\n  hint: ${hint}`
}

/** An error for a program. */
export function errorFields({ code, message, subject, hint }: NiceBlobsError) {
  return { code, subject, message, hint }
}
