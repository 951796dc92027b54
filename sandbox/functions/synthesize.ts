import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

/**
 * Runs the CDK app of a project into a directory, as `cdk synth` does but without the command: where to write and the
 * context are variables of its environment.
 */
export async function synthesize(
  project: string,
  directory: string,
  context: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const settings = JSON.parse(readFileSync(join(project, 'cdk.json'), 'utf8'))
  mkdirSync(directory, { recursive: true })
  // What is deployed has no project around it that could make modules of another type of its files.
  writeFileSync(join(directory, 'package.json'), '{}')
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter)
  const app = spawn(settings.app, {
    shell: true,
    cwd: project,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      PATH,
      CDK_OUTDIR: resolve(directory),
      CDK_CONTEXT_JSON: JSON.stringify({ ...settings.context, ...context }),
    },
  })
  const [errors, [status]] = await Promise.all([text(app.stderr), once(app, 'exit')])
  if (status !== 0) throw new Error(`the app of ${project} ended with ${status}: ${errors}`)
}
