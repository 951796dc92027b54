import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { configJsonSchema } from '../../core/model/config-json-schema.ts'
import { type ErrorCode, exitStatusOf } from '../../core/model/errors.ts'
import { parseConfig } from '../../core/model/parse-config.ts'
import { REFUSALS } from '../../core/model/report-row.ts'
import { DEFAULT_PRICES } from '../../core/model/storage-cost.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')

/** Made by the build. */
const BUILT = 'client/dist'

interface Schema {
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
}

/** `stack.garbage.grace`, `databases.<name>.generation`: whatever can be set to a value. */
function settingsOf({ properties, additionalProperties }: Schema, path: readonly string[] = []): string[] {
  if (properties)
    return Object.entries(properties)
      .filter(([name]) => name !== '$schema')
      .flatMap(([name, child]) => settingsOf(child, [...path, name]))
  const named = path.at(-1) === 'databases' && typeof additionalProperties === 'object'
  return named ? settingsOf(additionalProperties, [...path, '<name>']) : [path.join('.')]
}

/** Of every table whose last column is called so. */
function rowsBelow(text: string, column: string): string[] {
  return text
    .split('\n\n')
    .filter(block => block.split('\n')[0]?.endsWith(`| ${column} |`))
    .flatMap(block => block.trim().split('\n').slice(2))
}

describe('the documents', () => {
  it('link to what is there', () => {
    const broken = documents.flatMap(document => {
      const links = [...read(document).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(
        ([, link]) => link ?? '',
      )
      return links
        .filter(link => !existsSync(join(ROOT, dirname(document), link)))
        .map(link => `${document}: ${link}`)
    })
    assert.deepEqual(broken, [])
  })

  it('name in comments, hints and documents only documents that are there', () => {
    const sources = execFileSync('git', ['ls-files', '*.ts', '*.md'], { cwd: ROOT, encoding: 'utf8' })
      .trim()
      .split('\n')
    const missing = sources.flatMap(source => {
      const named = [...read(source).matchAll(/\bdocs\/[\w/-]+\.md/g)].map(([document]) => document)
      return named
        .filter(document => !existsSync(join(ROOT, document)))
        .map(document => `${source}: ${document}`)
    })
    assert.deepEqual(missing, [])
  })

  it('name no test, source or script that is not there', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n')
    const isThere = (path: string) => tracked.some(file => file === path || file.startsWith(`${path}/`))
    // What the fixtures came from has folders of its own.
    const ours = documents.filter(document => !document.startsWith('test/fixtures/'))
    const missing = ours.flatMap(document => {
      const named = read(document).matchAll(
        /`((?:test|core|client|lib|lambdas|bin|examples|sandbox|bench)\/[\w.-]+(?:\/[\w.-]+)*)\/?`/g,
      )
      return [...named]
        .map(([, path = '']) => path)
        .filter(path => path !== BUILT && !isThere(path))
        .map(path => `${document}: ${path}`)
    })
    assert.deepEqual(missing, [])
  })

  it('tell every error code with its exit status, and no other', () => {
    const table = read('docs/errors.md').matchAll(/^\| (\d+) \|[^|]*\|([^|]*)\|$/gm)
    const told = [...table].flatMap(([, status, codes]) =>
      [...(codes ?? '').matchAll(/`([A-Z_]+)`/g)].map(([, code]) => [code, Number(status)]),
    )
    const source = read('core/model/errors.ts').matchAll(/^ {2}([A-Z_]+): EXIT\./gm)
    const known = [...source].map(([, code]) => [code, exitStatusOf(code as ErrorCode)])
    assert.ok(known.length > 15)
    assert.deepEqual(told.sort(), known.sort())
  })

  it('tell what to do about every refusal', () => {
    const rows = read('docs/operations.md').match(/^\| \*.*$/gm) ?? []
    const untold = REFUSALS.filter(refusal => !rows.some(row => row.includes(`*${refusal}*`)))
    assert.deepEqual(untold, [])
  })

  for (const [what, document, column] of [
    ['promise', 'docs/semantics.md', 'test'],
    ['failure', 'docs/failure.md', 'shown by'],
  ] as const)
    it(`name for each ${what} a test that is there`, () => {
      const rows = rowsBelow(read(document), column)
      const named = rows.flatMap(row => [...row.matchAll(/`(test\/[^`]+)`: ([^|·]+)/g)])
      assert.ok(rows.length > 50)
      assert.deepEqual(
        rows.filter(row => !/\| `test\/[^|]+\|$/.test(row)),
        [],
      )
      const missing = named.filter(([, file = '', title = '']) => !read(file).includes(title.trim()))
      assert.deepEqual(
        missing.map(([text]) => text),
        [],
      )
    })

  it('give a configuration that is accepted and every price with its value', () => {
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(read('docs/configuration.md')) ?? []
    assert.equal(parseConfig(example, {}, 'docs/configuration.md').databases.main?.archive.minSize, 131_072)
    const deployed = parseConfig(read('examples/deploy/nice-blobs.config.json'), {}, 'the deployment')
    assert.equal(deployed.stack?.replica?.region, 'eu-west-1')
    const copy = parseConfig(read('examples/developer-copy/nice-blobs.json'), {}, 'the developer’s copy')
    assert.equal(copy.index, undefined)
    const { source: _, asOf: __, ...prices } = DEFAULT_PRICES
    const [builtIn = ''] = read('docs/cost.md').split('## The rest of the stack')
    const told = builtIn.matchAll(/^\| `(\w+)` \|.*\| ([\d.]+) \|$/gm)
    assert.deepEqual(Object.fromEntries([...told].map(([, name, price]) => [name, Number(price)])), prices)
  })

  it('explain every setting there is, and no other', () => {
    const told = read('docs/configuration.md').matchAll(/^\| (`[^|]+) \|/gm)
    const explained = [...told].flatMap(([, names = '']) =>
      [...names.matchAll(/`([\w.<>]+)`/g)].map(([, name]) => name),
    )
    const settings = settingsOf(JSON.parse(configJsonSchema()))
    assert.deepEqual(
      settings.filter(setting => !explained.includes(setting)),
      [],
    )
    const sections = [
      'stack',
      'stack.replica',
      'stack.delivery',
      'databases.<name>.schedule',
      'databases.<name>.delivery',
    ]
    assert.deepEqual(
      explained.filter(name => !settings.includes(name ?? '') && !sections.includes(name ?? '')),
      [],
    )
  })

  it('hold for editors the schema that parses the configuration', () => {
    assert.deepEqual(JSON.parse(read('client/config.schema.json')), JSON.parse(configJsonSchema()))
  })
})
