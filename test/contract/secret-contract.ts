import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { BlobUnavailable } from '../../core/model/errors.ts'
import type { Secret } from '../../core/ports.ts'

export interface SecretPlace {
  /** Makes an empty secret, as a stack does. */
  create(name: string): Promise<void>
  open(name: string): Secret
}

const isMissing = (error: unknown) => error instanceof BlobUnavailable && error.code === 'SECRET_MISSING'

/** The contract of the port Secret; every implementation passes it. */
export function describeSecretContract(name: string, start: () => Promise<SecretPlace>): void {
  describe(`Secret contract: ${name}`, async () => {
    const place = await start()
    const created = async () => {
      const name = `stack-${randomUUID().slice(0, 8)}/main/url-signing-key`
      await place.create(name)
      return place.open(name)
    }

    it('has no text until one was written', async () => {
      assert.equal(await (await created()).read(), undefined)
    })

    it('gives back what was written last, letter for letter', async () => {
      const secret = await created()
      for (const text of [
        '{"keys":[]}',
        'x',
        '-----BEGIN\n"Zürich" \u{1f511}\r\n\t\\',
        'k'.repeat(20_000),
        'x',
      ]) {
        await secret.write(text)
        assert.equal(await secret.read(), text)
      }
    })

    it('holds a text of its own', async () => {
      const [one, other] = [await created(), await created()]
      await one.write('one')
      assert.equal(await other.read(), undefined)
      await other.write('other')
      assert.equal(await one.read(), 'one')
    })

    it('that nobody made is missing, for reading and for writing, and stays so (I11)', async () => {
      const secret = place.open(`stack-${randomUUID().slice(0, 8)}/none/url-signing-key`)
      await assert.rejects(secret.read(), isMissing)
      await assert.rejects(secret.write('text'), isMissing)
      await assert.rejects(secret.read(), isMissing)
    })
  })
}
