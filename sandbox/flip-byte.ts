import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** Flips one bit of a file, as a failing disk does. Doing it twice mends it. */
export function flipByte(path: string, position: number): void {
  const file = openSync(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    readSync(file, byte, 0, 1, position)
    byte[0] = (byte[0] ?? 0) ^ 1
    writeSync(file, byte, 0, 1, position)
  } finally {
    closeSync(file)
  }
}
