import type { KeyFacts } from '../../core/key-ring.ts'
import { formatMoment } from '../../core/model/moment.ts'
import { formatDuration } from '../../core/model/quantity.ts'
import { NOTICED_WITHIN } from '../../core/model/signing-keys.ts'
import { formatCount } from '../report/wording.ts'
import { tableLines } from './fleet-text.ts'

/** What the commands of signing keys did, and what a person does next, in its order. */

const DEPLOY = 'npx cdk deploy --all --outputs-file cdk-outputs.json'
const ROTATE = 'nice-blobs keys rotate --outputs cdk-outputs.json'
const CREATE = 'nice-blobs keys create'
const NOTICED = formatDuration(NOTICED_WITHIN)

export function createdLines(
  database: string,
  { secret, anew }: { secret: string; anew: boolean },
  keys: readonly KeyFacts[],
): string[] {
  const made = keys.at(-1)
  const first = signingOf(keys) === undefined
  return [
    `${database}: the key ${made?.name} (${made?.type}) is made and waits; its private half is in the secret ${secret}, and nowhere else`,
    ...nextLines([
      ...(keys.length === 1 && !anew
        ? [[`once more, so that another one waits when this one signs: ${CREATE}`]]
        : []),
      anew ? besideLines(database, keys) : publicKeysLines(database, keys),
      [DEPLOY],
      [first ? `let it sign: ${ROTATE}` : `whenever the keys are to change: ${ROTATE}`],
    ]),
  ]
}

export function rotatedLines(
  database: string,
  keys: readonly KeyFacts[],
  idBefore: string | undefined,
): string[] {
  const signing = signingOf(keys)
  const replaced = keys.find(({ state }) => state === 'replaced')
  const alone = keys.length === 1
  return [
    `${database}: the key ${signing?.name} signs from now on, as ${signing?.keyPairId}; hosts notice within ${NOTICED}`,
    ...(idBefore === undefined
      ? []
      : [
          `  its id changes from ${idBefore} to ${signing?.keyPairId}, as when a distribution was made anew: URLs that are out do not open any more`,
        ]),
    ...(replaced ? [`  ${replaced.name} is replaced: ${endText(replaced)}`] : []),
    ...nextLines([
      replaced
        ? [`after that time: nice-blobs keys retire ${replaced.name}`]
        : [
            `on hosts that do not sign yet: nice-blobs init --outputs cdk-outputs.json, or what it would write`,
          ],
      ...(replaced || alone ? [[`let the next one wait: ${CREATE}`]] : []),
    ]),
    ...(replaced ? leakLines(database, replaced) : []),
  ]
}

export function retiredLines(
  { database, leaked }: { database: string; leaked: boolean },
  retired: KeyFacts,
  left: readonly KeyFacts[],
): string[] {
  const forgotten = `${database}: the key ${retired.name} is forgotten; its line goes from the configuration: "${retired.publicKey}"`
  if (!leaked)
    return [
      forgotten,
      ...nextLines([
        [`let the next one wait: ${CREATE}, which prints the lines that are to be there then`],
        [DEPLOY],
      ]),
    ]
  return [
    forgotten,
    '  until that is deployed, the edge takes what is signed with it',
    ...nextLines([
      publicKeysLines(database, left),
      [`at once: ${DEPLOY}`],
      [`let the next one wait: ${CREATE}`],
    ]),
  ]
}

export function listLines(database: string, keys: readonly KeyFacts[]): string[] {
  if (keys.length === 0) return [`${database}: no signing key yet: ${CREATE}`]
  const rows = keys.map(key => [key.name, key.type, formatMoment(key.createdAt), stateText(key)])
  const [head = '', ...lines] = tableLines([['key', 'type', 'made', 'state'], ...rows])
  return [
    `${database}: ${formatCount(keys.length, 'key')}${signingOf(keys) ? '' : ', none of which signs'}`,
    head,
    ...lines,
    ...publicKeysLines(database, keys).map(line => `  ${line}`),
  ]
}

function stateText(key: KeyFacts): string {
  if (key.state === 'waiting') return 'waits'
  return key.state === 'signing' ? `signs as ${key.keyPairId}` : `replaced: ${endText(key)}`
}

function endText({ urlsUntil = 0 }: KeyFacts): string {
  return `its URLs live until ${formatMoment(urlsUntil)}`
}

function signingOf(keys: readonly KeyFacts[]): KeyFacts | undefined {
  return keys.find(({ state }) => state === 'signing')
}

/** All that the configuration is to have, to be copied as it is. */
function publicKeysLines(database: string, keys: readonly KeyFacts[]): string[] {
  const last = keys.length - 1
  return [
    `in the configuration, stack.delivery.databases.${database}:`,
    '  "publicKeys": [',
    ...keys.map(({ publicKey }, at) => `    "${publicKey}"${at === last ? '' : ','}`),
    '  ]',
  ]
}

/** What was signed with a key that is lost opens as long as its line stays. */
function besideLines(database: string, keys: readonly KeyFacts[]): string[] {
  return [
    `in the configuration, stack.delivery.databases.${database}.publicKeys: beside the line of the key that signed until now, in place of the other`,
    ...keys.map(({ publicKey }) => `  "${publicKey}"`),
  ]
}

function leakLines(database: string, { name, publicKey }: KeyFacts): string[] {
  return [
    `if ${name} has leaked, do not wait:`,
    `  1. take its line out of stack.delivery.databases.${database}.publicKeys: "${publicKey}"`,
    `  2. in ${NOTICED}, when no host signs with it any more: ${DEPLOY}`,
    `  3. nice-blobs keys retire ${name} --leaked`,
  ]
}

function nextLines(steps: readonly (readonly string[])[]): string[] {
  return [
    'next:',
    ...steps.flatMap(([first = '', ...more], at) => [
      `  ${at + 1}. ${first}`,
      ...more.map(line => `     ${line}`),
    ]),
  ]
}
