import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Waits until somebody listens on a socket. */
export async function reach(socket: string): Promise<void> {
  while (!(await isOpen(socket))) await delay(10)
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
