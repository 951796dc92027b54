/**
 * Streams that are each sorted by `orderOf`, as one stream that is. It holds the next item of each and no more; whoever
 * stops early ends them all.
 */
export async function* mergeSorted<T>(
  streams: readonly AsyncIterable<T>[],
  orderOf: (item: T) => string,
): AsyncGenerator<T> {
  const iterators = streams.map(stream => stream[Symbol.asyncIterator]())
  try {
    const heads = (await Promise.all(iterators.map(headOf))).filter(head => head !== undefined)
    while (heads.length > 0) {
      const first = heads.reduce((a, b) => (orderOf(b.item) < orderOf(a.item) ? b : a))
      yield first.item
      const next = await headOf(first.iterator)
      if (next) first.item = next.item
      else heads.splice(heads.indexOf(first), 1)
    }
  } finally {
    await Promise.all(iterators.map(iterator => iterator.return?.()))
  }
}

async function headOf<T>(iterator: AsyncIterator<T>) {
  const next = await iterator.next()
  return next.done ? undefined : { iterator, item: next.value }
}
