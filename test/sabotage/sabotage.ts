/** Small wrong edits of the code that keeps blobs safe. Each has to turn the suite red. */
export interface Sabotage {
  /** What the edit breaks, with the invariant. */
  breaks: string
  file: string
  find: string
  put: string
  /** Where it is expected to be noticed. */
  suites: readonly string[]
}
