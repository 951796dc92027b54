import { readFileSync } from 'node:fs'
import { NiceBlobsError } from '../../core/model/errors.ts'

/** Of a deployed stack; `-` is standard input. */
export function readOutputsText(file: string): string {
  try {
    return readFileSync(file === '-' ? process.stdin.fd : file, 'utf8')
  } catch (cause) {
    const hint = 'write it with cdk deploy --all --outputs-file FILE'
    throw new NiceBlobsError('CONFIG_INVALID', `cannot be read (${(cause as Error).message})`, {
      subject: file,
      hint,
      cause,
    })
  }
}
