import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { finish, LAUNCHER } from '../cli/command.ts'
import type { Round } from './kill-plan.ts'
import type { Scene } from './kill-scene.ts'

const CHILD = fileURLToPath(new URL('./kill-child.ts', import.meta.url))
const REGISTER = new URL('./failpoints/register.ts', import.meta.url).href
/** A process that hangs would hang the suite without telling in which round. */
const HANGS_AFTER = 60_000

export interface Ended {
  how: 'killed' | 'by itself' | 'hung' | 'failed'
  /** What it said was wrong. */
  complaints: string[]
  /** Milliseconds in which it could have been killed at a moment. */
  took: number
}

/** Runs the round's program until it is killed or ends; `usual` is how many milliseconds it takes without being killed. */
export async function runProgram(
  scene: Scene,
  { program, kill }: Round,
  usual: number,
  more: Record<string, string> = {},
): Promise<Ended> {
  const failpoint = kill.at === 'a failpoint' ? { BLOBS_FAILPOINT: `${kill.name}:kill:${kill.nth}` } : {}
  const child = start(scene, program, { ...failpoint, ...more })
  let ready = performance.now()
  const timers = [setTimeout(() => child.kill('SIGTERM'), HANGS_AFTER)]
  const killLater = () => {
    ready = performance.now()
    if (kill.at !== 'a moment') return
    timers.push(setTimeout(() => child.kill('SIGKILL'), kill.share * usual))
  }
  if (program === 'child') child.stdout?.once('data', killLater)
  else killLater()
  const { out, err, status } = await finish(child)
  for (const timer of timers) clearTimeout(timer)
  const complaints = `${out}${err}`.split('\n').filter(line => /^wrong: |^error |internal error/.test(line))
  return { how: howEnded(child, status), complaints, took: performance.now() - ready }
}

function start(scene: Scene, program: Round['program'], more: Record<string, string>): ChildProcess {
  const { order, directory, configFile } = scene
  const words = {
    child: [CHILD, JSON.stringify(order)],
    archive: [LAUNCHER, 'archive', order.volume, '-d', '--delay', '0s'],
    recall: [LAUNCHER, 'recall', '--all'],
  }[program]
  const preload = Object.keys(more).length > 0 ? ['--import', REGISTER] : []
  const env = { ...process.env, NICE_BLOBS_CONFIG: configFile, ...more }
  return spawn(process.execPath, [...preload, ...words], { cwd: directory, env })
}

/** The command line ends with 1 when it leaves something alone, such as our note. */
function howEnded(child: ChildProcess, status: number | null): Ended['how'] {
  if (child.signalCode === 'SIGKILL') return 'killed'
  if (child.signalCode !== null) return 'hung'
  return status === 0 || status === 1 ? 'by itself' : 'failed'
}
