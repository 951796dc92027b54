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

  /** A new version, which is the current one from now on; the same one twice is one. */
  put(name: string, id: string, text: string): SecretVersion {
    const versions = this.versions(name)
    const same = versions.find(version => version.id === id)
    if (same && same.text !== text)
      refuse(400, 'ResourceExistsException', `There is a version ${id} with another value.`)
    if (same) return same
    const version = { id, text, stages: [CURRENT], createdAt: this.#now() }
    this.#keep({ name, versions: [...versions.map(withoutPlace), version] })
    return version
  }

  #keep(secret: StoredSecret): void {
    this.#secrets.set(secret.name, secret)
    if (this.#directory === undefined) return
    const file = join(this.#directory, `${encodeURIComponent(secret.name)}.json`)
    writeFileSync(file, JSON.stringify(secret), { mode: 0o600 })
  }
}

/** A version when another one becomes the current one. */
function withoutPlace(version: SecretVersion): SecretVersion {
  return { ...version, stages: version.stages.includes(CURRENT) ? [PREVIOUS] : [] }
}
