import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, it, type TestContext } from 'node:test'
import { EXIT } from '../../core/model/errors.ts'
import { parseSigningKeys, type SigningKey } from '../../core/model/signing-keys.ts'
import { startSecrets } from '../../sandbox/secrets/server.ts'
import type { Ran } from './command.ts'
import { type KeysSetting, SECRET, withSecret } from './keys-setting.ts'

/** So many letters of a private key in a row are none by accident, and of no use yet. */
const WINDOW = 20

/** Whatever would be of use to whoever reads it: pieces of the PEM text, and its numbers in each way of writing them. */
function traces({ privateKey, publicKey }: SigningKey): string[] {
  const jwk = createPrivateKey(privateKey).export({ format: 'jwk' })
  const numbers = [jwk.d, jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].filter(number => number !== undefined)
  const encodings = numbers.flatMap(number =>
    (['hex', 'base64url', 'base64'] as const).map(encoding =>
      Buffer.from(number, 'base64url').toString(encoding),
    ),
  )
  const body = privateKey.replace(/-----[^-]+-----|\s/g, '')
  // An RSA key's public half is in its private one, and may be told.
  return [body, ...encodings].flatMap(windowsOf).filter(window => !publicKey.includes(window))
}

function windowsOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - WINDOW) }, (_, at) => text.slice(at, at + WINDOW))
}

/** Every key that was ever in the secret. */
function keysEver({ sandbox }: KeysSetting): SigningKey[] {
  return sandbox.secrets.versions(SECRET).flatMap(({ text }) => parseSigningKeys(text, 'main').keys)
}

function tellsNothing(setting: KeysSetting, runs: readonly Ran[]): void {
  const told = runs.map(({ out, err }) => out + err).join('\n')
  assert.doesNotMatch(told, /PRIVATE|privateKey|BEGIN/)
  const pieces = new Set(windowsOf(told))
  const found = keysEver(setting)
    .flatMap(traces)
    .filter(trace => pieces.has(trace))
  assert.deepEqual(found, [])
}

/** From here on the commands find their secrets there. */
function pointTo({ configFile }: KeysSetting, endpoint: string): void {
  const config = JSON.parse(readFileSync(configFile, 'utf8'))
  writeFileSync(configFile, JSON.stringify({ ...config, secrets: { endpoint } }))
}

const COMMANDS = (outputs: string) => [
  ['list'],
  ['create', '--type', 'rsa'],
  ['create', '--anew'],
  ['rotate', '--outputs', outputs],
  ['rotate', '--outputs', outputs, '--again'],
  ['retire'],
  ['retire', '--leaked'],
]

async function runAll({ run }: KeysSetting, commands: readonly string[][]): Promise<Ran[]> {
  const runs: Ran[] = []
  for (const words of commands)
    for (const form of [[], ['--json']]) runs.push(await run('keys', ...words, ...form))
  return runs
}

/** A server that answers what it likes. */
async function startAnswering(test: TestContext, answer: (asked: Buffer, response: ServerResponse) => void) {
  const server = createServer(async (request, response) => answer(await buffer(request), response))
  server.listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  test.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('no private key is in what is told', () => {
  it('when all goes well, and when a command refuses', async test => {
    const setting = await withSecret(test)
    const { run, deploy, document } = setting
    const runs = [await run('keys', 'create'), await run('keys', 'create', '--type', 'rsa', '--json')]
    const outputs = deploy(document().keys)
    runs.push(
      await run('keys', 'rotate', '--outputs', outputs),
      ...(await runAll(setting, COMMANDS(outputs))),
    )
    assert.deepEqual(new Set(runs.map(({ status }) => status)), new Set([0, EXIT.left, EXIT.input]))
    assert.ok(keysEver(setting).some(({ type }) => type === 'rsa'))
    assert.ok(traces(document().keys[0] as SigningKey).length > 100)
    tellsNothing(setting, runs)
  })

  it('when it is denied, be it to read or to write', async test => {
    const setting = await withSecret(test)
    const { secrets } = setting.sandbox
    await setting.run('keys', 'create')
    const outputs = setting.deploy(setting.document().keys)
    for (const right of ['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']) {
      const server = await startSecrets({ secrets, deny: ({ action }) => action === right })
      test.after(() => server.close())
      pointTo(setting, server.endpoint)
      const runs = await runAll(setting, COMMANDS(outputs))
      const denied = runs.filter(({ status }) => status === EXIT.unavailable)
      assert.ok(denied.length >= 4)
      for (const { err } of denied) assert.match(err, new RegExp(`ACCESS_DENIED.*secretsmanager:${right}`))
      tellsNothing(setting, runs)
    }
  })

  it('when the server repeats what it was sent, or breaks off in the middle of a key', async test => {
    const setting = await withSecret(test)
    await setting.run('keys', 'create')
    const { text = '' } = setting.sandbox.secrets.versions(SECRET).at(-1) ?? {}
    const sent = { Name: SECRET, SecretString: text }
    const middle = text.indexOf('PRIVATE KEY') + 40
    const servers = {
      repeating: (asked: Buffer, response: ServerResponse) => {
        const reading = !asked.includes('SecretString')
        response.statusCode = reading ? 200 : 400
        const refusal = { __type: 'InvalidParameterException', message: `Value '${asked}' is invalid` }
        response.end(JSON.stringify(reading ? sent : refusal))
      },
      'cut off': (_: Buffer, response: ServerResponse) => response.end(JSON.stringify(sent).slice(0, middle)),
      'no JSON': (_: Buffer, response: ServerResponse) =>
        response.end(text.slice(text.indexOf('PRIVATE KEY') + 15)),
      spoiled: (_: Buffer, response: ServerResponse) =>
        response.end(JSON.stringify({ ...sent, SecretString: text.slice(0, middle) })),
      'of another database': (_: Buffer, response: ServerResponse) =>
        response.end(JSON.stringify({ ...sent, SecretString: text.replace('"main"', '"other"') })),
    }
    for (const answer of Object.values(servers)) {
      pointTo(setting, await startAnswering(test, answer))
      const runs = await runAll(setting, [['list'], ['create'], ['create', '--anew']])
      assert.ok(runs.some(({ status }) => status !== 0))
      // The new keys that the server repeats are known to nobody else.
      tellsNothing(setting, runs)
    }
  })
})
