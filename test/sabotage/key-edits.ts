import type { Sabotage } from './sabotage.ts'

/** Of signing keys and their secret. */

const PLAN = ['test/unit/keys-plan.test.ts']
const SECRET = ['test/contract/secret-under-faults.test.ts']
const ONCE = ['test/contract/sandbox.test.ts']
const MISUSE = ['test/cli/keys-misuse.test.ts']
const SOURCE = ['test/flows/url-keys.test.ts']

export const KEY_SABOTAGE: readonly Sabotage[] = [
  {
    breaks: 'a third key is made',
    file: 'core/model/keys-plan.ts',
    find: 'keys.keys.length < MOST_KEYS',
    put: 'keys.keys.length <= MOST_KEYS',
    suites: PLAN,
  },
  {
    breaks: 'a key signs that the edge does not know',
    file: 'core/model/keys-plan.ts',
    find: 'waiting.find(({ name }) => Object.hasOwn(deployed, name))',
    put: 'waiting[0]',
    suites: PLAN,
  },
  {
    breaks: 'a key is forgotten while its URLs live',
    file: 'core/model/keys-plan.ts',
    find: 'replacedAt + NOTICED_WITHIN + lifetime + MARGIN',
    put: 'replacedAt + NOTICED_WITHIN + MARGIN',
    suites: PLAN,
  },
  {
    breaks: 'the key that signs is forgotten',
    file: 'core/model/keys-plan.ts',
    find: "  if (keyState(keys, key) === 'signing')\n",
    put: '  if (keys.formatVersion !== 1)\n',
    suites: PLAN,
  },
  {
    breaks: 'a key is forgotten by a shorter lifetime than its URLs were made with',
    file: 'core/model/keys-plan.ts',
    find: 'urlsUntil ?? (',
    put: '(',
    suites: PLAN,
  },
  {
    breaks: 'who rotates again, because nobody answered, lets another key sign (I8)',
    file: 'core/model/keys-plan.ts',
    find: '  if (!renamed) requireSettled(keys, signing)\n',
    put: '',
    suites: PLAN,
  },
  {
    breaks: 'keys of another database are begun anew',
    file: 'core/model/begin-keys-anew.ts',
    find: 'any.database === database && any.formatVersion === 1',
    put: 'true',
    suites: MISUSE,
  },
  {
    breaks: 'the signing key takes the id that another stack gave it',
    file: 'client/cli/keys-run.ts',
    find: '  requireOwner(secretName, { stack: deployer, database })\n',
    put: '',
    suites: MISUSE,
  },
  {
    breaks: 'of two who write at once, the later one undoes what the earlier one did',
    file: 'core/aws/secret.ts',
    find: 'VersionStages: [WRITING]',
    put: 'VersionStages: [CURRENT]',
    suites: ONCE,
  },
  {
    breaks: 'what was written is told as if it was not (I8)',
    file: 'core/aws/secret.ts',
    find: '    if (current.version === version) return\n',
    put: '',
    suites: SECRET,
  },
  {
    breaks: 'an error quotes what the server said, and so a private key',
    file: 'core/aws/secret.ts',
    find: 'translateError(withoutContents(error), subject)',
    put: 'translateError(error, subject)',
    suites: SECRET,
  },
  {
    breaks: 'a secret that is not there is taken for an empty one (I11)',
    file: 'core/aws/secret.ts',
    find: '      await requireSecret()\n',
    put: '',
    suites: SECRET,
  },
  {
    breaks: 'a host that is asked for nothing signs with a key of long ago',
    file: 'client/url/key-source.ts',
    find: 'const IDLE = NOTICED_WITHIN',
    put: 'const IDLE = NOTICED_WITHIN * Number.MAX_VALUE',
    suites: SOURCE,
  },
]
