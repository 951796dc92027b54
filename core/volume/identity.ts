import { randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { translateSystemError } from '../model/errors.ts'
import { OWN_DIRECTORY } from '../model/layout/layout.ts'
import type { Volume } from './volume.ts'
import { withParent } from './with-parent.ts'

const IDENTITY = /^[0-9a-f-]{36}\n$/

/**
 * A name that this directory has had since it was first looked after, and no other has: of two hosts with a volume of one name it tells
 * whether they share a disk (docs/formats.md, "Files on a host").
 */
export async function volumeIdentity({ directory }: Volume): Promise<string> {
  const path = join(directory, OWN_DIRECTORY, 'identity')
  try {
    return (await readIdentity(path)) ?? (await makeIdentity(path))
  } catch (error) {
    throw translateSystemError(error) ?? error
  }
}

async function readIdentity(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return IDENTITY.test(text) ? text.trim() : undefined
}

/** Whole or not at all, and of several agents that make it, one is first. */
async function makeIdentity(path: string): Promise<string> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await withParent(temporary, () => writeFile(temporary, `${randomUUID()}\n`, { flag: 'wx' }))
    await link(temporary, path).catch(unlessThere)
    return (await readIdentity(path)) ?? (await replaceUnreadable(temporary, path))
  } finally {
    await rm(temporary, { force: true })
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

/** What a crash left empty names nothing. */
async function replaceUnreadable(temporary: string, path: string): Promise<string> {
  await rm(path, { force: true })
  await link(temporary, path).catch(unlessThere)
  return (await readFile(path, 'utf8')).trim()
}
