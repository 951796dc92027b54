import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const workflow = read('.github/workflows/release.yml')
const [repository, client] = [JSON.parse(read('package.json')), JSON.parse(read('client/package.json'))]

describe('what is published', () => {
  it('has its version in one place', () => {
    assert.equal(repository.version, undefined)
    assert.match(client.version, /^\d+\.\d+\.\d+/)
    const lock = JSON.parse(read('package-lock.json'))
    assert.equal(lock.packages.client.version, client.version)
    assert.match(read('client/zodb/pyproject.toml'), /^dynamic = \["version"\]$/m)
    assert.match(read('CHANGELOG.md'), new RegExp(`^## ${client.version.replaceAll('.', '\\.')} \\(`, 'm'))
  })

  it('needs no package at run time without a reason', () => {
    const reasons = read('docs/decisions/0001-runtime-dependencies.md')
    assert.deepEqual(
      Object.keys(client.dependencies).filter(name => !reasons.includes(`\`${name}\``)),
      [],
    )
  })
})

describe('the workflow that publishes', () => {
  it('uses each action by its commit', () => {
    const used = workflow.match(/uses: .*/g) ?? []
    assert.ok(used.length > 5)
    assert.deepEqual(
      used.filter(line => !/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)),
      [],
    )
  })

  it('runs scripts that are there', () => {
    const named = [...workflow.matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script)
    assert.ok(named.length > 3)
    assert.deepEqual(
      named.filter(script => !(script in repository.scripts)),
      [],
    )
  })

  it('may write nothing but where it has to, and knows no secret', () => {
    assert.match(workflow, /^permissions: \{\}$/m)
    assert.doesNotMatch(workflow, /secrets\./)
    const jobs = workflow.split(/^ {2}(?=\w+:$)/m).slice(1)
    const writing = jobs.flatMap(job =>
      [...job.matchAll(/([\w-]+): write/g)].map(([, right]) => `${/^\w+/.exec(job)}: ${right}`),
    )
    assert.deepEqual(writing, [
      'attest: id-token',
      'attest: attestations',
      'npm: id-token',
      'pypi: id-token',
      'github: contents',
    ])
  })
})
