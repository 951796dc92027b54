import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** Flips one bit (0 to 7) of one byte of a file, as a failing disk does. Doing it twice mends it. */
export function flipByte(path: string, position: number, bit = 0): void {
  const file = openSync(path, 'r+')
  try {
    const byte = Buffer.alloc(1)
    readSync(file, byte, 0, 1, position)
    byte[0] = (byte[0] ?? 0) ^ (1 << bit)
    writeSync(file, byte, 0, 1, position)
  } finally {
    closeSync(file)
  }
}
