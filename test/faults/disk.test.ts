import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { scratch } from '../flows/setting.ts'

const CHILD = fileURLToPath(new URL('disk-child.ts', import.meta.url))
const BRIEFLY = { encoding: 'utf8', timeout: 60_000 } as const
const NOBODY = 65534
const isRoot = process.geteuid?.() === 0

/** A namespace of mounts of our own: root may have one, others where the kernel lets users have namespaces. */
const NAMESPACE = isRoot ? ['-m'] : ['-U', '-r', '-m']

function mayMount(): boolean {
  return spawnSync('unshare', [...NAMESPACE, 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0
}

function went(output: { status: number | null; stdout: string; stderr: string }, scenario: string): void {
  assert.equal(output.status, 0, output.stderr)
  assert.match(output.stdout, new RegExp(`went as it should: ${scenario}`))
}

function runMounted(script: string, directory: string, scenario: string): void {
  const words = ['sh', '-c', `${script} && exec "$0" "$@"`, process.execPath, CHILD, scenario, directory]
  went(spawnSync('unshare', [...NAMESPACE, ...words], { ...BRIEFLY }), scenario)
}

const mount = (directory: string, options: string) => `mount -t tmpfs -o ${options} none '${directory}'`

describe('a disk of its own (I7, I11)', {
  skip: mayMount() ? false : 'this user may mount nothing here',
}, () => {
  for (const [scenario, size] of [
    ['full cache disk', '3m'],
    ['no space at all', '1m'],
    ['full volume', '1m'],
  ] as const) {
    it(`${scenario}: typed errors, reads go on, and it recovers without a restart`, test => {
      const directory = scratch(test)
      runMounted(mount(directory, `size=${size},mode=700`), directory, scenario)
    })
  }

  it('read-only cache: typed errors, reads go on', test => {
    const directory = scratch(test)
    const prepare = `mkdir -m 700 '${directory}/cache' && mount -o remount,ro '${directory}'`
    runMounted(`${mount(directory, 'mode=700')} && ${prepare}`, directory, 'read-only cache')
  })
})

describe('a process with few rights or means (I7, I11)', () => {
  it('forbidden cache: typed errors, reads go on', test => {
    const directory = scratch(test)
    const closed = join(directory, 'closed')
    mkdirSync(closed)
    chmodSync(closed, 0)
    if (isRoot) chmodSync(directory, 0o755)
    const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
    const words = [CHILD, 'forbidden cache', closed]
    went(spawnSync(process.execPath, words, { ...BRIEFLY, ...user }), 'forbidden cache')
    chmodSync(closed, 0o700)
    if (isRoot) chownSync(closed, 0, 0)
  })

  it('few descriptors: typed errors, reads go on, none is leaked', test => {
    const words = [
      '-c',
      'ulimit -n 60 && exec "$0" "$@"',
      process.execPath,
      CHILD,
      'few descriptors',
      scratch(test),
    ]
    went(spawnSync('sh', words, { ...BRIEFLY }), 'few descriptors')
  })
})
