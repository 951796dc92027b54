import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'

/** The hash that the signer asks for, from Node's own. */
export class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: unknown) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array)
  }

  update(data: unknown): void {
    this.#hash.update(data as Uint8Array)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {
    throw new Error('A signer never uses a hash again')
  }
}
