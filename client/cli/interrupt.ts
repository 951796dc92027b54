/**
 * A signal that Ctrl-C or a terminate request fires: what is under way ends cleanly. A second Ctrl-C ends the process as
 * usual, which loses nothing either.
 */
export function interruptible(): { signal: AbortSignal; done(): void } {
  const controller = new AbortController()
  const abort = () => controller.abort()
  process.once('SIGINT', abort)
  process.once('SIGTERM', abort)
  return {
    signal: controller.signal,
    done() {
      process.off('SIGINT', abort)
      process.off('SIGTERM', abort)
    },
  }
}
