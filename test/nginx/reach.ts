import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds, however slow the machine is. */
const PATIENCE = 60_000

/** Waits until somebody listens on a socket. */
export async function reach(socket: string): Promise<void> {
  const deadline = performance.now() + PATIENCE
  while (!(await isOpen(socket))) {
    if (performance.now() > deadline) throw new Error(`nobody listens on ${socket}`)
    await delay(10)
  }
}

function isOpen(socket: string): Promise<boolean> {
  return new Promise(resolve => {
    const tried = connect(socket)
    tried.on('connect', () => {
      tried.destroy()
      resolve(true)
    })
    tried.on('error', () => resolve(false))
  })
}
