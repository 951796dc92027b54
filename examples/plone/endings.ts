/** What ends what has begun, last in, first out; so that nothing is left, wherever a start breaks off. */
export interface Endings {
  add(ending: () => unknown): void
  run(): Promise<void>
}

export function createEndings(): Endings {
  const endings: (() => unknown)[] = []
  return {
    add: ending => endings.push(ending),
    async run() {
      for (const ending of endings.splice(0).reverse()) await ending()
    },
  }
}

/** As `Promise.all`, but nothing is at work any more when one of them has failed. */
export async function settleAll<T extends readonly unknown[]>(
  works: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  const settled = await Promise.allSettled(works)
  const failed = settled.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  return (await Promise.all(works)) as unknown as T
}
