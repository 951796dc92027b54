import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { parseSigningKeys, type SigningKeys } from '../../core/model/signing-keys.ts'
import { type Installation, install } from './command.ts'

export const SECRET = 'site/main/url-signing-key'

/** What `--outputs` reads. */
export interface KeysSetting extends Installation {
  /** The secret's document as it is now. */
  document(): SigningKeys
  /** As if somebody else had written it. */
  setDocument(change: (keys: SigningKeys) => object): void
  /** Writes the outputs of a deployment of these public keys; answers the file. */
  deploy(publicKeys: readonly { name: string }[], stack?: string): string
}

/** A host that may sign URLs, whose secret is as it was deployed. */
export async function withSecret(test: TestContext): Promise<KeysSetting> {
  const installation = await install(test)
  const { sandbox, configFile, base } = installation
  const { secrets } = sandbox
  secrets.create(SECRET)
  const config = JSON.parse(readFileSync(configFile, 'utf8'))
  config.databases.main.delivery = { signingKeys: SECRET }
  writeFileSync(configFile, JSON.stringify(config))
  const document = () => parseSigningKeys(secrets.current(SECRET)?.text ?? '', 'main')
  let writes = 0
  return {
    ...installation,
    document,
    setDocument(change) {
      secrets.put(SECRET, `by-somebody-else-${writes++}`.padEnd(36, '-'), JSON.stringify(change(document())))
    },
    deploy(publicKeys, stack = 'site') {
      const file = join(base, 'cdk-outputs.json')
      const main = Object.fromEntries(publicKeys.map(({ name }) => [name, idOf(name)]))
      writeFileSync(file, JSON.stringify({ [stack]: { SigningKeys: JSON.stringify({ main }) } }))
      return file
    },
  }
}

/** By which id CloudFront would know a key. */
export const idOf = (name: string) => `K${name.toUpperCase()}`
