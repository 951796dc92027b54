import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { refuse } from '../s3/answer.ts'

/** What a secret holds at a time, and the labels by which it is asked for. */
export interface SecretVersion {
  readonly id: string
  readonly text: string
  readonly stages: readonly string[]
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

interface StoredSecret {
  readonly name: string
  readonly versions: readonly SecretVersion[]
}

export const CURRENT = 'AWSCURRENT'
const PREVIOUS = 'AWSPREVIOUS'

/** Secrets by their names: in memory, or in the files of a directory, where a later start finds them. */
export class Secrets {
  readonly #now: () => number
  readonly #directory: string | undefined
  readonly #secrets = new Map<string, StoredSecret>()

  constructor(now: () => number = Date.now, directory?: string) {
    this.#now = now
    this.#directory = directory
    if (directory === undefined) return
    mkdirSync(directory, { recursive: true })
    for (const file of readdirSync(directory)) {
      const secret: StoredSecret = JSON.parse(readFileSync(join(directory, file), 'utf8'))
      this.#secrets.set(secret.name, secret)
    }
  }

  /** As a stack deploys it: empty. One that is there stays as it is. */
  create(name: string): void {
    if (!this.#secrets.has(name)) this.#keep({ name, versions: [] })
  }

  has(name: string): boolean {
    return this.#secrets.has(name)
  }

  /** All that it ever held, the latest last. */
  versions(name: string): readonly SecretVersion[] {
    const secret = this.#secrets.get(name)
    return (
      secret?.versions ??
      refuse(400, 'ResourceNotFoundException', `Secrets Manager can't find the specified secret.`)
    )
  }

  /** What is read without a word of a version. */
  current(name: string): SecretVersion | undefined {
    return this.versions(name).find(({ stages }) => stages.includes(CURRENT))
  }

  /** A new version with these labels, which others lose; the first one is the current one, too. The same one twice is one. */
  put(name: string, id: string, text: string, stages: readonly string[] = [CURRENT]): SecretVersion {
    const versions = this.versions(name)
    const same = versions.find(version => version.id === id)
    if (same && same.text !== text)
      refuse(400, 'ResourceExistsException', `There is a version ${id} with another value.`)
    if (same) return same
    const added: readonly SecretVersion[] = [...versions, { id, text, stages: [], createdAt: this.#now() }]
    const labels = versions.length === 0 ? [...stages, CURRENT] : stages
    this.#keep({ name, versions: labels.reduce((all, label) => attach(all, label, id), added) })
    return this.#version(name, id)
  }

  /** Takes a label from the version that has it, which has to be named then, and gives it to another one, or to none. */
  move(name: string, stage: string, { from, to }: { from?: string; to?: string }): void {
    const holder = this.versions(name).find(({ stages }) => stages.includes(stage))?.id
    for (const id of [from, to]) if (id !== undefined) this.#version(name, id)
    if (from === undefined && to === undefined)
      refuse(400, 'InvalidParameterException', 'Neither MoveToVersionId nor RemoveFromVersionId.')
    if (stage === CURRENT && to === undefined)
      refuse(400, 'InvalidParameterException', `${CURRENT} can only be moved.`)
    if (from === undefined ? holder !== undefined && holder !== to : holder !== from)
      refuse(400, 'InvalidParameterException', `${stage} is attached to ${holder}, not to ${from}.`)
    this.#keep({ name, versions: attach(this.versions(name), stage, to) })
  }

  #version(name: string, id: string): SecretVersion {
    const found = this.versions(name).find(version => version.id === id)
    return found ?? refuse(400, 'ResourceNotFoundException', `There is no version ${id}.`)
  }

  #keep(secret: StoredSecret): void {
    this.#secrets.set(secret.name, secret)
    if (this.#directory === undefined) return
    const file = join(this.#directory, `${encodeURIComponent(secret.name)}.json`)
    writeFileSync(file, JSON.stringify(secret), { mode: 0o600 })
  }
}

/** One version has a label, or none. What was the current one becomes the previous one. */
function attach(
  versions: readonly SecretVersion[],
  stage: string,
  to: string | undefined,
): readonly SecretVersion[] {
  const before = stage === CURRENT ? versions.find(({ stages }) => stages.includes(CURRENT))?.id : undefined
  const placed = before === undefined || before === to ? versions : attach(versions, PREVIOUS, before)
  return placed.map(version => {
    const others = version.stages.filter(each => each !== stage)
    return { ...version, stages: version.id === to ? [...others, stage] : others }
  })
}
