declare module 'dynalite' {
  import type { Server } from 'node:http'

  /** In memory without a path; the milliseconds are how long a table takes to become what it shall be. */
  export default function dynalite(options: {
    path?: string
    createTableMs?: number
    updateTableMs?: number
    deleteTableMs?: number
  }): Server
}
