import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, it } from 'node:test'
import { until } from '../../sandbox/installation.ts'
import { scratch } from '../flows/setting.ts'

/** Milliseconds: what is missing may have to be installed first. */
const PATIENCE = 900_000

interface Running {
  readonly child: ChildProcess
  /** All that it has written so far. */
  written(): string
}

function start(env: NodeJS.ProcessEnv): Running {
  const child = spawn('npm', ['run', 'plone'], { env: { ...process.env, ...env }, detached: true })
  let written = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', text => {
      written += text
    })
  return { child, written: () => written }
}

describe('npm run plone', () => {
  it('shows a site until Ctrl-C, on a machine without a home, and leaves nothing', async test => {
    // npm would make itself one where it was called.
    const { child, written } = start({ HOME: '', npm_config_cache: scratch(test) })
    const exit = once(child, 'close')
    await until('the site', () => written().includes('Ctrl-C to end') || child.exitCode !== null, PATIENCE)
    const [, pictures = ''] = /(http:\S+\/pictures) +through nginx/.exec(written()) ?? []
    assert.match(await (await fetch(pictures)).text(), /picture-24/, written())
    child.stdin?.write('8d\n')
    await until('what came of a week', () => /in the bucket 24 \(/.test(written()))
    const [, volume = ''] = /(\S+) +RelStorage's/.exec(written()) ?? []
    assert.ok(existsSync(volume))
    // As a terminal does it, to all that are in its foreground.
    if (child.pid) process.kill(-child.pid, 'SIGINT')
    await exit
    assert.equal(existsSync(dirname(volume)), false)
    await assert.rejects(fetch(pictures))
    assert.deepEqual([existsSync('.cdk'), existsSync('~')], [false, false])
  })

  it('says in one line what is missing', async test => {
    const { child, written } = start({ NGINX: `${scratch(test)}/nginx` })
    const [status] = await once(child, 'close')
    assert.equal(status, 1)
    assert.match(written(), /^The Plone site needs nginx: apt-get install nginx$/m)
  })
})
