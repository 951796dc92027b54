/** Remembers so many answers at the least, and twice as many at the most: those that were not asked for longest are forgotten. */
export interface BoundedMemo<T> {
  get(name: string): T | undefined
  set(name: string, value: T): void
}

export function createBoundedMemo<T>(least: number): BoundedMemo<T> {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  const set = (name: string, value: T) => {
    if (young.size >= least) {
      old = young
      young = new Map()
    }
    young.set(name, value)
  }
  return {
    set,
    get(name) {
      const found = young.get(name)
      if (found !== undefined) return found
      const older = old.get(name)
      if (older !== undefined) set(name, older)
      return older
    },
  }
}
