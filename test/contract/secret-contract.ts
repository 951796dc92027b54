import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { BlobUnavailable, NiceBlobsError } from '../../core/model/errors.ts'
import type { Secret } from '../../core/ports.ts'

export interface SecretPlace {
  /** Makes an empty secret, as a stack does. */
  create(name: string): Promise<void>
  open(name: string): Secret
}

/** As whoever writes does who has just read. */
async function rewrite(secret: Secret, text: string): Promise<void> {
  await secret.write(text, (await secret.read()).version)
}

const textOf = async (secret: Secret) => (await secret.read()).text

const isChanged = (error: unknown) => error instanceof NiceBlobsError && error.code === 'SECRET_CHANGED'
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
      assert.equal(await textOf(await created()), undefined)
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
        await rewrite(secret, text)
        assert.equal(await textOf(secret), text)
      }
    })

    it('holds a text of its own', async () => {
      const [one, other] = [await created(), await created()]
      await rewrite(one, 'one')
      assert.equal(await textOf(other), undefined)
      await rewrite(other, 'other')
      assert.equal(await textOf(one), 'one')
    })

    it('is written once of two times that replace the same, be it empty, as it was, or twice alike', async () => {
      const secret = await created()
      for (const round of ['first', 'second', 'third']) {
        const { version } = await secret.read()
        await secret.write(round, version)
        for (const late of ['late', round]) await assert.rejects(secret.write(late, version), isChanged)
        assert.equal(await textOf(secret), round)
        assert.notEqual((await secret.read()).version, version)
      }
    })

    it('is written by one of several at once, and the others are told', async () => {
      const secret = await created()
      for (const round of ['empty', 'full']) {
        const { version } = await secret.read()
        const texts = ['a', 'b', 'c', 'd'].map(name => `${name} of ${round}`)
        const ends = await Promise.allSettled(texts.map(text => secret.write(text, version)))
        const written = texts.filter((_, at) => ends[at]?.status === 'fulfilled')
        assert.deepEqual([await textOf(secret)], written)
        for (const end of ends) if (end.status === 'rejected') assert.ok(isChanged(end.reason), end.reason)
      }
    })

    it('that nobody made is missing, for reading and for writing, and stays so (I11)', async () => {
      const secret = place.open(`stack-${randomUUID().slice(0, 8)}/none/url-signing-key`)
      await assert.rejects(secret.read(), isMissing)
      await assert.rejects(secret.write('text', undefined), isMissing)
      await assert.rejects(secret.read(), isMissing)
    })
  })
}
