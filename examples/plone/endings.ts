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
      const failures: unknown[] = []
      for (const ending of endings.splice(0).reverse()) {
        try {
          await ending()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}

/** Both, and nothing is at work any more when one of them has failed. */
export async function settleBoth<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other])
  return Promise.all([one, other])
}
