import type { Sabotage } from './sabotage.ts'

/** Of signed URLs, and of what browsers are told to do with a blob. */

const EXPIRY = ['test/unit/url-expiry.test.ts']
const FLOWS = ['test/flows/urls.test.ts']
const KEYS = ['test/flows/url-keys.test.ts']
const NAMES = ['test/unit/disposition.test.ts']
const SIGNATURE = ['test/unit/sign-url.test.ts', 'test/flows/urls.test.ts']
const BEGINNINGS = ['test/contract/beginnings-under-faults.test.ts']

export const URL_SABOTAGE: readonly Sabotage[] = [
  {
    breaks: 'a URL outlives its lifetime',
    file: 'core/model/url-expiry.ts',
    find: 'Math.floor((now',
    put: 'Math.ceil((now',
    suites: [...EXPIRY, ...FLOWS],
  },
  {
    breaks: 'the memo gives out URLs past their window',
    file: 'client/url/url-memo.ts',
    find: ' || left <= 0',
    put: '',
    suites: FLOWS,
  },
  {
    breaks: 'the memo gives out URLs that were signed while the clock was ahead',
    file: 'client/url/url-memo.ts',
    find: ' || left > lifetime / 2',
    put: '',
    suites: FLOWS,
  },
  {
    breaks: 'the memo gives out URLs of a key that no longer signs',
    file: 'client/url/url-memo.ts',
    find: 'entry.keyPairId === keys.known()?.keyPairId',
    put: 'keys.known()',
    suites: KEYS,
  },
  {
    breaks: 'what is to be shown and what is to be saved get one URL',
    file: 'client/url/url-memo.ts',
    find: "disposition === 'inline' ? 'i' : 'a'",
    put: "'a'",
    suites: FLOWS,
  },
  {
    breaks: 'a blob that is in a volume only gets a URL',
    file: 'client/url/archived.ts',
    find: '    return stored !== undefined\n',
    put: '    return true\n',
    suites: FLOWS,
  },
  {
    breaks: 'a host without volumes takes every blob for archived',
    file: 'client/url/archived.ts',
    find: 'owned.length > 0 && ',
    put: '',
    suites: FLOWS,
  },
  {
    breaks: 'a blob that was archived and released meanwhile is told to be missing (I11)',
    file: 'client/url/archived.ts',
    find: '    if (!wasInVolume) {\n',
    put: '    if (!isInVolume(volumes, ref)) {\n',
    suites: FLOWS,
  },
  {
    breaks: 'a blob is told to be missing while its volume is unmounted (I11)',
    file: 'client/url/archived.ts',
    find: '      volumes.forEach(requireThere)\n',
    put: '',
    suites: FLOWS,
  },
  {
    breaks: 'what is not archived yet stays so for good',
    file: 'client/url/archived.ts',
    find: 'age >= 0 && age < NOT_YET',
    put: 'age >= 0',
    suites: FLOWS,
  },
  {
    breaks: 'URLs are signed with SHA-1',
    file: 'core/aws/sign-url.ts',
    find: ", algorithm: 'SHA256'",
    put: '',
    suites: SIGNATURE,
  },
  {
    breaks: 'characters are in a URL that are written in several ways',
    file: 'client/url/urls.ts',
    find: "/[!'()*]/g",
    put: "/[']/g",
    suites: FLOWS,
  },
  {
    breaks: 'lines and directions of a name reach the header',
    file: 'core/model/file-name.ts',
    find: "name.replace(HIDDEN, '')",
    put: 'name',
    suites: NAMES,
  },
  {
    breaks: 'a name of any length is in the URL',
    file: 'core/model/file-name.ts',
    find: 'Buffer.byteLength(name) <= LONGEST',
    put: 'name.length > 0',
    suites: NAMES,
  },
  {
    breaks: 'a dot at its end hides the extension of a name',
    file: 'core/model/file-name.ts',
    find: '/^\\s+|[\\s.]+$/gu',
    put: '/^\\s+|\\s+$/gu',
    suites: NAMES,
  },
  {
    breaks: 'a page that the bucket calls a picture is shown',
    file: 'core/model/disposition.ts',
    find: 'const kind = inlineKindOf(seen)',
    put: 'const kind = inlineKindOf(told)',
    suites: [...NAMES, ...FLOWS],
  },
  {
    breaks: 'what is a picture and also a page is shown',
    file: 'core/model/disposition.ts',
    find: ' && !mixed',
    put: '',
    suites: [...NAMES, ...FLOWS],
  },
  {
    breaks: 'a picture is shown whose name says that it is a page',
    file: 'core/model/disposition.ts',
    find: 'return named && (',
    put: 'return (named || true) && (',
    suites: NAMES,
  },
  {
    breaks: 'markup in UTF-16 is not seen',
    file: 'core/model/second-format.ts',
    find: " || isMarkup(text.replaceAll('\\0', ''))",
    put: '',
    suites: ['test/unit/second-format.test.ts'],
  },
  {
    breaks: 'an element that nobody knows loads or runs something and is not seen',
    file: 'core/model/second-format.ts',
    find: 'return known || hasAttribute(text)',
    put: 'return known',
    suites: ['test/unit/second-format.test.ts'],
  },
  {
    breaks: 'a new disk is taken for a volume, in which every blob is missing (I11)',
    file: 'core/volume/volume.ts',
    find: 'entry && isPassedOver(entry.name)',
    put: 'entry && false',
    suites: ['test/flows/read.test.ts', 'test/flows/agent.test.ts'],
  },
  {
    breaks: 'a beginning that breaks off is taken for all of it',
    file: 'core/aws/s3-beginning.ts',
    find: '  if (received < length) throw cutShort(subject, received, length)\n',
    put: '',
    suites: BEGINNINGS,
  },
  {
    breaks: 'a blob that may not be read is told to be missing (I11)',
    file: 'core/aws/s3-beginning.ts',
    find: '    if (stored.size > 0) throw error\n',
    put: '    if (stored.size > 0) return undefined\n',
    suites: BEGINNINGS,
  },
]
