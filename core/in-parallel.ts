/**
 * Works on items, `jobs` at a time, in their order of arrival. The first error ends it: nothing new is begun, what is
 * under way is waited for, and the error is thrown. An abort ends it the same way, without an error.
 */
export async function inParallel<T>(
  items: AsyncIterable<T> | Iterable<T>,
  jobs: number,
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const iterator = toAsync(items)
  let ended = false
  const worker = async () => {
    while (!ended && !signal?.aborted) {
      const next = await iterator.next()
      if (next.done) return
      await work(next.value)
    }
  }
  const workers = Array.from({ length: jobs }, () =>
    worker().catch((error: unknown) => {
      ended = true
      throw error
    }),
  )
  const results = await Promise.allSettled(workers)
  await iterator.return?.(undefined)
  const failed = results.find(result => result.status === 'rejected')
  if (failed) throw failed.reason
}

async function* toAsync<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  yield* items
}
