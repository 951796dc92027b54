/** Works with ports that wait for their turn before each call. */
export type Racer = (turn: <Port extends object>(port: Port) => Port) => Promise<unknown>

/**
 * Several that work at once, their calls in every order there is. Each order is run from `begin` to `end`; the first error of any
 * ends it all. Answers how many orders there were.
 */
export async function interleave(
  begin: () => Promise<readonly Racer[]>,
  end: () => Promise<void>,
): Promise<number> {
  let order: readonly number[] = []
  for (let orders = 1; ; orders += 1) {
    const { chosen, choices } = await race(await begin(), order)
    await end()
    const last = choices.findLastIndex((most, at) => (chosen[at] ?? 0) + 1 < most)
    if (last < 0) return orders
    order = [...chosen.slice(0, last), (chosen[last] ?? 0) + 1]
  }
}

/** In the given order as far as it goes; from there on the first goes on as long as it can. */
async function race(racers: readonly Racer[], order: readonly number[]) {
  const [chosen, choices]: [number[], number[]] = [[], []]
  const waiting = new Map<number, () => void>()
  let running = racers.length
  let tellStopped = () => {}
  const stop = () => {
    running -= 1
    if (running === 0) tellStopped()
  }
  const allStopped = () =>
    new Promise<void>(resolve => {
      tellStopped = resolve
      if (running === 0) resolve()
    })
  const ended = racers.map((racer, at) => {
    const wait = () =>
      new Promise<void>(resolve => {
        waiting.set(at, resolve)
        stop()
      })
    return racer(port => inTurn(port, wait)).finally(stop)
  })
  const all = Promise.all(ended)
  // Whoever fails has stopped too, and is told in the end.
  all.catch(() => {})
  for (await allStopped(); waiting.size > 0; await allStopped()) {
    const ready = [...waiting].sort(([a], [b]) => a - b)
    const choice = order[chosen.length] ?? 0
    const [at = 0, goOn] = ready[choice] ?? []
    chosen.push(choice)
    choices.push(ready.length)
    waiting.delete(at)
    running += 1
    goOn?.()
  }
  await all
  return { chosen, choices }
}

function inTurn<Port extends object>(port: Port, wait: () => Promise<void>): Port {
  return new Proxy(port, {
    get(target, name) {
      const work = Reflect.get(target, name)
      if (typeof work !== 'function') return work
      return async (...words: unknown[]) => {
        await wait()
        return work.apply(target, words)
      }
    },
  })
}
