import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

/** The documents as one book: in which order they are read, and that each leads on to the next. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

const PAGES = [
  ...['README.md', 'docs/terms.md', 'docs/architecture.md', 'docs/semantics.md', 'docs/failure.md'],
  ...['docs/zodb.md', 'docs/agent.md', 'docs/delivery.md', 'docs/operations.md', 'docs/backups.md'],
  ...['docs/security.md', 'docs/cost.md', 'docs/migration.md', 'docs/configuration.md', 'docs/errors.md'],
  ...['docs/formats.md', 'docs/releasing.md'],
]

function anchorsOf(document: string): string[] {
  return [...read(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))
}

/** As GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}

describe('the book', () => {
  it('has every document as a page', () => {
    const documents = readdirSync(join(ROOT, 'docs')).filter(name => name.endsWith('.md'))
    assert.deepEqual(PAGES.slice(1).sort(), documents.map(name => `docs/${name}`).sort())
  })

  it('begins each page with what it is for, and leads on to the next one at its end', () => {
    for (const [index, page] of PAGES.entries()) {
      const text = read(page)
      assert.match(text, /^# .+\n\n(?![#|`])./, page)
      const [last = ''] = text.trimEnd().split('\n').slice(-1)
      const [, next = ''] = /^Next: \[[^\]]+\]\(([^)]+)\), .+\.$/.exec(last) ?? []
      const wanted = PAGES[index + 1] ?? 'docs/decisions/'
      assert.equal(normalize(join(dirname(page), next)), wanted, `${page} ends with ${last}`)
    }
  })

  it('has every section of the operations manual in its table of contents', () => {
    const manual = read('docs/operations.md')
    const [contents = ''] = manual.split(/^## /m)
    const anchors = [...manual.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))
    assert.ok(anchors.length > 30)
    assert.deepEqual(
      anchors.filter(anchor => !contents.includes(`(#${anchor})`)),
      [],
    )
  })

  it('leads to sections that are there', () => {
    const broken = PAGES.flatMap(page =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)]
        .map(([, file = '', anchor = '']) => ({
          file: file === '' ? page : join(dirname(page), file),
          anchor,
        }))
        .filter(({ file, anchor }) => file.endsWith('.md') && !anchorsOf(file).includes(anchor))
        .map(({ file, anchor }) => `${page}: ${file}#${anchor}`),
    )
    assert.deepEqual(broken, [])
  })
})
