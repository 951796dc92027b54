import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { requireProgram, runProgram } from '../run-program.ts'
import type { Ground } from './ground.ts'
import type { PloneSite } from './site.ts'
import { environmentOf } from './zope.ts'

const LAUNCHER = fileURLToPath(new URL('../../client/bin/nice-blobs.js', import.meta.url))

/** What somebody types on the host. */
export type HostCommands = Pick<PloneSite, 'run' | 'runProgram' | 'niceBlobs' | 'askAgent'>

export function createHostCommands({ installed, paths, installation }: Ground): HostCommands {
  const program = (name: string) => join(installed.bin, name)
  const python = environmentOf(paths.directory)
  const host = { ...process.env, ...installation.environment, NICE_BLOBS_CONFIG: paths.configuration }
  return {
    run: (script, ...words) =>
      requireProgram([program('zconsole'), 'run', paths.zopeConf, script, ...words], python),
    runProgram: (name, ...words) => runProgram([program(name), ...words], python),
    niceBlobs: (words, input) => runProgram([process.execPath, LAUNCHER, ...words], host, input),
    askAgent: path => ask(paths.socket, path),
  }
}

function ask(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false }, answer => text(answer).then(resolve, reject))
    asked.on('error', reject).end()
  })
}
