/** Whoever asks for what is being worked on already gets that work's result instead of doing it again. */
export function createSingleFlight<T>(): (name: string, work: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>()
  return (name, work) => {
    const present = underWay.get(name)
    if (present) return present
    const started = work().finally(() => underWay.delete(name))
    underWay.set(name, started)
    return started
  }
}
