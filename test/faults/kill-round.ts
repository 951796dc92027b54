import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { audit, type Findings } from './audit.ts'
import type { Lane } from './kill-lane.ts'
import type { Round } from './kill-plan.ts'
import { type Ended, runProgram } from './kill-program.ts'
import { isUntouched, makeOld, type Scene, setScene } from './kill-scene.ts'
import { doStep } from './kill-site.ts'
import type { KnownBlob } from './known-blobs.ts'

export interface Played {
  how: Ended['how']
  problems: string[]
}

/** More than four jobs and two readers can have under way, besides what was planted. */
const MOST_STAGED = 8

/** Kills a program in the middle, looks at every byte, lets the next run go on, and looks again. */
export async function playRound(
  lane: Lane,
  round: Round,
  blobs: readonly KnownBlob[],
  usual: number,
): Promise<Played> {
  const scene = await setScene(lane, round, blobs)
  const { how, complaints } = await runProgram(scene, round, usual)
  const problems = complaints.map(complaint => `while it ran: ${complaint}`)
  if (how === 'hung' || how === 'failed') problems.push(`the program ${how}`)
  if (how !== 'killed' && round.kill.at === 'a failpoint' && round.kill.certain)
    problems.push('the failpoint was not reached')
  const say = (when: string, found: readonly string[]) =>
    problems.push(...found.map(each => `${when}: ${each}`))
  try {
    const left = await audit(scene.places, blobs)
    say('after the kill', problemsOf(scene, left))
    say('the next run', await nextRun(scene, left))
    const found = await audit(scene.places, blobs)
    say('in the end', [...problemsOf(scene, found), ...unfinished(found, blobs.length)])
  } catch (error) {
    say('looking at it', [String((error as Error).stack)])
  }
  rmSync(scene.directory, { recursive: true })
  return { how, problems }
}

function problemsOf(scene: Scene, { wrong, others, staged }: Findings): string[] {
  const touched = isUntouched(scene, others) ? [] : [`other files in the volume: ${others.join()}`]
  const littered = staged.length > MOST_STAGED ? [`${staged.length} files lie about`] : []
  return [...wrong, ...touched, ...littered]
}

/** What whoever was killed left staged is removed once it is a day old. */
async function nextRun({ site, order }: Scene, { staged }: Findings): Promise<string[]> {
  for (const path of staged) if (path.startsWith('.nice-blobs')) makeOld(join(order.volume, path))
  const errors: unknown[] = []
  for (const step of ['archive', 'fetch', 'recall'] as const)
    errors.push(...(await doStep(step, site, order.blobs).catch((error: unknown) => [error])))
  return errors.map(error => (error instanceof Error ? `${error.stack}` : String(error)))
}

function unfinished(found: Findings, count: number): string[] {
  const all = ['volume', 'objects', 'rows'] as const
  const missing = all.filter(place => new Set(found[place]).size !== count)
  const left = [...found.aside, ...found.staged]
  return [...missing.map(place => `not every blob in ${place}`), ...left.map(path => `left behind: ${path}`)]
}
