import { BlobUnavailable } from '../../../core/model/errors.ts'
import type { BlobBucket, BlobCopies, BlobIndex, PredecessorBucket } from '../../../core/ports.ts'
import { callingModule } from './caller.ts'
import { surround } from './surround.ts'

/** Ports with failpoints around every call, and around each part of a body or a listing. */

/** `unfinished`: keys whose bodies were neither read to their end nor left early; a request is open for each. */
export interface FailingBucket extends BlobBucket {
  unfinished: Set<string>
}

/** `archive.put`, `receive.get`, `receive.get-next` */
export function failing(bucket: BlobBucket): FailingBucket {
  const unfinished = new Set<string>()
  return {
    unfinished,
    put: (...words) => call(named('put'), () => bucket.put(...words)),
    head: key => call(named('head'), () => bucket.head(key)),
    async get(key, signal) {
      const name = named('get')
      const found = await call(name, () => bucket.get(key, signal))
      if (!found) return undefined
      unfinished.add(key)
      return { ...found, body: each(`${name}-next`, found.body, () => unfinished.delete(key)) }
    },
    list: prefix => each(named('list-next'), bucket.list(prefix)),
  }
}

/** `adopt.open`, `adopt.open-next`, `adopt-run.list-next` */
export function failingPredecessor(
  predecessor: PredecessorBucket,
  unfinished: Set<string>,
): PredecessorBucket {
  return {
    async open(key, ...words) {
      const name = named('open')
      const found = await call(name, () => predecessor.open(key, ...words))
      if (!found) return undefined
      unfinished.add(key)
      return { ...found, body: each(`${name}-next`, found.body, () => unfinished.delete(key)) }
    },
    list: prefix => each(named('list-next'), predecessor.list(prefix)),
  }
}

/** `adopt.copy` */
export function failingCopies(copies: BlobCopies): BlobCopies {
  return { copy: (...words) => call(named('copy'), () => copies.copy(...words)) }
}

/** `archive.insert` */
export function failingIndex(index: BlobIndex): BlobIndex {
  return {
    find: (...words) => call(named('find'), () => index.find(...words)),
    insert: row => call(named('insert'), () => index.insert(row)),
    replace: (...words) => call(named('replace'), () => index.replace(...words)),
    list: database => each(named('list-next'), index.list(database)),
    listShard: (...words) => each(named('list-next'), index.listShard(...words)),
  }
}

async function* each<T>(name: string, parts: AsyncIterable<T>, ended = () => {}): AsyncGenerator<T> {
  const iterator = parts[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await call(name, () => iterator.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    await iterator.return?.()
    ended()
  }
}

function named(call: string): string {
  return `${callingModule() ?? 'test'}.${call}`
}

function call<T>(name: string, work: () => Promise<T>): Promise<T> {
  return surround({ outside: 'server', name, refusal }, work)
}

/** What a port throws when it cannot know. */
function refusal(code: string): BlobUnavailable {
  return new BlobUnavailable('SERVER_UNREACHABLE', `an outage was ordered (${code})`, {
    subject: 'port',
    hint: 'none',
  })
}
