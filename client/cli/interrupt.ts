const GRACE = 1_000

/**
 * A signal that Ctrl-C or a terminate request fires: what is under way ends cleanly. Another Ctrl-C, a second later or
 * more (npx passes one keystroke on twice), ends the process at once, which loses nothing either.
 */
export function interruptible(): { signal: AbortSignal; done(): void } {
  const controller = new AbortController()
  const letGo = () => {
    process.off('SIGINT', abort)
    process.off('SIGTERM', abort)
  }
  const abort = () => {
    controller.abort()
    setTimeout(letGo, GRACE).unref()
  }
  process.on('SIGINT', abort)
  process.on('SIGTERM', abort)
  const done = () => {
    if (!controller.signal.aborted) letGo()
  }
  return { signal: controller.signal, done }
}
