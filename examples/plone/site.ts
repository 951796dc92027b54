import type { StackFunctions } from '../../sandbox/functions/stack-functions.ts'
import type { AgentProcess, Installation } from '../../sandbox/installation.ts'
import type { Ran } from '../run-program.ts'

/** A Plone site at work on one host, with all that belongs to it, against the sandbox instead of AWS. */
export interface PloneSite {
  /** The site's address, without a slash at the end. */
  readonly urls: {
    /** At Zope itself: `http://127.0.0.1:8080/Plone`. */
    readonly zope: string
    /** At nginx, in front of it: `http://127.0.0.1:8081`. */
    readonly nginx: string
  }
  readonly admin: { readonly user: string; readonly password: string }
  readonly paths: PlonePaths
  readonly figures: {
    /** Parts of one, where all was installed already. */
    readonly installSeconds: number
    /** From there until the site answers. */
    readonly startSeconds: number
  }
  /** Bucket, index, and the clock by which they, the functions and the agent live; Zope and the database live by the real one. */
  readonly installation: Installation
  /** The deployed stack: schedule, condemner, sweeper. `advance` is how time passes. */
  readonly functions: StackFunctions
  /** The agent that runs at the moment. */
  readonly agent: AgentProcess
  /** Time passes, in milliseconds; comes back when the agent has done what the schedule ordered meanwhile. */
  live(duration: number): Promise<void>
  /**
   * Runs a Python script in Plone's Python with the application as `app` (zconsole), beside Zope; what it does has to be
   * committed by itself. Answers what it wrote to standard output; fails with what it wrote to standard error.
   */
  run(script: string, ...words: string[]): Promise<string>
  /** Any program of Plone's Python, such as `zodbpack`, or `python` with `-m nice_blobs.live_report`. */
  runProgram(name: string, ...words: string[]): Promise<Ran>
  /** `nice-blobs` on this host, with its configuration. */
  niceBlobs(words: readonly string[], input?: string): Promise<Ran>
  /** A document of the agent's, such as `/metrics`. */
  askAgent(path: string): Promise<string>
  /** Resident bytes of zope, postgresql, nginx and the agent; shared pages by their share. */
  memory(): Record<string, number>
  stopZope(): Promise<void>
  /** Comes back when Zope answers; in seconds, how long that took. */
  startZope(): Promise<number>
  stopAgent(signal?: NodeJS.Signals): Promise<void>
  startAgent(): Promise<void>
  /** From now on whoever on this host speaks to the bucket gets no answer, until it is back. */
  takeBucketAway(): void
  bringBucketBack(): void
  /** Ends all processes, and removes the site's directory unless it was given. */
  end(): Promise<void>
}

export interface PlonePaths {
  /** Below which everything of the site is. */
  readonly directory: string
  /** RelStorage's shared blob directory: the volume. */
  readonly volume: string
  readonly cache: string
  readonly socket: string
  /** The host's, of nice-blobs. */
  readonly configuration: string
  readonly zopeConf: string
  /** For `zodbpack`: the same storage, wrapped. */
  readonly packConf: string
  /** What Zope, nginx, PostgreSQL and the agent write. */
  readonly logs: string
}

export interface PloneOptions {
  /** Not there yet, and stays when the site ends; without one it is a temporary directory. */
  readonly directory?: string
  /** Of Zope and nginx; any free ones by default. */
  readonly ports?: { readonly zope?: number; readonly nginx?: number }
  /** Of the host's database `main`, over the example's own; and of the deployed `stack`. */
  readonly settings?: { readonly main?: object; readonly stack?: object }
  /** What is being done, one line at a time. */
  readonly say?: (line: string) => void
  /** Breaks the start off. */
  readonly signal?: AbortSignal
}

/** What is missing on this machine, in one line. */
export class PloneRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PloneRefused'
  }
}
